//! Whether a log says enough about a policy: effective sample size, cut weights, and what was never tried.

use std::collections::BTreeMap;

use super::EvaluationPlan;
use super::estimators::{Case, probability, share_of};
use crate::action::decision::{Decision, Share};
use crate::action::kind::ActionId;

/// How much of a policy a log covers.
#[derive(Clone, Debug, Default)]
pub(super) struct Overlap {
    decisions: usize,
    clipped: usize,
    weights: f64,
    squares: f64,
    /// Probability mass of what was never tried in the same place, by action.
    untried: BTreeMap<ActionId, f64>,
}

impl Overlap {
    pub(super) fn add(&mut self, case: &Case, decision: &Decision, shares: &[Share]) {
        self.decisions += 1;
        self.clipped += usize::from(case.is_clipped);
        self.weights += case.weight;
        self.squares += case.weight * case.weight;
        for share in shares {
            let wanted = probability(share.propensity);
            let is_tried = share_of(&decision.admissible, &share.action) > 0.0;
            if wanted > 0.0 && !is_tried {
                *self.untried.entry(share.action.clone()).or_default() += wanted;
            }
        }
    }

    pub(super) const fn decisions(&self) -> usize {
        self.decisions
    }

    pub(super) fn effective_sample_size(&self) -> f64 {
        if self.squares > 0.0 {
            self.weights * self.weights / self.squares
        } else {
            0.0
        }
    }

    pub(super) fn clipped_share(&self) -> f64 {
        if self.decisions == 0 {
            0.0
        } else {
            real(self.clipped) / real(self.decisions)
        }
    }

    /// Returns why nothing can be said, where nothing can.
    pub(super) fn refusal(&self, plan: &EvaluationPlan) -> Option<String> {
        if self.decisions == 0 {
            return Some("no decision of the log was left to chance and carried out".to_owned());
        }
        let all = real(self.decisions);
        let untried = self.untried.values().sum::<f64>() / all;
        if untried > plan.unsupported_max {
            let actions: Vec<String> = self
                .untried
                .iter()
                .map(|(action, mass)| format!("{action} in {:.1} %", 100.0 * mass / all))
                .collect();
            return Some(format!(
                "{:.1} % of what the policy would do was never tried in the same place, at most {:.1} % is allowed: {}",
                100.0 * untried,
                100.0 * plan.unsupported_max,
                actions.join(", ")
            ));
        }
        let size = self.effective_sample_size();
        (size < plan.effective_sample_min).then(|| {
            format!(
                "the overlap is too thin: {} decisions weigh as much as {size:.0}, at least {:.0} are needed",
                self.decisions, plan.effective_sample_min
            )
        })
    }
}

/// A count as a number.
#[expect(clippy::cast_precision_loss, reason = "decisions are far fewer than 2^53")]
pub(super) fn real(count: usize) -> f64 {
    count as f64
}
