//! How far the ledger is.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::{ApiError, Problem};
use super::extract::Answer;
use crate::app::ledger::Head;
use crate::app::state::App;
use crate::app::store::Dialect;
use crate::domain::Date;

/// How far the ledger is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LedgerState {
    /// The last fact and the hash over all.
    head: Head,
    /// Facts by table, corrections included.
    facts: BTreeMap<String, i64>,
    /// First invoice date; null without invoices.
    first_date: Option<Date>,
    /// Last day any fact became known; null without invoices.
    last_date: Option<Date>,
    /// `sqlite` or `postgresql`.
    store: String,
    /// The last day whose facts may be known.
    business_day: Date,
}

/// Returns how far the ledger is.
#[utoipa::path(
    get,
    path = "/v1/ledger",
    operation_id = "get_ledger",
    tag = "ledger",
    responses(
        (status = 200, description = "How far the ledger is", body = LedgerState),
        (status = 401, description = "No key, or one that is not known", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The role may not", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The store does not answer", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = []))
)]
pub(crate) async fn get_ledger(State(app): State<App>) -> Answer<Json<LedgerState>> {
    let counts = app.ledger.counts().await?;
    let facts = counts
        .into_iter()
        .map(|(table, count)| (table.name().to_owned(), count))
        .collect();
    let ledger = Arc::clone(&app.ledger);
    let range = tokio::task::spawn_blocking(move || ledger.history().map(|history| history.date_range()))
        .await
        .map_err(|error| ApiError::fault(&error))??;
    Ok(Json(LedgerState {
        head: app.ledger.head(),
        facts,
        first_date: range.map(|(first, _)| first),
        last_date: range.map(|(_, last)| last),
        store: match app.store.dialect() {
            Dialect::Sqlite => "sqlite",
            Dialect::Postgres => "postgresql",
        }
        .to_owned(),
        business_day: app.clock.today(),
    }))
}
