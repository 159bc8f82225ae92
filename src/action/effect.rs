//! What an action does to the daily hazard of payment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::kind::{ActionId, Stage};

/// What an action does, in one context.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Change of the logit of the daily hazard of payment against waiting.
    pub shift: f64,
    /// Its standard error.
    pub std_error: f64,
    /// Days for which it works, from the day after the action on.
    pub days: u32,
    /// Where it comes from.
    pub source: EffectSource,
}

/// Where an effect comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectSource {
    /// Nobody has measured it: a sceptical prior.
    Assumption,
    /// Mostly measured on this many randomised decisions for the action and its comparison.
    Learned {
        /// How many.
        decisions: u64,
    },
}

/// Where an effect is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EffectContext<'a> {
    /// Segment of the customer.
    pub segment: Option<&'a str>,
    /// Stage of the oldest amount.
    pub stage: Stage,
}

/// The effects of every action, by stage and segment: an assumption until learned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Effects {
    /// Of an action at large.
    pub(super) actions: BTreeMap<ActionId, Effect>,
    /// Of an action in a cell, where decisions have taught more: `stage`, then segment (empty where unknown).
    pub(super) cells: BTreeMap<ActionId, BTreeMap<Stage, BTreeMap<String, Effect>>>,
}
