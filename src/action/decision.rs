//! What was decided, with the probability with which it was: the unit of learning and of evaluation.

use serde::{Deserialize, Serialize};

use crate::domain::Date;

use super::kind::{ActionId, Autonomy, Channel, Stage};

/// One decision for one customer (or one invoice) on one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Names it: the same customer, day, facts and policy give the same id.
    pub decision_id: String,
    /// The customer.
    pub customer_id: String,
    /// The invoice, where decisions are made one invoice at a time.
    pub invoice_id: Option<String>,
    /// Last day whose facts were known.
    pub as_of: Date,
    /// The day it is for.
    pub day: Date,
    /// What was chosen.
    pub action: ActionId,
    /// Through which channel.
    pub channel: Channel,
    /// Probability with which it was chosen among `admissible`.
    pub propensity: f64,
    /// Whether it was drawn; what was planned has propensity 1.
    pub is_randomised: bool,
    /// Whether the customer is in the hold-out, for which nothing is done.
    pub is_hold_out: bool,
    /// Whatever could have been chosen, with its probability; sums to 1.
    pub admissible: Vec<Share>,
    /// Segment of the customer.
    pub segment: Option<String>,
    /// Stage of the oldest amount.
    pub stage: Stage,
    /// Days past due of the oldest amount.
    pub days_past_due: i32,
    /// What could be dunned, in minor units of the policy's currency.
    pub dunnable: f64,
    /// Expected gain of what was chosen against waiting, in minor units of the policy's currency.
    pub gain: f64,
    /// Probability that a unit of `dunnable` is paid within the window of effects if nothing is done.
    pub paid_probability: f64,
    /// Who does it.
    pub collector: Option<String>,
    /// Who may let it happen.
    pub autonomy: Autonomy,
    /// Hash over the facts it rests on.
    pub facts_hash: String,
    /// Model that predicted.
    pub model: String,
    /// Policy and its version.
    pub policy: String,
    /// Seed of the draw.
    pub seed: u64,
    /// Why, in words.
    pub reasons: Vec<String>,
    /// Who decided otherwise, and what.
    pub overridden_by: Option<Override>,
}

/// An action with its probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// The action.
    pub action: ActionId,
    /// Its probability.
    pub propensity: f64,
}

/// A person's own decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Who.
    pub by: String,
    /// What was done instead.
    pub action: ActionId,
    /// Why.
    pub reason: String,
}
