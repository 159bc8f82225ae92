//! The treasurer's page of a forecast, from the ledger that the forecast rests on.

use std::collections::BTreeMap;

use polars::prelude::col;

use super::{Error, Prediction, View};
use crate::app::output;
use crate::app::report::{self, PastForecast, Report, Sources};
use crate::domain::Currency;
use crate::forecast::record::RecordHead;
use crate::forecast::{BillingReport, Bucket, CashForecast, ForecastPlan};
use crate::history::{Snapshot, Table};
use crate::kpi::{self, AgingLine};

/// Days that the page covers at most: thirteen weeks.
const HORIZON_DAYS_MAX: u32 = 91;
/// Past weeks beside the forecast.
const PAST_WEEKS: u32 = 13;

/// What the page says beside the forecast and the ledger.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// What was said of past weeks before they came.
    pub past: Vec<PastForecast>,
    /// Further assumptions as name and text.
    pub remarks: Vec<(String, String)>,
}

/// Returns the plan of the page's own forecast: by week over thirteen weeks at most, else as asked for.
#[must_use]
pub fn plan(asked: &ForecastPlan) -> ForecastPlan {
    ForecastPlan {
        bucket: Bucket::Week,
        horizon_days: asked.horizon_days.min(HORIZON_DAYS_MAX),
        ..*asked
    }
}

/// Composes the page of a forecast that was made with [`plan`].
///
/// # Errors
///
/// - [`Error::Kpi`], [`Error::History`]: the ledger could not be read.
/// - [`Error::Output`]: a picture could not be drawn, or the names of the customers not be read.
pub fn report(
    view: &View,
    prediction: &Prediction,
    cash: &CashForecast,
    beside: &Beside,
) -> Result<Report, Error> {
    let received = kpi::week_receipts(&view.snapshot, PAST_WEEKS)?;
    Ok(report::compose(&Sources {
        cash,
        context: &prediction.context,
        predictions: &prediction.rows,
        ageing: &ageing(view)?,
        received: &received,
        past: &beside.past,
        names: &customer_names(&view.snapshot)?,
        remarks: &beside.remarks,
    })?)
}

/// Returns what a record of an earlier forecast said, bucket by bucket.
#[must_use]
pub fn past_forecasts(record: &RecordHead) -> Vec<PastForecast> {
    let currencies = record.currencies.iter();
    currencies
        .flat_map(|book| {
            let buckets = record.buckets.iter().zip(&book.amounts);
            buckets.map(|(bucket, amounts)| PastForecast {
                as_of: record.as_of,
                currency: book.currency,
                start: bucket.start,
                end: bucket.end,
                expected: amounts.expected(),
                p10: amounts.p10,
                p90: amounts.p90,
            })
        })
        .collect()
}

/// Says which billing was found, as a remark of the page.
#[must_use]
pub fn billing_remark(found: &BillingReport) -> (String, String) {
    let mut text = format!(
        "{} recurring billings, {} planned invoices, {} streams of new billing; {} rhythms have stopped and are \
         not continued",
        found.rhythms.len(),
        found.planned_invoices,
        found.streams.len(),
        found.stopped_rhythms
    );
    for remark in found.plan_remarks() {
        text.push_str("; ");
        text.push_str(&remark);
    }
    ("billing found".to_owned(), text)
}

/// The open amount by age, by currency.
fn ageing(view: &View) -> Result<BTreeMap<Currency, Vec<AgingLine>>, Error> {
    let days = kpi::default_window_days(view.snapshot.cutoff());
    let key_figures = kpi::report(&view.snapshot, days)?;
    Ok(key_figures
        .currencies
        .into_iter()
        .map(|kpis| (kpis.currency, kpis.aging))
        .collect())
}

/// The names of customers, by id; customers without a name are absent.
fn customer_names(snapshot: &Snapshot) -> Result<BTreeMap<String, String>, Error> {
    let query = snapshot
        .table(Table::Customers)
        .select([col("customer_id"), col("name")]);
    let frame = snapshot.collect(query)?;
    let names = frame.column("name").map_err(output::Error::Read)?;
    if names.is_full_null() {
        return Ok(BTreeMap::new());
    }
    let names = names.str().map_err(output::Error::Read)?;
    let ids = frame
        .column("customer_id")
        .and_then(|ids| ids.str())
        .map_err(output::Error::Read)?;
    Ok(ids
        .iter()
        .zip(names.iter())
        .filter_map(|(id, name)| Some((id?.to_owned(), name?.to_owned())))
        .collect())
}
