//! Which model is in use: decided by the registry, kept in the audit trail, told to who listens.
//!
//! Each of these runs to its end even when the client goes away: no change is without its entry in the audit trail.

use std::sync::Arc;

use serde_json::json;

use crate::app::clock::Timestamp;
use crate::app::config::Alias;
use crate::app::events::{Event, EventType};
use crate::app::registry::{AliasState, Error, PromotionRecord, PromotionStatus};
use crate::app::state::App;
use crate::app::store::AuditEntry;

/// Asks for a model to become champion; the record says whether it did, waits for a second person or is refused.
///
/// # Errors
///
/// Those of [`request_promotion`](crate::app::registry::Registry::request_promotion).
pub async fn request(app: &App, version: &str, by: &str) -> Result<PromotionRecord, Error> {
    let (app, version, by) = (Arc::clone(app), version.to_owned(), by.to_owned());
    to_its_end(async move {
        let at = app.clock.now();
        let policy = app.config.training.gate.promotion;
        let record = app.registry.request_promotion(&version, &by, policy, at).await?;
        tell(&app, "promotion.requested", &record, &by, at).await?;
        Ok(record)
    })
    .await
}

/// Agrees to a promotion; `if_revision` is the revision of the champion that is agreed to be replaced.
///
/// # Errors
///
/// Those of [`approve`](crate::app::registry::Registry::approve).
pub async fn approve(
    app: &App,
    promotion_id: &str,
    if_revision: Option<i64>,
    by: &str,
) -> Result<PromotionRecord, Error> {
    let (app, promotion_id, by) = (Arc::clone(app), promotion_id.to_owned(), by.to_owned());
    to_its_end(async move {
        let at = app.clock.now();
        let record = app.registry.approve(&promotion_id, if_revision, &by, at).await?;
        tell(&app, "promotion.approved", &record, &by, at).await?;
        Ok(record)
    })
    .await
}

/// Goes back to the champion before.
///
/// # Errors
///
/// Those of [`rollback`](crate::app::registry::Registry::rollback).
pub async fn rollback(app: &App, by: &str) -> Result<PromotionRecord, Error> {
    let (app, by) = (Arc::clone(app), by.to_owned());
    to_its_end(async move {
        let at = app.clock.now();
        let record = app.registry.rollback(&by, at).await?;
        tell(&app, "champion.rolled_back", &record, &by, at).await?;
        Ok(record)
    })
    .await
}

/// Points an alias other than the champion at a model.
///
/// # Errors
///
/// Those of [`set_alias`](crate::app::registry::Registry::set_alias).
pub async fn set_alias(
    app: &App,
    alias: Alias,
    version: &str,
    if_revision: Option<i64>,
    by: &str,
) -> Result<AliasState, Error> {
    let (app, version, by) = (Arc::clone(app), version.to_owned(), by.to_owned());
    to_its_end(async move {
        let at = app.clock.now();
        let state = app
            .registry
            .set_alias(alias, &version, if_revision, &by, at)
            .await?;
        let entry = AuditEntry {
            at,
            actor: by,
            action: "alias.changed".to_owned(),
            subject: alias.name().to_owned(),
            detail: json!({ "version": version, "revision": state.revision }),
        };
        app.store.append_audit(&entry).await?;
        Ok(state)
    })
    .await
}

/// Keeps what became of a promotion, and tells of a new champion.
async fn tell(
    app: &App,
    action: &str,
    record: &PromotionRecord,
    by: &str,
    at: Timestamp,
) -> Result<(), Error> {
    let entry = AuditEntry {
        at,
        actor: by.to_owned(),
        action: action.to_owned(),
        subject: record.promotion_id.clone(),
        detail: json!({
            "version": record.version,
            "previous_version": record.previous_version,
            "status": record.status,
            "reason": record.reason,
        }),
    };
    app.store.append_audit(&entry).await?;
    if record.status != PromotionStatus::Done {
        return Ok(());
    }
    let event = Event {
        event_type: EventType::ModelPromoted,
        subject: record.version.clone(),
        data: json!({
            "version": record.version,
            "previous_version": record.previous_version,
            "promotion_id": record.promotion_id,
            "reason": record.reason,
        }),
    };
    // The champion has changed: that nobody could be told must not look as if it had not.
    if let Err(error) = app.events.publish(event).await {
        tracing::error!(
            version = record.version,
            error = &error as &(dyn std::error::Error + 'static),
            "a new champion could not be told of"
        );
    }
    Ok(())
}

/// Runs work that must not end half way because the client hung up.
async fn to_its_end<T, F>(work: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    tokio::spawn(work).await?
}
