//! A model of the reward, for the doubly robust estimate: what an action earns a unit of what is expected anyway.
//!
//! `q(x, a) = scale(x) beta(a, stage) - cost(a)`, where `scale` is what could be dunned times the probability that a
//! unit of it is paid within the window if nothing is done (the mean of the others where not known). `beta` is the
//! ratio of summed rewards (cost added back) to summed scales, each decision weighed by one over its propensity, of
//! the other customers: nobody's outcome predicts itself (cross-fitting; Chernozhukov et al. 2018). A cell of few
//! decisions takes the ratio of its action, and an action of few that of all.
//!
//! The model need not be right: where it is not, the propensities are. It only makes the intervals narrower.

use std::collections::BTreeMap;

use super::estimators::is_usable;
use super::{Logged, words};
use crate::action::decision::Decision;
use crate::action::kind::{ActionId, Stage};
use crate::action::policy::Policy;

/// Parts into which customers are cut.
const FOLDS: usize = 5;
/// Decisions from which on a ratio is one of its own.
const CELL_MIN: f64 = 50.0;

/// Sums of a cell.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    reward: f64,
    scale: f64,
    decisions: f64,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.reward += other.reward;
        self.scale += other.scale;
        self.decisions += other.decisions;
    }

    fn ratio(self) -> Option<f64> {
        (self.decisions >= CELL_MIN && self.scale > 0.0).then(|| self.reward / self.scale)
    }
}

/// The sums of one fold's complement.
#[derive(Clone, Debug, Default)]
struct Fitted {
    cells: BTreeMap<(ActionId, Stage), Sums>,
    actions: BTreeMap<ActionId, Sums>,
    all: Sums,
}

impl Fitted {
    fn add(&mut self, decision: &Decision, sums: Sums) {
        let cell = (decision.action.clone(), decision.stage);
        self.cells.entry(cell).or_default().add(sums);
        self.actions.entry(decision.action.clone()).or_default().add(sums);
        self.all.add(sums);
    }

    fn beta(&self, action: &ActionId, stage: Stage) -> f64 {
        let cell = self.cells.get(&(action.clone(), stage));
        let of_action = self.actions.get(action);
        cell.and_then(|sums| sums.ratio())
            .or_else(|| of_action.and_then(|sums| sums.ratio()))
            .or_else(|| self.all.ratio())
            .unwrap_or(0.0)
    }
}

/// Fills in what each decision would have earned under every action that could have been chosen.
///
/// Two calls give the same, and so does another order of the decisions up to rounding.
pub fn predict_rewards(logged: &mut [Logged], policy: &Policy) {
    let typical = typical_probability(logged);
    let mut fitted = vec![Fitted::default(); FOLDS];
    for one in logged.iter().filter(|one| is_usable(one)) {
        let decision = &one.decision;
        let weight = 1.0 / decision.propensity;
        let sums = Sums {
            reward: weight * (one.reward + cost(policy, decision, &decision.action)),
            scale: weight * scale(decision, typical),
            decisions: 1.0,
        };
        let own = fold(&decision.customer_id);
        for (place, fit) in fitted.iter_mut().enumerate() {
            if place != own {
                fit.add(decision, sums);
            }
        }
    }
    for one in logged.iter_mut() {
        let decision = &one.decision;
        let fit = &fitted[fold(&decision.customer_id)];
        let scale = scale(decision, typical);
        let predicted = decision.admissible.iter().map(|share| {
            let action = &share.action;
            let reward = scale * fit.beta(action, decision.stage) - cost(policy, decision, action);
            (action.clone(), reward)
        });
        one.predicted = predicted.collect();
    }
}

/// The mean probability of payment where it is known; one where it is nowhere, so that the amount alone counts.
fn typical_probability(logged: &[Logged]) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for probability in logged.iter().filter_map(|one| known_probability(&one.decision)) {
        sum += probability;
        count += 1.0;
    }
    if count > 0.0 { sum / count } else { 1.0 }
}

fn known_probability(decision: &Decision) -> Option<f64> {
    let given = decision.paid_probability;
    (given > 0.0 && given <= 1.0).then_some(given)
}

fn scale(decision: &Decision, typical: f64) -> f64 {
    let amount = if decision.dunnable.is_finite() {
        decision.dunnable.max(0.0)
    } else {
        0.0
    };
    amount * known_probability(decision).unwrap_or(typical)
}

/// What an action costs by the policy's own terms, as the rewards of a log count it.
fn cost(policy: &Policy, decision: &Decision, action: &ActionId) -> f64 {
    let is_own = *action == decision.action;
    let channel = is_own.then_some(decision.channel);
    let channel = channel.filter(|channel| *channel != crate::action::kind::Channel::None);
    words::rule_of(policy, action.as_str(), channel).map_or(0.0, |rule| words::cost_of(policy, rule))
}

/// The part a customer belongs to, by a hash of its id (FNV-1a).
fn fold(customer_id: &str) -> usize {
    let hash = customer_id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let folds = u64::try_from(FOLDS).expect("a few folds");
    usize::try_from((hash >> 32) % folds).expect("below the number of folds")
}
