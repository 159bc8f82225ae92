//! What if: the shipped scenarios, and forecasts compared under changed inputs.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::access::Principal;
use crate::app::operations::{Done, Failure, Kind, Operation, Ticket};
use crate::app::service::treasury::{self, Parameters, Question, Sources};
use crate::app::state::App;
use crate::domain::Date;
use crate::forecast::ReceivingCalendar;
use crate::forecast::scenario::{Scenario, shipped};

use super::error::{ApiError, Problem};
use super::extract::{Answer, Body};
use super::forecasts::{BillingMode, BucketSize, failure, parameters, sources};
use super::started::started;

/// A shipped scenario.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShippedScenario {
    /// Its name, by which it is asked for.
    name: String,
    /// What it asks, in one line.
    description: String,
    /// Its shocks in words.
    shocks: Vec<String>,
    /// Its text, as a start for one's own.
    toml: String,
}

/// The shipped scenarios.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShippedScenarios {
    /// One entry a scenario.
    data: Vec<ShippedScenario>,
}

/// Which scenarios are compared with the forecast as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScenarioRequest {
    /// Names of shipped scenarios, or scenarios as objects with the keys of a scenario file: `name`, `description`,
    /// `missing` and `shock`, a list of shocks.
    #[schema(min_items = 1, max_items = 20)]
    scenarios: Vec<serde_json::Value>,
    /// Last day whose facts may be known; the business day where it is left out.
    as_of: Option<Date>,
    /// Size of the buckets; a week where it is left out.
    bucket: Option<BucketSize>,
    /// Days after the cut-off that are covered; 91 where it is left out.
    #[schema(minimum = 1, maximum = 400)]
    horizon_days: Option<u32>,
    /// Simulated futures behind the quantiles; 1,000 where it is left out.
    #[schema(minimum = 1, maximum = 10000)]
    draws: Option<u32>,
    /// Seed of the simulation: the same seed and facts, the same bytes.
    #[schema(format = "uint64")]
    seed: Option<u64>,
    /// Calendar of the receiving bank, such as TARGET, FED or GB; any day where it is left out.
    #[schema(value_type = Option<String>)]
    calendar: Option<ReceivingCalendar>,
    /// Whether billing to come is found and added, as it is where this is left out.
    billing: Option<BillingMode>,
}

impl ScenarioRequest {
    fn parameters(&self) -> Parameters {
        Parameters {
            as_of: self.as_of,
            horizon_days: self.horizon_days,
            draws: self.draws,
            seed: self.seed,
            calendar: self.calendar,
            ..parameters(self.bucket, self.billing)
        }
    }
}

/// List the shipped scenarios
#[utoipa::path(
    get,
    path = "/v1/scenarios",
    tag = "treasury",
    operation_id = "list_scenarios",
    responses(
        (status = 200, description = "All of them.", body = ShippedScenarios),
        (status = 401, description = "No key.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another role.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not at present.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn list_scenarios() -> Answer<Json<ShippedScenarios>> {
    let mut data = Vec::with_capacity(shipped().len());
    for (name, text) in shipped() {
        let scenario = Scenario::from_toml(name, text).map_err(|error| ApiError::fault(&error))?;
        data.push(ShippedScenario {
            shocks: scenario.shocks.iter().map(ToString::to_string).collect(),
            name: scenario.name,
            description: scenario.description,
            toml: (*text).to_owned(),
        });
    }
    Ok(Json(ShippedScenarios { data }))
}

/// Compare scenarios with the forecast
///
/// The result of the operation holds scenario minus forecast by currency and bucket, with a band of its own, and
/// what each shock touched.
#[utoipa::path(
    post,
    path = "/v1/scenarios",
    tag = "treasury",
    operation_id = "create_scenario",
    params(
        ("Prefer" = Option<String>, Header, description = "`wait=N` waits up to N seconds, 60 at most, for the end."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request safe for a day."),
    ),
    request_body = ScenarioRequest,
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
pub(super) async fn create_scenario(
    State(app): State<App>,
    by: Principal,
    headers: HeaderMap,
    Body(request): Body<ScenarioRequest>,
) -> Answer<Response> {
    let draws_max = app.config.limits.draws_max;
    let question = Question::new(&request.parameters(), app.clock.today(), draws_max)?;
    let scenarios = treasury::parse(&request.scenarios)?;
    let sources = sources(&app, &by)?;
    let asked = serde_json::json!({"scenarios": request.scenarios, "forecast": question.to_json()});
    let operation = app
        .operations
        .start(Kind::Scenario, &by, asked, move |ticket| {
            compare(sources, question, scenarios, ticket)
        })
        .await?;
    started(&app, &headers, operation).await
}

async fn compare(
    sources: Sources,
    question: Question,
    scenarios: Vec<Scenario>,
    ticket: Ticket,
) -> Result<Done, Failure> {
    let as_of = question.as_of;
    let compared = treasury::blocking(move || {
        treasury::compare(&sources, &question, scenarios, &|done, total, note| {
            ticket.progress(done, total, note);
            !ticket.cancel.is_cancelled()
        })
    })
    .await
    .map_err(failure)?;
    Ok(Done {
        result: serde_json::json!({
            "as_of": as_of,
            "model_version": compared.model_version,
            "remarks": compared.remarks,
            "differences": compared.differences,
        }),
        file: None,
    })
}
