//! The risk of a customer: how likely is what it owes to stay unpaid for thirty days past due?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::action::account::risk::{OVERDUE_DAYS, RiskLevel};
use crate::domain::{Currency, Date};
use crate::model::PaymentPrediction;

/// How likely what a customer owes is to stay unpaid for thirty days past due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Less than one in twenty.
    Low,
    /// Less than one in five.
    Medium,
    /// One in five or more.
    High,
}

impl Risk {
    /// Returns the level of a probability.
    #[must_use]
    pub fn of(probability: f64) -> Self {
        match RiskLevel::of(probability) {
            RiskLevel::Low => Self::Low,
            RiskLevel::Medium => Self::Medium,
            RiskLevel::High => Self::High,
        }
    }

    /// Returns the name used in the store and in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// The risk of a customer on a day, from its own behaviour.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomerRisk {
    /// The customer.
    pub customer_id: String,
    /// The day.
    pub as_of: Date,
    /// The level of `unpaid_30_days_probability`.
    pub risk: Risk,
    /// Probability of being open thirty days past due, weighed by open amount; in several currencies the highest.
    pub unpaid_30_days_probability: f64,
    /// Share of invoices that the customer pays late.
    pub late_share: f64,
    /// Expected days past due of what is open, weighed by open amount; in several currencies the highest.
    pub expected_delay_days: f64,
}

/// Sums over the open invoices of one currency.
#[derive(Debug, Clone, Copy, Default)]
struct Weighed {
    open: f64,
    unpaid: f64,
    delay: f64,
}

impl CustomerRisk {
    /// Weighs the open invoices of a customer.
    pub(super) fn of(
        customer_id: &str,
        as_of: Date,
        predictions: &[&PaymentPrediction],
        late_share: f64,
    ) -> Self {
        let mut by_currency: BTreeMap<Currency, Weighed> = BTreeMap::new();
        for prediction in predictions {
            let weighed = by_currency.entry(prediction.open.currency()).or_default();
            let open = weight(prediction.open.minor());
            weighed.open += open;
            weighed.unpaid += open * unpaid_probability(prediction);
            weighed.delay += open * days(prediction.predicted_delay_days());
        }
        let highest = |part: fn(&Weighed) -> f64| {
            let shares = by_currency.values().map(|sums| part(sums) / sums.open.max(1.0));
            shares.max_by(f64::total_cmp).unwrap_or_default()
        };
        let unpaid = highest(|sums| sums.unpaid);
        Self {
            customer_id: customer_id.to_owned(),
            as_of,
            risk: Risk::of(unpaid),
            unpaid_30_days_probability: unpaid,
            late_share,
            expected_delay_days: highest(|sums| sums.delay),
        }
    }
}

/// Probability of being open at the end of the thirtieth day past due; 1 once that has passed.
fn unpaid_probability(prediction: &PaymentPrediction) -> f64 {
    let ahead = prediction.days_to_due().saturating_add(OVERDUE_DAYS);
    prediction.distribution.open_after(ahead)
}

#[expect(clippy::cast_precision_loss, reason = "a weight needs no more than 53 bits")]
fn weight(open_minor: i64) -> f64 {
    open_minor as f64
}

#[expect(clippy::cast_precision_loss, reason = "days are far below 2^53")]
fn days(number: i64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Money;
    use crate::domain::date::{add_days, parse_iso};
    use crate::model::{HORIZON_DAYS, PaymentDistribution};

    /// An invoice due `to_due` days ahead that is paid tomorrow with probability `paid`, and else never.
    fn prediction(to_due: i64, paid: f32, open: Money) -> PaymentPrediction {
        let as_of = parse_iso("2026-03-29").unwrap();
        PaymentPrediction {
            invoice_id: "I1".to_owned(),
            customer_id: "C1".to_owned(),
            entity: None,
            as_of,
            invoice_date: add_days(as_of, -10),
            due_date: add_days(as_of, to_due),
            open,
            gross: open,
            customer_paid_count: 0,
            distribution: PaymentDistribution::from_cdf(vec![paid; HORIZON_DAYS]).unwrap(),
            lines: Vec::new(),
            reasons: Vec::new(),
        }
    }

    fn risk(predictions: &[PaymentPrediction]) -> CustomerRisk {
        let as_of = parse_iso("2026-03-29").unwrap();
        CustomerRisk::of("C1", as_of, &predictions.iter().collect::<Vec<_>>(), 0.5)
    }

    #[test]
    fn levels_begin_at_one_in_twenty_and_at_one_in_five() {
        let names = [0.0, 0.049, 0.05, 0.199, 0.2, 1.0].map(|probability| Risk::of(probability).name());
        assert_eq!(names, ["low", "low", "medium", "medium", "high", "high"]);
    }

    #[test]
    fn open_amounts_weigh() {
        let small = prediction(5, 0.5, Money::from_minor(100, Currency::EUR));
        let large = prediction(5, 1.0, Money::from_minor(900, Currency::EUR));
        let both = risk(&[small, large]);
        assert!((both.unpaid_30_days_probability - 0.05).abs() < 1e-6, "{both:?}");
    }

    #[test]
    fn the_worst_currency_counts() {
        let euros = prediction(5, 1.0, Money::from_minor(1_000_000, Currency::EUR));
        let dollars = prediction(5, 0.5, Money::from_minor(100, Currency::USD));
        assert_eq!(risk(&[euros, dollars]).risk, Risk::High);
    }

    #[test]
    fn what_is_overdue_by_more_than_thirty_days_is_a_high_risk() {
        let overdue = prediction(-31, 0.99, Money::from_minor(100, Currency::EUR));
        assert!((risk(&[overdue]).unpaid_30_days_probability - 1.0).abs() < 1e-9);
    }
}
