//! Webhook endpoints and the deliveries to them.

use crate::app::access::Principal;
use crate::app::service::webhooks::{self, Change};
use crate::app::state::App;
use crate::app::store::{DeliveryStatus, EndpointRow};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::error::{ApiError, Problem};
use super::etag::if_match;
use super::extract::{Answer, Body, Params};
use super::page::{Cursor, Page, PageParams};
use super::webhook_dto::{
    DeliveryParams, WebhookDelivery, WebhookEndpoint, WebhookEndpointRequest, delivery, shown, with_secret,
};

/// The first part of the cursors of this list.
const DELIVERIES: &str = "webhook-deliveries";
/// A secret is shown once: neither caches nor the records of idempotency keep it.
const UNKEPT: [(header::HeaderName, HeaderValue); 1] =
    [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];

/// Lists the webhook endpoints.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints",
    operation_id = "list_webhook_endpoints",
    tag = "webhooks",
    responses(
        (status = 200, description = "Every endpoint", body = Page<WebhookEndpoint>),
    ),
    security(("api_key" = []))
)]
pub(crate) async fn list_webhook_endpoints(State(app): State<App>) -> Answer<Json<Page<WebhookEndpoint>>> {
    let endpoints = app.store.endpoints().await?;
    Ok(Json(Page {
        data: endpoints.iter().map(shown).collect(),
        next_cursor: None,
    }))
}

/// Makes a webhook endpoint; the answer holds its secret, this once.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints",
    operation_id = "create_webhook_endpoint",
    tag = "webhooks",
    request_body = WebhookEndpointRequest,
    responses(
        (status = 201, description = "Made", body = WebhookEndpoint),
        (status = 400, description = "Not understood", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Too many, or the same key in flight", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Refused URL or unknown type", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(crate) async fn create_webhook_endpoint(
    State(app): State<App>,
    principal: Principal,
    Body(request): Body<WebhookEndpointRequest>,
) -> Answer<Response> {
    let change = change_of(&app, &principal);
    let is_private_allowed = app.config.webhooks.is_private_allowed;
    let made = webhooks::create(&app.store, &request.wish(), is_private_allowed, change).await?;
    Ok((StatusCode::CREATED, etag(&made), UNKEPT, Json(with_secret(&made))).into_response())
}

/// Gives a webhook endpoint.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints/{endpoint_id}",
    operation_id = "get_webhook_endpoint",
    tag = "webhooks",
    params(("endpoint_id" = String, Path, description = "The endpoint")),
    responses(
        (status = 200, description = "The endpoint", body = WebhookEndpoint),
        (status = 404, description = "No such endpoint", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(crate) async fn get_webhook_endpoint(
    State(app): State<App>,
    Path(endpoint_id): Path<String>,
) -> Answer<Response> {
    let endpoint = find(&app, &endpoint_id).await?;
    Ok((etag(&endpoint), Json(shown(&endpoint))).into_response())
}

/// Changes a webhook endpoint.
#[utoipa::path(
    put,
    path = "/v1/webhook-endpoints/{endpoint_id}",
    operation_id = "update_webhook_endpoint",
    tag = "webhooks",
    params(
        ("endpoint_id" = String, Path, description = "The endpoint"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the last read; required"),
    ),
    request_body = WebhookEndpointRequest,
    responses(
        (status = 200, description = "Changed", body = WebhookEndpoint),
        (status = 400, description = "Not understood", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such endpoint", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Changed in between", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Another version", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Refused URL or unknown type", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "Without If-Match", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(crate) async fn update_webhook_endpoint(
    State(app): State<App>,
    principal: Principal,
    Path(endpoint_id): Path<String>,
    headers: HeaderMap,
    Body(request): Body<WebhookEndpointRequest>,
) -> Answer<Response> {
    let present = find(&app, &endpoint_id).await?;
    if_match(&headers, &revision(&present))?;
    let change = change_of(&app, &principal);
    let is_private_allowed = app.config.webhooks.is_private_allowed;
    let changed = webhooks::update(&app.store, &present, &request.wish(), is_private_allowed, change).await?;
    Ok((etag(&changed), Json(shown(&changed))).into_response())
}

/// Removes a webhook endpoint with its deliveries.
#[utoipa::path(
    delete,
    path = "/v1/webhook-endpoints/{endpoint_id}",
    operation_id = "delete_webhook_endpoint",
    tag = "webhooks",
    params(("endpoint_id" = String, Path, description = "The endpoint")),
    responses(
        (status = 204, description = "Removed"),
        (status = 404, description = "No such endpoint", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(crate) async fn delete_webhook_endpoint(
    State(app): State<App>,
    principal: Principal,
    Path(endpoint_id): Path<String>,
) -> Answer<StatusCode> {
    let change = change_of(&app, &principal);
    if webhooks::delete(&app.store, &endpoint_id, change).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(no_endpoint(&endpoint_id))
    }
}

/// Gives a webhook endpoint a new secret; the one before goes on signing beside it.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{endpoint_id}/rotation",
    operation_id = "rotate_webhook_secret",
    tag = "webhooks",
    params(("endpoint_id" = String, Path, description = "The endpoint")),
    responses(
        (status = 200, description = "With the new secret", body = WebhookEndpoint),
        (status = 404, description = "No such endpoint", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Changed in between", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(crate) async fn rotate_webhook_secret(
    State(app): State<App>,
    principal: Principal,
    Path(endpoint_id): Path<String>,
) -> Answer<Response> {
    let present = find(&app, &endpoint_id).await?;
    let rotated = webhooks::rotate(&app.store, &present, change_of(&app, &principal)).await?;
    Ok((etag(&rotated), UNKEPT, Json(with_secret(&rotated))).into_response())
}

/// Lists deliveries, oldest first; dead ones among them.
#[utoipa::path(
    get,
    path = "/v1/webhook-deliveries",
    operation_id = "list_webhook_deliveries",
    tag = "webhooks",
    params(DeliveryParams),
    responses(
        (status = 200, description = "A page of deliveries", body = Page<WebhookDelivery>),
        (status = 400, description = "Unknown parameter or value", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(crate) async fn list_webhook_deliveries(
    State(app): State<App>,
    Params(asked): Params<DeliveryParams>,
) -> Answer<Json<Page<WebhookDelivery>>> {
    let status = asked.status.as_deref().map(status_of).transpose()?;
    let page = PageParams {
        limit: asked.limit,
        cursor: asked.cursor,
    };
    let limit = page.limit(&app)?;
    let after = match page.parts(&app)?.as_deref() {
        None => String::new(),
        Some([list, after]) if list == DELIVERIES => after.clone(),
        Some(_) => return Err(Cursor::refused()),
    };
    let endpoint_id = asked.endpoint_id.unwrap_or_default();
    let mut rows = app
        .store
        .deliveries(status, &endpoint_id, &after, limit + 1)
        .await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > wanted;
    rows.truncate(wanted);
    let last = rows.last().filter(|_| has_more);
    let next_cursor = last.map(|row| Cursor::encode(&app.cursor_key, &[DELIVERIES, &row.delivery_id]));
    Ok(Json(Page {
        data: rows.into_iter().map(delivery).collect(),
        next_cursor,
    }))
}

/// Lets a delivery begin anew, also one that is dead or was delivered.
#[utoipa::path(
    post,
    path = "/v1/webhook-deliveries/{delivery_id}/replay",
    operation_id = "replay_webhook_delivery",
    tag = "webhooks",
    params(("delivery_id" = String, Path, description = "The delivery")),
    responses(
        (status = 202, description = "It will be sent"),
        (status = 404, description = "No such delivery", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(crate) async fn replay_webhook_delivery(
    State(app): State<App>,
    principal: Principal,
    Path(delivery_id): Path<String>,
) -> Answer<StatusCode> {
    if webhooks::replay(&app.store, &delivery_id, change_of(&app, &principal)).await? {
        Ok(StatusCode::ACCEPTED)
    } else {
        Err(ApiError::not_found("webhook delivery", &delivery_id))
    }
}

fn change_of<'a>(app: &App, principal: &'a Principal) -> Change<'a> {
    Change {
        by: &principal.actor,
        at: app.clock.now(),
    }
}

async fn find(app: &App, endpoint_id: &str) -> Answer<EndpointRow> {
    let endpoints = app.store.endpoints().await?;
    endpoints
        .into_iter()
        .find(|endpoint| endpoint.endpoint_id == endpoint_id)
        .ok_or_else(|| no_endpoint(endpoint_id))
}

fn no_endpoint(endpoint_id: &str) -> ApiError {
    ApiError::not_found("webhook endpoint", endpoint_id)
}

fn revision(endpoint: &EndpointRow) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{}\"", endpoint.revision)).expect("digits are ASCII")
}

fn etag(endpoint: &EndpointRow) -> [(header::HeaderName, HeaderValue); 1] {
    [(header::ETAG, revision(endpoint))]
}

fn status_of(given: &str) -> Answer<DeliveryStatus> {
    DeliveryStatus::parse(given).ok_or_else(|| {
        let allowed = DeliveryStatus::ALL.map(DeliveryStatus::name).join(", ");
        let detail = format!("allowed are {allowed}, got {given:?}");
        ApiError::malformed(
            "invalid_parameter",
            "a parameter of the query string cannot be used",
        )
        .at("status", "invalid_value", detail)
    })
}

impl From<webhooks::Error> for ApiError {
    fn from(error: webhooks::Error) -> Self {
        let detail = error.to_string();
        match error {
            webhooks::Error::Url(_) => {
                Self::invalid("url_refused", detail.clone()).at("/url", "url_refused", detail)
            }
            webhooks::Error::UnknownEventType { place, .. } => Self::invalid(
                "unknown_event_type",
                detail.clone(),
            )
            .at(format!("/event_types/{place}"), "unknown_event_type", detail),
            webhooks::Error::TooMany => Self::conflict("too_many_endpoints", detail),
            webhooks::Error::Changed => Self::conflict("changed_in_between", detail),
            webhooks::Error::Random(_) => Self::fault(&error),
            webhooks::Error::Store(source) => source.into(),
        }
    }
}
