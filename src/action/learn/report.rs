//! What was learned, and from what.

use serde::{Deserialize, Serialize};

use super::{LearnPlan, ModifierReport};
use crate::action::effect::{EffectSource, Effects};
use crate::action::kind::{ActionId, Stage};

/// A value with its 90 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The value.
    pub value: f64,
    /// Five per cent quantile.
    pub low: f64,
    /// Ninety-five per cent quantile.
    pub high: f64,
}

impl Interval {
    /// Whether it covers a value.
    #[must_use]
    pub fn covers(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// What was learned from decisions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// The effects, ready to be used; the prior where nothing was learned.
    pub effects: Effects,
    /// Every cell that was measured, by action in the order of the policy, stage and segment.
    pub cells: Vec<CellReport>,
    /// Every action that was measured.
    pub actions: Vec<ActionReport>,
    /// Deviations by weekday, hour and collector.
    pub modifiers: Vec<ModifierReport>,
    /// What was not used, and why.
    pub left_out: LeftOut,
    /// What to keep in mind, in words.
    pub notes: Vec<String>,
}

/// An action in a stage and a segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellReport {
    /// The action.
    pub action: ActionId,
    /// The stage.
    pub stage: Stage,
    /// The segment; empty for unknown ones and those with too few decisions, taken together.
    pub segment: String,
    /// Decisions for the action or for waiting.
    pub decisions: u64,
    /// Of them, for the action.
    pub acted: u64,
    /// Customers among them.
    pub customers: u64,
    /// Days by which cash is in hand sooner within the window than after waiting, as measured in this cell alone.
    pub difference: Interval,
    /// Shift of the hazard that makes this difference, as measured in this cell alone.
    pub measured_shift: Interval,
    /// The shift that decisions rest on: the measured one, pooled with the other cells and the prior.
    pub shift: Interval,
    /// Share of what is known of the shift that comes from decisions, from 0 to 1.
    pub data_share: f64,
    /// Whether it may be called learned.
    pub source: EffectSource,
}

/// An action over all its cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActionReport {
    /// The action.
    pub action: ActionId,
    /// Decisions for the action or for waiting.
    pub decisions: u64,
    /// Shift of the hazard in a typical cell.
    pub shift: Interval,
    /// Standard deviation of the shift between cells.
    pub between_cells: f64,
    /// Share of what is known of the typical shift that comes from decisions, from 0 to 1.
    pub data_share: f64,
    /// Whether it may be called learned.
    pub source: EffectSource,
}

/// Decisions that were not used, and those that were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// All decisions.
    pub decisions: u64,
    /// Not left to chance between an action and waiting: the comparison would be confounded.
    pub not_randomised: u64,
    /// A probability that is none, or probabilities that contradict each other.
    pub unusable: u64,
    /// Used with a weight that was clipped.
    pub clipped: u64,
}

impl LeftOut {
    pub(super) fn in_words(self, plan: &LearnPlan) -> Vec<String> {
        let mut words = Vec::new();
        if self.not_randomised > 0 {
            words.push(format!(
                "{} of {} decisions were not left to chance between an action and waiting and are left out: \
                 customers who are chosen for an action differ from those who are not",
                self.not_randomised, self.decisions
            ));
        }
        if self.unusable > 0 {
            words.push(format!(
                "{} of {} decisions have probabilities that cannot be and are left out",
                self.unusable, self.decisions
            ));
        }
        if self.clipped > 0 {
            words.push(format!(
                "{} of {} decisions were so improbable that their weight is cut at {}",
                self.clipped, self.decisions, plan.clip
            ));
        }
        words
    }
}
