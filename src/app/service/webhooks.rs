//! Webhook endpoints: who may be told of what, and the secrets that sign it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use uuid::Uuid;

use crate::app::clock::Timestamp;
use crate::app::events::{EventType, Refusal, checked_url};
use crate::app::store::{self, AuditEntry, EndpointRow, Store};

/// Endpoints that there may be; every event is kept once for each.
const ENDPOINTS_MAX: usize = 50;
/// Secrets that sign at once: the new one and the one it takes over from.
const SECRETS_MAX: usize = 2;

/// Why an endpoint is not as it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing may be sent to the URL.
    #[error(transparent)]
    Url(#[from] Refusal),
    /// There is no such event.
    #[error("there is no event type {given:?}; allowed are {}", allowed())]
    UnknownEventType {
        /// What was given.
        given: String,
        /// Its place in the list.
        place: usize,
    },
    /// There are too many.
    #[error("there may be {ENDPOINTS_MAX} endpoints; delete one that is not used")]
    TooMany,
    /// Somebody else changed it in between.
    #[error("the endpoint was changed in between; read it again")]
    Changed,
    /// No random number could be had.
    #[error("the system gives no random numbers")]
    Random(getrandom::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

fn allowed() -> String {
    EventType::ALL.map(EventType::name).join(", ")
}

/// What an endpoint is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointWish {
    /// Where events are sent.
    pub url: String,
    /// What it wants to hear of; empty for everything.
    pub event_types: Vec<String>,
    /// Whether anything is sent.
    pub is_enabled: bool,
}

/// Who changes something, and when.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The actor of the audit trail.
    pub by: &'a str,
    /// The instant.
    pub at: Timestamp,
}

/// Makes an endpoint with a new secret, which is shown this once.
///
/// # Errors
///
/// See [`Error`].
pub async fn create(
    store: &Store,
    wish: &EndpointWish,
    is_private_allowed: bool,
    change: Change<'_>,
) -> Result<EndpointRow, Error> {
    check(wish, is_private_allowed).await?;
    if store.endpoints().await?.len() >= ENDPOINTS_MAX {
        return Err(Error::TooMany);
    }
    let endpoint = EndpointRow {
        endpoint_id: Uuid::now_v7().to_string(),
        url: wish.url.clone(),
        event_types: wish.event_types.clone(),
        secrets: vec![new_secret()?],
        is_enabled: wish.is_enabled,
        created_at: change.at,
        created_by: change.by.to_owned(),
        revision: 1,
    };
    store.insert_endpoint(&endpoint).await?;
    audit(store, "webhook_endpoint.created", &endpoint.endpoint_id, change).await?;
    Ok(endpoint)
}

/// Changes an endpoint.
///
/// # Errors
///
/// See [`Error`].
pub async fn update(
    store: &Store,
    present: &EndpointRow,
    wish: &EndpointWish,
    is_private_allowed: bool,
    change: Change<'_>,
) -> Result<EndpointRow, Error> {
    check(wish, is_private_allowed).await?;
    let endpoint = EndpointRow {
        url: wish.url.clone(),
        event_types: wish.event_types.clone(),
        is_enabled: wish.is_enabled,
        revision: present.revision + 1,
        ..present.clone()
    };
    save(store, &endpoint, "webhook_endpoint.changed", change).await?;
    Ok(endpoint)
}

/// Gives an endpoint a new secret; the one before goes on signing beside it until the next rotation.
///
/// # Errors
///
/// See [`Error`].
pub async fn rotate(store: &Store, present: &EndpointRow, change: Change<'_>) -> Result<EndpointRow, Error> {
    let mut secrets = vec![new_secret()?];
    secrets.extend(present.secrets.iter().take(SECRETS_MAX - 1).cloned());
    let endpoint = EndpointRow {
        secrets,
        revision: present.revision + 1,
        ..present.clone()
    };
    save(store, &endpoint, "webhook_endpoint.secret_rotated", change).await?;
    Ok(endpoint)
}

/// Removes an endpoint with its deliveries; returns whether it was there.
///
/// # Errors
///
/// Those of the store.
pub async fn delete(store: &Store, endpoint_id: &str, change: Change<'_>) -> Result<bool, Error> {
    let was_there = store.delete_endpoint(endpoint_id).await?;
    if was_there {
        audit(store, "webhook_endpoint.deleted", endpoint_id, change).await?;
    }
    Ok(was_there)
}

/// Lets a delivery begin anew; returns whether it is there.
///
/// # Errors
///
/// Those of the store.
pub async fn replay(store: &Store, delivery_id: &str, change: Change<'_>) -> Result<bool, Error> {
    let is_there = store.replay_delivery(delivery_id, change.at).await?;
    if is_there {
        audit(store, "webhook_delivery.replayed", delivery_id, change).await?;
    }
    Ok(is_there)
}

async fn check(wish: &EndpointWish, is_private_allowed: bool) -> Result<(), Error> {
    for (place, given) in wish.event_types.iter().enumerate() {
        if EventType::parse(given).is_none() {
            return Err(Error::UnknownEventType {
                given: given.clone(),
                place,
            });
        }
    }
    checked_url(&wish.url, is_private_allowed).await?;
    Ok(())
}

async fn save(store: &Store, endpoint: &EndpointRow, action: &str, change: Change<'_>) -> Result<(), Error> {
    if !store.update_endpoint(endpoint).await? {
        return Err(Error::Changed);
    }
    audit(store, action, &endpoint.endpoint_id, change).await
}

async fn audit(store: &Store, action: &str, subject: &str, change: Change<'_>) -> Result<(), Error> {
    store
        .append_audit(&AuditEntry {
            at: change.at,
            actor: change.by.to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail: json!({}),
        })
        .await?;
    Ok(())
}

/// Returns 24 random bytes as Standard Webhooks writes a secret.
fn new_secret() -> Result<String, Error> {
    let mut bytes = [0_u8; 24];
    getrandom::fill(&mut bytes).map_err(Error::Random)?;
    Ok(format!("whsec_{}", STANDARD.encode(bytes)))
}
