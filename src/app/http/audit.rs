//! The audit trail, the newest first.

#![expect(
    unused_qualifications,
    reason = "utoipa writes the path of the parameters it is given"
)]

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::access::{Principal, Scope};
use crate::app::state::App;
use crate::app::store::{AuditEvent, AuditFilter};

use super::error::Problem;
use super::extract::{Answer, Params};
use super::page::{Cursor, Page, PageParams};

/// What a cursor of this list begins with.
const LIST: &str = "audit-events";

/// Which part of the trail is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditParams {
    /// By this actor alone, as `key:0123456789abcdef`.
    actor: Option<String>,
    /// This action alone, as `api_key.created`.
    action: Option<String>,
    /// To this subject alone.
    subject: Option<String>,
    /// Done at this instant or later.
    from: Option<DateTime<Utc>>,
    /// Done before this instant.
    to: Option<DateTime<Utc>>,
    /// Rows of the page, 100 where it is left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A row of the audit trail.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEventView {
    /// Its number, from 1 without gaps.
    sequence: i64,
    /// When it was done.
    at: DateTime<Utc>,
    /// By whom.
    actor: String,
    /// What was done.
    action: String,
    /// To what.
    subject: String,
    /// More about it.
    #[schema(value_type = Object)]
    detail: serde_json::Value,
    /// Hash of the row before; empty for the first.
    previous_hash: String,
    /// Hash of this row and of the one before.
    hash: String,
}

#[utoipa::path(
    get, path = "/v1/audit-events", operation_id = "list_audit_events", tag = "administration", params(AuditParams),
    security(("api_key" = [])),
    responses(
        (status = 200, description = "Rows of the trail, the newest first", body = Page<AuditEventView>),
        (status = 400, description = "A parameter cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid key", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The role may not", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too often", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The store is away", body = Problem, content_type = "application/problem+json"),
    )
)]
/// Lists who did what; a client of some legal entities sees what it did itself
pub(super) async fn list_audit_events(
    State(app): State<App>,
    principal: Principal,
    Params(params): Params<AuditParams>,
) -> Answer<Json<Page<AuditEventView>>> {
    let page = PageParams {
        limit: params.limit,
        cursor: params.cursor,
    };
    let limit = page.limit(&app)?;
    let before = page.parts(&app)?.map(|parts| before_of(&parts)).transpose()?;
    let Some(actor) = visible_actor(&principal, params.actor) else {
        return Ok(Json(Page {
            data: Vec::new(),
            next_cursor: None,
        }));
    };
    let filter = AuditFilter {
        actor,
        action: params.action,
        subject: params.subject,
        from: params.from,
        to: params.to,
        before,
    };
    // One more than the page has, to know whether there is another.
    let mut events = app.store.audit_events(&filter, limit + 1).await?;
    let rows = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = events.len() > rows;
    events.truncate(rows);
    let next_cursor = events
        .last()
        .filter(|_| has_more)
        .map(|last| Cursor::encode(&app.cursor_key, &[LIST, &last.sequence.to_string()]));
    Ok(Json(Page {
        data: events.into_iter().map(view).collect(),
        next_cursor,
    }))
}

/// Returns the actor to look for, if any; none at all where the client may not see what that one did.
fn visible_actor(principal: &Principal, asked: Option<String>) -> Option<Option<String>> {
    match principal.scope {
        Scope::All => Some(asked),
        Scope::Entities(_) => asked
            .is_none_or(|asked| asked == principal.actor)
            .then(|| Some(principal.actor.clone())),
    }
}

fn before_of(parts: &[String]) -> Answer<i64> {
    match parts {
        [list, sequence] if list == LIST => sequence.parse().map_err(|_| Cursor::refused()),
        _ => Err(Cursor::refused()),
    }
}

fn view(event: AuditEvent) -> AuditEventView {
    AuditEventView {
        sequence: event.sequence,
        at: event.at(),
        actor: event.actor,
        action: event.action,
        subject: event.subject,
        // A row that was altered may hold anything; it is shown, and the check of the trail finds it.
        detail: serde_json::from_str(&event.detail).unwrap_or(serde_json::Value::String(event.detail)),
        previous_hash: event.previous_hash,
        hash: event.hash,
    }
}
