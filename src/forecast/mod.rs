//! Stage 4 of 5. In: payment predictions of the open invoices. Out: [`CashForecast`].
//!
//! Answers treasury's question: how much cash arrives, in which bucket, in which currency, and how
//! sure are we?
//!
//! - The mean of a bucket is the open amount times the probability of being paid in it, split in
//!   integers: means of all buckets + beyond the horizon + expected loss = open balance, exactly. The
//!   loss is what never comes in cash, whether never paid or ended by a credit note or a write-off.
//! - The band (P10, P50, P90) comes from a seeded joint simulation with two factors, one of the whole book and one of
//!   each customer: `U_i = Phi(sqrt(b) M + sqrt(c) Z_c + sqrt(1 - b - c) e_i)`. Two invoices of 100 that are each
//!   paid this week with probability 0.6, independently, have mean 120, P10 0, P50 100 and P90 200.
//! - An invoice on an instalment plan is paid line by line, each around its own due date.
//! - `contractual` is the open amount by due date. What is overdue has no bucket left: it is its own
//!   figure, `overdue`.
//!
//! By week six to eight most receipts come from invoices that are not written yet. So three layers stand apart in
//! every answer: open invoices, known recurring billing, and expected new billing; [`CashBook`] holds all three.
//! `expected`, `p10` and their kin are about the open invoices alone, a floor of the later weeks; `total` and its
//! kin are about all layers.
//!
//! # Examples
//!
//! ```
//! use duecast::domain::date::parse_iso;
//! use duecast::forecast::{ForecastPlan, forecast, forecast_as_of};
//!
//! let as_of = parse_iso("2026-09-30")?;
//! let empty = forecast_as_of(as_of, &[], &ForecastPlan::default())?;
//! assert!(empty.currencies.is_empty());
//! assert!(forecast(&[], &ForecastPlan::default()).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod allocate;
mod attributes;
mod band;
mod billing;
mod book;
mod bucket;
mod cash;
mod contract;
mod credit_loss;
mod error;
mod group;
mod highlight;
mod place;
mod plan;
mod promises;
mod rates;
mod receiving;
pub mod record;
pub mod scenario;
mod simulate;
mod simulated;
mod translate;
pub mod variance;

use crate::domain::Date;
use crate::model::PaymentPrediction;

pub use attributes::Attributes;
pub use band::{BAND_WEEKS, Band, COUPLING_DEFAULT};
pub use billing::{
    Billing, BillingPlan, BillingReport, FoundRhythm, FoundStream, LevelMethod, PlanReject, PlannedInvoice,
    billing, billing_with_plan,
};
pub use book::{BillingStream, BillingWeek, CashBook, CashItem, Layer};
pub use bucket::{Bucket, BucketSpan};
pub use cash::{CashBucket, CashForecast, CurrencyForecast, ForecastRow, GroupForecast};
pub use credit_loss::{CreditLoss, DEFAULT_DAYS, credit_losses};
pub use error::Error;
pub use group::GroupBy;
pub use highlight::{CustomerAtRisk, LargeReceipt, customers_at_risk, largest_receipts};
pub use place::Place;
pub use plan::{DRAWS_MAX, ForecastPlan, HORIZON_DAYS_MAX};
pub use rates::{Rate, RateUsed, Rates};
pub use receiving::ReceivingCalendar;
pub use simulate::simulate;
pub use simulated::{DifferenceRow, Simulated};
pub use translate::Translation;

/// Forecasts the cash of a book of open invoices, as of the day of its predictions.
///
/// # Errors
///
/// - [`Error::NoPredictions`] if `predictions` is empty: there is no day to forecast from. Use
///   [`forecast_as_of`] where an empty book is a valid answer.
/// - Those of [`forecast_as_of`].
pub fn forecast(predictions: &[PaymentPrediction], plan: &ForecastPlan) -> Result<CashForecast, Error> {
    let first = predictions.first().ok_or(Error::NoPredictions)?;
    forecast_as_of(first.as_of, predictions, plan)
}

/// Forecasts the cash of a book of open invoices as of a stated day; the book may be empty.
///
/// The order of the predictions does not matter. For recurring and new billing, groups that only the ledger tells,
/// differences and translations see [`CashBook`] and [`simulate()`].
///
/// # Errors
///
/// - Those of [`ForecastPlan::check`].
/// - [`Error::MixedAsOf`] if a prediction was made as of another day.
/// - [`Error::InvoiceRepeated`] if an invoice appears twice.
/// - [`Error::LinesDiffer`] if the instalments of an invoice do not sum to what is open of it.
/// - [`Error::AmountOverflow`] if the absolute open amounts of a currency do not fit 64 bits.
pub fn forecast_as_of(
    as_of: Date,
    predictions: &[PaymentPrediction],
    plan: &ForecastPlan,
) -> Result<CashForecast, Error> {
    plan.check()?;
    let book = CashBook::new(as_of, predictions, &Attributes::default())?;
    Ok(simulate(&book, plan)?.into_forecast())
}
