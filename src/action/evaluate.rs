//! What another policy would have been worth, from decisions that were logged with their propensities.
//!
//! A logged decision `i` had the context `x`, took the action `a` with probability `p` and earned the reward `r`. The
//! policy to be judged would have taken each action with probability `pi(a | x)`. With `w = min(pi(a | x) / p, c)`:
//!
//! - self-normalised: `sum w r / sum w` (SNIPS; Swaminathan and Joachims 2015, NeurIPS);
//! - doubly robust: `mean of sum_b pi(b | x) q(x, b) + w (r - q(x, a))` with a model `q` of the reward (Dudík,
//!   Langford and Li 2011, ICML): right when either the propensities or the model are;
//! - effective sample size: `(sum w)^2 / sum w^2` (Kong 1992); below a limit the answer is refused.
//!
//! Intervals come from a bootstrap over customers, whose decisions are not independent of each other. What is
//! estimated is the reward of one decision, everything before it as it was (a contextual bandit): the later
//! decisions of the same customer are those of the log.
//!
//! Decisions that were not left to chance, or that a person overrode, say nothing about another policy: they are
//! counted and left out. The answer speaks of the decisions that were drawn.

mod bills;
mod bootstrap;
mod estimators;
pub mod log;
mod overlap;
pub mod reward;
pub mod reward_model;
pub mod uplift;
pub mod words;

use std::collections::BTreeMap;

use serde::Serialize;

use super::decision::{Decision, Share};
use super::kind::ActionId;

use bootstrap::Blocks;
use overlap::Overlap;

/// A decision with what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// The decision.
    pub decision: Decision,
    /// What it earned, in minor units of the policy's currency.
    pub reward: f64,
    /// Share of what was open that was paid within the window, from 0 to 1.
    pub paid_share: f64,
    /// Share of the window in which what was open was in hand, by amount, from 0 to 1.
    pub in_hand: f64,
    /// What a model says each action would have earned; an action that is not told counts as zero.
    pub predicted: BTreeMap<ActionId, f64>,
}

/// How policies are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EvaluationPlan {
    /// Largest weight of a decision. A draw with the least propensity that is allowed, 0.05, has just this weight.
    pub weight_max: f64,
    /// Effective sample size below which nothing is said.
    pub effective_sample_min: f64,
    /// Largest share of what the policy would do that was never tried in the same place.
    pub unsupported_max: f64,
    /// Draws of the bootstrap.
    pub draws: u32,
    /// Share of the draws within an interval.
    pub confidence: f64,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for EvaluationPlan {
    fn default() -> Self {
        Self {
            weight_max: 20.0,
            effective_sample_min: 200.0,
            unsupported_max: 0.01,
            draws: 1_000,
            confidence: 0.95,
            seed: 20_261_122,
        }
    }
}

/// An estimate with its interval, in minor units of the policy's currency a decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// On the decisions themselves.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Estimate {
    /// Returns whether a value lies in the interval.
    #[must_use]
    pub fn covers(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// What a policy would have been worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Name of the policy.
    pub name: String,
    /// Decisions that were drawn and have a reward.
    pub decisions: usize,
    /// Customers behind them.
    pub customers: usize,
    /// Decisions left out: not drawn, overridden, or without a usable number.
    pub left_out: usize,
    /// Self-normalised estimate.
    pub snips: Estimate,
    /// Doubly robust estimate.
    pub doubly_robust: Estimate,
    /// `(sum w)^2 / sum w^2`.
    pub effective_sample_size: f64,
    /// Share of the decisions whose weight was cut.
    pub clipped_share: f64,
    /// Why the estimates must not be used, where they must not.
    pub refusal: Option<String>,
}

/// How much more one policy would have been worth than another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Difference of the self-normalised estimates.
    pub snips: Estimate,
    /// Difference of the doubly robust estimates.
    pub doubly_robust: Estimate,
}

/// Estimates what a policy would have been worth on the decisions of a log.
///
/// `target` says with which probability the policy would take each action; its shares sum to 1. The result does
/// not depend on the order of the decisions.
#[must_use]
pub fn evaluate(
    logged: &[Logged],
    name: &str,
    target: &dyn Fn(&Decision) -> Vec<Share>,
    plan: &EvaluationPlan,
) -> Evaluation {
    let (blocks, overlap) = weighed(logged, target, plan);
    let (snips, doubly_robust) = blocks.estimates(plan);
    Evaluation {
        name: name.to_owned(),
        decisions: overlap.decisions(),
        customers: blocks.len(),
        left_out: logged.len() - overlap.decisions(),
        snips,
        doubly_robust,
        effective_sample_size: overlap.effective_sample_size(),
        clipped_share: overlap.clipped_share(),
        refusal: overlap.refusal(plan),
    }
}

/// Estimates how much more `target` would have been worth than `other`, customer by customer on the same draws.
#[must_use]
pub fn compare(
    logged: &[Logged],
    target: &dyn Fn(&Decision) -> Vec<Share>,
    other: &dyn Fn(&Decision) -> Vec<Share>,
    plan: &EvaluationPlan,
) -> Comparison {
    let (blocks, _) = weighed(logged, target, plan);
    let (others, _) = weighed(logged, other, plan);
    let (snips, doubly_robust) = blocks.differences(&others, plan);
    Comparison { snips, doubly_robust }
}

/// Weighs the decisions of a log for a policy, in an order of their own.
fn weighed(
    logged: &[Logged],
    target: &dyn Fn(&Decision) -> Vec<Share>,
    plan: &EvaluationPlan,
) -> (Blocks, Overlap) {
    let mut usable: Vec<&Logged> = logged.iter().filter(|one| estimators::is_usable(one)).collect();
    // Sums of floats depend on the order; the order of the file must not.
    usable.sort_by(|left, right| {
        let (left, right) = (&left.decision, &right.decision);
        (&left.customer_id, &left.decision_id).cmp(&(&right.customer_id, &right.decision_id))
    });
    let (mut blocks, mut overlap) = (Blocks::default(), Overlap::default());
    for one in usable {
        let shares = target(&one.decision);
        let case = estimators::weigh(one, &shares, plan.weight_max);
        overlap.add(&case, &one.decision, &shares);
        blocks.add(&one.decision.customer_id, &case);
    }
    (blocks, overlap)
}
