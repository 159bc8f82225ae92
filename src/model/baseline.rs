//! The baselines that must be beaten, printed in every report.
//!
//! They have no parameters to fit: what they need is in the feature table. `due_date` says that
//! everybody pays when due; `customer_mean` adds the customer's average delay, which is what ERP
//! add-ons do; `customer_histogram` answers with the customer's own empirical-Bayes hazard.

use crate::features::{FeatureTable, column, lateness};
use crate::model::Error;
use crate::model::distribution::PaymentDistribution;

/// Hazard of a weekend day against a weekday with the same lateness.
const WEEKEND_FACTOR: f64 = 0.02;

/// Pays on the due date, that of the last instalment on a plan, or on the first day if that has passed.
pub(crate) fn due_date(table: &FeatureTable) -> Result<Vec<PaymentDistribution>, Error> {
    (0..table.len())
        .map(|row| {
            let view = table.invoice(row);
            let due_day = view.instalments.last().map_or(view.due_day, |line| line.due_day);
            PaymentDistribution::on_day(due_day - view.cutoff_day)
        })
        .collect()
}

/// Pays on the due date plus the customer's average delay.
pub(crate) fn customer_mean(table: &FeatureTable) -> Result<Vec<PaymentDistribution>, Error> {
    let delay = table.numbers(column::LATENESS_MEAN)?;
    (0..table.len())
        .map(|row| {
            let view = table.invoice(row);
            let days = delay.get(row).unwrap_or_default().round();
            #[expect(clippy::cast_possible_truncation, reason = "a mean of clamped days")]
            PaymentDistribution::on_day(view.rolled_due_day - view.cutoff_day + days as i32)
        })
        .collect()
}

/// Pays by the customer's own hazard at each lateness.
pub(crate) fn customer_histogram(table: &FeatureTable) -> Result<Vec<PaymentDistribution>, Error> {
    (0..table.len())
        .map(|row| {
            let view = table.invoice(row);
            PaymentDistribution::from_hazards((1..).zip(view.days).map(|(ahead, day)| {
                let log_odds =
                    view.profile.slow[lateness::bin(view.cutoff_day + ahead - view.rolled_due_day)];
                let hazard = 1.0 / (1.0 + (-log_odds).exp());
                if day.weekday >= 5 {
                    hazard * WEEKEND_FACTOR
                } else {
                    hazard
                }
            }))
        })
        .collect()
}
