//! What actions do, as far as is known, and the law that binds them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::action::Stage;
use crate::action::effect::EffectContext;
use crate::app::access::Principal;
use crate::app::actions::LearningPeriod;
use crate::app::operations::{Kind, Operation, Ticket};
use crate::app::state::App;
use crate::domain::date::add_days;

use super::action_error::failure;
use super::error::ApiError;
use super::extract::{Answer, Body};
use super::started::started;

/// Days of decisions that are learned from where the client does not say.
const LEARNED_DAYS: i64 = 730;

/// What actions do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EffectsAnswer {
    /// Names the effects; `assumed` where nobody has learned any.
    effects_id: String,
    /// Version of the policy whose assumptions stand where data has not spoken.
    policy_version: String,
    /// Whether every effect is an assumption.
    is_assumption: bool,
    /// What each action does at each stage, whatever the segment.
    data: Vec<EffectRow>,
    /// How they were learned: cells, intervals, what was left out and why; null where nobody has learned any.
    learned: Option<serde_json::Value>,
}

/// What an action does at a stage.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EffectRow {
    /// The action.
    action: String,
    /// `pre_due`, `early`, `middle` or `late`.
    stage: String,
    /// Change of the logit of the daily hazard of payment against waiting.
    shift: f64,
    /// Its standard error.
    std_error: f64,
    /// Days for which it works.
    days: u32,
    /// Where it comes from: `assumption`, or `learned` with the number of decisions.
    source: serde_json::Value,
}

/// The rules of law, with what is not verified.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LawsAnswer {
    /// One entry a rule: id, where and for whom it holds, from when, who says so, and whether it is applied.
    data: Vec<serde_json::Value>,
}

/// Which decisions are learned from.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LearningRequest {
    /// First day; two years back where it is left out.
    from: Option<NaiveDate>,
    /// Last day; today where it is left out.
    to: Option<NaiveDate>,
}

/// Returns what actions do, as advice takes it at present.
#[utoipa::path(
    get,
    path = "/v1/effects",
    operation_id = "get_effects",
    tag = "actions",
    responses(
        (status = 200, description = "The effects.", body = EffectsAnswer),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_effects(State(app): State<App>) -> Answer<Json<EffectsAnswer>> {
    let in_force = app.actions.in_force();
    let mut data = Vec::new();
    for rule in &in_force.policy.actions {
        for stage in Stage::ALL {
            let context = EffectContext { segment: None, stage };
            let effect = in_force.effects.of(&rule.id, context);
            data.push(EffectRow {
                action: rule.id.to_string(),
                stage: stage.name().to_owned(),
                shift: effect.shift,
                std_error: effect.std_error,
                days: effect.days,
                source: serde_json::to_value(effect.source).map_err(|error| ApiError::fault(&error))?,
            });
        }
    }
    Ok(Json(EffectsAnswer {
        effects_id: in_force.effects_id.clone(),
        policy_version: in_force.policy.version.clone(),
        is_assumption: in_force.effects.is_assumption_only(),
        data,
        learned: app.actions.learned_document().await?,
    }))
}

/// Learns what actions do from the decisions that were left to chance, and brings it into force.
#[utoipa::path(
    post,
    path = "/v1/effects:learn",
    operation_id = "learn_effects",
    tag = "actions",
    request_body = LearningRequest,
    responses(
        (status = 200, description = "It ended while the client waited, see `Prefer: wait`.", body = Operation),
        (status = 202, description = "It is queued.", body = Operation),
    ),
    security(("api_key" = []))
)]
pub(super) async fn learn_effects(
    State(app): State<App>,
    by: Principal,
    headers: HeaderMap,
    Body(request): Body<LearningRequest>,
) -> Answer<Response> {
    let today = app.clock.today();
    let to = request.to.unwrap_or(today);
    let period = LearningPeriod {
        from: request.from.unwrap_or_else(|| add_days(to, -LEARNED_DAYS)),
        to,
    };
    period.check(today)?;
    let asked = json!({ "from": period.from, "to": period.to });
    let (shared, maker) = (Arc::clone(&app), by.clone());
    let work = move |ticket: Ticket| async move {
        let done = shared.actions.learn(period, &maker, &ticket).await;
        done.map_err(failure)
    };
    let operation = app
        .operations
        .start(Kind::EffectsLearning, &by, asked, work)
        .await?;
    started(&app, &headers, operation).await
}

/// Returns the rules of law that bind advice; what nobody has verified is off unless the policy switches it on.
#[utoipa::path(
    get,
    path = "/v1/laws",
    operation_id = "list_laws",
    tag = "actions",
    responses(
        (status = 200, description = "All of them.", body = LawsAnswer),
    ),
    security(("api_key" = []))
)]
pub(super) async fn list_laws(State(app): State<App>) -> Answer<Json<LawsAnswer>> {
    let in_force = app.actions.in_force();
    let mut data = Vec::new();
    for rule in in_force.law.rules() {
        data.push(serde_json::to_value(rule).map_err(|error| ApiError::fault(&error))?);
    }
    Ok(Json(LawsAnswer { data }))
}
