//! Cash forecasts: made once, kept as records that never change, given out in several formats.

mod dto;
mod refusal;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::access::Principal;
use crate::app::clock::{Timestamp, from_micros, micros};
use crate::app::operations::{Done, Failure, Kind, Operation, Ticket};
use crate::app::service::treasury::{self, Question, Sources};
use crate::app::state::App;
use crate::app::store::{AuditEntry, ForecastWindow};

use super::error::{ApiError, Problem};
use super::etag::{etag_of, if_none_match};
use super::extract::{Answer, Body, Params};
use super::page::{Cursor, Page, PageParams};
use super::started::started;

pub(super) use dto::{BillingMode, BucketSize, parameters};
use dto::{ExportParams, ForecastAnswer, ForecastParams, ForecastRequest, ForecastSummary};
pub(super) use refusal::in_query;

/// Names the list in its cursors.
const LIST: &str = "forecasts";
/// Digits of an id that stand in the name of a file.
const ID_DIGITS_SHOWN: usize = 12;

/// Make a cash forecast
///
/// Forecasts the cash of everything that the client may see, with the champion. The result is the id of a record
/// that never changes; the same forecast again is the same record.
#[utoipa::path(
    post,
    path = "/v1/forecasts",
    tag = "treasury",
    operation_id = "create_forecast",
    params(
        ("Prefer" = Option<String>, Header, description = "`wait=N` waits up to N seconds, 60 at most, for the end."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request safe for a day."),
    ),
    request_body = ForecastRequest,
    responses(
        (status = 200, description = "The operation, which has ended.", body = Operation),
        (status = 202, description = "The operation, to be looked at again.", body = Operation, headers(
            ("Location" = String, description = "The operation."),
            ("Retry-After" = u32, description = "Seconds after which to look at it."),
        )),
        (status = 400, description = "Not understood.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No key.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another role.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No champion.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Cannot be done.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not at present.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn create_forecast(
    State(app): State<App>,
    by: Principal,
    headers: HeaderMap,
    Body(request): Body<ForecastRequest>,
) -> Answer<Response> {
    let draws_max = app.config.limits.draws_max;
    let question = Question::new(&request.parameters(), app.clock.today(), draws_max)?;
    let sources = sources(&app, &by)?;
    let asked = question.to_json();
    let (shared, maker) = (Arc::clone(&app), by.clone());
    let operation = app
        .operations
        .start(Kind::Forecast, &by, asked, move |ticket| {
            make(shared, maker, sources, question, ticket)
        })
        .await?;
    started(&app, &headers, operation).await
}

/// Returns what the answers to a client are made from.
pub(super) fn sources(app: &App, by: &Principal) -> Answer<Sources> {
    Ok(Sources {
        ledger: Arc::clone(&app.ledger),
        model: treasury::champion(&app.registry)?,
        scope: by.scope.clone(),
    })
}

async fn make(
    app: App,
    by: Principal,
    sources: Sources,
    question: Question,
    ticket: Ticket,
) -> Result<Done, Failure> {
    let made = treasury::blocking(move || {
        treasury::make(&sources, &question, &|done, total, note| {
            ticket.progress(done, total, note);
            !ticket.cancel.is_cancelled()
        })
    })
    .await
    .map_err(failure)?;
    let is_new = treasury::keep(&app.store, &app.events, &by, app.clock.now(), &made)
        .await
        .map_err(failure)?;
    Ok(Done {
        result: serde_json::json!({
            "forecast_id": made.forecast_id,
            "href": format!("/v1/forecasts/{}", made.forecast_id),
            "as_of": made.question.as_of,
            "model_version": made.model_version,
            "is_new": is_new,
            "remarks": made.remarks,
        }),
        file: None,
    })
}

/// Returns how work of treasury ends that did not succeed.
pub(super) fn failure(error: treasury::Error) -> Failure {
    if matches!(error, treasury::Error::Cancelled) {
        Failure::cancelled()
    } else {
        Failure::from(ApiError::from(error))
    }
}

/// List cash forecasts
///
/// Newest first; those that were limited to legal entities which the client does not see are left out.
#[utoipa::path(
    get,
    path = "/v1/forecasts",
    tag = "treasury",
    operation_id = "list_forecasts",
    params(ForecastParams),
    responses(
        (status = 200, description = "One page.", body = Page<ForecastSummary>),
        (status = 400, description = "Not understood.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No key.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another role.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not at present.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn list_forecasts(
    State(app): State<App>,
    by: Principal,
    Params(params): Params<ForecastParams>,
) -> Answer<Json<Page<ForecastSummary>>> {
    let page = PageParams {
        limit: params.limit,
        cursor: params.cursor,
    };
    let limit = page.limit(&app)?;
    let before = page.parts(&app)?.map(|parts| place_of(&parts)).transpose()?;
    let window = ForecastWindow {
        as_of: params.as_of,
        from: params.from,
        to: params.to,
        before,
        // One more than is shown tells whether there is another page.
        limit: limit + 1,
    };
    let mut heads = treasury::list(&app.store, &window, &by.scope).await?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = heads.len() > shown;
    heads.truncate(shown);
    let last = heads.last().filter(|_| has_more);
    let next_cursor = last.map(|head| {
        let at = micros(head.created_at).to_string();
        Cursor::encode(&app.cursor_key, &[LIST, &at, &head.forecast_id])
    });
    Ok(Json(Page {
        data: heads.into_iter().map(ForecastSummary::from).collect(),
        next_cursor,
    }))
}

/// Reads the place behind which a page begins.
fn place_of(parts: &[String]) -> Answer<(Timestamp, String)> {
    if let [list, at, id] = parts
        && list == LIST
        && let Ok(at) = at.parse::<i64>()
    {
        return Ok((from_micros(at), id.clone()));
    }
    Err(Cursor::refused())
}

/// Read a cash forecast
///
/// The document is the one that `duecast forecast --out x.json` writes.
#[utoipa::path(
    get,
    path = "/v1/forecasts/{forecast_id}",
    tag = "treasury",
    operation_id = "get_forecast",
    params(
        ("forecast_id" = String, Path, description = "The forecast."),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of the last read."),
    ),
    responses(
        (status = 200, description = "The forecast.", body = ForecastAnswer, headers(
            ("ETag" = String, description = "The version of what is read."),
        )),
        (status = 304, description = "It is as it was at the last read."),
        (status = 400, description = "Not understood.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No key.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another role.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such one.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not at present.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_forecast(
    State(app): State<App>,
    by: Principal,
    Path(forecast_id): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let stored = treasury::find(&app.store, &forecast_id, &by.scope).await?;
    let etag = etag_of(stored.document.as_bytes());
    let mut response = if if_none_match(&headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let forecast =
            serde_json::from_str(&stored.document).map_err(|source| treasury::Error::Json { source })?;
        Json(ForecastAnswer {
            summary: ForecastSummary::from(stored.head),
            forecast,
        })
        .into_response()
    };
    response.headers_mut().insert(header::ETAG, etag);
    Ok(response)
}

/// Export a cash forecast
///
/// As a file for a spreadsheet or a treasury system. Text that a spreadsheet would run as a formula is guarded.
#[utoipa::path(
    get,
    path = "/v1/forecasts/{forecast_id}/export",
    tag = "treasury",
    operation_id = "export_forecast",
    params(
        ("forecast_id" = String, Path, description = "The forecast."),
        ExportParams,
    ),
    responses(
        (status = 200, description = "The file.", content(
            (String = "text/csv"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (Vec<u8> = "application/vnd.apache.parquet"),
            (serde_json::Value = "application/json"),
        ), headers(
            ("Content-Disposition" = String, description = "A name for the file."),
        )),
        (status = 400, description = "Not understood.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No key.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another role.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such one.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Cannot be done.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not at present.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn export_forecast(
    State(app): State<App>,
    by: Principal,
    Path(forecast_id): Path<String>,
    Params(params): Params<ExportParams>,
) -> Answer<Response> {
    let stored = treasury::find(&app.store, &forecast_id, &by.scope).await?;
    let (format, content_type) = params.format.format();
    let name = format!(
        "attachment; filename=\"forecast-{}-{:.*}.{}\"",
        stored.head.as_of,
        ID_DIGITS_SHOWN,
        stored.head.forecast_id,
        format.extension()
    );
    let entry = AuditEntry {
        at: app.clock.now(),
        actor: by.actor,
        action: "forecast.exported".to_owned(),
        subject: forecast_id,
        detail: serde_json::json!({"format": format.extension()}),
    };
    let bytes = treasury::blocking(move || treasury::export(&stored, format))
        .await
        .map_err(in_query)?;
    app.store.append_audit(&entry).await?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
