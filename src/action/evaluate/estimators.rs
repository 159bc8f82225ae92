//! One decision, weighed for another policy.

use super::Logged;
use crate::action::decision::Share;
use crate::action::kind::ActionId;

/// What a decision adds to the estimates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Case {
    /// `min(pi / p, c)`.
    pub(super) weight: f64,
    /// Whether the weight was cut.
    pub(super) is_clipped: bool,
    /// What it earned.
    pub(super) reward: f64,
    /// Its doubly robust reward.
    pub(super) doubly_robust: f64,
}

/// Returns whether a decision was left to chance, was carried out, and has numbers that can be used.
pub(super) fn is_usable(logged: &Logged) -> bool {
    let decision = &logged.decision;
    let propensity = decision.propensity;
    decision.is_randomised
        && decision.overridden_by.is_none()
        && logged.reward.is_finite()
        && propensity > 0.0
        && propensity <= 1.0
}

/// Returns the probability of an action among shares; what is no probability counts as zero.
pub(super) fn share_of(shares: &[Share], action: &ActionId) -> f64 {
    shares
        .iter()
        .filter(|share| share.action == *action)
        .map(|share| probability(share.propensity))
        .sum()
}

/// Returns the number where it can be a probability; else zero.
pub(super) fn probability(given: f64) -> f64 {
    if given.is_finite() {
        given.clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// Weighs a usable decision for a policy that would have chosen by `shares`.
pub(super) fn weigh(logged: &Logged, shares: &[Share], weight_max: f64) -> Case {
    let decision = &logged.decision;
    let ratio = share_of(shares, &decision.action) / decision.propensity;
    let weight = ratio.min(weight_max);
    let predicted = |action: &ActionId| {
        let told = logged.predicted.get(action).copied();
        told.filter(|reward| reward.is_finite()).unwrap_or(0.0)
    };
    let direct: f64 = shares
        .iter()
        .map(|share| probability(share.propensity) * predicted(&share.action))
        .sum();
    Case {
        weight,
        is_clipped: ratio > weight_max,
        reward: logged.reward,
        doubly_robust: direct + weight * (logged.reward - predicted(&decision.action)),
    }
}
