//! Keys of systems: listed without their secrets, made, rotated, revoked.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::access::{Principal, Role, Scope};
use crate::app::clock::{Timestamp, micros};
use crate::app::service::keys::{self, MadeKey, NewKey, OVERLAP_DEFAULT_S};
use crate::app::state::App;
use crate::app::store::ApiKey;

use super::error::{ApiError, Problem};
use super::extract::{Answer, Body, Params};
use super::page::{Cursor, Page, PageParams};

/// What a cursor of this list begins with.
const LIST: &str = "api-keys";

/// A key of a system, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiKeyView {
    /// The part of the key by which it is known.
    key_id: String,
    /// What it is for.
    name: String,
    /// What it may do.
    roles: Vec<Role>,
    /// Legal entities that it may see; null for all.
    entities: Option<Vec<String>>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// Who made it.
    created_by: String,
    /// From when on it is out of date; null for never.
    expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    last_used_at: Option<DateTime<Utc>>,
    /// The key that it takes over from.
    replaces: Option<String>,
    /// Whether it opens anything at present.
    is_active: bool,
}

/// A key that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedApiKey {
    /// What is known of it from here on.
    api_key: ApiKeyView,
    /// The whole key, for `Authorization: Bearer`; shown this once, and kept nowhere.
    secret: String,
}

/// What a new key is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApiKey {
    /// What it is for.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What it may do; at least one.
    #[schema(min_items = 1)]
    roles: Vec<Role>,
    /// Legal entities that it may see; left out for all.
    #[serde(default)]
    entities: Option<Vec<String>>,
    /// From when on it is out of date; left out for never.
    #[serde(default)]
    expires_at: Option<DateTime<Utc>>,
}

/// How a key is replaced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKeyRotation {
    /// Seconds for which the old key stays valid beside the new one; 0 ends it now, a day where it is left out.
    #[serde(default = "overlap_default")]
    #[schema(maximum = 2592000, default = 86400)]
    overlap_s: u32,
}

const fn overlap_default() -> u32 {
    OVERLAP_DEFAULT_S
}

/// An answer with a secret: nobody on the way may keep it.
type Secret = (StatusCode, [(HeaderName, &'static str); 1], Json<CreatedApiKey>);

#[utoipa::path(
    get, path = "/v1/api-keys", operation_id = "list_api_keys", tag = "administration", params(PageParams),
    security(("api_key" = [])),
    responses(
        (status = 200, description = "Keys without their secrets, the oldest first", body = Page<ApiKeyView>),
        (status = 400, description = "A parameter cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid key", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The role may not", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too often", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The store is away", body = Problem, content_type = "application/problem+json"),
    )
)]
/// Lists the keys that the client may know of
pub(super) async fn list_api_keys(
    State(app): State<App>,
    principal: Principal,
    Params(params): Params<PageParams>,
) -> Answer<Json<Page<ApiKeyView>>> {
    let limit = usize::try_from(params.limit(&app)?).unwrap_or(usize::MAX);
    let after = params.parts(&app)?.map(|parts| place_of(&parts)).transpose()?;
    let now = app.clock.now();
    let keys = keys::list(&app.store, &principal).await?;
    let mut rest = keys
        .into_iter()
        .filter(|key| after.as_ref().is_none_or(|after| &place(key) > after));
    let page: Vec<ApiKey> = rest.by_ref().take(limit).collect();
    let next_cursor = match (rest.next(), page.last()) {
        (Some(_), Some(last)) => {
            let (created_at, key_id) = place(last);
            Some(Cursor::encode(
                &app.cursor_key,
                &[LIST, &created_at.to_string(), &key_id],
            ))
        }
        (None, _) | (_, None) => None,
    };
    Ok(Json(Page {
        data: page.into_iter().map(|key| view(key, now)).collect(),
        next_cursor,
    }))
}

#[utoipa::path(
    post, path = "/v1/api-keys", operation_id = "create_api_key", tag = "administration",
    request_body = NewApiKey, security(("api_key" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a second attempt safe")),
    responses(
        (status = 201, description = "Made; the secret is shown this once", body = CreatedApiKey),
        (status = 400, description = "Not understood", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid key", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The role may not", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "In flight, or done before", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No usable key", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too often", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The store is away", body = Problem, content_type = "application/problem+json"),
    )
)]
/// Makes a key
pub(super) async fn create_api_key(
    State(app): State<App>,
    principal: Principal,
    Body(new): Body<NewApiKey>,
) -> Answer<Secret> {
    let now = app.clock.now();
    let scope = match new.entities {
        None => Scope::All,
        Some(entities) => Scope::Entities(entities.into_iter().collect()),
    };
    let new = NewKey {
        name: new.name,
        roles: new.roles.into_iter().collect::<BTreeSet<Role>>(),
        scope,
        expires_at: new.expires_at,
    };
    let made = keys::create(&app.store, new, &principal, now).await?;
    app.gate.forget_keys();
    Ok(created(made, now))
}

#[utoipa::path(
    post, path = "/v1/api-keys/{key_id}/rotation", operation_id = "rotate_api_key", tag = "administration",
    request_body = ApiKeyRotation, security(("api_key" = [])),
    params(
        ("key_id" = String, Path, description = "The key that is replaced"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a second attempt safe"),
    ),
    responses(
        (status = 201, description = "Replaced; the new secret is shown this once", body = CreatedApiKey),
        (status = 400, description = "Not understood", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid key", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The role may not", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such key", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Not active, in flight, or done before", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Too long an overlap", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too often", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The store is away", body = Problem, content_type = "application/problem+json"),
    )
)]
/// Replaces a key by a new one; the old one stays valid for a while
pub(super) async fn rotate_api_key(
    State(app): State<App>,
    principal: Principal,
    Path(key_id): Path<String>,
    Body(rotation): Body<ApiKeyRotation>,
) -> Answer<Secret> {
    let now = app.clock.now();
    let made = keys::rotate(&app.store, &key_id, rotation.overlap_s, &principal, now).await?;
    app.gate.forget_keys();
    Ok(created(made, now))
}

#[utoipa::path(
    delete, path = "/v1/api-keys/{key_id}", operation_id = "revoke_api_key", tag = "administration",
    security(("api_key" = [])),
    params(("key_id" = String, Path, description = "The key that is revoked")),
    responses(
        (status = 204, description = "Revoked, now or before"),
        (status = 401, description = "No valid key", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The role may not", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such key", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The last admin key", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too often", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The store is away", body = Problem, content_type = "application/problem+json"),
    )
)]
/// Revokes a key at once
pub(super) async fn revoke_api_key(
    State(app): State<App>,
    principal: Principal,
    Path(key_id): Path<String>,
) -> Answer<StatusCode> {
    keys::revoke(&app.store, &key_id, &principal, app.clock.now()).await?;
    app.gate.forget_keys();
    Ok(StatusCode::NO_CONTENT)
}

fn created(made: MadeKey, now: Timestamp) -> Secret {
    let body = CreatedApiKey {
        api_key: view(made.key, now),
        secret: made.secret,
    };
    (
        StatusCode::CREATED,
        [(header::CACHE_CONTROL, "no-store")],
        Json(body),
    )
}

fn view(key: ApiKey, now: Timestamp) -> ApiKeyView {
    let is_active = key.is_active(now);
    ApiKeyView {
        key_id: key.key_id,
        name: key.name,
        roles: key.roles.into_iter().collect(),
        entities: match key.scope {
            Scope::All => None,
            Scope::Entities(entities) => Some(entities.into_iter().collect()),
        },
        created_at: key.created_at,
        created_by: key.created_by,
        expires_at: key.expires_at,
        revoked_at: key.revoked_at,
        last_used_at: key.last_used_at,
        replaces: key.replaces,
        is_active,
    }
}

/// Returns where a key stands in the list.
fn place(key: &ApiKey) -> (i64, String) {
    (micros(key.created_at), key.key_id.clone())
}

fn place_of(parts: &[String]) -> Answer<(i64, String)> {
    match parts {
        [list, created_at, key_id] if list == LIST => {
            let created_at = created_at.parse().map_err(|_| Cursor::refused())?;
            Ok((created_at, key_id.clone()))
        }
        _ => Err(Cursor::refused()),
    }
}

impl From<keys::Error> for ApiError {
    fn from(error: keys::Error) -> Self {
        let detail = error.to_string();
        let at = |pointer: &str| {
            Self::invalid("invalid_api_key", detail.clone()).at(pointer, "invalid_value", detail.clone())
        };
        match error {
            keys::Error::Store(error) => error.into(),
            keys::Error::Name { .. } => at("/name"),
            keys::Error::NoRole => at("/roles"),
            keys::Error::NoEntity => at("/entities"),
            keys::Error::ExpiryPast { .. } => at("/expires_at"),
            keys::Error::Overlap { .. } => at("/overlap_s"),
            keys::Error::ScopeExceeded => {
                Self::invalid("scope_exceeded", detail.clone()).at("/entities", "scope_exceeded", detail)
            }
            keys::Error::Unknown { key_id } => Self::not_found("key", &key_id),
            keys::Error::NotActive { .. } => Self::conflict("key_not_active", detail),
            keys::Error::LastAdmin { .. } => Self::conflict("last_admin_key", detail),
        }
    }
}
