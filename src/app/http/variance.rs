//! Why a forecast was wrong.

#![expect(
    unused_qualifications,
    reason = "utoipa writes the path of the parameters it is given"
)]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::access::Principal;
use crate::app::service::treasury;
use crate::app::state::App;
use crate::domain::{Currency, Date};

use super::error::Problem;
use super::extract::{Answer, Params};
use super::forecasts::in_query;

/// Until when a forecast is explained.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct VarianceParams {
    /// Last day whose payments may be known; the business day where it is left out.
    as_of: Option<Date>,
    /// Reporting currency (ISO 4217): all amounts in it, and the effect of rates apart.
    #[param(value_type = Option<String>)]
    currency: Option<Currency>,
}

/// Actual minus forecast, in parts that sum exactly.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VarianceAnswer {
    /// The forecast.
    forecast_id: String,
    /// Last day whose facts the forecast knew.
    forecast_as_of: Date,
    /// Last day whose payments are known.
    actual_as_of: Date,
    /// What the reader should know.
    remarks: Vec<String>,
    /// One row a bucket that has begun and currency, as `duecast variance` writes them: `difference` is `timing` +
    /// `amount` + `new_invoices` + `unforecast` + `currency_effect`; amounts are decimal strings.
    #[schema(value_type = Vec<Object>)]
    rows: serde_json::Value,
}

/// Explain a cash forecast by what came
#[utoipa::path(
    get,
    path = "/v1/forecasts/{forecast_id}/variance",
    tag = "treasury",
    operation_id = "get_variance",
    params(
        ("forecast_id" = String, Path, description = "The forecast."),
        VarianceParams,
    ),
    responses(
        (status = 200, description = "Why actual and forecast differ.", body = VarianceAnswer),
        (status = 400, description = "Not understood.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No key.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another role.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such one.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No invoice.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Cannot be done.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not at present.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_variance(
    State(app): State<App>,
    by: Principal,
    Path(forecast_id): Path<String>,
    Params(params): Params<VarianceParams>,
) -> Answer<Json<VarianceAnswer>> {
    let stored = treasury::find(&app.store, &forecast_id, &by.scope).await?;
    let text = treasury::find_record(&app.store, &forecast_id).await?;
    let head = stored.head;
    let forecast_as_of = head.as_of;
    let ledger = Arc::clone(&app.ledger);
    let days = (params.as_of, app.clock.today());
    let explained =
        treasury::blocking(move || treasury::variance(&ledger, (&head, &text), days, params.currency))
            .await
            .map_err(in_query)?;
    Ok(Json(VarianceAnswer {
        forecast_id,
        forecast_as_of,
        actual_as_of: explained.actual_as_of,
        remarks: explained.remarks,
        rows: explained.rows,
    }))
}
