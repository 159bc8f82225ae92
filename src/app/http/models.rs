//! Models: what there is, where each comes from, and which are in use.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::registry::{self, AliasState, ModelVersion};
use crate::app::state::App;
use crate::model::artifact;

use super::error::{ApiError, Problem};
use super::extract::{Answer, Params};
use super::newest;
use super::page::{Page, PageParams};

/// Names the list in its cursors.
const LIST: &str = "models";

/// Lists the models, newest first.
#[utoipa::path(
    get,
    path = "/v1/models",
    operation_id = "list_models",
    tag = "models",
    params(PageParams),
    responses(
        (status = 200, description = "One page.", body = Page<ModelVersion>),
    ),
    security(("api_key" = []))
)]
pub(super) async fn list_models(
    State(app): State<App>,
    Params(page): Params<PageParams>,
) -> Answer<Json<Page<ModelVersion>>> {
    let limit = page.limit(&app)?;
    let before = newest::before(&app, LIST, &page)?;
    let rows = app.registry.versions(before, limit.saturating_add(1)).await?;
    Ok(Json(newest::page(&app, LIST, limit, rows, |row| {
        (row.created_at, row.version.as_str())
    })))
}

/// Returns a model: where it comes from, what it proved, and the names under which it is in use.
#[utoipa::path(
    get,
    path = "/v1/models/{version}",
    operation_id = "get_model",
    tag = "models",
    params(("version" = String, Path, description = "The model version.")),
    responses(
        (status = 200, description = "The model.", body = ModelVersion),
        (status = 404, description = "There is none.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_model(
    State(app): State<App>,
    Path(version): Path<String>,
) -> Answer<Json<ModelVersion>> {
    Ok(Json(app.registry.version(&version).await?))
}

/// Returns the card of a model, for a person to read.
#[utoipa::path(
    get,
    path = "/v1/models/{version}/card",
    operation_id = "get_model_card",
    tag = "models",
    params(("version" = String, Path, description = "The model version.")),
    responses(
        (status = 200, description = "The card.", body = String, content_type = "text/markdown; charset=utf-8"),
        (status = 404, description = "There is none.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_model_card(State(app): State<App>, Path(version): Path<String>) -> Answer<Response> {
    file(
        &app,
        &version,
        artifact::CARD_FILE,
        "text/markdown; charset=utf-8",
    )
    .await
}

/// Returns the scorecard of a model: what it was trained on, and the scores of its backtest where one was run.
#[utoipa::path(
    get,
    path = "/v1/models/{version}/scorecard",
    operation_id = "get_model_scorecard",
    tag = "models",
    params(("version" = String, Path, description = "The model version.")),
    responses(
        (status = 200, description = "The scorecard.", body = serde_json::Value),
        (status = 404, description = "There is none.", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(super) async fn get_model_scorecard(
    State(app): State<App>,
    Path(version): Path<String>,
) -> Answer<Response> {
    file(&app, &version, artifact::SCORECARD_FILE, "application/json").await
}

/// Returns which models are in use.
#[utoipa::path(
    get,
    path = "/v1/aliases",
    operation_id = "list_aliases",
    tag = "models",
    responses(
        (status = 200, description = "Every alias that is set; `revision` is its `ETag`.", body = Page<AliasState>),
    ),
    security(("api_key" = []))
)]
pub(super) async fn list_aliases(State(app): State<App>) -> Answer<Json<Page<AliasState>>> {
    Ok(Json(Page {
        data: app.registry.aliases().await?,
        next_cursor: None,
    }))
}

async fn file(app: &App, version: &str, name: &str, content_type: &'static str) -> Answer<Response> {
    let content = app.registry.file(version, name).await?;
    let content =
        content.ok_or_else(|| ApiError::not_found(&format!("file {name} of model version"), version))?;
    let content_type = HeaderValue::from_static(content_type);
    Ok(([(header::CONTENT_TYPE, content_type)], content).into_response())
}

impl From<registry::Error> for ApiError {
    fn from(error: registry::Error) -> Self {
        let detail = error.to_string();
        match error {
            registry::Error::UnknownVersion { version } => Self::not_found("model version", &version),
            registry::Error::UnknownPromotion { promotion_id } => Self::not_found("promotion", &promotion_id),
            registry::Error::Unusable { .. } => Self::conflict("model_unusable", detail),
            registry::Error::ChampionIsThere { .. } => Self::conflict("champion_by_promotion", detail),
            registry::Error::AlreadyChampion { .. } => Self::conflict("already_champion", detail),
            registry::Error::AlreadyWaiting { .. } => Self::conflict("already_waiting", detail),
            registry::Error::AlreadyDecided { .. } => Self::conflict("already_decided", detail),
            registry::Error::NothingBefore => Self::conflict("nothing_before", detail),
            registry::Error::OtherRevision { .. } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "version_changed",
                "It is another version by now",
                detail,
            ),
            registry::Error::SamePerson { .. } => Self::new(
                StatusCode::FORBIDDEN,
                "second_person_needed",
                "Somebody else has to agree",
                detail,
            ),
            registry::Error::Store(error) => Self::from(error),
            registry::Error::Folder(_) | registry::Error::Cache { .. } | registry::Error::Task(_) => {
                Self::fault(&error)
            }
        }
    }
}
