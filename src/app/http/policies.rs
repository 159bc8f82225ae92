//! Policies of the next best action: kept, tried, brought into force.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::app::access::Principal;
use crate::app::actions::{self, PolicyChange, PolicyRecord, RehearsalPeriod};
use crate::app::config::Alias;
use crate::app::operations::{Kind, Operation, Ticket};
use crate::app::state::App;

use super::action_error::failure;
use super::error::{ApiError, Problem};
use super::extract::{Answer, Body, Params};
use super::newest;
use super::page::{Page, PageParams};
use super::started::started;

/// Names the list in its cursors.
const LIST: &str = "policies";
/// Past days of a rehearsal; each takes a plan of the whole book.
const REHEARSED_DAYS_MAX: i64 = 400;

/// A policy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyRequest {
    /// Its text, TOML.
    text: String,
}

/// Another policy than the one in force: one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DryRunRequest {
    /// Its text, TOML.
    text: Option<String>,
    /// What is changed of the one in force, a merge patch (RFC 7396); entries of lists are named by their `id`:
    /// `{"exclusions": {"minimum": "500.00"}, "action": {"call": {"minutes": 5}}}`.
    patch: Option<serde_json::Value>,
}

/// Which past days.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RehearsalBody {
    /// First day.
    from: NaiveDate,
    /// Last day, today at the latest.
    to: NaiveDate,
    /// Days from one to the next; 7 where it is left out.
    #[schema(minimum = 1, maximum = 366)]
    stride_days: Option<u32>,
}

/// Lists policies, newest first, without their texts.
#[utoipa::path(
    get,
    path = "/v1/policies",
    operation_id = "list_policies",
    tag = "actions",
    params(PageParams),
    responses(
        (status = 200, description = "One page.", body = Page<PolicyRecord>),
    ),
    security(("api_key" = []))
)]
pub(super) async fn list_policies(
    State(app): State<App>,
    Params(page): Params<PageParams>,
) -> Answer<Json<Page<PolicyRecord>>> {
    let limit = page.limit(&app)?;
    let before = newest::before(&app, LIST, &page)?;
    let rows = app
        .actions
        .policy_records(before, limit.saturating_add(1))
        .await?;
    Ok(Json(newest::page(&app, LIST, limit, rows, |row| {
        (row.created_at, row.version.as_str())
    })))
}

/// Returns a policy with its text.
#[utoipa::path(
    get,
    path = "/v1/policies/{version}",
    operation_id = "get_policy",
    tag = "actions",
    params(("version" = String, Path, description = "The version.")),
    responses(
        (status = 200, description = "The policy.", body = PolicyRecord),
        (status = 404, description = "There is none.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_policy(
    State(app): State<App>,
    Path(version): Path<String>,
) -> Answer<Json<PolicyRecord>> {
    Ok(Json(app.actions.policy_record(&version).await?))
}

/// Keeps a policy; it decides nothing until it is activated. What is wrong with it is told at once, all of it.
#[utoipa::path(
    post,
    path = "/v1/policies",
    operation_id = "create_policy",
    tag = "actions",
    request_body = PolicyRequest,
    responses(
        (status = 200, description = "It was kept before.", body = PolicyRecord),
        (status = 201, description = "It is kept.", body = PolicyRecord),
    ),
    security(("api_key" = []))
)]
pub(super) async fn create_policy(
    State(app): State<App>,
    by: Principal,
    Body(request): Body<PolicyRequest>,
) -> Answer<(StatusCode, Json<PolicyRecord>)> {
    let (record, is_new) = app.actions.keep_policy(&request.text, &by).await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(record)))
}

/// Brings a policy into force: every answer from here on is by it.
#[utoipa::path(
    post,
    path = "/v1/policies/{version}/activate",
    operation_id = "activate_policy",
    tag = "actions",
    params(("version" = String, Path, description = "The version.")),
    responses(
        (status = 200, description = "It is in force.", body = PolicyRecord),
        (status = 404, description = "There is none.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The same request is being worked on.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "This version of the service does not read it, or the idempotency key was used for another request.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn activate_policy(
    State(app): State<App>,
    Path(version): Path<String>,
    by: Principal,
) -> Answer<Json<PolicyRecord>> {
    Ok(Json(app.actions.activate_policy(&version, &by).await?))
}

/// Says what would be done otherwise today under another policy; nothing is kept.
///
/// The result of the operation has the customers whose action changes, how many go from what to what, value and
/// minutes before and after.
#[utoipa::path(
    post,
    path = "/v1/policies:dry-run",
    operation_id = "dry_run_policy",
    tag = "actions",
    request_body = DryRunRequest,
    responses(
        (status = 200, description = "It ended while the client waited, see `Prefer: wait`.", body = Operation),
        (status = 202, description = "It is queued.", body = Operation),
    ),
    security(("api_key" = []))
)]
pub(super) async fn dry_run_policy(
    State(app): State<App>,
    by: Principal,
    headers: HeaderMap,
    Body(request): Body<DryRunRequest>,
) -> Answer<Response> {
    let asked = json!({ "patch": request.patch, "has_text": request.text.is_some() });
    let change = match (request.text, request.patch) {
        (Some(text), None) => PolicyChange::Text(text),
        (None, Some(patch)) => PolicyChange::Patch(patch),
        (Some(_), Some(_)) | (None, None) => {
            let detail = "give either the text of a policy or a patch of the one in force";
            return Err(ApiError::invalid("invalid_policy", detail).at("/text", "one_of_two", detail));
        }
    };
    let policy = app.actions.changed_policy(&change).await?;
    let (shared, scope) = (Arc::clone(&app), by.scope.clone());
    let work = move |ticket: Ticket| async move {
        let done = shared.actions.dry_run(&scope, policy, &ticket).await;
        done.map_err(failure)
    };
    let operation = app.operations.start(Kind::PolicyDryRun, &by, asked, work).await?;
    started(&app, &headers, operation).await
}

/// Replays a policy on the past book: at each day what it would have done with what was known then.
#[utoipa::path(
    post,
    path = "/v1/policies/{version}/rehearsal",
    operation_id = "rehearse_policy",
    tag = "actions",
    params(("version" = String, Path, description = "The version.")),
    request_body = RehearsalBody,
    responses(
        (status = 200, description = "It ended while the client waited, see `Prefer: wait`.", body = Operation),
        (status = 202, description = "It is queued.", body = Operation),
        (status = 404, description = "There is none.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No model is in use (`no_champion`).", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn rehearse_policy(
    State(app): State<App>,
    Path(version): Path<String>,
    by: Principal,
    headers: HeaderMap,
    Body(request): Body<RehearsalBody>,
) -> Answer<Response> {
    let period = RehearsalPeriod {
        from: request.from,
        to: request.to,
        stride_days: request.stride_days.unwrap_or(7),
    };
    check_stride(&period)?;
    period.check(app.clock.today())?;
    let policy = app.actions.kept_policy(&version).await?;
    let Some(model) = app.registry.alias(Alias::Champion) else {
        return Err(actions::Error::NoChampion.into());
    };
    let asked = json!({
        "version": version,
        "from": period.from,
        "to": period.to,
        "stride_days": period.stride_days,
    });
    let (shared, scope) = (Arc::clone(&app), by.scope.clone());
    let work = move |ticket: Ticket| async move {
        let done = shared
            .actions
            .rehearse(&scope, policy, period, model, &ticket)
            .await;
        done.map_err(failure)
    };
    let operation = app
        .operations
        .start(Kind::PolicyRehearsal, &by, asked, work)
        .await?;
    started(&app, &headers, operation).await
}

fn check_stride(period: &RehearsalPeriod) -> Answer<()> {
    let stride = period.stride_days;
    let days = (period.to - period.from).num_days() / i64::from(stride.max(1));
    if (1..=366).contains(&stride) && days < REHEARSED_DAYS_MAX {
        return Ok(());
    }
    let detail = format!(
        "must be from 1 to 366, and leave {REHEARSED_DAYS_MAX} days of the period at most; given {stride}"
    );
    Err(ApiError::invalid("invalid_period", detail.clone()).at("/stride_days", "out_of_range", detail))
}
