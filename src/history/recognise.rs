//! Finding the profile: which of those that are shipped reads given files, and how sure that is.
//!
//! A file speaks by its format and by the names of its columns. A column tells the more, the fewer profiles know it,
//! and one that a profile names in `recognise` tells twice as much; a file with none of these speaks against it. All
//! files are judged together: each must fit some section of the same profile. Profiles that fit the same columns
//! equally well are told apart by the names of the files, then by which of them can read the cells. The names of the
//! files decide nothing else: people rename them.

mod catalogue;
mod cells;
mod document;
mod look;
mod mixed;
mod score;

use std::path::{Path, PathBuf};

use super::Error;
use super::profile::{NameFit, Profile, quoted_list};

use catalogue::{Catalogue, Entry};
use look::Look;
use score::Score;

pub(crate) use look::refuse_binary;

/// Confidence below which nothing is recognised: less is a guess, and a wrong profile reads wrong amounts.
pub const CONFIDENCE_MIN: f64 = 0.8;
/// What no file is more sure of than.
const CONFIDENCE_MAX: f64 = 0.99;
/// Share of the evidence for the best profile from which on another one fits equally well.
const RIVAL_SHARE: f64 = 0.9;
/// Columns named in a reason.
const COLUMNS_NAMED: usize = 3;
/// Candidates named in a refusal.
const CANDIDATES_NAMED: usize = 3;

/// The profile that reads the files.
#[derive(Clone, Debug)]
pub struct Recognition {
    /// The profile.
    pub profile: Profile,
    /// How sure that is, from 0 to 1.
    pub confidence: f64,
    /// Why, in words.
    pub reason: String,
}

/// A shipped profile, and how well it fits the files.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Name of the profile.
    pub profile: String,
    /// How sure it is that the files are its own, from 0 to 1.
    pub confidence: f64,
    /// Columns that it must have and finds, over all files.
    pub columns_found: usize,
    /// Columns that it must have, over all files.
    pub columns_asked: usize,
}

impl Candidate {
    fn described(&self) -> String {
        format!(
            "{} ({}, {} of {} columns)",
            self.profile,
            percent(self.confidence),
            self.columns_found,
            self.columns_asked
        )
    }
}

/// A profile on all files.
struct Standing<'c> {
    entry: &'c Entry,
    candidate: Candidate,
    /// The worst fit of a file.
    fit: f64,
    evidence: f64,
    /// How it takes the name that suits it least.
    names: NameFit,
    telling: Vec<(f64, String)>,
    is_by_format: bool,
}

/// Ranks the shipped profiles by how well they fit files, best first; `names` are the names the files go by.
///
/// # Errors
///
/// [`Error::Source`], [`Error::Input`] or [`Error::Io`] when a file cannot be read as rows at all.
pub fn rank(inputs: &[PathBuf], names: &[String]) -> Result<Vec<Candidate>, Error> {
    let catalogue = Catalogue::shipped()?;
    let looks = looks(&catalogue, inputs, names)?;
    let standings = standings(&catalogue, &looks)?;
    Ok(standings.into_iter().map(|standing| standing.candidate).collect())
}

/// Finds the shipped profile that reads files; `names` are the names the files go by, in the order of `inputs`.
///
/// # Examples
///
/// ```
/// use duecast::history::recognise::recognise;
///
/// let folder = tempfile::tempdir()?;
/// let upload = folder.path().join("upload-1");
/// std::fs::write(&upload, "RECID,TRANSRECID,OFFSETRECID,SETTLEAMOUNTCUR,TRANSDATE\n1,2,3,4.00,2025-01-31\n")?;
/// let found = recognise(&[upload], &["CustSettlement.csv".to_owned()])?;
/// assert_eq!(found.profile.name(), "dynamics-365");
/// assert!(found.confidence > 0.9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// - [`Error::Input`] when no profile is sure enough ([`CONFIDENCE_MIN`]), with what was looked at and the best
///   candidates, or which file is of which source; or when two fit equally well, with both.
/// - [`Error::Source`] or [`Error::Io`] when a file cannot be read as rows at all.
pub fn recognise(inputs: &[PathBuf], names: &[String]) -> Result<Recognition, Error> {
    let catalogue = Catalogue::shipped()?;
    let looks = looks(&catalogue, inputs, names)?;
    let standings = standings(&catalogue, &looks)?;
    let sure = standings
        .first()
        .filter(|best| best.candidate.confidence >= CONFIDENCE_MIN);
    let Some(best) = sure else {
        return Err(match mixed::described(&catalogue, &looks)? {
            Some(reason) => refusal(&looks, &reason),
            None => unknown(&looks, &standings),
        });
    };
    let rivals: Vec<&Standing<'_>> = standings.iter().filter(|other| is_rival(best, other)).collect();
    let (chosen, why) = choose(&looks, &rivals)?;
    let next = standings.iter().find(|other| {
        !rivals
            .iter()
            .any(|rival| rival.candidate.profile == other.candidate.profile)
    });
    Ok(Recognition {
        profile: chosen.entry.profile.clone(),
        confidence: chosen.candidate.confidence,
        reason: reason(chosen, next, why.as_deref()),
    })
}

fn looks<'i>(
    catalogue: &Catalogue,
    inputs: &'i [PathBuf],
    names: &'i [String],
) -> Result<Vec<Look<'i>>, Error> {
    let wanted = catalogue.wanted();
    inputs
        .iter()
        .zip(names)
        .map(|(input, name)| Look::at(input, name, &wanted))
        .collect()
}

/// The profiles, best first.
fn standings<'c>(catalogue: &'c Catalogue, looks: &[Look<'_>]) -> Result<Vec<Standing<'c>>, Error> {
    let mut all = Vec::new();
    for entry in &catalogue.entries {
        let mut scores = Vec::with_capacity(looks.len());
        for look in looks {
            scores.push(score::score(catalogue, entry, look)?);
        }
        if scores.iter().any(Option::is_some) {
            all.push(standing(entry, looks, scores));
        }
    }
    // Stable: profiles that do equally well keep the order of their names.
    all.sort_by(|a, b| {
        b.candidate
            .confidence
            .total_cmp(&a.candidate.confidence)
            .then(b.evidence.total_cmp(&a.evidence))
            .then(b.candidate.columns_found.cmp(&a.candidate.columns_found))
    });
    Ok(all)
}

fn standing<'c>(entry: &'c Entry, looks: &[Look<'_>], scores: Vec<Option<Score>>) -> Standing<'c> {
    let mut standing = Standing {
        entry,
        candidate: Candidate {
            profile: entry.profile.name().to_owned(),
            confidence: 0.0,
            columns_found: 0,
            columns_asked: 0,
        },
        fit: 1.0,
        evidence: 0.0,
        names: NameFit::Asked,
        telling: Vec::new(),
        is_by_format: true,
    };
    for look in looks {
        standing.names = standing.names.min(entry.profile.name_fit(&look.stem));
    }
    for score in scores {
        // A file that the profile cannot read at all.
        let score = score.unwrap_or_default();
        standing.fit = standing.fit.min(score.fit);
        standing.evidence += score.evidence;
        standing.candidate.columns_found += score.found;
        standing.candidate.columns_asked += score.asked;
        standing.is_by_format = standing.is_by_format && score.is_by_format;
        standing.telling.extend(score.telling);
    }
    // Evidence of one column that no other profile knows halves the doubt.
    let certainty = 1.0 - 0.5_f64.powf(standing.evidence);
    standing.candidate.confidence = (standing.fit * certainty).min(CONFIDENCE_MAX);
    standing
}

/// Whether a profile fits as well as the best one, the best one itself included.
fn is_rival(best: &Standing<'_>, other: &Standing<'_>) -> bool {
    let is_itself = best.candidate.profile == other.candidate.profile;
    let fits_as_well = other.fit >= best.fit - 0.001;
    is_itself || (fits_as_well && other.evidence >= RIVAL_SHARE * best.evidence)
}

/// Chooses among profiles that fit equally well, and says by what.
fn choose<'s, 'c>(
    looks: &[Look<'_>],
    rivals: &[&'s Standing<'c>],
) -> Result<(&'s Standing<'c>, Option<String>), Error> {
    let best_names = rivals.iter().map(|rival| rival.names).max();
    let named: Vec<&Standing<'_>> = rivals
        .iter()
        .copied()
        .filter(|rival| Some(rival.names) == best_names)
        .collect();
    if let [only] = named.as_slice() {
        let others = others(rivals, only);
        let why = (!others.is_empty()).then(|| format!("{others} would fit but reads files of other names"));
        return Ok((*only, why));
    }
    let mut readings = Vec::with_capacity(named.len());
    for rival in &named {
        readings.push((cells::read(&rival.entry.profile, looks)?, *rival));
    }
    let fewest = readings.iter().map(|(reading, _)| reading.failed).min();
    let mut best = readings
        .iter()
        .filter(|(reading, _)| Some(reading.failed) == fewest);
    match (best.next(), best.next()) {
        (Some((reading, only)), None) => {
            let why = format!(
                "{} would fit as well but can read fewer of the cells: of {} rows {} fail here",
                others(rivals, only),
                reading.rows,
                reading.failed
            );
            Ok((*only, Some(why)))
        }
        _ => Err(undecided(looks, &named)),
    }
}

fn others(rivals: &[&Standing<'_>], chosen: &Standing<'_>) -> String {
    let names: Vec<&str> = rivals
        .iter()
        .map(|rival| rival.candidate.profile.as_str())
        .filter(|name| *name != chosen.candidate.profile)
        .collect();
    names.join(" and ")
}

/// "18 of 18 columns of dynamics-365, among them `RecId`, `SettleAmountCur`; next best odoo with 3 of 14".
fn reason(chosen: &Standing<'_>, next: Option<&Standing<'_>>, why: Option<&str>) -> String {
    let candidate = &chosen.candidate;
    let mut text = if chosen.is_by_format {
        format!(
            "no other profile than {} reads files of this format",
            candidate.profile
        )
    } else {
        let mut telling = chosen.telling.clone();
        telling.sort_by(|a, b| b.0.total_cmp(&a.0));
        let named: Vec<&String> = telling
            .iter()
            .map(|(_, column)| column)
            .take(COLUMNS_NAMED)
            .collect();
        format!(
            "{} of {} columns of {}, among them {}",
            candidate.columns_found,
            candidate.columns_asked,
            candidate.profile,
            quoted_list(&named)
        )
    };
    if let Some(next) = next {
        text.push_str(&format!(
            "; next best {} with {} of {}",
            next.candidate.profile, next.candidate.columns_found, next.candidate.columns_asked
        ));
    }
    if let Some(why) = why {
        text.push_str("; ");
        text.push_str(why);
    }
    text
}

fn unknown(looks: &[Look<'_>], standings: &[Standing<'_>]) -> Error {
    let best: Vec<String> = standings
        .iter()
        .take(CANDIDATES_NAMED)
        .map(|standing| standing.candidate.described())
        .collect();
    let best = if best.is_empty() {
        "none".to_owned()
    } else {
        best.join(", ")
    };
    refusal(
        looks,
        &format!(
            "no shipped profile is surely the right one (at least {} asked); looked at {}; best candidates: {best}; \
             name one with --profile, or draft a profile with `duecast profile new FILE`",
            percent(CONFIDENCE_MIN),
            described(looks)
        ),
    )
}

fn undecided(looks: &[Look<'_>], rivals: &[&Standing<'_>]) -> Error {
    let names: Vec<&str> = rivals
        .iter()
        .map(|rival| rival.candidate.profile.as_str())
        .collect();
    refusal(
        looks,
        &format!(
            "{} read these columns equally well, and no cell of the first rows tells which of them is meant; name \
             one with --profile",
            quoted_list(&names)
        ),
    )
}

fn described(looks: &[Look<'_>]) -> String {
    let all: Vec<String> = looks.iter().map(Look::described).collect();
    mixed::listed(&all)
}

fn refusal(looks: &[Look<'_>], reason: &str) -> Error {
    Error::Input {
        path: Path::new(looks.first().map_or("", |look| look.label)).to_path_buf(),
        reason: reason.to_owned(),
    }
}

/// Returns a share as people read it: `97 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}
