//! Stage 4 of 5. In: payment predictions of the open invoices. Out: [`CashForecast`].
//!
//! Answers treasury's question: how much cash arrives, in which bucket, in which currency, and how
//! sure are we?
//!
//! - The mean of a bucket is the open amount times the probability of being paid in it, split in
//!   integers: means of all buckets + beyond the horizon + expected loss = open balance, exactly. The
//!   loss is what never comes in cash, whether never paid or ended by a credit note or a write-off.
//! - The band (P10, P50, P90) comes from a seeded joint simulation, in which the invoices of one
//!   customer are drawn together: `U_i = Phi(sqrt(rho) Z_c + sqrt(1 - rho) e_i)`, a Gaussian copula
//!   with one factor a customer. Two invoices of 100 that are each paid this week with probability
//!   0.6, independently, have mean 120, P10 0, P50 100 and P90 200.
//! - An invoice on an instalment plan is paid line by line, each around its own due date.
//! - `contractual` is the open amount by due date. What is overdue has no bucket left: it is its own
//!   figure, `overdue`.
//!
//! The forecast covers open invoices only. By week six to eight most receipts come from invoices
//! that are not written yet, so the later buckets are a floor of the cash, not an estimate of it.
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
mod bucket;
mod cash;
mod error;
mod highlight;
mod item;
mod plan;
mod simulate;

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::date::day_number;
use crate::domain::{Currency, Date};
use crate::model::PaymentPrediction;
use item::CashItem;

pub use bucket::{Bucket, BucketSpan};
pub use cash::{CashBucket, CashForecast, CurrencyForecast, ForecastRow};
pub use error::Error;
pub use highlight::{CustomerAtRisk, LargeReceipt, customers_at_risk, largest_receipts};
pub use plan::{COUPLING_DEFAULT, DRAWS_MAX, ForecastPlan, HORIZON_DAYS_MAX};

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
/// The order of the predictions does not matter.
///
/// # Errors
///
/// - [`Error::HorizonInvalid`], [`Error::DrawsInvalid`], [`Error::CouplingInvalid`]: see
///   [`ForecastPlan::check`].
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
    let spans = plan.bucket.spans(as_of, plan.horizon_days);
    let currencies = books(as_of, predictions)?
        .into_iter()
        .map(|(currency, book)| forecast_book(as_of, currency, &book, &spans, plan))
        .collect::<Result<_, Error>>()?;
    Ok(CashForecast {
        as_of,
        plan: *plan,
        currencies,
    })
}

/// Groups the predictions by currency, each group sorted by customer and invoice.
fn books(
    as_of: Date,
    predictions: &[PaymentPrediction],
) -> Result<BTreeMap<Currency, Vec<&PaymentPrediction>>, Error> {
    let mut seen = BTreeSet::new();
    let mut books: BTreeMap<Currency, Vec<&PaymentPrediction>> = BTreeMap::new();
    for prediction in predictions {
        if prediction.as_of != as_of {
            return Err(Error::MixedAsOf {
                invoice_id: prediction.invoice_id.clone(),
                expected: as_of,
                given: prediction.as_of,
            });
        }
        if !seen.insert(prediction.invoice_id.as_str()) {
            return Err(Error::InvoiceRepeated {
                invoice_id: prediction.invoice_id.clone(),
            });
        }
        books
            .entry(prediction.open.currency())
            .or_default()
            .push(prediction);
    }
    for book in books.values_mut() {
        book.sort_unstable_by(|left, right| {
            (&left.customer_id, &left.invoice_id).cmp(&(&right.customer_id, &right.invoice_id))
        });
    }
    Ok(books)
}

/// Forecasts one currency.
fn forecast_book(
    as_of: Date,
    currency: Currency,
    book: &[&PaymentPrediction],
    spans: &[BucketSpan],
    plan: &ForecastPlan,
) -> Result<CurrencyForecast, Error> {
    let items = item::items(book)?;
    items
        .iter()
        .try_fold(0_i64, |sum, item| sum.checked_add(item.open_minor.checked_abs()?))
        .ok_or(Error::AmountOverflow { currency })?;
    let days_ahead: Vec<i32> = spans
        .iter()
        .map(|span| day_number(span.end) - day_number(as_of))
        .collect();
    let mut result = contractual_book(as_of, currency, &items, spans);
    let allocation = allocate::allocate(&items, &days_ahead);
    let bands = simulate::simulate(&items, &days_ahead, plan);
    result.beyond_horizon = allocation.beyond_horizon;
    result.expected_loss = allocation.expected_loss;
    let mut running = 0;
    for (index, bucket) in result.buckets.iter_mut().enumerate() {
        let (single, cumulative) = (bands.single[index], bands.cumulative[index]);
        running += allocation.buckets[index];
        bucket.expected = allocation.buckets[index];
        bucket.p10 = single.p10;
        bucket.p50 = single.p50;
        bucket.p90 = single.p90;
        bucket.cumulative_expected = running;
        bucket.cumulative_p10 = cumulative.p10;
        bucket.cumulative_p50 = cumulative.p50;
        bucket.cumulative_p90 = cumulative.p90;
    }
    Ok(result)
}

/// Returns the book by due date, before anything is expected of it.
fn contractual_book(
    as_of: Date,
    currency: Currency,
    items: &[CashItem<'_>],
    spans: &[BucketSpan],
) -> CurrencyForecast {
    let mut result = CurrencyForecast {
        currency,
        invoice_count: 0,
        open_balance: 0,
        overdue: 0,
        due_beyond_horizon: 0,
        beyond_horizon: 0,
        expected_loss: 0,
        buckets: spans.iter().map(empty_bucket).collect(),
    };
    for invoice in items.chunk_by(|left, right| left.invoice_id == right.invoice_id) {
        result.invoice_count += 1;
        result.open_balance += invoice.iter().map(|item| item.open_minor).sum::<i64>();
    }
    for item in items {
        let open = item.open_minor;
        if item.due_date <= as_of {
            result.overdue += open;
            continue;
        }
        let index = spans.partition_point(|span| span.end < item.due_date);
        match result.buckets.get_mut(index) {
            Some(bucket) => {
                bucket.contractual += open;
                bucket.invoice_count += 1;
            }
            None => result.due_beyond_horizon += open,
        }
    }
    result
}

/// Returns a bucket without cash.
fn empty_bucket(span: &BucketSpan) -> CashBucket {
    CashBucket {
        start: span.start,
        end: span.end,
        label: span.label.clone(),
        expected: 0,
        p10: 0,
        p50: 0,
        p90: 0,
        contractual: 0,
        cumulative_expected: 0,
        cumulative_p10: 0,
        cumulative_p50: 0,
        cumulative_p90: 0,
        invoice_count: 0,
    }
}
