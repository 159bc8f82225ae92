//! The gate of a new model: is it better than the one in use, on days that neither has seen?
//!
//! A time-split backtest. The cut-offs lie one a week, the last one so many days before the end of what is known; at
//! the first of them the challenger's recipe (its model and seed) and the baseline are fitted on what was known
//! then, and all of them answer for the same open books. What came is scored by CRPS, and the difference carries the
//! bounds of a paired bootstrap by customer.
//!
//! The champion answers as it is when it knows nothing after the first cut-off. A champion that saw the outcomes
//! would prove nothing, so its recipe stands in for it, fitted on the first cut-off too. Where challenger and
//! champion are of one recipe, which is the ordinary case of training anew on newer facts, the stand-in is fitted as
//! many days before the first cut-off as the champion is older than the challenger: old against new knowledge, which
//! is what a promotion would change.

mod verdict;

use std::path::Path;

use serde::Serialize;

use super::Error;
use crate::app::output::{self, StagedFile};
use crate::backtest::{self, Bounds, Paired, PairedPlan, with_causes};
use crate::domain::Date;
use crate::domain::date::add_days;
use crate::history::History;
use crate::model::artifact;
use crate::model::{self, FittedModel, ModelName, TrainingPlan, TrainingSet};

/// Days from one cut-off to the next.
const STRIDE_DAYS: i64 = 7;

/// What is to be proven, and against what.
#[derive(Clone, Debug)]
pub struct GatePlan<'a> {
    /// Last day whose facts may be known; what is known later proves nothing.
    pub as_of: Date,
    /// The challenger's model.
    pub model: ModelName,
    /// Its seed, which is also that of the bootstrap.
    pub seed: u64,
    /// Folder of the model in use, where there is one.
    pub champion: Option<&'a Path>,
    /// Cut-offs, one a week.
    pub cutoffs: u32,
    /// Days over which the last cut-off must have been watched.
    pub observed_days: u32,
    /// The model that no other may fall behind.
    pub baseline: ModelName,
    /// Largest upper bound of challenger minus champion.
    pub crps_difference_max_days: f64,
}

/// What the gate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// No worse than the baseline, and better than the champion.
    Passed,
    /// No worse than the baseline; there is no champion yet.
    NoChampionPassed,
    /// It may not become champion.
    Failed,
}

impl Verdict {
    /// Returns whether the challenger may become champion.
    #[must_use]
    pub const fn is_passed(self) -> bool {
        matches!(self, Self::Passed | Self::NoChampionPassed)
    }
}

/// The verdict with everything it rests on; kept beside the model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proof {
    /// Whether the challenger may become champion.
    pub verdict: Verdict,
    /// Why, in words.
    pub reason: String,
    /// The challenger's recipe.
    pub challenger: Recipe,
    /// The champion, where there is one.
    pub champion: Option<Opponent>,
    /// Whether the champion had seen the outcomes, so that its recipe stood in for it.
    pub champion_refitted: bool,
    /// The baseline.
    pub baseline: String,
    /// Outcomes are those known at the end of this day.
    pub known_until: Option<Date>,
    /// First cut-off, on which the challenger's recipe was fitted.
    pub first_cutoff: Option<Date>,
    /// Last cut-off.
    pub last_cutoff: Option<Date>,
    /// Number of cut-offs.
    pub cutoffs: usize,
    /// Open invoices at the cut-offs.
    pub invoices: usize,
    /// Their customers.
    pub customers: usize,
    /// Mean CRPS of each, in days.
    pub crps_days: Option<CrpsDays>,
    /// Challenger minus champion, with one-sided 95 % bounds.
    pub against_champion: Option<Bounds>,
    /// Challenger minus baseline, with one-sided 95 % bounds.
    pub against_baseline: Option<Bounds>,
    /// What the upper bound against the champion must not exceed.
    pub crps_difference_max_days: f64,
    /// Identifies the content of the ledger.
    pub ledger_fingerprint: String,
    /// Version of duecast.
    pub code_version: String,
}

/// How a model is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recipe {
    /// The model.
    pub model: String,
    /// The seed.
    pub seed: u64,
}

/// The model in use, as it took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Opponent {
    /// The model.
    pub model: String,
    /// The seed.
    pub seed: u64,
    /// The last day whose facts the model in use has seen.
    pub trained_as_of: Date,
    /// The last day whose facts the model had seen that answered for it.
    pub answered_as_of: Date,
}

/// Mean CRPS over the same cases, in days; lower is better.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CrpsDays {
    /// Of the challenger's recipe.
    pub challenger: f64,
    /// Of the baseline.
    pub baseline: f64,
    /// Of the champion, where there is one.
    pub champion: Option<f64>,
}

/// Puts a challenger to the test, and says in words why it passed or failed.
///
/// `progress` is called with the number of weeks done and the total. What keeps a model from being tested, such as
/// too short a history, is a failed proof and no error.
///
/// # Errors
///
/// - [`Error::Model`] when the champion's folder is no model, or a fitted one cannot predict;
/// - [`Error::Backtest`] when a stage fails.
pub fn prove(
    history: &History,
    plan: &GatePlan<'_>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Proof, Error> {
    let mut proof = untested(history, plan);
    let (cutoffs, known_until) = match weekly_cutoffs(history, plan) {
        Ok(weeks) => weeks,
        Err(reason) => return Ok(Proof { reason, ..proof }),
    };
    proof.known_until = Some(known_until);
    proof.first_cutoff = cutoffs.first().copied();
    proof.last_cutoff = cutoffs.last().copied();
    proof.cutoffs = cutoffs.len();
    let contenders = match contenders(history, plan, cutoffs[0], &mut proof)? {
        Ok(contenders) => contenders,
        Err(reason) => return Ok(Proof { reason, ..proof }),
    };
    let models: Vec<&FittedModel> = contenders.iter().collect();
    let paired_plan = PairedPlan {
        cutoffs,
        known_until,
        seed: plan.seed,
    };
    let Some(paired) = backtest::paired(history, &models, &paired_plan, progress)? else {
        let reason = "no invoice was open at any of the cut-offs: there is nothing to compare".to_owned();
        return Ok(Proof { reason, ..proof });
    };
    note(&mut proof, &paired);
    (proof.verdict, proof.reason) = verdict::verdict(&proof);
    Ok(proof)
}

/// A proof before the test, which did not pass.
fn untested(history: &History, plan: &GatePlan<'_>) -> Proof {
    Proof {
        verdict: Verdict::Failed,
        reason: String::new(),
        challenger: Recipe {
            model: plan.model.to_string(),
            seed: plan.seed,
        },
        champion: None,
        champion_refitted: false,
        baseline: plan.baseline.to_string(),
        known_until: None,
        first_cutoff: None,
        last_cutoff: None,
        cutoffs: 0,
        invoices: 0,
        customers: 0,
        crps_days: None,
        against_champion: None,
        against_baseline: None,
        crps_difference_max_days: plan.crps_difference_max_days,
        ledger_fingerprint: history.fingerprint().to_owned(),
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// Writes a value as JSON; the file appears whole or not at all.
///
/// # Errors
///
/// [`Error::Output`] when the file cannot be written.
pub fn write_json<T: Serialize>(value: &T, path: &Path) -> Result<(), Error> {
    let mut staged = StagedFile::create(path)?;
    serde_json::to_writer_pretty(staged.writer(), value)
        .map_err(|error| output::Error::at(path)(std::io::Error::from(error)))?;
    Ok(staged.commit()?)
}

/// Returns the cut-offs, oldest first, with the day whose outcomes count; or why there are none.
fn weekly_cutoffs(history: &History, plan: &GatePlan<'_>) -> Result<(Vec<Date>, Date), String> {
    let Some((first, last)) = history.date_range() else {
        return Err("the ledger has no invoice".to_owned());
    };
    if plan.cutoffs == 0 {
        return Err("a proof needs at least one cut-off".to_owned());
    }
    let known_until = last.min(plan.as_of);
    let latest = add_days(known_until, -i64::from(plan.observed_days.max(1)));
    let mut cutoffs: Vec<Date> = (0..i64::from(plan.cutoffs))
        .map(|back| add_days(latest, -back * STRIDE_DAYS))
        .collect();
    cutoffs.reverse();
    if cutoffs.first().is_none_or(|earliest| *earliest < first) {
        return Err(format!(
            "too short a history: {} weekly cut-offs, the last of them watched for {} days, begin before the first \
             invoice; the ledger knows {first} to {known_until}",
            plan.cutoffs, plan.observed_days
        ));
    }
    Ok((cutoffs, known_until))
}

/// Returns challenger, baseline and, where there is one, champion; or why one of them cannot take part.
fn contenders(
    history: &History,
    plan: &GatePlan<'_>,
    first_cutoff: Date,
    proof: &mut Proof,
) -> Result<Result<Vec<FittedModel>, String>, Error> {
    let names = [plan.model, plan.baseline];
    let mut contenders = match fit_at(history, first_cutoff, &names, plan.seed) {
        Ok(models) => models,
        Err(error) => return Ok(Err(with_causes(&error))),
    };
    let Some(folder) = plan.champion else {
        return Ok(Ok(contenders));
    };
    let champion = artifact::load(folder)?;
    let (name, info) = (champion.model.name(), champion.info);
    let opponent = |answered_as_of| Opponent {
        model: name.to_string(),
        seed: info.seed,
        trained_as_of: info.as_of,
        answered_as_of,
    };
    if info.as_of <= first_cutoff {
        proof.champion = Some(opponent(info.as_of));
        contenders.push(champion.model);
        return Ok(Ok(contenders));
    }
    proof.champion_refitted = true;
    let age_days = if name == plan.model {
        (plan.as_of - info.as_of).num_days().max(0)
    } else {
        0
    };
    let fitted_as_of = add_days(first_cutoff, -age_days);
    proof.champion = Some(opponent(fitted_as_of));
    Ok(match fit_at(history, fitted_as_of, &[name], info.seed) {
        Ok(models) => {
            contenders.extend(models);
            Ok(contenders)
        }
        Err(error) => Err(with_causes(&error)),
    })
}

/// Fits models on what was known on a day, as `duecast train` does.
fn fit_at(
    history: &History,
    day: Date,
    names: &[ModelName],
    seed: u64,
) -> Result<Vec<FittedModel>, model::Error> {
    let plan = TrainingPlan {
        seed,
        ..TrainingPlan::default()
    };
    let training = TrainingSet::build(&history.as_of(day), &plan)?;
    names
        .iter()
        .map(|name| model::fit(*name, &training, seed))
        .collect()
}

fn note(proof: &mut Proof, paired: &Paired) {
    proof.invoices = paired.cases;
    proof.customers = paired.customers;
    proof.crps_days = match paired.crps_days.as_slice() {
        [challenger, baseline, champion @ ..] => Some(CrpsDays {
            challenger: *challenger,
            baseline: *baseline,
            champion: champion.first().copied(),
        }),
        _ => None,
    };
    proof.against_baseline = paired.differences.first().copied();
    proof.against_champion = paired.differences.get(1).copied();
}
