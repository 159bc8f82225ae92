//! Facts in, and out again: one table a path, single, as a list, and as a stream.

mod answer;
mod body;
mod bulk;
mod list;
mod openapi;
mod parse;
mod read;
mod split;

use std::sync::Arc;

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};

use super::error::ApiError;
use super::extract::{Answer, Document, Params};
use crate::app::access::{Principal, Scope};
use crate::app::ledger::{self, OnFault, Outcome, RawRow, Recorded, Terms};
use crate::app::state::App;
use crate::history::Table;
use answer::{Written, fields_of};
use body::Sent;
use list::ListParams;
pub(super) use openapi::paths;

/// Records one row or a list of rows: all of them or none.
pub(super) fn record(table: Table) -> MethodRouter<App> {
    post(
        move |State(app): State<App>, principal: Principal, Document(sent): Document<Sent>| {
            create(app, table, principal, sent)
        },
    )
}

/// Records a stream of rows, each by itself, and answers with a line for each.
pub(super) fn record_bulk(table: Table) -> MethodRouter<App> {
    post(
        move |State(app): State<App>, principal: Principal, headers: HeaderMap, body: HttpBody| {
            bulk::create(app, table, principal, headers, body)
        },
    )
}

/// Lists the latest versions of a table's rows.
pub(super) fn list(table: Table) -> MethodRouter<App> {
    get(
        move |State(app): State<App>, principal: Principal, Params(params): Params<ListParams>| {
            list::page(app, table, principal, params)
        },
    )
}

async fn create(app: App, table: Table, principal: Principal, sent: Sent) -> Answer<Response> {
    let rows_max = app.config.limits.rows_max;
    if sent.rows.len() > rows_max {
        let detail = format!(
            "a list may have {rows_max} rows at most, got {}; send more with /v1/{table}:bulk",
            sent.rows.len()
        );
        return Err(ApiError::invalid("too_many_rows", detail));
    }
    let is_list = sent.is_list;
    let rows = (0..).zip(sent.rows).map(|(place, cells)| RawRow {
        place,
        cells: body::strict(table, cells),
    });
    let recorded = write(&app, table, rows.collect(), &principal.scope, OnFault::Refuse).await?;
    let faults: Vec<_> = recorded
        .outcomes
        .iter()
        .flat_map(|(place, outcome)| {
            let row = if is_list {
                format!("/{place}")
            } else {
                String::new()
            };
            fields_of(&row, outcome)
        })
        .collect();
    if !faults.is_empty() {
        return Err(ApiError::invalid(
            "rows_rejected",
            "nothing was written: see errors for the rows at fault",
        )
        .at_all(faults));
    }
    let is_added = recorded
        .outcomes
        .iter()
        .any(|(_, outcome)| *outcome == Outcome::Added);
    let status = if is_added && !is_list {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(Written::of(&recorded))).into_response())
}

/// Writes rows and tells the book, in a task of its own: what is durable is also seen, even when the client has gone.
async fn write(
    app: &App,
    table: Table,
    rows: Vec<RawRow>,
    scope: &Scope,
    on_fault: OnFault,
) -> Answer<Recorded> {
    let app = Arc::clone(app);
    let terms = Terms {
        now: app.clock.now(),
        // A bulk loads a history, of which each row was known in its day; a single fact is news.
        known_since: (on_fault == OnFault::Refuse).then(|| app.clock.today()),
        corrected_on: None,
        scope: scope.clone(),
        on_fault,
    };
    let task = tokio::spawn(async move {
        let recorded = app.ledger.record_under(table, rows, terms).await?;
        let is_bulk = on_fault == OnFault::Skip;
        app.book.touch(&recorded.customers, is_bulk);
        Ok::<Recorded, ledger::Error>(recorded)
    });
    let recorded = task.await.map_err(|error| ApiError::fault(&error))?;
    recorded.map_err(ApiError::from)
}

impl From<ledger::Error> for ApiError {
    fn from(error: ledger::Error) -> Self {
        match error {
            ledger::Error::Store { source } => Self::from(source),
            ledger::Error::Columns { .. }
            | ledger::Error::Folder { .. }
            | ledger::Error::Incomplete { .. }
            | ledger::Error::Altered { .. }
            | ledger::Error::Interrupted => Self::fault(&error),
        }
    }
}
