//! The answer of the stage: what is done for each customer on a day, what it is worth, and why.

use std::collections::BTreeMap;

use crate::domain::{Currency, Date};

use super::advice::Advice;
use super::candidate::{Candidate, WhyNot};
use super::decision::Decision;
use super::gain::Gain;
use super::kind::ActionId;

/// What is done on a day, one line a customer, the most valuable minute first.
#[derive(Clone, Debug)]
pub struct Worklist {
    /// Last day whose facts are known.
    pub as_of: Date,
    /// The day it is for.
    pub day: Date,
    /// Name of the policy.
    pub policy_name: String,
    /// Version of the policy.
    pub policy_version: String,
    /// Currency of gains, in minor units.
    pub currency: Currency,
    /// One a customer with open items, by priority.
    pub lines: Vec<Line>,
    /// Expected gain of the lines against waiting, those drawn at random included.
    pub value: f64,
    /// Expected gain of what was planned, before any was drawn. What it falls short of `bound` is rounding; what
    /// `value` falls short of it is the price of learning.
    pub planned_value: f64,
    /// What no plan can exceed; those held out count for nothing.
    pub bound: f64,
    /// Expected gain of the greedy plan under the same capacity.
    pub greedy_value: f64,
    /// What one more hour of each collector would be worth.
    pub hour_prices: BTreeMap<String, f64>,
    /// Minutes that are given out, by collector.
    pub minutes_used: BTreeMap<String, u32>,
    /// Whether every effect is an assumption.
    pub is_assumption: bool,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// What the lines of one action come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ActionTotal {
    /// Number of customers.
    pub customers: usize,
    /// Expected gain against waiting, in minor units.
    pub gain: f64,
    /// What it costs, in minor units.
    pub cost: f64,
}

impl Worklist {
    /// Returns what the lines of each action come to, in the order of the actions' ids.
    #[must_use]
    pub fn totals(&self) -> BTreeMap<&ActionId, ActionTotal> {
        let mut totals: BTreeMap<&ActionId, ActionTotal> = BTreeMap::new();
        for line in &self.lines {
            let total = totals.entry(&line.decision.action).or_default();
            total.customers += 1;
            total.gain += line.gain.total;
            total.cost += line.gain.cost;
        }
        totals
    }
}

/// What is done for a customer.
#[derive(Clone, Debug)]
pub struct Line {
    /// The customer.
    pub customer_id: String,
    /// What was decided, as it is logged.
    pub decision: Decision,
    /// Place of the action in the policy's catalogue.
    pub rule: usize,
    /// What it is about, and when it may be done.
    pub candidate: Candidate,
    /// What it is worth against waiting.
    pub gain: Gain,
    /// What is open, in minor units of each currency.
    pub open: BTreeMap<Currency, i64>,
    /// What may be dunned, in minor units of each currency.
    pub dunnable: BTreeMap<Currency, i64>,
    /// Place of the oldest item of the account that may be asked for, whatever was chosen.
    pub oldest: Option<usize>,
    /// Everything that could be done, waiting included, the most valuable first.
    pub alternatives: Vec<Alternative>,
    /// Why the rest may not.
    pub why_nots: Vec<WhyNot>,
    /// What goes along: limits, blocks, plans.
    pub advice: Vec<Advice>,
    /// When to look again.
    pub review_on: Date,
    /// 1 is the most valuable by the minute.
    pub priority: u32,
}

/// Something that could be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// The action.
    pub action: ActionId,
    /// What it is worth against waiting.
    pub gain: Gain,
    /// Whether it was chosen.
    pub is_chosen: bool,
}
