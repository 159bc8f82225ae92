//! Keys of systems: made, rotated, revoked. Each change and its audit row are one transaction.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::json;

use crate::app::access::{KeySecret, Principal, Role, Scope};
use crate::app::clock::{Clock, Timestamp};
use crate::app::store::{self, ApiKey, AuditEntry, Store, Write};

/// How long a key stays valid beside the one that replaces it, in seconds, where nothing else is said.
pub const OVERLAP_DEFAULT_S: u32 = 24 * 60 * 60;
/// Longest such time, in seconds.
pub const OVERLAP_MAX_S: u32 = 30 * 24 * 60 * 60;
/// Longest name, in characters.
const NAME_MAX: usize = 100;

/// Why a key was not made, rotated or revoked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The name cannot be used.
    #[error("a name has 1 to {NAME_MAX} characters and no control characters, got {name:?}")]
    Name {
        /// The name given.
        name: String,
    },
    /// Without a role a key opens nothing.
    #[error("a key needs at least one role")]
    NoRole,
    /// Without an entity a key sees nothing.
    #[error("a list of legal entities needs at least one that is not empty; leave it out for all")]
    NoEntity,
    /// The key would be out of date before it is used.
    #[error("a key must expire in the future, got {expires_at}")]
    ExpiryPast {
        /// The instant given.
        expires_at: Timestamp,
    },
    /// The old key would stay valid too long.
    #[error("the overlap may be {OVERLAP_MAX_S} seconds at most, got {overlap_s}")]
    Overlap {
        /// The seconds given.
        overlap_s: u32,
    },
    /// The key would see what its maker does not.
    #[error("a key may see no legal entity that its maker does not see")]
    ScopeExceeded,
    /// There is no such key, or the client may not know of it.
    #[error("there is no key {key_id:?}")]
    Unknown {
        /// The id given.
        key_id: String,
    },
    /// The key was revoked or is out of date.
    #[error("the key {key_id} was revoked or has expired; make a new one")]
    NotActive {
        /// The id given.
        key_id: String,
    },
    /// Nobody could make keys any more.
    #[error("{key_id} is the last key with the role admin for all entities; make another one first")]
    LastAdmin {
        /// The id given.
        key_id: String,
    },
}

/// What a new key is to be.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub roles: BTreeSet<Role>,
    /// Which legal entities it may see.
    pub scope: Scope,
    /// From when on it is out of date.
    pub expires_at: Option<Timestamp>,
}

/// A key that was just made; the only time that its secret is known.
#[derive(Clone)]
pub struct MadeKey {
    /// What the store keeps.
    pub key: ApiKey,
    /// The whole key, for its owner.
    pub secret: String,
}

/// Makes a key.
///
/// # Errors
///
/// [`Error`] for a request that makes no usable key, or one that sees more than its maker.
pub async fn create(store: &Store, new: NewKey, by: &Principal, now: Timestamp) -> Result<MadeKey, Error> {
    check(&new, by, now)?;
    let mut write = store.write().await?;
    let made = insert(&mut write, new, None, by, now).await?;
    write.commit().await?;
    Ok(made)
}

/// Replaces a key by one of the same name, roles and entities; the old one stays valid for the overlap.
///
/// A key that expires is replaced by one that lives as long.
///
/// # Errors
///
/// [`Error::Unknown`], [`Error::NotActive`] and [`Error::Overlap`].
pub async fn rotate(
    store: &Store,
    key_id: &str,
    overlap_s: u32,
    by: &Principal,
    now: Timestamp,
) -> Result<MadeKey, Error> {
    if overlap_s > OVERLAP_MAX_S {
        return Err(Error::Overlap { overlap_s });
    }
    let mut write = store.write().await?;
    let keys = locked_keys(&mut write).await?;
    let old = seen_key(&keys, key_id, by)?;
    if !old.is_active(now) {
        return Err(Error::NotActive {
            key_id: old.key_id.clone(),
        });
    }
    let new = NewKey {
        name: old.name.clone(),
        roles: old.roles.clone(),
        scope: old.scope.clone(),
        expires_at: old
            .expires_at
            .map(|expires_at| now + (expires_at - old.created_at)),
    };
    let made = insert(&mut write, new, Some(old.key_id.clone()), by, now).await?;
    let end = now + TimeDelta::seconds(i64::from(overlap_s));
    let end = old.expires_at.map_or(end, |expires_at| expires_at.min(end));
    write.set_key_expiry(&old.key_id, end).await?;
    write.commit().await?;
    Ok(made)
}

/// Revokes a key at once; one that is revoked already stays so.
///
/// # Errors
///
/// [`Error::Unknown`], and [`Error::LastAdmin`] where nobody could make keys any more.
pub async fn revoke(store: &Store, key_id: &str, by: &Principal, now: Timestamp) -> Result<(), Error> {
    let mut write = store.write().await?;
    let keys = locked_keys(&mut write).await?;
    let key = seen_key(&keys, key_id, by)?;
    if key.revoked_at.is_some() {
        return Ok(());
    }
    let is_last_admin = is_admin(key, now)
        && !keys
            .iter()
            .any(|other| other.key_id != key.key_id && is_admin(other, now));
    if is_last_admin {
        return Err(Error::LastAdmin {
            key_id: key.key_id.clone(),
        });
    }
    write.set_key_revoked(&key.key_id, now).await?;
    write
        .append_audit(&AuditEntry {
            at: now,
            actor: by.actor.clone(),
            action: "api_key.revoked".to_owned(),
            subject: key.key_id.clone(),
            detail: json!({ "name": key.name }),
        })
        .await?;
    write.commit().await?;
    Ok(())
}

/// Returns the keys that a client may know of, the oldest first.
///
/// # Errors
///
/// [`Error::Store`] when the store refuses.
pub async fn list(store: &Store, by: &Principal) -> Result<Vec<ApiKey>, Error> {
    let mut keys = store.api_keys().await?;
    keys.retain(|key| by.scope.covers(&key.scope));
    Ok(keys)
}

/// Makes a key with the role admin where there is none that is valid; returns it whole.
///
/// # Errors
///
/// [`Error::Store`] when the store refuses.
pub async fn first_key(store: &Store, clock: &Clock) -> Result<Option<String>, Error> {
    let now = clock.now();
    let mut write = store.write().await?;
    let keys = locked_keys(&mut write).await?;
    if keys.iter().any(|key| is_admin(key, now)) {
        return Ok(None);
    }
    let new = NewKey {
        name: "first key".to_owned(),
        roles: BTreeSet::from([Role::Admin]),
        scope: Scope::All,
        expires_at: None,
    };
    let made = insert(&mut write, new, None, &Principal::system(), now).await?;
    write.commit().await?;
    Ok(Some(made.secret))
}

/// Returns every key; until the transaction ends nobody else changes one.
async fn locked_keys(write: &mut Write) -> Result<Vec<ApiKey>, store::Error> {
    // Every change of a key writes an audit row, so that the lock of the trail is one of the keys as well.
    write.lock_audit().await?;
    write.api_keys().await
}

fn seen_key<'a>(keys: &'a [ApiKey], key_id: &str, by: &Principal) -> Result<&'a ApiKey, Error> {
    keys.iter()
        .find(|key| key.key_id == key_id && by.scope.covers(&key.scope))
        .ok_or_else(|| Error::Unknown {
            key_id: key_id.to_owned(),
        })
}

/// Returns whether a key can make every other one.
fn is_admin(key: &ApiKey, now: Timestamp) -> bool {
    key.roles.contains(&Role::Admin) && key.scope == Scope::All && key.is_active(now)
}

fn check(new: &NewKey, by: &Principal, now: Timestamp) -> Result<(), Error> {
    let length = new.name.chars().count();
    if length == 0 || length > NAME_MAX || new.name.chars().any(char::is_control) {
        return Err(Error::Name {
            name: new.name.clone(),
        });
    }
    if new.roles.is_empty() {
        return Err(Error::NoRole);
    }
    if let Scope::Entities(entities) = &new.scope
        && (entities.is_empty() || entities.iter().any(String::is_empty))
    {
        return Err(Error::NoEntity);
    }
    if let Some(expires_at) = new.expires_at
        && expires_at <= now
    {
        return Err(Error::ExpiryPast { expires_at });
    }
    if !by.scope.covers(&new.scope) {
        return Err(Error::ScopeExceeded);
    }
    Ok(())
}

async fn insert(
    write: &mut Write,
    new: NewKey,
    replaces: Option<String>,
    by: &Principal,
    now: Timestamp,
) -> Result<MadeKey, store::Error> {
    let secret = KeySecret::new();
    let key = ApiKey {
        key_id: secret.key_id.clone(),
        name: new.name,
        secret_hash: secret.hash(),
        roles: new.roles,
        scope: new.scope,
        created_at: now,
        created_by: by.actor.clone(),
        expires_at: new.expires_at,
        revoked_at: None,
        last_used_at: None,
        replaces,
    };
    write.insert_key(&key).await?;
    let action = if key.replaces.is_some() {
        "api_key.rotated"
    } else {
        "api_key.created"
    };
    write
        .append_audit(&AuditEntry {
            at: now,
            actor: by.actor.clone(),
            action: action.to_owned(),
            subject: key.key_id.clone(),
            detail: json!({
                "name": key.name,
                "roles": key.roles,
                "entities": key.scope,
                "expires_at": key.expires_at,
                "replaces": key.replaces,
            }),
        })
        .await?;
    Ok(MadeKey {
        key,
        secret: secret.reveal(),
    })
}

impl std::fmt::Debug for MadeKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("MadeKey")
            .field("key_id", &self.key.key_id)
            .finish_non_exhaustive()
    }
}
