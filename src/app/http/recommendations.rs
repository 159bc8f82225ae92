//! What should be done for a customer, and what came of it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::access::Principal;
use crate::app::actions::{Feedback, FeedbackKind, FeedbackRecord, OutcomeWord, Recommendation};
use crate::app::state::App;

use super::error::{ApiError, Problem};
use super::extract::{Answer, Body, Params};
use super::predictions::check_id;

/// For which day.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct RecommendationParams {
    /// The day it is for, up to a month ahead; today where it is left out.
    day: Option<NaiveDate>,
}

/// A recommendation and what came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecommendationRecord {
    /// The recommendation as it was told.
    recommendation: Recommendation,
    /// What was told of it, first one first.
    feedback: Vec<FeedbackRecord>,
}

/// What came of a recommendation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedbackRequest {
    /// `accepted`: it was done; `overridden`: something else was; `outcome`: what was done had an outcome. Required.
    kind: Option<FeedbackKind>,
    /// What was done instead, an action of the policy; required for an override.
    action: Option<String>,
    /// What came of it; required for an outcome.
    outcome: Option<OutcomeWord>,
    /// Why; required for an override.
    #[schema(max_length = 2000)]
    reason: Option<String>,
    /// The person who decided; required of a system where the recommendation needs a named human.
    #[schema(max_length = 200)]
    decided_by: Option<String>,
    /// The day; today where it is left out.
    occurred_on: Option<NaiveDate>,
}

/// Longest name of a person, in characters.
const NAME_CHARS_MAX: usize = 200;

/// Says what should be done for a customer on a day, what it is worth, and why nothing else is done.
///
/// The same question has the same answer until a fact of the customer, the policy, the effects, the model or the day
/// changes. A client of some legal entities is advised about what these are owed.
#[utoipa::path(
    get,
    path = "/v1/customers/{customer_id}/recommendation",
    operation_id = "get_customer_recommendation",
    tag = "actions",
    params(("customer_id" = String, Path, description = "The customer."), RecommendationParams),
    responses(
        (status = 200, description = "The recommendation.", body = Recommendation),
        (status = 404, description = "There is no such customer.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Nothing is owed (`nothing_open`), or no model is in use (`no_champion`).", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No advice is given for the day.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_customer_recommendation(
    State(app): State<App>,
    by: Principal,
    Path(customer_id): Path<String>,
    Params(params): Params<RecommendationParams>,
) -> Answer<Json<Recommendation>> {
    check_id("customer", &customer_id)?;
    let kept = app.actions.recommend(&customer_id, params.day, &by.scope).await?;
    Ok(Json(kept.told.clone()))
}

/// Returns a recommendation as it was told, with what came of it.
#[utoipa::path(
    get,
    path = "/v1/recommendations/{recommendation_id}",
    operation_id = "get_recommendation",
    tag = "actions",
    params(("recommendation_id" = String, Path, description = "The recommendation.")),
    responses(
        (status = 200, description = "The recommendation.", body = RecommendationRecord),
        (status = 404, description = "It was never made.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_recommendation(
    State(app): State<App>,
    by: Principal,
    Path(recommendation_id): Path<String>,
) -> Answer<Json<RecommendationRecord>> {
    let kept = app.actions.find(&recommendation_id, &by.scope).await?;
    let feedback = app.actions.feedback_of(&recommendation_id).await?;
    Ok(Json(RecommendationRecord {
        recommendation: kept.told.clone(),
        feedback,
    }))
}

/// Records that a recommendation was accepted or overridden, or what came of what was done.
///
/// What was done becomes a row of `actions`, so that caps and cooling-off see it; an outcome corrects that row. Told
/// again, an acceptance or an override changes nothing.
#[utoipa::path(
    post,
    path = "/v1/recommendations/{recommendation_id}/feedback",
    operation_id = "create_feedback",
    tag = "actions",
    params(("recommendation_id" = String, Path, description = "The recommendation.")),
    request_body = FeedbackRequest,
    responses(
        (status = 200, description = "It was told before.", body = FeedbackRecord),
        (status = 201, description = "It is recorded.", body = FeedbackRecord),
        (status = 404, description = "The recommendation was never made.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It was decided otherwise (`already_decided`), or has no outcome because nothing was done (`not_decided`).", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn create_feedback(
    State(app): State<App>,
    by: Principal,
    Path(recommendation_id): Path<String>,
    Body(request): Body<FeedbackRequest>,
) -> Answer<(StatusCode, Json<FeedbackRecord>)> {
    // What was never made is not found, whatever is said of it.
    app.actions.find(&recommendation_id, &by.scope).await?;
    let feedback = feedback(request)?;
    let (record, is_new) = app
        .actions
        .record_feedback(&recommendation_id, feedback, &by)
        .await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(record)))
}

fn feedback(request: FeedbackRequest) -> Answer<Feedback> {
    let wrong = |pointer: &str, code: &str, detail: &str| {
        ApiError::invalid("invalid_feedback", "the feedback cannot be as it is").at(pointer, code, detail)
    };
    let Some(kind) = request.kind else {
        return Err(wrong(
            "/kind",
            "missing_field",
            "kind must be told: accepted, overridden or outcome",
        ));
    };
    if request
        .decided_by
        .as_ref()
        .is_some_and(|name| name.chars().count() > NAME_CHARS_MAX)
    {
        return Err(wrong(
            "/decided_by",
            "too_long",
            "a name may have 200 characters at most",
        ));
    }
    Ok(Feedback {
        kind,
        action: request.action,
        outcome: request.outcome,
        reason: request.reason,
        decided_by: request.decided_by,
        occurred_on: request.occurred_on,
    })
}
