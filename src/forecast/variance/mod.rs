//! Why a forecast was wrong, why it moved, and what was ever forecast for one day, week or month.
//!
//! # Actual minus forecast
//!
//! For each bucket and currency, in minor units and exactly,
//!
//! ```text
//! actual - forecast = timing + amount + new invoices + unforecast + currency effect
//! ```
//!
//! Actual is the cash received in the bucket. A payment that was made before the cut-off and known only after it
//! counts on the first day: the book of the cut-off still waited for it. Of an invoice `i` with open amount `a`,
//! the forecast expected `f_b` in bucket `b`; the parts are about what was known at the end of the day that is
//! asked for, so an open bucket, and an invoice that is still open, may be judged otherwise later.
//!
//! - **Amount**: what of the expected cash can no longer come, and what came on top. The gone amount `s` of an
//!   invoice is what credit notes and write-offs took, or, once cash has come in, all that the cash has left
//!   open (a short payment; not on an instalment plan, whose part payments are agreed). The bucket is charged
//!   `f_b s / a`, and credited with cash beyond `a` less credits (overpayment).
//! - **Timing**: the remaining cash of the invoice, less the remaining expectation `f_b - f_b s / a`. What was
//!   expected in one bucket and came in another is negative in the first and positive in the second.
//! - **New invoices**: cash on invoices not known at the cut-off, less what the forecast expected of recurring
//!   and new billing.
//! - **Unforecast**: cash the forecast could not place: on invoices that it knew as settled, and reversals of
//!   payments older than the forecast.
//! - **Currency effect**, with a reporting currency: the actual at the rate of each day of cash, less the same at
//!   the rate of the forecast's day. All other parts are at the rate of the forecast's day; fractions that the
//!   translation leaves are in the timing.
//!
//! Later minus earlier forecast is [`movement()`]; all forecasts of one day, week or month are [`countdown()`].

mod components;
mod countdown;
mod facts;
mod movement;
mod targets;

use std::collections::BTreeMap;

use super::record::ForecastRecord;
use crate::domain::Currency;

pub use components::{DayReceipt, ReportingRates, Variance, VarianceParts, VarianceRow, variance};
pub use countdown::{CountdownRow, Target, countdown};
pub use facts::{CashFacts, Settlement};
pub use movement::{Movement, MovementParts, MovementRow, movement};

/// What a record expected of one open invoice, all its instalments together, in minor units.
#[derive(Clone, Debug)]
struct Expectation<'a> {
    customer_id: &'a str,
    currency: Currency,
    open: i64,
    disputed: i64,
    is_on_plan: bool,
    /// Mean by bucket.
    buckets: Vec<i64>,
}

/// Returns what a record expected of its open invoices, by invoice.
fn expectations(record: &ForecastRecord) -> BTreeMap<&str, Expectation<'_>> {
    let count = record.head().buckets.len();
    let mut invoices: BTreeMap<&str, Expectation<'_>> = BTreeMap::new();
    for line in record.lines().iter().filter(|line| !line.is_recurring) {
        let invoice = invoices
            .entry(line.invoice_id.as_str())
            .or_insert_with(|| Expectation {
                customer_id: line.customer_id.as_str(),
                currency: line.currency,
                open: 0,
                disputed: 0,
                is_on_plan: line.is_instalment,
                buckets: vec![0; count],
            });
        invoice.open += line.open_minor;
        invoice.disputed += line.disputed_minor;
        for (bucket, amount) in &line.expected {
            invoice.buckets[*bucket] += amount;
        }
    }
    invoices
}

/// Returns `value x part / whole` to the nearest minor unit, halves away from zero; zero of nothing.
fn share(value: i64, part: i64, whole: i64) -> i64 {
    if whole == 0 {
        return 0;
    }
    let product = i128::from(value) * i128::from(part);
    let whole = i128::from(whole);
    let (quotient, rest) = (product / whole, product % whole);
    let is_up = 2 * rest.abs() >= whole.abs();
    let nearest = if is_up {
        quotient + product.signum() * whole.signum()
    } else {
        quotient
    };
    let (low, high) = (i128::from(i64::MIN), i128::from(i64::MAX));
    i64::try_from(nearest.clamp(low, high)).expect("clamped to what fits")
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn a_share_is_rounded_to_the_nearest_unit_halves_away_from_zero() {
        assert_eq!(share(100, 1, 3), 33);
        assert_eq!(share(100, 2, 3), 67);
        assert_eq!(share(5, 1, 2), 3);
        assert_eq!(share(-5, 1, 2), -3);
        assert_eq!(share(5, 1, -2), -3);
        assert_eq!(share(7, 3, 3), 7);
        assert_eq!(share(7, 3, 0), 0);
        assert_eq!(share(i64::MAX, i64::MAX, 1), i64::MAX);
    }
}
