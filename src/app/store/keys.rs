//! API keys: what is kept of them.

use std::collections::BTreeSet;

use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Error, Store, Write};
use crate::app::access::{Role, Scope};
use crate::app::clock::{Timestamp, from_micros, micros};

/// What the store keeps of a key: never its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The part of the key by which it is known.
    pub key_id: String,
    /// What it is for.
    pub name: String,
    /// SHA-256 of the secret.
    pub secret_hash: String,
    /// What it may do.
    pub roles: BTreeSet<Role>,
    /// Which legal entities it may see.
    pub scope: Scope,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// From when on it is out of date.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// The key that it takes over from.
    pub replaces: Option<String>,
}

impl ApiKey {
    /// Returns whether the key opens anything at an instant.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

impl Store {
    /// Returns every key, the oldest first, those that are revoked or out of date included.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store refuses, [`Error::Unreadable`] for a row of a newer version.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>, Error> {
        let rows = sqlx::query("select * from api_keys order by created_at, key_id")
            .fetch_all(self.pool())
            .await
            .map_err(Error::sql("reading the keys"))?;
        rows.iter().map(key_of).collect()
    }

    /// Notes when a key was used.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store refuses.
    pub async fn set_key_used(&self, key_id: &str, at: Timestamp) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query("update api_keys set last_used_at = $1 where key_id = $2")
            .bind(micros(at))
            .bind(key_id)
            .execute(write.connection())
            .await
            .map_err(Error::sql("noting the use of a key"))?;
        write.commit().await
    }
}

impl Write {
    /// Returns every key as this transaction sees them, the oldest first.
    pub(crate) async fn api_keys(&mut self) -> Result<Vec<ApiKey>, Error> {
        let rows = sqlx::query("select * from api_keys order by created_at, key_id")
            .fetch_all(self.connection())
            .await
            .map_err(Error::sql("reading the keys"))?;
        rows.iter().map(key_of).collect()
    }

    /// Keeps a new key.
    pub(crate) async fn insert_key(&mut self, key: &ApiKey) -> Result<(), Error> {
        let roles: Vec<&str> = key.roles.iter().map(|role| role.name()).collect();
        let entities = match &key.scope {
            Scope::All => None,
            Scope::Entities(entities) => Some(serde_json::json!(entities).to_string()),
        };
        sqlx::query(
            "insert into api_keys (key_id, name, secret_hash, roles, entities, created_at, created_by, \
             expires_at, revoked_at, last_used_at, replaces) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(key.key_id.as_str())
        .bind(key.name.as_str())
        .bind(key.secret_hash.as_str())
        .bind(serde_json::json!(roles).to_string())
        .bind(entities)
        .bind(micros(key.created_at))
        .bind(key.created_by.as_str())
        .bind(key.expires_at.map(micros))
        .bind(key.revoked_at.map(micros))
        .bind(key.last_used_at.map(micros))
        .bind(key.replaces.clone())
        .execute(self.connection())
        .await
        .map_err(Error::sql("keeping a key"))?;
        Ok(())
    }

    /// Lets a key go out of date.
    pub(crate) async fn set_key_expiry(&mut self, key_id: &str, expires_at: Timestamp) -> Result<(), Error> {
        sqlx::query("update api_keys set expires_at = $1 where key_id = $2")
            .bind(micros(expires_at))
            .bind(key_id)
            .execute(self.connection())
            .await
            .map_err(Error::sql("limiting a key"))?;
        Ok(())
    }

    /// Revokes a key; one that was revoked before keeps its instant.
    pub(crate) async fn set_key_revoked(&mut self, key_id: &str, at: Timestamp) -> Result<(), Error> {
        sqlx::query("update api_keys set revoked_at = $1 where key_id = $2 and revoked_at is null")
            .bind(micros(at))
            .bind(key_id)
            .execute(self.connection())
            .await
            .map_err(Error::sql("revoking a key"))?;
        Ok(())
    }
}

fn key_of(row: &AnyRow) -> Result<ApiKey, Error> {
    read(row).map_err(Error::sql("reading a key"))?
}

/// The outer error is a column that is not there, the inner one a content that is not understood.
fn read(row: &AnyRow) -> Result<Result<ApiKey, Error>, sqlx::Error> {
    let instant = |column: &str| -> Result<Option<Timestamp>, sqlx::Error> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(from_micros))
    };
    let roles: String = row.try_get("roles")?;
    let entities: Option<String> = row.try_get("entities")?;
    let Some(roles) = roles_of(&roles) else {
        return Ok(Err(unreadable("roles", &roles)));
    };
    let scope = match entities {
        None => Scope::All,
        Some(text) => match serde_json::from_str::<BTreeSet<String>>(&text) {
            Ok(entities) => Scope::Entities(entities),
            Err(_) => return Ok(Err(unreadable("entities", &text))),
        },
    };
    Ok(Ok(ApiKey {
        key_id: row.try_get("key_id")?,
        name: row.try_get("name")?,
        secret_hash: row.try_get("secret_hash")?,
        roles,
        scope,
        created_at: from_micros(row.try_get("created_at")?),
        created_by: row.try_get("created_by")?,
        expires_at: instant("expires_at")?,
        revoked_at: instant("revoked_at")?,
        last_used_at: instant("last_used_at")?,
        replaces: row.try_get("replaces")?,
    }))
}

fn roles_of(text: &str) -> Option<BTreeSet<Role>> {
    let names: Vec<String> = serde_json::from_str(text).ok()?;
    names.iter().map(|name| Role::parse(name)).collect()
}

fn unreadable(column: &'static str, value: &str) -> Error {
    Error::Unreadable {
        table: "api_keys",
        column,
        value: value.to_owned(),
    }
}
