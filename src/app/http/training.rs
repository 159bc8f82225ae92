//! Training on demand, and the training set for notebooks.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::access::Principal;
use crate::app::jobs::{self, TrainingRequest, TrainingSetRequest};
use crate::app::operations::Operation;
use crate::app::state::App;

use super::error::{ApiError, Problem};
use super::extract::{Answer, Body};
use super::started::started;

/// What is to be trained; what is left out is that of the configuration.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TrainingJobRequest {
    /// The model, such as `hazard_trees`.
    model: Option<String>,
    /// Seed of the training sample.
    seed: Option<u64>,
    /// Last day whose facts may be known; today where it is left out.
    as_of: Option<NaiveDate>,
    /// Whether to ask for promotion when the gate is passed; not where it is left out.
    promote: Option<bool>,
}

/// Which training set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TrainingSetBody {
    /// Seed of the sample.
    seed: Option<u64>,
    /// Last day whose facts may be known; today where it is left out.
    as_of: Option<NaiveDate>,
}

/// Trains a model beside serving, proves it against the champion, registers it as challenger and, where asked, asks
/// for its promotion. The first model that is no worse than the baseline becomes champion.
#[utoipa::path(
    post,
    path = "/v1/training-jobs",
    operation_id = "create_training_job",
    tag = "training",
    request_body = TrainingJobRequest,
    responses(
        (status = 200, description = "It ended while the client waited, see `Prefer: wait`.", body = Operation),
        (status = 202, description = "It is queued.", body = Operation),
        (status = 422, description = "There is no such model, or the day has not come.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn create_training_job(
    State(app): State<App>,
    by: Principal,
    headers: HeaderMap,
    Body(request): Body<TrainingJobRequest>,
) -> Answer<Response> {
    let request = TrainingRequest {
        model: request.model,
        seed: request.seed,
        as_of: request.as_of,
        is_promotion_asked: request.promote.unwrap_or(false),
    };
    let operation = jobs::train(&app, &request, &by).await?;
    started(&app, &headers, operation).await
}

/// Writes what a model learns from as a Parquet file: features of open invoices at past cut-offs, with their outcomes.
/// Identifiers are pseudonyms unless an admin asks.
#[utoipa::path(
    post,
    path = "/v1/training-sets",
    operation_id = "create_training_set",
    tag = "training",
    request_body = TrainingSetBody,
    responses(
        (status = 200, description = "It ended while the client waited, see `Prefer: wait`.", body = Operation),
        (status = 202, description = "It is queued; the file is that of the operation.", body = Operation),
        (status = 422, description = "The day has not come.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn create_training_set(
    State(app): State<App>,
    by: Principal,
    headers: HeaderMap,
    Body(request): Body<TrainingSetBody>,
) -> Answer<Response> {
    let request = TrainingSetRequest {
        seed: request.seed,
        as_of: request.as_of,
    };
    let operation = jobs::export_training_set(&app, &request, &by).await?;
    started(&app, &headers, operation).await
}

impl From<jobs::Error> for ApiError {
    fn from(error: jobs::Error) -> Self {
        let detail = error.to_string();
        match error {
            jobs::Error::UnknownModel { .. } => {
                Self::invalid("unknown_model", detail.clone()).at("/model", "unknown_model", detail)
            }
            jobs::Error::Seed { .. } => {
                Self::invalid("invalid_seed", detail.clone()).at("/seed", "invalid_value", detail)
            }
            jobs::Error::AsOfAhead { .. } => {
                Self::invalid("as_of_ahead", detail.clone()).at("/as_of", "as_of_ahead", detail)
            }
            jobs::Error::Operations(error) => Self::from(error),
            jobs::Error::Store(error) => Self::from(error),
            fault @ (jobs::Error::Profile { .. }
            | jobs::Error::Task(_)
            | jobs::Error::Ledger(_)
            | jobs::Error::Registry(_)
            | jobs::Error::Book(_)
            | jobs::Error::Events(_)
            | jobs::Error::Service(_)
            | jobs::Error::Features(_)
            | jobs::Error::Model(_)
            | jobs::Error::Backtest(_)) => Self::fault(&fault),
        }
    }
}
