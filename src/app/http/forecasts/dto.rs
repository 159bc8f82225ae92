//! What forecasts are asked for and how they are told.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::access::Scope;
use crate::app::output::Format;
use crate::app::service::treasury::Parameters;
use crate::app::store::ForecastHead;
use crate::domain::{Currency, Date};
use crate::forecast::{Bucket, GroupBy, ReceivingCalendar};

/// Size of the buckets of a forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BucketSize {
    /// One calendar day.
    Day,
    /// One ISO week, Monday to Sunday.
    Week,
    /// One calendar month.
    Month,
    /// Ten business days, then ISO weeks, then calendar months.
    Mixed,
}

impl From<BucketSize> for Bucket {
    fn from(size: BucketSize) -> Self {
        match size {
            BucketSize::Day => Self::Day,
            BucketSize::Week => Self::Week,
            BucketSize::Month => Self::Month,
            BucketSize::Mixed => Self::Mixed,
        }
    }
}

/// What a forecast is split by beside its totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ForecastGrouping {
    /// Legal entity.
    Entity,
    /// Part of the business.
    BusinessUnit,
    /// Segment of the customer.
    Segment,
    /// Country of the customer.
    Country,
    /// The customer.
    Customer,
}

impl From<ForecastGrouping> for GroupBy {
    fn from(grouping: ForecastGrouping) -> Self {
        match grouping {
            ForecastGrouping::Entity => Self::Entity,
            ForecastGrouping::BusinessUnit => Self::BusinessUnit,
            ForecastGrouping::Segment => Self::Segment,
            ForecastGrouping::Country => Self::Country,
            ForecastGrouping::Customer => Self::Customer,
        }
    }
}

/// Whether a forecast holds what is not billed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BillingMode {
    /// Recurring and new billing are found in the ledger and added.
    Found,
    /// Open invoices alone.
    LeftOut,
}

/// What a forecast is asked for; everything may be left out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForecastRequest {
    /// Last day whose facts may be known; the business day where it is left out.
    as_of: Option<Date>,
    /// Size of the buckets; a week where it is left out.
    bucket: Option<BucketSize>,
    /// Days after the cut-off that are covered; 91 where it is left out.
    #[schema(minimum = 1, maximum = 400)]
    horizon_days: Option<u32>,
    /// Simulated futures behind the quantiles; 1,000 where it is left out.
    #[schema(minimum = 1, maximum = 10000)]
    draws: Option<u32>,
    /// Seed of the simulation: the same seed and facts, the same bytes.
    #[schema(format = "uint64")]
    seed: Option<u64>,
    /// Calendar of the receiving bank, such as TARGET, FED or GB; any day where it is left out.
    #[schema(value_type = Option<String>)]
    calendar: Option<ReceivingCalendar>,
    /// What the forecast is split by beside its totals.
    group_by: Option<ForecastGrouping>,
    /// Currency (ISO 4217) in which the totals are added up too, at the latest rates of the ledger.
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
    /// Whether billing to come is found and added, as it is where this is left out.
    billing: Option<BillingMode>,
}

impl ForecastRequest {
    /// Returns what is asked for in terms of the use case.
    pub(super) fn parameters(&self) -> Parameters {
        Parameters {
            as_of: self.as_of,
            horizon_days: self.horizon_days,
            draws: self.draws,
            seed: self.seed,
            calendar: self.calendar,
            group_by: self.group_by.map(GroupBy::from),
            currency: self.currency,
            ..parameters(self.bucket, self.billing)
        }
    }
}

/// Returns the parameters that are words.
pub(crate) fn parameters(bucket: Option<BucketSize>, billing: Option<BillingMode>) -> Parameters {
    Parameters {
        bucket: bucket.map(Bucket::from).unwrap_or_default(),
        is_billing_left_out: billing == Some(BillingMode::LeftOut),
        ..Parameters::default()
    }
}

/// Which forecasts are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForecastParams {
    /// Cut-off.
    pub(super) as_of: Option<Date>,
    /// First cut-off.
    pub(super) from: Option<Date>,
    /// Last cut-off.
    pub(super) to: Option<Date>,
    /// Rows of the page, 100 where it is left out.
    #[param(minimum = 1, maximum = 1000)]
    pub(super) limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
}

/// A forecast without its figures.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForecastSummary {
    /// SHA-256 of its record.
    forecast_id: String,
    /// When it was made first.
    created_at: DateTime<Utc>,
    /// Who made it first.
    created_by: String,
    /// Last day whose facts it knows.
    as_of: Date,
    /// The model that predicted.
    model_version: String,
    /// The legal entities it was limited to; null for all.
    entities: Option<BTreeSet<String>>,
    /// What was asked for, defaults filled in.
    #[schema(value_type = Object)]
    request: serde_json::Value,
}

impl From<ForecastHead> for ForecastSummary {
    fn from(head: ForecastHead) -> Self {
        Self {
            forecast_id: head.forecast_id,
            created_at: head.created_at,
            created_by: head.created_by,
            as_of: head.as_of,
            model_version: head.model_version,
            entities: match head.scope {
                Scope::All => None,
                Scope::Entities(entities) => Some(entities),
            },
            request: head.request,
        }
    }
}

/// A forecast.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForecastAnswer {
    #[serde(flatten)]
    pub(super) summary: ForecastSummary,
    /// What it rests on, `currencies` with their totals and `buckets`, one row a currency and bucket; amounts are
    /// decimal strings. `groups`, `translated` and `rates` where they were asked for.
    #[schema(value_type = Object)]
    pub(super) forecast: serde_json::Value,
}

/// How a forecast is exported.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportParams {
    /// Format of the file.
    #[param(inline)]
    pub(super) format: ExportFormat,
}

/// Format of an exported forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExportFormat {
    /// Comma-separated values.
    Csv,
    /// Excel workbook.
    Xlsx,
    /// Apache Parquet.
    Parquet,
    /// The document as it is kept.
    Json,
}

impl ExportFormat {
    /// Returns the format and its media type.
    pub(super) const fn format(self) -> (Format, &'static str) {
        match self {
            Self::Csv => (Format::Csv, "text/csv; charset=utf-8"),
            Self::Xlsx => (
                Format::Xlsx,
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ),
            Self::Parquet => (Format::Parquet, "application/vnd.apache.parquet"),
            Self::Json => (Format::Json, "application/json"),
        }
    }
}
