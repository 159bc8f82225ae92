//! The result of a forecast: cash by currency and bucket, as a tree and as flat rows.

use serde::{Serialize, Serializer};

use super::ForecastPlan;
use crate::domain::{Currency, Date, Money};

/// Cash expected from the open invoices, by currency and bucket.
///
/// Currencies stay apart: nothing is translated. Serialized, amounts are decimal strings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CashForecast {
    /// The cut-off: last day whose facts the forecast knows.
    pub as_of: Date,
    /// The parameters, seed included: with the predictions they reproduce every number.
    pub plan: ForecastPlan,
    /// One entry a currency, by code.
    pub currencies: Vec<CurrencyForecast>,
}

/// The forecast of one currency; all amounts in minor units.
///
/// Two sums hold exactly:
///
/// ```text
/// sum of expected    + beyond_horizon            + expected_loss = open_balance
/// sum of contractual + overdue + due_beyond_horizon              = open_balance
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrencyForecast {
    /// The currency of every amount here.
    pub currency: Currency,
    /// Number of open invoices.
    pub invoice_count: u32,
    /// Open amount at the cut-off.
    pub open_balance: i64,
    /// Open amount due on or before the cut-off: by contract it should have arrived, so it stands
    /// in no bucket's `contractual`.
    pub overdue: i64,
    /// Open amount due after the last bucket.
    pub due_beyond_horizon: i64,
    /// Expected cash after the last bucket.
    pub beyond_horizon: i64,
    /// Expected amount that never comes in cash: never paid, or ended by a credit note or a write-off.
    pub expected_loss: i64,
    /// The buckets, in time order, without a gap.
    pub buckets: Vec<CashBucket>,
}

/// Cash of one bucket; all amounts in minor units of its currency.
///
/// P10 is the pessimistic end: the simulation gives a chance of 90 % of at least this much. Means
/// add up over buckets and currencies' books; quantiles do not, which is why the cumulative ones are
/// simulated and not summed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CashBucket {
    /// First day.
    pub start: Date,
    /// Last day, inclusive.
    pub end: Date,
    /// `2026-10-01`, `2026-W53` or `2026-10`.
    pub label: String,
    /// Mean.
    pub expected: i64,
    /// Amount reached with a chance of 90 %.
    pub p10: i64,
    /// Median.
    pub p50: i64,
    /// Amount reached with a chance of 10 %.
    pub p90: i64,
    /// Open amount whose due date lies in the bucket.
    pub contractual: i64,
    /// Mean of the cash up to the end of the bucket.
    pub cumulative_expected: i64,
    /// Amount reached with a chance of 90 % by the end of the bucket.
    pub cumulative_p10: i64,
    /// Median of the cash up to the end of the bucket.
    pub cumulative_p50: i64,
    /// Amount reached with a chance of 10 % by the end of the bucket.
    pub cumulative_p90: i64,
    /// Number of open invoices and instalments whose due date lies in the bucket, the ones behind `contractual`.
    pub invoice_count: u32,
}

/// One bucket of one currency as a flat row, for CSV, Parquet and spreadsheets.
///
/// Serialized, the fields are [`ForecastRow::COLUMNS`] in order and amounts are decimal strings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForecastRow {
    /// The cut-off.
    pub as_of: Date,
    /// First day of the bucket.
    pub bucket_start: Date,
    /// Last day of the bucket, inclusive.
    pub bucket_end: Date,
    /// Label of the bucket.
    pub bucket: String,
    /// Currency of the amounts.
    pub currency: Currency,
    /// Mean.
    #[serde(serialize_with = "decimal")]
    pub expected: Money,
    /// Amount reached with a chance of 90 %.
    #[serde(serialize_with = "decimal")]
    pub p10: Money,
    /// Median.
    #[serde(serialize_with = "decimal")]
    pub p50: Money,
    /// Amount reached with a chance of 10 %.
    #[serde(serialize_with = "decimal")]
    pub p90: Money,
    /// Open amount whose due date lies in the bucket.
    #[serde(serialize_with = "decimal")]
    pub contractual: Money,
    /// Mean up to the end of the bucket.
    #[serde(serialize_with = "decimal")]
    pub cumulative_expected: Money,
    /// Amount reached with a chance of 90 % by the end of the bucket.
    #[serde(serialize_with = "decimal")]
    pub cumulative_p10: Money,
    /// Median up to the end of the bucket.
    #[serde(serialize_with = "decimal")]
    pub cumulative_p50: Money,
    /// Amount reached with a chance of 10 % by the end of the bucket.
    #[serde(serialize_with = "decimal")]
    pub cumulative_p90: Money,
    /// Number of open invoices whose due date lies in the bucket.
    pub invoice_count: u32,
}

impl ForecastRow {
    /// The columns, in order.
    pub const COLUMNS: [&'static str; 15] = [
        "as_of",
        "bucket_start",
        "bucket_end",
        "bucket",
        "currency",
        "expected",
        "p10",
        "p50",
        "p90",
        "contractual",
        "cumulative_expected",
        "cumulative_p10",
        "cumulative_p50",
        "cumulative_p90",
        "invoice_count",
    ];
}

impl CashForecast {
    /// Returns one row a currency and bucket, by currency code, then by time.
    #[must_use]
    pub fn rows(&self) -> Vec<ForecastRow> {
        self.currencies
            .iter()
            .flat_map(|book| book.buckets.iter().map(|bucket| self.row(book, bucket)))
            .collect()
    }

    /// Returns one bucket as a row.
    fn row(&self, book: &CurrencyForecast, bucket: &CashBucket) -> ForecastRow {
        let money = |minor: i64| Money::from_minor(minor, book.currency);
        ForecastRow {
            as_of: self.as_of,
            bucket_start: bucket.start,
            bucket_end: bucket.end,
            bucket: bucket.label.clone(),
            currency: book.currency,
            expected: money(bucket.expected),
            p10: money(bucket.p10),
            p50: money(bucket.p50),
            p90: money(bucket.p90),
            contractual: money(bucket.contractual),
            cumulative_expected: money(bucket.cumulative_expected),
            cumulative_p10: money(bucket.cumulative_p10),
            cumulative_p50: money(bucket.cumulative_p50),
            cumulative_p90: money(bucket.cumulative_p90),
            invoice_count: bucket.invoice_count,
        }
    }
}

/// What a [`CurrencyForecast`] looks like in JSON.
#[derive(Serialize)]
struct CurrencyView<'a> {
    currency: &'a str,
    invoice_count: u32,
    open_balance: String,
    overdue: String,
    due_beyond_horizon: String,
    beyond_horizon: String,
    expected_loss: String,
    buckets: Vec<BucketView<'a>>,
}

/// What a [`CashBucket`] looks like in JSON.
#[derive(Serialize)]
struct BucketView<'a> {
    start: Date,
    end: Date,
    label: &'a str,
    expected: String,
    p10: String,
    p50: String,
    p90: String,
    contractual: String,
    cumulative_expected: String,
    cumulative_p10: String,
    cumulative_p50: String,
    cumulative_p90: String,
    invoice_count: u32,
}

impl Serialize for CurrencyForecast {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |minor: i64| Money::from_minor(minor, self.currency).to_decimal_string();
        let buckets = self
            .buckets
            .iter()
            .map(|bucket| BucketView {
                start: bucket.start,
                end: bucket.end,
                label: &bucket.label,
                expected: text(bucket.expected),
                p10: text(bucket.p10),
                p50: text(bucket.p50),
                p90: text(bucket.p90),
                contractual: text(bucket.contractual),
                cumulative_expected: text(bucket.cumulative_expected),
                cumulative_p10: text(bucket.cumulative_p10),
                cumulative_p50: text(bucket.cumulative_p50),
                cumulative_p90: text(bucket.cumulative_p90),
                invoice_count: bucket.invoice_count,
            })
            .collect();
        CurrencyView {
            currency: self.currency.code(),
            invoice_count: self.invoice_count,
            open_balance: text(self.open_balance),
            overdue: text(self.overdue),
            due_beyond_horizon: text(self.due_beyond_horizon),
            beyond_horizon: text(self.beyond_horizon),
            expected_loss: text(self.expected_loss),
            buckets,
        }
        .serialize(serializer)
    }
}

/// Writes an amount as a decimal string without its currency.
fn decimal<S: Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&money.to_decimal_string())
}
