//! Beyond the horizon, for invoices that fall due so late that the horizon says little about payment.

use rayon::prelude::*;

use crate::features::{FeatureTable, HORIZON_DAYS, InvoiceView, lateness};
use crate::model::PaymentDistribution;
use crate::model::roll_rates::RollRates;

/// Days after the due date that the end of the horizon must reach for its own hazard to carry on.
const SEEN_AFTER_DUE_DAYS: i32 = 28;
/// Days before the due date at which such a tail starts.
const START_BEFORE_DUE_DAYS: i32 = 7;
/// Days after the due date over which the payer's own hazard is averaged.
const AVERAGED_DAYS: i32 = 60;

/// Sets the tail of each row whose last four weeks of the horizon lie before or around its due date from the
/// payer's own hazard, and that of every other row by roll rates where the model has learned them.
pub(crate) fn set_tails(
    table: &FeatureTable,
    distributions: Vec<PaymentDistribution>,
    roll_rates: Option<&RollRates>,
) -> Vec<PaymentDistribution> {
    let horizon = i32::try_from(HORIZON_DAYS).expect("a short horizon");
    distributions
        .into_par_iter()
        .enumerate()
        .map(|(row, distribution)| {
            let view = table.invoice(row);
            let to_due = view.rolled_due_day - view.cutoff_day;
            if to_due + SEEN_AFTER_DUE_DAYS <= horizon {
                return match roll_rates {
                    Some(rates) => {
                        distribution.rolled_on(|seen, own, ahead| rates.hazard(&view, seen, own, ahead))
                    }
                    None => distribution,
                };
            }
            distribution.with_tail(to_due - START_BEFORE_DUE_DAYS, hazard_after_due(&view))
        })
        .collect()
}

/// The payer's mean daily hazard over the days after the due date, weekends counted in.
fn hazard_after_due(view: &InvoiceView<'_>) -> f64 {
    const WEEKDAY_SHARE: f64 = 5.0 / 7.0;
    let log_unpaid: f64 = (0..AVERAGED_DAYS)
        .map(|late| {
            let log_odds = view.profile.slow[lateness::bin(late)];
            -WEEKDAY_SHARE * log_odds.exp().ln_1p()
        })
        .sum();
    -(log_unpaid / f64::from(AVERAGED_DAYS)).exp_m1()
}
