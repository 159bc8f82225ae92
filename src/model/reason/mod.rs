//! Why a prediction is what it is: exact Shapley values over groups of features.
//!
//! **What is explained.** The expected days past due of an invoice and the probability that it is paid in time
//! ([`Outlook`]), against the [`BASELINE`]: the same invoice from a typical customer of this book.
//!
//! **Formula.** For a set `S` of groups let `v(S)` be what the model says where the groups of `S` are the
//! invoice's own and the others those of the baseline. A group's share is its Shapley value in this game, from
//! all `2^n` sets of the `n <= 8` groups in which invoice and baseline differ. The shares add up to the
//! prediction less the baseline.
//!
//! **Reasons.** Groups by which payment is expected later, at most four, most weighty first, each at least a
//! twentieth of them all. Words claim only what the facts bear out; a group without such words is left
//! out, unless it is the weightiest, which is told by its subject.
//!
//! **When it is wrong.** An effect is one on the prediction, not what would happen were the fact another. Sets of
//! features that no customer has are asked of the model too.
//!
//! **Cost.** 128 to 256 evaluations an invoice, some ten milliseconds.
//!
//! **References.** Shapley (1953), A value for n-person games. Lundberg and Lee (2017), A unified approach to
//! interpreting model predictions.

mod baseline;
mod game;
mod group;
mod outlook;
mod shapley;
mod words;

use rayon::prelude::*;

use crate::features::FeatureTable;
use crate::model::Error;
use crate::model::cash_model::{CashModel, PaidBy};
use crate::model::invoice_input::Inputs;
use crate::model::prediction::Reason;

pub use baseline::BASELINE;
pub use group::ReasonGroup;
pub use outlook::Outlook;

use game::{Played, Rules};
use words::Facts;

/// Reasons given at most.
const REASONS_MAX: usize = 4;
/// Share of all adverse days below which a reason is not worth a line.
const SHARE_MIN: f64 = 0.05;
/// Days below which an effect is none.
const DAYS_MIN: f64 = 0.05;

/// What one group of features adds to a prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contribution {
    /// The group.
    pub group: ReasonGroup,
    /// Expected days late; positive is later.
    pub days: f64,
    /// Probability of being paid in time; negative is less likely.
    pub probability: f64,
}

/// A prediction, its baseline and what lies between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// What would be expected of [`BASELINE`].
    pub baseline: Outlook,
    /// What is expected of the invoice.
    pub prediction: Outlook,
    /// What each group adds; they sum to the prediction less the baseline. Empty for a model that gives no reasons.
    pub contributions: Vec<Contribution>,
    /// The weightiest of what makes it later, in words.
    pub reasons: Vec<Reason>,
}

/// Explains rows of a table, in their order.
///
/// # Errors
///
/// [`Error::NotFinite`] for a feature that is not a number.
///
/// # Panics
///
/// When a row is not below the length of the table.
pub(crate) fn explain(
    model: &dyn CashModel,
    table: &FeatureTable,
    rows: &[usize],
) -> Result<Vec<Explanation>, Error> {
    let inputs = Inputs::new(table)?;
    let (rules, scratch) = (Rules::new(model), model.scratch());
    let explanations = rows.par_iter().map_init(
        || scratch.clone(),
        |scratch, row| {
            let played = rules.play(inputs.get(*row), scratch);
            explanation(&played, &Facts { table, row: *row })
        },
    );
    Ok(explanations.collect())
}

/// The explanation of a model that gives no reasons: its prediction is its own baseline.
pub(crate) fn unexplained(table: &FeatureTable, row: usize, paid_by: &PaidBy) -> Explanation {
    let outlook = Outlook::of(&table.invoice(row), paid_by);
    Explanation {
        baseline: outlook,
        prediction: outlook,
        contributions: Vec::new(),
        reasons: Vec::new(),
    }
}

fn explanation(played: &Played, facts: &Facts<'_>) -> Explanation {
    let shares = ReasonGroup::ALL.into_iter().zip(played.shares);
    let contributions: Vec<Contribution> = shares
        .map(|(group, [days, probability])| Contribution {
            group,
            days,
            probability,
        })
        .collect();
    Explanation {
        baseline: played.baseline,
        prediction: played.prediction,
        reasons: reasons(&contributions, facts),
        contributions,
    }
}

/// The adverse contributions in words, most weighty first.
fn reasons(contributions: &[Contribution], facts: &Facts<'_>) -> Vec<Reason> {
    let mut adverse: Vec<&Contribution> = contributions
        .iter()
        .filter(|contribution| contribution.days >= DAYS_MIN)
        .collect();
    adverse.sort_by(|left, right| right.days.total_cmp(&left.days));
    let sum: f64 = adverse.iter().map(|contribution| contribution.days).sum();
    adverse
        .into_iter()
        .enumerate()
        .filter(|(_, contribution)| contribution.days >= SHARE_MIN * sum)
        .filter_map(|(rank, contribution)| {
            let unsaid = || (rank == 0).then(|| words::subject(contribution.group));
            let (code, words) = facts.words(contribution.group).or_else(unsaid)?;
            let (days, points) = (contribution.days, 100.0 * contribution.probability);
            Some(Reason {
                code,
                text: format!("{words}: {}", words::effect(days, points)),
                days,
                points,
            })
        })
        .take(REASONS_MAX)
        .collect()
}
