//! How well a profile fits a file.

use std::collections::BTreeSet;

use super::catalogue::{Catalogue, Entry};
use super::document;
use super::look::{Headings, Look};
use crate::history::Error;
use crate::history::profile::SectionWants;
use crate::source::{Format, folded};

/// How much less a column tells that a profile can do without.
const OPTIONAL_FACTOR: f64 = 0.5;
/// What is left of the fit of a file that has none of the columns that the profile is told by.
pub(super) const UNMARKED_FACTOR: f64 = 0.5;
/// What a format tells that a profile alone reads.
const FORMAT_EVIDENCE: f64 = 8.0;

/// How well a profile fits a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Score {
    /// Share of the required columns that are there, from 0 to 1, weighted by how much each tells.
    pub(super) fit: f64,
    /// How much the columns that are there tell.
    pub(super) evidence: f64,
    /// Required columns that are there, and all of them.
    pub(super) found: usize,
    pub(super) asked: usize,
    /// The columns found with what they tell, as the file names them; required ones and marks only.
    pub(super) telling: Vec<(f64, String)>,
    /// Whether the format alone decided.
    pub(super) is_by_format: bool,
}

impl Score {
    /// Whether this is the better of two fits.
    fn beats(&self, other: &Self) -> bool {
        self.fit
            .total_cmp(&other.fit)
            .then(self.evidence.total_cmp(&other.evidence))
            .is_gt()
    }
}

/// Scores a profile on a file; nothing when the profile does not read the format.
pub(super) fn score(catalogue: &Catalogue, entry: &Entry, look: &Look<'_>) -> Result<Option<Score>, Error> {
    let profile = &entry.profile;
    let reads = profile.format() == Format::Auto || profile.format() == look.format;
    match look.format {
        Format::Camt | Format::Mt940 | Format::Einvoice => {
            Ok((profile.format() == look.format).then(|| Score {
                fit: 1.0,
                evidence: FORMAT_EVIDENCE,
                found: 0,
                asked: 0,
                telling: Vec::new(),
                is_by_format: true,
            }))
        }
        Format::Json if reads && profile.reads_objects() => document::score(catalogue, entry, look),
        Format::Auto | Format::Delimited | Format::Workbook if reads && !profile.reads_objects() => {
            Ok(table(catalogue, entry, look))
        }
        Format::Auto | Format::Delimited | Format::Workbook | Format::Json => Ok(None),
    }
}

/// The best fit of a section to a sheet.
fn table(catalogue: &Catalogue, entry: &Entry, look: &Look<'_>) -> Option<Score> {
    let mut best: Option<Score> = None;
    for sheet in look.sheets(entry.profile.is_quoted()) {
        for section in &entry.sections {
            let Some(score) = section_score(catalogue, entry, section, sheet) else {
                continue;
            };
            if best.as_ref().is_none_or(|known| score.beats(known)) {
                best = Some(score);
            }
        }
    }
    best
}

/// How well a section fits the columns of a sheet; nothing when it must have none.
fn section_score(
    catalogue: &Catalogue,
    entry: &Entry,
    section: &SectionWants,
    headings: &Headings,
) -> Option<Score> {
    let mut score = Score {
        asked: section.required.len(),
        ..Score::default()
    };
    let mut told = BTreeSet::new();
    let mut all = 0.0;
    let mut there = 0.0;
    for names in &section.required {
        let Some((column, name, is_exact)) = found(headings, names) else {
            all += names
                .first()
                .map_or(0.0, |name| catalogue.weight(entry, name, false));
            continue;
        };
        let weight = catalogue.weight(entry, name, is_exact);
        all += weight;
        there += weight;
        score.found += 1;
        if told.insert(folded(column)) {
            score.evidence += weight;
            score.telling.push((weight, column.to_owned()));
        }
    }
    if all <= 0.0 {
        return None;
    }
    for names in &section.optional {
        let Some((column, name, is_exact)) = found(headings, names) else {
            continue;
        };
        if told.contains(&folded(column)) || entry.marks.contains(&folded(name)) {
            continue;
        }
        told.insert(folded(column));
        score.evidence += OPTIONAL_FACTOR * catalogue.weight(entry, name, is_exact);
    }
    let mut is_marked = entry.marks.is_empty();
    for (column, plain) in headings.columns.iter().zip(&headings.folded) {
        if !entry.marks.contains(plain) {
            continue;
        }
        is_marked = true;
        if told.insert(plain.clone()) {
            let weight = catalogue.weight(entry, column, true);
            score.evidence += weight;
            score.telling.push((weight, column.clone()));
        }
    }
    let marked = if is_marked { 1.0 } else { UNMARKED_FACTOR };
    score.fit = marked * there / all;
    Some(score)
}

/// The column of a file that a profile knows by one of `names`: as the file names it, as the profile does, and whether
/// these are the same.
fn found<'f, 'p>(headings: &'f Headings, names: &'p [String]) -> Option<(&'f str, &'p str, bool)> {
    let (place, _) = headings.index.find(names)?;
    let column = headings.columns.get(place)?;
    if let Some(name) = names.iter().find(|name| *name == column) {
        return Some((column.as_str(), name.as_str(), true));
    }
    let name = names.iter().find(|name| folded(name) == folded(column))?;
    Some((column.as_str(), name.as_str(), false))
}
