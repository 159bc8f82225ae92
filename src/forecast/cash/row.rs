//! One bucket as a flat row.

use serde::{Serialize, Serializer};

use super::{CashBucket, CashForecast, CurrencyForecast};
use crate::domain::{Currency, Date, Money};

/// One bucket of one currency and group as a flat row, for CSV, Parquet and spreadsheets.
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
    /// Mean of the open invoices.
    #[serde(serialize_with = "decimal")]
    pub expected: Money,
    /// Amount that the open invoices reach with a chance of 90 %.
    #[serde(serialize_with = "decimal")]
    pub p10: Money,
    /// Median of the open invoices.
    #[serde(serialize_with = "decimal")]
    pub p50: Money,
    /// Amount that the open invoices reach with a chance of 10 %.
    #[serde(serialize_with = "decimal")]
    pub p90: Money,
    /// Open amount whose due date lies in the bucket.
    #[serde(serialize_with = "decimal")]
    pub contractual: Money,
    /// Mean of the open invoices up to the end of the bucket.
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
    /// Open amount promised for a day of the bucket.
    #[serde(serialize_with = "decimal")]
    pub promised: Money,
    /// The part of `contractual` in an unresolved dispute.
    #[serde(serialize_with = "decimal")]
    pub disputed: Money,
    /// Mean of the known recurring billing.
    #[serde(serialize_with = "decimal")]
    pub recurring: Money,
    /// Mean of the expected new billing.
    #[serde(serialize_with = "decimal")]
    pub new_billing: Money,
    /// Mean of all layers.
    #[serde(serialize_with = "decimal")]
    pub total: Money,
    /// Amount that all layers reach with a chance of 90 %.
    #[serde(serialize_with = "decimal")]
    pub total_p10: Money,
    /// Median of all layers.
    #[serde(serialize_with = "decimal")]
    pub total_p50: Money,
    /// Amount that all layers reach with a chance of 10 %.
    #[serde(serialize_with = "decimal")]
    pub total_p90: Money,
    /// Mean of all layers up to the end of the bucket.
    #[serde(serialize_with = "decimal")]
    pub cumulative_total: Money,
    /// Amount that all layers reach with a chance of 90 % by the end of the bucket.
    #[serde(serialize_with = "decimal")]
    pub cumulative_total_p10: Money,
    /// Median of all layers up to the end of the bucket.
    #[serde(serialize_with = "decimal")]
    pub cumulative_total_p50: Money,
    /// Amount that all layers reach with a chance of 10 % by the end of the bucket.
    #[serde(serialize_with = "decimal")]
    pub cumulative_total_p90: Money,
    /// The group; empty for a total.
    pub group: String,
}

impl ForecastRow {
    /// The columns, in order.
    pub const COLUMNS: [&'static str; 28] = [
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
        "promised",
        "disputed",
        "recurring",
        "new_billing",
        "total",
        "total_p10",
        "total_p50",
        "total_p90",
        "cumulative_total",
        "cumulative_total_p10",
        "cumulative_total_p50",
        "cumulative_total_p90",
        "group",
    ];

    /// What stands in `group` where the ledger does not tell a receivable's group.
    pub const GROUP_UNKNOWN: &'static str = "(unknown)";

    /// Returns one bucket as a row.
    fn new(as_of: Date, group: &str, currency: Currency, bucket: &CashBucket) -> Self {
        let money = |minor: i64| Money::from_minor(minor, currency);
        Self {
            as_of,
            bucket_start: bucket.start,
            bucket_end: bucket.end,
            bucket: bucket.label.clone(),
            currency,
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
            promised: money(bucket.promised),
            disputed: money(bucket.disputed),
            recurring: money(bucket.recurring),
            new_billing: money(bucket.new_billing),
            total: money(bucket.total),
            total_p10: money(bucket.total_p10),
            total_p50: money(bucket.total_p50),
            total_p90: money(bucket.total_p90),
            cumulative_total: money(bucket.cumulative_total),
            cumulative_total_p10: money(bucket.cumulative_total_p10),
            cumulative_total_p50: money(bucket.cumulative_total_p50),
            cumulative_total_p90: money(bucket.cumulative_total_p90),
            group: group.to_owned(),
        }
    }
}

impl CurrencyForecast {
    /// Returns one row a bucket, in time order, with the name of a group or nothing for a total.
    #[must_use]
    pub fn rows(&self, as_of: Date, group: &str) -> Vec<ForecastRow> {
        self.buckets
            .iter()
            .map(|bucket| ForecastRow::new(as_of, group, self.currency, bucket))
            .collect()
    }
}

impl CashForecast {
    /// Returns one row a currency and bucket, by currency code, then by time; the totals first, then the groups.
    #[must_use]
    pub fn rows(&self) -> Vec<ForecastRow> {
        let totals = self.currencies.iter().map(|book| book.rows(self.as_of, ""));
        let groups = self.groups.iter().map(|one| {
            let group = one.group.as_deref().unwrap_or(ForecastRow::GROUP_UNKNOWN);
            one.forecast.rows(self.as_of, group)
        });
        totals.chain(groups).flatten().collect()
    }
}

/// Writes an amount as a decimal string without its currency.
fn decimal<S: Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&money.to_decimal_string())
}
