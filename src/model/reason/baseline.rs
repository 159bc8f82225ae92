//! The baseline: the same invoice from a typical customer of this book.
//!
//! It is stored with the fitted model, so that a reason does not depend on which other invoices happen to be
//! explained with it. In place of each feature stands its mean over the rows that the model was fitted on;
//! in place of what happened around the invoice, that nothing was disputed, promised or paid in part; in
//! place of a change, that there was none; in place of the payer's profile, the typical profile of the
//! invoice's own terms group, or of its cell of country and segment
//! ([`PayerProfile::typical`](crate::features::PayerProfile)).

use crate::features::{self, column};
use crate::model::invoice_input::position_of;
use crate::model::reason::group::ReasonGroup;

/// The baseline in words.
pub const BASELINE: &str = "the same invoice from a typical customer of this book";

/// Share of promises kept of a customer that never promised: two in three, as the feature has it.
const NEVER_PROMISED: f64 = 2.0 / 3.0;

/// The features of a typical customer.
#[derive(Debug)]
pub(super) struct Baseline {
    features: Vec<f64>,
    days_past_due: usize,
    overdue_count: usize,
    oldest_overdue: usize,
}

impl Baseline {
    /// Makes the baseline from the means of the features, which are in the order of the feature list.
    pub(super) fn new(means: &[f64]) -> Self {
        let features = features::features()
            .iter()
            .zip(means)
            .map(|(feature, mean)| match ReasonGroup::of(feature.name) {
                Some(ReasonGroup::Events) if feature.name == column::PROMISE_KEPT_RATE => NEVER_PROMISED,
                Some(ReasonGroup::Events | ReasonGroup::Change) => 0.0,
                Some(_) | None => *mean,
            })
            .collect();
        Self {
            features,
            days_past_due: position_of(column::DAYS_PAST_DUE),
            overdue_count: position_of("log_overdue_count"),
            oldest_overdue: position_of("log_oldest_overdue"),
        }
    }

    /// The features of a typical customer that owes the invoice with the features `own`.
    ///
    /// Where the invoice is overdue, it is overdue from a typical customer too: at least one invoice is, and the
    /// oldest is at least as old as this one.
    pub(super) fn features(&self, own: &[f64]) -> Vec<f64> {
        let mut features = self.features.clone();
        let late = own[self.days_past_due];
        if late > 0.0 {
            let least = [
                (self.overdue_count, 1.0_f64.ln_1p()),
                (self.oldest_overdue, late.ln_1p()),
            ];
            for (position, least) in least {
                features[position] = features[position].max(least);
            }
        }
        features
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typical_customer_has_means_and_nothing_has_happened() {
        let count = features::features().len();
        let baseline = Baseline::new(&vec![0.25; count]);
        let own = baseline.features(&vec![0.0; count]);
        for (name, expected) in [
            (column::LATENESS_MEAN, 0.25),
            ("log_oldest_overdue", 0.25),
            (column::IS_DISPUTED, 0.0),
            ("lateness_drift", 0.0),
            (column::PROMISE_KEPT_RATE, 2.0 / 3.0),
        ] {
            assert!((own[position_of(name)] - expected).abs() < 1e-12, "{name}");
        }
    }

    #[test]
    fn an_overdue_invoice_is_overdue_from_a_typical_customer_too() {
        let count = features::features().len();
        let mut own = vec![0.0; count];
        own[position_of(column::DAYS_PAST_DUE)] = 20.0;
        let typical = Baseline::new(&vec![0.25; count]).features(&own);
        assert!((typical[position_of("log_oldest_overdue")].exp_m1() - 20.0).abs() < 1e-9);
        assert!((typical[position_of("log_overdue_count")].exp_m1() - 1.0).abs() < 1e-9);
    }
}
