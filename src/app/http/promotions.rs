//! Which model is in use: aliases set, the champion promoted and rolled back while requests run.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::access::Principal;
use crate::app::config::Alias;
use crate::app::registry::{self, AliasState, PromotionRecord, PromotionStatus};
use crate::app::service::promotion;
use crate::app::state::App;

use super::error::{ApiError, Problem};
use super::etag::if_match;
use super::extract::{Answer, Body, Params};
use super::newest;
use super::page::{Page, PageParams};

/// Names the list in its cursors.
const LIST: &str = "promotions";

/// A model for an alias.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AliasRequest {
    /// The model version.
    version: String,
}

/// A model that is to become champion.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PromotionRequest {
    /// The model version.
    version: String,
}

/// Points `challenger` or `shadow` at a model; the champion changes by promotion and rollback alone.
#[utoipa::path(
    put,
    path = "/v1/aliases/{alias}",
    operation_id = "set_alias",
    tag = "models",
    params(
        ("alias" = Alias, Path, description = "The alias: `challenger` or `shadow`."),
        ("If-Match" = Option<String>, Header, description = "The revision that is replaced, as its `ETag`."),
    ),
    request_body = AliasRequest,
    responses(
        (status = 200, description = "The alias as it is now.", body = AliasState),
        (status = 404, description = "There is no such alias.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The champion, or a model that cannot be used.", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "It was changed since.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn set_alias(
    State(app): State<App>,
    Path(alias): Path<String>,
    by: Principal,
    headers: HeaderMap,
    Body(request): Body<AliasRequest>,
) -> Answer<Response> {
    let alias = Alias::parse(&alias).ok_or_else(|| ApiError::not_found("alias", &alias))?;
    if alias == Alias::Champion {
        let detail = "the champion changes by promotion or rollback; `challenger` and `shadow` are set here";
        return Err(ApiError::conflict("champion_by_promotion", detail));
    }
    let if_revision = revision_agreed(&app, alias, &headers).await?;
    let state = promotion::set_alias(&app, alias, &request.version, if_revision, &by.actor)
        .await
        .map_err(named_in_body)?;
    let tag = tag_of(state.revision);
    Ok(([(header::ETAG, tag)], Json(state)).into_response())
}

/// Makes the champion before the present one champion again, at once.
#[utoipa::path(
    post,
    path = "/v1/aliases/champion:rollback",
    operation_id = "rollback_champion",
    tag = "models",
    responses(
        (status = 200, description = "The champion is the one before.", body = PromotionRecord),
        (status = 409, description = "There is none before, or it cannot be used.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The idempotency key was used for another request.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn rollback_champion(
    State(app): State<App>,
    by: Principal,
) -> Answer<Json<PromotionRecord>> {
    Ok(Json(promotion::rollback(&app, &by.actor).await?))
}

/// Lists promotions, newest first, also those that wait, were refused or rolled back.
#[utoipa::path(
    get,
    path = "/v1/promotions",
    operation_id = "list_promotions",
    tag = "models",
    params(PageParams),
    responses(
        (status = 200, description = "One page.", body = Page<PromotionRecord>),
    ),
    security(("api_key" = []))
)]
pub(super) async fn list_promotions(
    State(app): State<App>,
    Params(page): Params<PageParams>,
) -> Answer<Json<Page<PromotionRecord>>> {
    let limit = page.limit(&app)?;
    let before = newest::before(&app, LIST, &page)?;
    let rows = app.registry.promotions(before, limit.saturating_add(1)).await?;
    Ok(Json(newest::page(&app, LIST, limit, rows, |row| {
        (row.requested_at, row.promotion_id.as_str())
    })))
}

/// Asks for a model to become champion: `done` at once, or `waiting` for a second person, as the service is set up.
#[utoipa::path(
    post,
    path = "/v1/promotions",
    operation_id = "create_promotion",
    tag = "models",
    request_body = PromotionRequest,
    responses(
        (status = 201, description = "It is done, or it waits for approval.", body = PromotionRecord),
        (status = 409, description = "The gate refuses the model, or it is champion or waits already.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn create_promotion(
    State(app): State<App>,
    by: Principal,
    Body(request): Body<PromotionRequest>,
) -> Answer<(StatusCode, Json<PromotionRecord>)> {
    let record = promotion::request(&app, &request.version, &by.actor)
        .await
        .map_err(named_in_body)?;
    Ok((StatusCode::CREATED, Json(not_refused(record)?)))
}

/// Agrees to a promotion that somebody else asked for; the model is champion when this returns.
#[utoipa::path(
    post,
    path = "/v1/promotions/{promotion_id}/approval",
    operation_id = "approve_promotion",
    tag = "models",
    params(
        ("promotion_id" = String, Path, description = "The promotion."),
        ("If-Match" = Option<String>, Header, description = "The revision of the champion that is replaced, as its `ETag`."),
    ),
    responses(
        (status = 200, description = "The model is champion.", body = PromotionRecord),
        (status = 403, description = "The role may not, or the same person asked for it.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is none.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is decided, or its proof does not hold any more.", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "The champion was changed since.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The idempotency key was used for another request.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn approve_promotion(
    State(app): State<App>,
    Path(promotion_id): Path<String>,
    by: Principal,
    headers: HeaderMap,
) -> Answer<Json<PromotionRecord>> {
    let if_revision = revision_agreed(&app, Alias::Champion, &headers).await?;
    let record = promotion::approve(&app, &promotion_id, if_revision, &by.actor).await?;
    Ok(Json(not_refused(record)?))
}

/// Returns the revision that must still be there when the alias is changed, where the client names one.
async fn revision_agreed(app: &App, alias: Alias, headers: &HeaderMap) -> Answer<Option<i64>> {
    if !headers.contains_key(header::IF_MATCH) {
        return Ok(None);
    }
    let state = app.registry.alias_state(alias).await?;
    let revision = state.map_or(0, |state| state.revision);
    if_match(headers, &tag_of(revision))?;
    Ok(Some(revision))
}

fn tag_of(revision: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{revision}\"")).expect("digits and quotes are ASCII")
}

/// A refusal by the gate is a problem; the record of it is kept all the same.
fn not_refused(record: PromotionRecord) -> Answer<PromotionRecord> {
    if record.status == PromotionStatus::Refused {
        Err(ApiError::conflict("gate_not_passed", record.reason))
    } else {
        Ok(record)
    }
}

/// A model that the body names and that is not there is a fault of the body, not of the address.
fn named_in_body(error: registry::Error) -> ApiError {
    let detail = error.to_string();
    match error {
        registry::Error::UnknownVersion { .. } => {
            ApiError::invalid("unknown_version", detail.clone()).at("/version", "unknown_version", detail)
        }
        other => ApiError::from(other),
    }
}
