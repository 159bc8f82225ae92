//! Key figures of a receivables book. In: a `Snapshot`, or plain numbers. Out: [`KpiReport`].
//!
//! Each figure is a pure function on plain numbers with its definition beside it; [`report()`] feeds
//! them from a snapshot, one currency at a time, and [`series()`] gives one report a month, by group where
//! asked for. Four rules hold throughout:
//!
//! - A denominator that is zero or negative gives `None`, never 0 or infinity: no sales is not a DSO
//!   of nothing.
//! - Shares are fractions: 0.7677 is 76.77 %.
//! - Receivables and sales are both gross of tax, and credit notes reduce sales.
//! - Unapplied credits and down payments stand apart: they are no negative and no further receivables.

mod aging;
mod book;
mod cells;
mod collection;
mod dso;
mod error;
mod facts;
mod forward_looking;
mod group;
mod load;
mod measure;
mod plan;
mod receipts;
mod report;
mod rows;
mod series;
mod window;

pub use aging::{AGING_BUCKETS, AgingBucket, expected_credit_loss, provision_rates};
pub use collection::{
    PaidItem, PromiseOutcome, PromiseRates, bad_debt_ratio, collection_effectiveness, collection_rate,
    current_share, dispute_rate, promise_kept_rates, weighted_days_late,
};
pub use dso::{Countback, MonthSales, average_days_delinquent, dso_best_possible, dso_countback, dso_simple};
pub use error::Error;
pub use forward_looking::{FORWARD_LOOKING_MAX, ForwardLooking};
pub use group::GroupBy;
pub use plan::{KpiPlan, MONTHS_MAX, ModelLoss};
pub use receipts::{WeekReceipts, week_receipts};
pub use report::{AgingLine, CurrencyKpis, GroupKpis, KpiReport};
pub use rows::KpiRow;
pub use series::{report, series};
pub use window::{PROMISE_TOLERANCE_DAYS, WINDOW_DAYS_MAX, default_window_days};

/// Returns an amount as a double, exact up to 2^53 minor units.
#[expect(
    clippy::cast_precision_loss,
    reason = "a ratio of amounts is rounded to 53 bits whatever is done"
)]
pub(crate) fn amount_as_f64(amount: i64) -> f64 {
    amount as f64
}

/// Returns `numerator / denominator`, or `None` where the denominator is not positive.
pub(crate) fn ratio(numerator: i64, denominator: i64) -> Option<f64> {
    wide_ratio(i128::from(numerator), i128::from(denominator))
}

/// Returns `numerator / denominator`, or `None` where the denominator is not positive.
#[expect(
    clippy::cast_precision_loss,
    reason = "a ratio of amounts is rounded to 53 bits whatever is done"
)]
pub(crate) fn wide_ratio(numerator: i128, denominator: i128) -> Option<f64> {
    (denominator > 0).then(|| numerator as f64 / denominator as f64)
}
