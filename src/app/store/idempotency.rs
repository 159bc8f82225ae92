//! Answers that were given to requests with an `Idempotency-Key`, kept for a day.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Error, Store};
use crate::app::clock::{Timestamp, from_micros, micros};

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// SHA-256 of the request it belongs to.
    pub request_hash: String,
    /// When the request came.
    pub created_at: Timestamp,
    /// The HTTP status.
    pub status: u16,
    /// Names and values of the headers that belong to the answer.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Store {
    /// Returns the answer to the request that an actor sent with a key, if there was one.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store refuses, [`Error::Unreadable`] for a row of a newer version.
    pub async fn stored_answer(&self, actor: &str, key: &str) -> Result<Option<StoredAnswer>, Error> {
        let row = sqlx::query(
            "select request_hash, created_at, status, headers, body from idempotency_records \
             where actor = $1 and idempotency_key = $2",
        )
        .bind(actor)
        .bind(key)
        .fetch_optional(self.pool())
        .await
        .map_err(Error::sql("looking for an earlier answer"))?;
        row.as_ref().map(answer_of).transpose()
    }

    /// Keeps the answer to the request that an actor sent with a key, in the place of one that is out of date.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store refuses.
    pub async fn store_answer(&self, actor: &str, key: &str, answer: &StoredAnswer) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into idempotency_records (actor, idempotency_key, request_hash, created_at, status, headers, body) \
             values ($1, $2, $3, $4, $5, $6, $7) on conflict (actor, idempotency_key) do update set \
             request_hash = excluded.request_hash, created_at = excluded.created_at, status = excluded.status, \
             headers = excluded.headers, body = excluded.body",
        )
        .bind(actor)
        .bind(key)
        .bind(answer.request_hash.as_str())
        .bind(micros(answer.created_at))
        .bind(i64::from(answer.status))
        .bind(serde_json::json!(answer.headers).to_string())
        .bind(answer.body.as_str())
        .execute(write.connection())
        .await
        .map_err(Error::sql("keeping an answer"))?;
        write.commit().await
    }

    /// Forgets the answers to requests that came before an instant; returns how many.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store refuses.
    pub async fn purge_idempotency(&self, before: Timestamp) -> Result<u64, Error> {
        let mut write = self.write().await?;
        let done = sqlx::query("delete from idempotency_records where created_at < $1")
            .bind(micros(before))
            .execute(write.connection())
            .await
            .map_err(Error::sql("forgetting old answers"))?;
        write.commit().await?;
        Ok(done.rows_affected())
    }
}

fn answer_of(row: &AnyRow) -> Result<StoredAnswer, Error> {
    let doing = "reading an earlier answer";
    let status: i64 = row.try_get("status").map_err(Error::sql(doing))?;
    let headers: String = row.try_get("headers").map_err(Error::sql(doing))?;
    let created_at: i64 = row.try_get("created_at").map_err(Error::sql(doing))?;
    Ok(StoredAnswer {
        request_hash: row.try_get("request_hash").map_err(Error::sql(doing))?,
        created_at: from_micros(created_at),
        status: u16::try_from(status).map_err(|_| unreadable("status", status.to_string()))?,
        headers: serde_json::from_str(&headers).map_err(|_| unreadable("headers", headers.clone()))?,
        body: row.try_get("body").map_err(Error::sql(doing))?,
    })
}

fn unreadable(column: &'static str, value: String) -> Error {
    Error::Unreadable {
        table: "idempotency_records",
        column,
        value,
    }
}
