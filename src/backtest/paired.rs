//! Fitted models on the same open invoices: whose distributions lay nearer to what came?
//!
//! The replay fits its models itself, one of a kind. Here the models are given, fitted by whoever asks, so that two
//! of one kind can be told apart: one that knows an old ledger and one that knows a newer one.

use crate::domain::Date;
use crate::domain::date::day_number;
use crate::features::{self, HORIZON_DAYS};
use crate::history::History;
use crate::model::outcome::outcomes;
use crate::model::{FittedModel, PaymentPrediction, Reasons};

use super::bootstrap::{self, BlockSums, Bounds, paired_block_bounds};
use super::compare::customer_blocks;
use super::metrics;
use super::{Case, Error, JudgedCase};

/// Which days are asked, and how they are compared.
#[derive(Clone, Debug)]
pub struct PairedPlan {
    /// The days on which the models are asked for the open book.
    pub cutoffs: Vec<Date>,
    /// Outcomes are those known at the end of this day.
    pub known_until: Date,
    /// Seed of the bootstrap.
    pub seed: u64,
}

/// Several models on the same cases.
#[derive(Clone, Debug, PartialEq)]
pub struct Paired {
    /// Open invoices at cut-offs that were watched for at least a day.
    pub cases: usize,
    /// Their customers: the blocks of the bootstrap.
    pub customers: usize,
    /// Mean [`metrics::crps_days`] of each model, in their order.
    pub crps_days: Vec<f64>,
    /// The first model minus each of the others, in their order.
    pub differences: Vec<Bounds>,
}

/// Asks every model for the same open books and compares the first with each of the others.
///
/// Every model sees `History::as_of(cutoff)` and nothing else; whether it was *fitted* on earlier days alone is for
/// the caller to see to. `progress` is called after each cut-off with the number done and the total. `None` where no
/// open invoice was watched for a single day, or no model is given.
///
/// # Errors
///
/// - [`Error::BooksDiffer`] when two models answer for different invoices;
/// - [`Error::HorizonDiffers`] when one does not cover the horizon;
/// - the error of a stage that fails.
pub fn paired(
    history: &History,
    models: &[&FittedModel],
    plan: &PairedPlan,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Option<Paired>, Error> {
    let later = history.as_of(plan.known_until);
    let mut cases: Vec<Case> = Vec::new();
    let mut scores: Vec<Vec<f64>> = vec![Vec::new(); models.len()];
    for (index, &cutoff) in plan.cutoffs.iter().enumerate() {
        let book = features::book(&history.as_of(cutoff))?;
        let known = outcomes(&later, cutoff)?;
        let until_end = day_number(plan.known_until) - day_number(cutoff);
        let mut asked: Option<Vec<Case>> = None;
        for (model, scores) in models.iter().zip(&mut scores) {
            let mut answered = Vec::new();
            for prediction in model.predict(&book, Reasons::LeftOut)? {
                let Some(&outcome) = known.get(&prediction.invoice_id) else {
                    continue;
                };
                let case = Case::new(&prediction, cutoff, outcome);
                if let Some(crps) = crps_days(&case, &prediction, until_end)? {
                    scores.push(crps);
                    answered.push(case);
                }
            }
            let is_same = asked.as_ref().is_none_or(|asked| {
                asked.len() == answered.len()
                    && asked
                        .iter()
                        .zip(&answered)
                        .all(|(ours, theirs)| ours.invoice_id == theirs.invoice_id)
            });
            if !is_same {
                return Err(Error::BooksDiffer {
                    model: model.name(),
                    cutoff,
                });
            }
            asked.get_or_insert(answered);
        }
        cases.extend(asked.unwrap_or_default());
        progress(index + 1, plan.cutoffs.len());
    }
    Ok(compared(&cases, &scores, plan.seed))
}

/// Returns the score of one answer, `None` for an invoice that was not watched for a day.
fn crps_days(case: &Case, prediction: &PaymentPrediction, until_end: i32) -> Result<Option<f64>, Error> {
    let cdf = prediction.distribution.days();
    if cdf.len() != HORIZON_DAYS {
        return Err(Error::HorizonDiffers {
            expected: HORIZON_DAYS,
            given: cdf.len(),
            invoice_id: prediction.invoice_id.clone(),
        });
    }
    let judged = JudgedCase {
        case,
        observed_days: case.observed_days(until_end),
        cdf,
        late_probability: prediction.late_probability(),
    };
    Ok(judged.crps_days())
}

/// Compares the scores of the first model with those of each other one, case by case.
fn compared(cases: &[Case], scores: &[Vec<f64>], seed: u64) -> Option<Paired> {
    let (first, others) = scores.split_first()?;
    let borrowed: Vec<&Case> = cases.iter().collect();
    let blocks = customer_blocks(&borrowed);
    let customers = blocks.iter().max().map_or(0, |last| last + 1);
    let mut counts = vec![0.0_f64; customers];
    for &block in &blocks {
        counts[block] += 1.0;
    }
    let series: Vec<BlockSums> = others
        .iter()
        .map(|other| {
            let mut differences = vec![0.0_f64; customers];
            for (&block, (ours, theirs)) in blocks.iter().zip(first.iter().zip(other)) {
                differences[block] += ours - theirs;
            }
            BlockSums {
                differences,
                cases: counts.clone(),
            }
        })
        .collect();
    let bounds = paired_block_bounds(&series, bootstrap::DRAWS, seed);
    Some(Paired {
        cases: cases.len(),
        customers,
        crps_days: scores
            .iter()
            .map(|scores| metrics::mean(scores))
            .collect::<Option<Vec<f64>>>()?,
        differences: bounds.into_iter().collect::<Option<Vec<Bounds>>>()?,
    })
}
