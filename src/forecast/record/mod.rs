//! Forecasts as records that never change: what was said, on which facts, by which model, in which configuration.
//!
//! A record is two files, `record.json` and `lines.ndjson`, and its id is the SHA-256 of both. So the same
//! forecast made twice is one record, and a record that was altered no longer has the id that names it.
//! Amounts are integers of minor units.
//!
//! # Lines
//!
//! A line is what the forecast expects of one open invoice, of one line of an instalment plan, or of one
//! planned invoice, by bucket. The lines of the open invoices of one currency add up to its buckets, and each
//! line adds up to its open amount, both exactly: line `n` is the difference of the integer splits of the first
//! `n` and the first `n - 1` items, so each cell is within two minor units of its exact mean and may be one
//! minor unit below zero.

mod apportion;
mod file;

use serde::{Deserialize, Serialize};

use super::book::CashBook;
use super::cash::{CashBucket, CashForecast, CurrencyForecast};
use super::{BucketSpan, Error, ForecastPlan};
use crate::domain::{Currency, Date};

pub use file::{LINES_FILE, RECORD_FILE, RecordFiles};

/// Version of the layout of a record.
pub const RECORD_FORMAT: u32 = 1;

/// Where a forecast comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordOrigin {
    /// The name of the model.
    pub model: String,
    /// The last day whose facts the model was fitted on.
    pub model_trained_as_of: Date,
    /// The content of the ledger.
    pub ledger_fingerprint: String,
}

/// A forecast as it was made; it cannot be changed.
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastRecord {
    forecast_id: String,
    head: RecordHead,
    lines: Vec<RecordLine>,
}

/// What a record says beside its lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordHead {
    /// Version of the layout, [`RECORD_FORMAT`].
    pub format: u32,
    /// The data cut-off: last day whose facts the forecast knows.
    pub as_of: Date,
    /// The name of the model.
    pub model: String,
    /// The last day whose facts the model was fitted on.
    pub model_trained_as_of: Date,
    /// The content of the ledger.
    pub ledger_fingerprint: String,
    /// Version of duecast.
    pub code_version: String,
    /// SHA-256 of the plan: equal where two forecasts were asked for in the same way.
    pub configuration_hash: String,
    /// What was asked for, the seed included.
    pub plan: ForecastPlan,
    /// The buckets, in time order, without a gap; those of every currency.
    pub buckets: Vec<RecordBucket>,
    /// One entry a currency, by code.
    pub currencies: Vec<RecordCurrency>,
}

/// The days of one bucket, both ends inclusive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordBucket {
    /// First day.
    pub start: Date,
    /// Last day, inclusive.
    pub end: Date,
    /// `2026-10-01`, `2026-W53` or `2026-10`.
    pub label: String,
}

/// What was forecast in one currency; all amounts in its minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordCurrency {
    /// The currency of every amount here.
    pub currency: Currency,
    /// Open amount at the cut-off.
    pub open_balance: i64,
    /// Expected cash of the open invoices after the last bucket.
    pub beyond_horizon: i64,
    /// Expected amount of the open invoices that never comes in cash.
    pub expected_loss: i64,
    /// One entry a bucket.
    pub amounts: Vec<RecordAmounts>,
}

/// What was forecast for one bucket; all amounts in minor units of its currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordAmounts {
    /// Mean of the cash of the open invoices.
    pub open_invoices: i64,
    /// Mean of the cash of known recurring billing.
    pub recurring: i64,
    /// Mean of the cash of expected new billing.
    pub new_billing: i64,
    /// Amount of all layers reached with a chance of 90 %.
    pub p10: i64,
    /// Median of all layers.
    pub p50: i64,
    /// Amount of all layers reached with a chance of 10 %.
    pub p90: i64,
}

impl RecordAmounts {
    /// Returns the mean of all layers.
    #[must_use]
    pub fn expected(&self) -> i64 {
        self.open_invoices + self.recurring + self.new_billing
    }
}

/// What a forecast expects of one amount that is owed, or planned to be billed, in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordLine {
    /// Who pays it.
    pub customer_id: String,
    /// The invoice; for recurring billing, its name in the forecast.
    pub invoice_id: String,
    /// Whether it is recurring billing that has no invoice yet.
    pub is_recurring: bool,
    /// Whether it is a line of an instalment plan.
    pub is_instalment: bool,
    /// Currency of the amounts.
    pub currency: Currency,
    /// Date of issue.
    pub invoice_date: Date,
    /// Date it falls due.
    pub due_date: Date,
    /// What was open, negative for an unapplied credit.
    pub open_minor: i64,
    /// The part of it in an unresolved dispute.
    pub disputed_minor: i64,
    /// Mean by bucket, as (place of the bucket, amount); buckets without cash are left out.
    pub expected: Vec<(usize, i64)>,
    /// Mean after the last bucket.
    pub beyond_horizon: i64,
    /// Expected amount that never comes in cash.
    pub expected_loss: i64,
}

impl ForecastRecord {
    /// Makes the record of a forecast of a book.
    ///
    /// # Errors
    ///
    /// [`Error::RecordInvalid`] if the plan or a line has no written form.
    pub fn new(origin: &RecordOrigin, cash: &CashForecast, book: &CashBook<'_>) -> Result<Self, Error> {
        let head = RecordHead {
            format: RECORD_FORMAT,
            as_of: cash.as_of,
            model: origin.model.clone(),
            model_trained_as_of: origin.model_trained_as_of,
            ledger_fingerprint: origin.ledger_fingerprint.clone(),
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            configuration_hash: file::hash_of(&cash.plan)?,
            plan: cash.plan,
            buckets: cash
                .plan
                .spans(cash.as_of)
                .into_iter()
                .map(RecordBucket::from)
                .collect(),
            currencies: cash.currencies.iter().map(RecordCurrency::of).collect(),
        };
        let lines = apportion::lines(book, &head);
        Self::of(head, lines)
    }

    /// Makes a record of what it says.
    ///
    /// # Errors
    ///
    /// [`Error::RecordInvalid`] if a currency has not one amount a bucket, a line names a bucket that is not
    /// there, or something has no written form.
    pub fn of(head: RecordHead, lines: Vec<RecordLine>) -> Result<Self, Error> {
        check(&head, &lines)?;
        let forecast_id = file::write(&head, &lines)?.forecast_id();
        Ok(Self {
            forecast_id,
            head,
            lines,
        })
    }

    /// Reads the files of a record, which must be those that its id names.
    ///
    /// # Errors
    ///
    /// - [`Error::RecordAltered`] if the files have another id.
    /// - [`Error::RecordInvalid`] if they are no record.
    pub fn read(forecast_id: &str, files: &RecordFiles) -> Result<Self, Error> {
        let found = files.forecast_id();
        if found != forecast_id {
            return Err(Error::RecordAltered {
                forecast_id: forecast_id.to_owned(),
                found,
            });
        }
        let (head, lines) = file::parse(files)?;
        check(&head, &lines)?;
        Ok(Self {
            forecast_id: found,
            head,
            lines,
        })
    }

    /// Returns the files of the record.
    ///
    /// # Errors
    ///
    /// [`Error::RecordInvalid`] if something has no written form.
    pub fn files(&self) -> Result<RecordFiles, Error> {
        file::write(&self.head, &self.lines)
    }

    /// Returns the id: the SHA-256 of the record's files, in hexadecimal.
    #[must_use]
    pub fn forecast_id(&self) -> &str {
        &self.forecast_id
    }

    /// Returns what the record says beside its lines.
    #[must_use]
    pub fn head(&self) -> &RecordHead {
        &self.head
    }

    /// Returns the lines, by currency, layer, customer and invoice.
    #[must_use]
    pub fn lines(&self) -> &[RecordLine] {
        &self.lines
    }
}

/// Refuses a record whose parts do not fit each other.
fn check(head: &RecordHead, lines: &[RecordLine]) -> Result<(), Error> {
    let invalid = |reason: String| Err(Error::RecordInvalid { reason });
    if head.format != RECORD_FORMAT {
        return invalid(format!(
            "layout {} is unknown; {RECORD_FORMAT} is allowed",
            head.format
        ));
    }
    let count = head.buckets.len();
    if let Some(odd) = head.currencies.iter().find(|one| one.amounts.len() != count) {
        let (code, given) = (odd.currency, odd.amounts.len());
        return invalid(format!("{code} has amounts for {given} buckets of {count}"));
    }
    let is_outside = |line: &&RecordLine| line.expected.iter().any(|(bucket, _)| *bucket >= count);
    if let Some(odd) = lines.iter().find(is_outside) {
        let invoice = &odd.invoice_id;
        return invalid(format!(
            "invoice {invoice} has cash after the last of {count} buckets"
        ));
    }
    Ok(())
}

impl From<BucketSpan> for RecordBucket {
    fn from(span: BucketSpan) -> Self {
        Self {
            start: span.start,
            end: span.end,
            label: span.label,
        }
    }
}

impl RecordCurrency {
    fn of(forecast: &CurrencyForecast) -> Self {
        Self {
            currency: forecast.currency,
            open_balance: forecast.open_balance,
            beyond_horizon: forecast.beyond_horizon,
            expected_loss: forecast.expected_loss,
            amounts: forecast.buckets.iter().map(RecordAmounts::of).collect(),
        }
    }
}

impl RecordAmounts {
    fn of(bucket: &CashBucket) -> Self {
        Self {
            open_invoices: bucket.expected,
            recurring: bucket.recurring,
            new_billing: bucket.new_billing,
            p10: bucket.total_p10,
            p50: bucket.total_p50,
            p90: bucket.total_p90,
        }
    }
}
