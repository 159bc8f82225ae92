//! The report: the key figures of a book at a cut-off, by currency and group.

use serde::{Serialize, Serializer};

use super::aging::AgingBucket;
use super::{ForwardLooking, GroupBy};
use crate::domain::{Currency, Date, Money};

/// The key figures of a book at a cut-off.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KpiReport {
    /// The cut-off: last day of the window, last day whose facts count.
    pub as_of: Date,
    /// First day of the window.
    pub window_start: Date,
    /// Days of the window, both ends included.
    pub window_days: u32,
    /// Factor on the loss rates of the provision matrix, youngest ageing bucket first.
    pub forward_looking: ForwardLooking,
    /// One entry a currency, by code.
    pub currencies: Vec<CurrencyKpis>,
    /// What each currency is split by in `groups`.
    pub group_by: Option<GroupBy>,
    /// One entry a currency and group in which something is open or happened in the window, by currency code
    /// and name, what tells no group first.
    pub groups: Vec<GroupKpis>,
}

/// The key figures of one group in one currency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupKpis {
    /// Its name; absent for what tells no group.
    pub group: Option<String>,
    /// Its figures.
    #[serde(flatten)]
    pub kpis: CurrencyKpis,
}

/// The key figures of one currency, or of one group in it. Shares are fractions; `None` is "not defined",
/// never zero.
///
/// Serialized, amounts are decimal strings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CurrencyKpis {
    /// The currency of every amount here.
    pub currency: Currency,
    /// Receivables at the cut-off; unapplied credits and down payments stand apart.
    #[serde(serialize_with = "decimal")]
    pub receivables: Money,
    /// Of these, not past due.
    #[serde(serialize_with = "decimal")]
    pub current_receivables: Money,
    /// Of these, past due.
    #[serde(serialize_with = "decimal")]
    pub overdue_receivables: Money,
    /// Of these, disputed.
    #[serde(serialize_with = "decimal")]
    pub disputed_receivables: Money,
    /// Credit notes on account: they name no invoice, and no figure takes them off the receivables.
    #[serde(serialize_with = "decimal")]
    pub unapplied_credits: Money,
    /// What came in beyond what invoices owed.
    #[serde(serialize_with = "decimal")]
    pub overpayments: Money,
    /// Open amount of invoices for down payments, which are neither receivables nor sales.
    #[serde(serialize_with = "decimal")]
    pub down_payments: Money,
    /// Receivables on the eve of the window, as known then.
    #[serde(serialize_with = "decimal")]
    pub begin_receivables: Money,
    /// Credit sales of the window, net of credit notes.
    #[serde(serialize_with = "decimal")]
    pub credit_sales: Money,
    /// Days sales outstanding, simple.
    pub dso_simple: Option<f64>,
    /// Days sales outstanding, countback.
    pub dso_countback: Option<f64>,
    /// Whether the history ran out, so that the countback figure is a lower bound.
    pub dso_countback_is_at_least: bool,
    /// Days sales outstanding if nothing were past due.
    pub dso_best_possible: Option<f64>,
    /// Simple less best possible.
    pub average_days_delinquent: Option<f64>,
    /// Collection effectiveness index.
    pub collection_effectiveness: Option<f64>,
    /// Cash of the window on items overdue at its start or due in it, as a share of these items.
    pub collection_rate: Option<f64>,
    /// Share of the receivables that is not past due.
    pub current_share: Option<f64>,
    /// Days past due of the window's payments, weighted by amount.
    pub weighted_days_late: Option<f64>,
    /// Promises whose deadline lies in the window.
    pub promises_due: usize,
    /// Of these, the share kept.
    pub promise_kept_by_count: Option<f64>,
    /// The same, weighted by amount.
    pub promise_kept_by_amount: Option<f64>,
    /// Disputed share of the receivables.
    pub dispute_rate: Option<f64>,
    /// Write-offs less recoveries of the window, as a share of its credit sales.
    pub bad_debt_ratio: Option<f64>,
    /// The receivables by days past due, youngest first.
    pub aging: Vec<AgingLine>,
    /// Provision by the matrix: the open amount of each ageing bucket times its loss rate and its
    /// forward-looking factor.
    #[serde(rename = "provision_matrix", serialize_with = "decimal_or_null")]
    pub expected_credit_loss: Option<Money>,
    /// What the model says never comes in cash, over the life of the receivables: the `expected_loss` of a
    /// forecast. Absent without a model.
    #[serde(serialize_with = "decimal_or_null")]
    pub expected_loss_lifetime: Option<Money>,
    /// The part of it that stems from defaults within twelve months.
    #[serde(serialize_with = "decimal_or_null")]
    pub expected_loss_12_months: Option<Money>,
}

/// One ageing bucket of one currency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgingLine {
    /// The bucket.
    pub bucket: AgingBucket,
    /// Open amount; what is paid in instalments ages line by line.
    #[serde(serialize_with = "decimal")]
    pub open: Money,
    /// Number of invoices with something in the bucket.
    pub invoice_count: u32,
    /// Loss rate of the provision matrix: of past amounts that came to be in the bucket, the share
    /// still unpaid 90 days past due.
    pub loss_rate: Option<f64>,
    /// What the model says never comes of it; absent without a model.
    #[serde(serialize_with = "decimal_or_null")]
    pub expected_loss: Option<Money>,
}

/// Writes an amount as a decimal string without its currency.
fn decimal<S: Serializer>(money: &Money, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&money.to_decimal_string())
}

/// Writes an amount as a decimal string, or null.
fn decimal_or_null<S: Serializer>(money: &Option<Money>, serializer: S) -> Result<S::Ok, S::Error> {
    money.map(Money::to_decimal_string).serialize(serializer)
}
