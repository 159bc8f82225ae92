//! Drift of the champion: what the monitors measured, the newest day first.

#![expect(
    unused_qualifications,
    reason = "utoipa writes the path of the parameters it is given"
)]

use axum::Json;
use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::state::App;
use crate::app::store::{MonitorRow, MonitorWindow};
use crate::domain::date::parse_iso;

use super::extract::{Answer, Params};
use super::page::{Cursor, Page, PageParams};

/// Names the list in its cursors.
const LIST: &str = "monitors";

/// Which measures are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct MonitorParams {
    /// First day; from the beginning where it is left out.
    from: Option<NaiveDate>,
    /// Last day; to the end where it is left out.
    to: Option<NaiveDate>,
    /// Rows of the page, 100 where it is left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A measure of a model on a day.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Monitor {
    /// The day.
    as_of: NaiveDate,
    /// The version of the model.
    model_version: String,
    /// `psi_max` and `psi:FEATURE` (population stability index), `calibration_error` of "paid within 7 days", or
    /// `coverage` of P10 to P90.
    measure: String,
    /// What it is.
    value: f64,
    /// What it must not exceed; of `coverage` not fall below.
    threshold: f64,
    /// Whether it does.
    is_alarm: bool,
}

impl From<MonitorRow> for Monitor {
    fn from(row: MonitorRow) -> Self {
        Self {
            as_of: row.as_of,
            model_version: row.model_version,
            measure: row.measure,
            value: row.value,
            threshold: row.threshold,
            is_alarm: row.is_alarm,
        }
    }
}

/// Lists what the monitors measured at the turn of each day, the newest day first.
#[utoipa::path(
    get,
    path = "/v1/monitors",
    operation_id = "list_monitors",
    tag = "models",
    params(MonitorParams),
    responses(
        (status = 200, description = "One page.", body = Page<Monitor>),
    ),
    security(("api_key" = []))
)]
pub(super) async fn list_monitors(
    State(app): State<App>,
    Params(params): Params<MonitorParams>,
) -> Answer<Json<Page<Monitor>>> {
    let page = PageParams {
        limit: params.limit,
        cursor: params.cursor,
    };
    let limit = page.limit(&app)?;
    let behind = page.parts(&app)?.map(|parts| place(&parts)).transpose()?;
    let window = MonitorWindow {
        // Dates are kept as text of four-digit years, which others would not be compared with rightly.
        from: params
            .from
            .unwrap_or(NaiveDate::MIN)
            .clamp(first_day(), last_day()),
        to: params.to.unwrap_or(NaiveDate::MAX).clamp(first_day(), last_day()),
        behind,
        limit: limit.saturating_add(1),
    };
    let mut rows = app.store.monitors(&window).await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > most;
    rows.truncate(most);
    let next_cursor = rows.last().filter(|_| has_more).map(|row| {
        let day = row.as_of.to_string();
        Cursor::encode(&app.cursor_key, &[LIST, &day, &row.model_version, &row.measure])
    });
    Ok(Json(Page {
        data: rows.into_iter().map(Monitor::from).collect(),
        next_cursor,
    }))
}

/// Reads the place that a cursor names.
fn place(parts: &[String]) -> Answer<(NaiveDate, String, String)> {
    match parts {
        [list, day, version, measure] if list == LIST => {
            let day = parse_iso(day).map_err(|_| Cursor::refused())?;
            Ok((day, version.clone(), measure.clone()))
        }
        _ => Err(Cursor::refused()),
    }
}

fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(1, 1, 1).expect("a day of the calendar")
}

fn last_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(9_999, 12, 31).expect("a day of the calendar")
}
