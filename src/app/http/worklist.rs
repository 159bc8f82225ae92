//! A collector's morning, and tonight's automatic run.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::app::access::Principal;
use crate::app::actions::{Recommendation, expected};
use crate::app::operations::{Done, Failure, Kind, Operation, Ticket};
use crate::app::state::App;
use crate::app::store::AuditEntry;
use crate::domain::Date;

use super::action_error::failure;
use super::error::Problem;
use super::extract::{Answer, Body, Params};
use super::page::{Cursor, PageParams};
use super::started::started;

/// Names the list in its cursors.
const LIST: &str = "worklist";

/// Which worklist.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WorklistParams {
    /// The collector whose lines are wanted; all lines where it is left out, those that need nobody included.
    collector: Option<String>,
    /// The day it is for; today where it is left out.
    day: Option<NaiveDate>,
    /// Rows of the page, 100 where it is left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of a worklist.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WorklistPage {
    /// Names the plan that the page belongs to.
    plan_id: String,
    /// The last day whose facts the plan knows.
    as_of: NaiveDate,
    /// The day it is for.
    day: NaiveDate,
    /// Version of the policy.
    policy_version: String,
    /// Currency of the values.
    currency: String,
    /// Expected gain of the whole plan against waiting, a decimal.
    value: String,
    /// What no plan can exceed, a decimal.
    bound: String,
    /// What the greedy plan is worth, a decimal.
    greedy_value: String,
    /// What one more hour of each collector would be worth, a decimal.
    hour_prices: BTreeMap<String, String>,
    /// Minutes given out, by collector.
    minutes_used: BTreeMap<String, u32>,
    /// Whether every effect is an assumption.
    is_assumption: bool,
    /// What the reader should know.
    notes: Vec<String>,
    /// What should be done, that worth most a minute first.
    data: Vec<Recommendation>,
    /// Give it back as `cursor` for the rows after these; null on the last page.
    next_cursor: Option<String>,
}

/// Which automatic run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ActionPlanRequest {
    /// The day it is for; today where it is left out.
    day: Option<NaiveDate>,
}

/// Returns what should be done on a day, that worth most a minute first.
///
/// The plan weighs all customers against each other under the collectors' minutes. It is made anew some minutes after
/// facts have come in; lines of customers whose facts have changed are right at once. A cursor belongs to one plan.
#[utoipa::path(
    get,
    path = "/v1/worklist",
    operation_id = "get_worklist",
    tag = "actions",
    params(WorklistParams),
    responses(
        (status = 200, description = "One page.", body = WorklistPage),
        (status = 409, description = "No model is in use (`no_champion`), or the plan of the cursor was replaced (`worklist_renewed`).", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No worklist is made for the day.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_worklist(
    State(app): State<App>,
    by: Principal,
    Params(params): Params<WorklistParams>,
) -> Answer<Json<WorklistPage>> {
    let page = PageParams {
        limit: params.limit,
        cursor: params.cursor,
    };
    let limit = usize::try_from(page.limit(&app)?).unwrap_or(usize::MAX);
    let after = after(&app, &page)?;
    let place = after.as_ref().map(|(plan_id, rank)| (plan_id.as_str(), *rank));
    let found = app
        .actions
        .worklist(&by.scope, (params.day, params.collector.as_deref()), place, limit)
        .await?;
    let (plan, worklist) = (&found.plan, &found.plan.worklist);
    let currency = plan.in_force.policy.currency;
    let next_cursor = found
        .next
        .map(|rank| Cursor::encode(&app.cursor_key, &[LIST, &plan.plan_id, &rank.to_string()]));
    Ok(Json(WorklistPage {
        plan_id: plan.plan_id.clone(),
        as_of: worklist.as_of,
        day: worklist.day,
        policy_version: plan.in_force.policy.version.clone(),
        currency: currency.code().to_owned(),
        value: expected(worklist.value, currency),
        bound: expected(worklist.bound, currency),
        greedy_value: expected(worklist.greedy_value, currency),
        hour_prices: worklist
            .hour_prices
            .iter()
            .map(|(collector, price)| (collector.clone(), expected(*price, currency)))
            .collect(),
        minutes_used: worklist.minutes_used.clone(),
        is_assumption: worklist.is_assumption,
        notes: worklist.notes.clone(),
        data: found.lines.iter().map(|kept| kept.told.clone()).collect(),
        next_cursor,
    }))
}

/// Plan and rank after which the page begins.
fn after(app: &App, page: &PageParams) -> Answer<Option<(String, usize)>> {
    match page.parts(app)?.as_deref() {
        None => Ok(None),
        Some([list, plan_id, rank]) if list == LIST => {
            let rank = rank.parse::<usize>().map_err(|_| Cursor::refused())?;
            Ok(Some((plan_id.clone(), rank)))
        }
        Some(_) => Err(Cursor::refused()),
    }
}

/// Plans the automatic run of a day.
///
/// The file of the operation has a recommendation a line (NDJSON), each of which nobody has to look at before it
/// happens. Tell what was done as feedback; a line that is told twice has the same `recommendation_id`.
#[utoipa::path(
    post,
    path = "/v1/action-plans",
    operation_id = "create_action_plan",
    tag = "actions",
    request_body = ActionPlanRequest,
    responses(
        (status = 200, description = "It ended while the client waited, see `Prefer: wait`.", body = Operation),
        (status = 202, description = "It is queued; the file is that of the operation.", body = Operation),
    ),
    security(("api_key" = []))
)]
pub(super) async fn create_action_plan(
    State(app): State<App>,
    by: Principal,
    headers: HeaderMap,
    Body(request): Body<ActionPlanRequest>,
) -> Answer<Response> {
    let day = request.day;
    app.actions.check_day(day.unwrap_or(app.clock.today()))?;
    let (shared, maker) = (Arc::clone(&app), by.clone());
    let work = move |ticket: Ticket| run(shared, maker, day, ticket);
    let asked = json!({ "day": day });
    let operation = app.operations.start(Kind::ActionPlan, &by, asked, work).await?;
    started(&app, &headers, operation).await
}

async fn run(app: App, by: Principal, day: Option<Date>, ticket: Ticket) -> Result<Done, Failure> {
    let folder = app.config.store.cache.join("operations");
    let done = app
        .actions
        .run_tonight(&by.scope, day, &folder, &ticket)
        .await
        .map_err(failure)?;
    let entry = AuditEntry {
        at: app.clock.now(),
        actor: by.actor,
        action: "action_plan.made".to_owned(),
        subject: ticket.operation_id.clone(),
        detail: json!({ "plan_id": done.result["plan_id"], "lines": done.result["lines"] }),
    };
    let noted = app.store.append_audit(&entry).await;
    noted.map_err(|error| failure(error.into()))?;
    Ok(done)
}
