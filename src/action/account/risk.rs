//! The risk of a customer: how likely is what it owes to stay unpaid for thirty days past due?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Account, AccountItem};
use crate::action::amount::units;
use crate::domain::Currency;

/// Days past due after which an open invoice is a loss of time that matters.
pub const OVERDUE_DAYS: i32 = 30;
/// Probability from which a risk is no longer low.
pub const MEDIUM_FROM: f64 = 0.05;
/// Probability from which it is high.
pub const HIGH_FROM: f64 = 0.20;

/// A level of risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskLevel {
    /// Less than one in twenty.
    Low,
    /// Less than one in five.
    Medium,
    /// One in five or more.
    High,
}

impl RiskLevel {
    /// Returns the level of a probability.
    #[must_use]
    pub fn of(probability: f64) -> Self {
        if probability < MEDIUM_FROM {
            Self::Low
        } else if probability < HIGH_FROM {
            Self::Medium
        } else {
            Self::High
        }
    }

    /// Returns the name used in files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl Account {
    /// Returns the probability of being open thirty days past due without any action, weighed by open amount; in
    /// several currencies the highest. Zero where nothing is open.
    #[must_use]
    pub fn risk(&self) -> f64 {
        let mut by_currency: BTreeMap<Currency, (f64, f64)> = BTreeMap::new();
        for item in self.items.iter().filter(|item| item.open_minor > 0) {
            let (open, unpaid) = by_currency.entry(item.currency).or_default();
            let weight = units(item.open_minor);
            *open += weight;
            *unpaid += weight * unpaid_probability(item);
        }
        let shares = by_currency.values().map(|(open, unpaid)| unpaid / open);
        shares.max_by(f64::total_cmp).unwrap_or_default()
    }
}

/// Probability of being open at the end of the thirtieth day past due; 1 once that has passed.
fn unpaid_probability(item: &AccountItem) -> f64 {
    let ahead = OVERDUE_DAYS.saturating_sub(item.days_past_due);
    item.distribution.open_after(ahead)
}
