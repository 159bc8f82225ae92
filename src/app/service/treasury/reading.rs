//! Kept forecasts, what became of them, and the key figures.

use super::forecast::record_of;
use super::question::day;
use super::{Error, history, json};
use crate::app::access::Scope;
use crate::app::ledger::Ledger;
use crate::app::output::{self, Format};
use crate::app::registry::ServedModel;
use crate::app::service::{self, records};
use crate::app::store::{ForecastHead, ForecastWindow, RecordText, Store, StoredForecast};
use crate::domain::{Currency, Date};
use crate::kpi::{KpiPlan, KpiReport};
use crate::model::Reasons;

/// Length of an id: a SHA-256 in hexadecimal.
const ID_LENGTH: usize = 64;
/// Rows read at once when a client may not see all of them.
const SCAN_ROWS: i64 = 200;

/// Actual minus forecast, in parts.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The last day of which the actual knows anything.
    pub actual_as_of: Date,
    /// What the reader should know.
    pub remarks: Vec<String>,
    /// One row a bucket that has begun and currency, as the command line writes them.
    pub rows: serde_json::Value,
}

/// Key figures with where they come from.
#[derive(Clone, Debug)]
pub struct KeyFigures {
    /// The last day of which they know anything.
    pub as_of: Date,
    /// The model whose expected losses they hold, where one is in use.
    pub model_version: Option<String>,
    /// What the reader should know.
    pub remarks: Vec<String>,
    /// One report a month, oldest first; the last is at the cut-off.
    pub reports: Vec<KpiReport>,
}

/// Returns a forecast that the scope covers.
///
/// # Errors
///
/// [`Error::NotFound`] when there is none, [`Error::Store`] when the store fails.
pub async fn find(store: &Store, forecast_id: &str, scope: &Scope) -> Result<StoredForecast, Error> {
    let unknown = || Error::NotFound {
        forecast_id: forecast_id.to_owned(),
    };
    // The store is asked for ids alone: it may refuse other text, which would look like a fault.
    if forecast_id.len() != ID_LENGTH || !forecast_id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(unknown());
    }
    let stored = store.forecast(forecast_id).await?.ok_or_else(unknown)?;
    if scope.covers(&stored.head.scope) {
        Ok(stored)
    } else {
        Err(unknown())
    }
}

/// Returns the record of a forecast that [`find`] returned.
///
/// # Errors
///
/// [`Error::NotFound`] when there is none, [`Error::Store`] when the store fails.
pub async fn find_record(store: &Store, forecast_id: &str) -> Result<RecordText, Error> {
    let text = store.forecast_record(forecast_id).await?;
    text.ok_or_else(|| Error::NotFound {
        forecast_id: forecast_id.to_owned(),
    })
}

/// Lists the forecasts that the scope covers, newest first.
///
/// # Errors
///
/// [`Error::Store`] when the store fails.
pub async fn list(store: &Store, window: &ForecastWindow, scope: &Scope) -> Result<Vec<ForecastHead>, Error> {
    let wanted = usize::try_from(window.limit).unwrap_or(0);
    let mut next = ForecastWindow {
        limit: SCAN_ROWS,
        ..window.clone()
    };
    let mut found = Vec::new();
    loop {
        let heads = store.forecasts(&next).await?;
        let is_last = i64::try_from(heads.len()).is_ok_and(|rows| rows < SCAN_ROWS);
        for head in heads {
            next.before = Some((head.created_at, head.forecast_id.clone()));
            if scope.covers(&head.scope) {
                found.push(head);
            }
            if found.len() == wanted {
                return Ok(found);
            }
        }
        if is_last {
            return Ok(found);
        }
    }
}

/// Returns a kept forecast as a file of that format.
///
/// # Errors
///
/// [`Error::Service`] when the format cannot hold it.
pub fn export(stored: &StoredForecast, format: Format) -> Result<Vec<u8>, Error> {
    if format == Format::Json {
        return Ok(stored.document.clone().into_bytes());
    }
    let document = output::read_forecast(&stored.document).map_err(service::Error::from)?;
    Ok(output::bytes(&document, format).map_err(service::Error::from)?)
}

/// Explains a kept forecast by what came until a day; the facts are those of the legal entities that it knew.
///
/// # Errors
///
/// - [`Error::DayAhead`] for a day after `today`.
/// - [`Error::Damaged`] when its record is not the one that was made.
/// - [`Error::Ledger`], [`Error::Service`], [`Error::Records`] when a step fails.
pub fn variance(
    ledger: &Ledger,
    (head, text): (&ForecastHead, &RecordText),
    (as_of, today): (Option<Date>, Date),
    currency: Option<Currency>,
) -> Result<Explained, Error> {
    let actual_as_of = day(as_of, today)?;
    let record = record_of(head, text)?;
    let history = history(ledger, &head.scope)?;
    let view = service::view(&history, actual_as_of)?;
    let found = records::variance(&history, &view, &record, currency)?;
    Ok(Explained {
        actual_as_of,
        remarks: view.remark.into_iter().collect(),
        rows: json(&output::variance(&found))?,
    })
}

/// Computes the key figures of what the scope sees, with the losses that the model expects where there is one.
///
/// # Errors
///
/// - [`Error::DayAhead`] for a day after `today`.
/// - [`Error::Ledger`], [`Error::Service`] when a step fails.
pub fn key_figures(
    ledger: &Ledger,
    scope: &Scope,
    model: Option<&ServedModel>,
    (as_of, today): (Option<Date>, Date),
    plan: &KpiPlan,
) -> Result<KeyFigures, Error> {
    plan.check().map_err(service::Error::from)?;
    let as_of = day(as_of, today)?;
    let view = service::view(&history(ledger, scope)?, as_of)?;
    let prediction = model
        .map(|model| service::predict(&view, &model.folder, Reasons::LeftOut))
        .transpose()?;
    let reports = service::kpis::kpis(&view, plan, prediction.as_ref())?;
    let model_remark = prediction.and_then(|prediction| prediction.remark);
    Ok(KeyFigures {
        as_of,
        model_version: model.map(|model| model.version.clone()),
        remarks: view.remark.into_iter().chain(model_remark).collect(),
        reports,
    })
}
