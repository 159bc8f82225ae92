//! The audit trail: each row holds the hash of the row before it, and the newest hash is kept apart.
//!
//! A changed row has another hash, a missing one leaves a gap, and rows cut off the end are missed by the head that
//! `settings` keeps. Who can write to the whole store can also write a new chain; against that, note the head that
//! `duecast audit verify` prints somewhere else.

use futures_util::TryStreamExt;
use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Error, Store, Write};
use crate::app::clock::{Timestamp, from_micros, micros};
use crate::app::crypto::sha256_hex;

/// Setting that holds `SEQUENCE HASH` of the newest row.
const HEAD: &str = "audit_head";
/// What the chain begins with.
const NOTHING: &str = "0 ";

/// What was done.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// By whom: the actor of a principal.
    pub actor: String,
    /// What, as `api_key.created`.
    pub action: String,
    /// To what, as the id of a key.
    pub subject: String,
    /// More about it; no secrets, no names of customers, no amounts.
    pub detail: serde_json::Value,
}

/// A row of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its number, from 1 without gaps.
    pub sequence: i64,
    /// When it was done, in microseconds since 1970.
    pub at_micros: i64,
    /// By whom.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// More about it, as JSON.
    pub detail: String,
    /// Hash of the row before.
    pub previous_hash: String,
    /// Hash of this row.
    pub hash: String,
}

/// Which rows of the trail are asked for.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// By this actor alone.
    pub actor: Option<String>,
    /// This action alone.
    pub action: Option<String>,
    /// To this subject alone.
    pub subject: Option<String>,
    /// Done at this instant or later.
    pub from: Option<Timestamp>,
    /// Done before this instant.
    pub to: Option<Timestamp>,
    /// Older than the row of this number.
    pub before: Option<i64>,
}

/// What a check of the trail found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditProof {
    /// Rows that are as they were written.
    pub rows: i64,
    /// Hash of the last of them; empty where there is none.
    pub head: String,
    /// The first place where the chain does not hold.
    pub fault: Option<AuditFault>,
}

/// Why the chain does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditFault {
    /// The row of this number is not there.
    Missing(i64),
    /// The row of this number is not the one that was written.
    Altered(i64),
}

impl Store {
    /// Adds a row to the trail.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store refuses.
    pub async fn append_audit(&self, entry: &AuditEntry) -> Result<(), Error> {
        let mut write = self.write().await?;
        write.append_audit(entry).await?;
        write.commit().await
    }

    /// Returns rows of the trail, the newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store refuses.
    pub async fn audit_events(&self, filter: &AuditFilter, limit: i64) -> Result<Vec<AuditEvent>, Error> {
        let rows = sqlx::query(
            "select * from audit_events where sequence < $1 and at >= $2 and at < $3 \
             and ($4 = '' or actor = $4) and ($5 = '' or action = $5) and ($6 = '' or subject = $6) \
             order by sequence desc limit $7",
        )
        .bind(filter.before.unwrap_or(i64::MAX))
        .bind(filter.from.map_or(i64::MIN, micros))
        .bind(filter.to.map_or(i64::MAX, micros))
        .bind(filter.actor.clone().unwrap_or_default())
        .bind(filter.action.clone().unwrap_or_default())
        .bind(filter.subject.clone().unwrap_or_default())
        .bind(limit)
        .fetch_all(self.pool())
        .await
        .map_err(Error::sql("reading the audit trail"))?;
        rows.iter()
            .map(event_of)
            .collect::<Result<_, _>>()
            .map_err(Error::sql("reading the audit trail"))
    }

    /// Checks the whole trail, row by row, up to the head there is when the check begins.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store refuses, [`Error::Unreadable`] when the head is none.
    pub async fn verify_audit(&self) -> Result<AuditProof, Error> {
        let doing = "checking the audit trail";
        let head = sqlx::query("select value from settings where name = $1")
            .bind(HEAD)
            .fetch_optional(self.pool())
            .await
            .map_err(Error::sql(doing))?;
        let head: String = match head {
            Some(row) => row.try_get("value").map_err(Error::sql(doing))?,
            None => self.head_without_setting().await?,
        };
        let (last, last_hash) = read_head(&head)?;
        let mut proof = AuditProof {
            rows: 0,
            head: String::new(),
            fault: None,
        };
        let mut rows = sqlx::query("select * from audit_events where sequence <= $1 order by sequence")
            .bind(last)
            .fetch(self.pool());
        while let Some(row) = rows.try_next().await.map_err(Error::sql(doing))? {
            let event = event_of(&row).map_err(Error::sql(doing))?;
            proof.fault = event.fault(&proof);
            if proof.fault.is_some() {
                return Ok(proof);
            }
            proof.rows = event.sequence;
            proof.head = event.hash;
        }
        if proof.rows < last {
            proof.fault = Some(AuditFault::Missing(proof.rows + 1));
        } else if proof.head != last_hash {
            proof.fault = Some(AuditFault::Altered(last));
        }
        Ok(proof)
    }

    /// Without a head there must be no row: where there are some, the head was taken away.
    async fn head_without_setting(&self) -> Result<String, Error> {
        let rows = self.audit_events(&AuditFilter::default(), 1).await?;
        // A number that no row has makes the check fail behind the last one.
        Ok(rows
            .first()
            .map_or(NOTHING.to_owned(), |row| format!("{} ", row.sequence + 1)))
    }
}

impl Write {
    /// Adds a row to the trail as part of this transaction; until its end no other can.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store refuses.
    pub async fn append_audit(&mut self, entry: &AuditEntry) -> Result<(), Error> {
        let doing = "writing the audit trail";
        let (sequence, previous_hash) = self.lock_audit().await?;
        let mut event = AuditEvent {
            sequence: sequence + 1,
            at_micros: micros(entry.at),
            actor: entry.actor.clone(),
            action: entry.action.clone(),
            subject: entry.subject.clone(),
            detail: entry.detail.to_string(),
            previous_hash,
            hash: String::new(),
        };
        event.hash = event.expected_hash();
        sqlx::query(
            "insert into audit_events (sequence, at, actor, action, subject, detail, previous_hash, hash) \
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(event.sequence)
        .bind(event.at_micros)
        .bind(event.actor.as_str())
        .bind(event.action.as_str())
        .bind(event.subject.as_str())
        .bind(event.detail.as_str())
        .bind(event.previous_hash.as_str())
        .bind(event.hash.as_str())
        .execute(self.connection())
        .await
        .map_err(Error::sql(doing))?;
        sqlx::query("update settings set value = $1 where name = $2")
            .bind(format!("{} {}", event.sequence, event.hash))
            .bind(HEAD)
            .execute(self.connection())
            .await
            .map_err(Error::sql(doing))?;
        Ok(())
    }

    /// Returns the head, and keeps every other writer of the trail waiting until this transaction ends.
    pub(crate) async fn lock_audit(&mut self) -> Result<(i64, String), Error> {
        let doing = "writing the audit trail";
        sqlx::query("insert into settings (name, value) values ($1, $2) on conflict (name) do nothing")
            .bind(HEAD)
            .bind(NOTHING)
            .execute(self.connection())
            .await
            .map_err(Error::sql(doing))?;
        // A change of nothing: it takes the lock of the row in both dialects.
        sqlx::query("update settings set value = value where name = $1")
            .bind(HEAD)
            .execute(self.connection())
            .await
            .map_err(Error::sql(doing))?;
        let row = sqlx::query("select value from settings where name = $1")
            .bind(HEAD)
            .fetch_one(self.connection())
            .await
            .map_err(Error::sql(doing))?;
        let head: String = row.try_get("value").map_err(Error::sql(doing))?;
        read_head(&head)
    }
}

/// What a hash is taken of: as JSON with the fields in this order and nothing between them.
#[derive(Serialize)]
struct Hashed<'a> {
    sequence: i64,
    at: i64,
    actor: &'a str,
    action: &'a str,
    subject: &'a str,
    detail: &'a str,
    previous_hash: &'a str,
}

impl AuditEvent {
    /// Returns when it was done.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        from_micros(self.at_micros)
    }

    /// Returns the hash that the row must have.
    fn expected_hash(&self) -> String {
        let json = serde_json::to_vec(&Hashed {
            sequence: self.sequence,
            at: self.at_micros,
            actor: &self.actor,
            action: &self.action,
            subject: &self.subject,
            detail: &self.detail,
            previous_hash: &self.previous_hash,
        })
        .expect("numbers and texts have a JSON form");
        sha256_hex(&json)
    }

    /// Returns why the row cannot stand after those that were checked.
    fn fault(&self, checked: &AuditProof) -> Option<AuditFault> {
        if self.sequence != checked.rows + 1 {
            // Numbers begin with 1; a smaller one was put in, a greater one comes after a gap.
            Some(if self.sequence <= checked.rows {
                AuditFault::Altered(self.sequence)
            } else {
                AuditFault::Missing(checked.rows + 1)
            })
        } else if self.previous_hash != checked.head || self.hash != self.expected_hash() {
            Some(AuditFault::Altered(self.sequence))
        } else {
            None
        }
    }
}

fn read_head(text: &str) -> Result<(i64, String), Error> {
    text.split_once(' ')
        .and_then(|(sequence, hash)| Some((sequence.parse().ok()?, hash.to_owned())))
        .ok_or_else(|| Error::Unreadable {
            table: "settings",
            column: HEAD,
            value: text.to_owned(),
        })
}

fn event_of(row: &AnyRow) -> Result<AuditEvent, sqlx::Error> {
    Ok(AuditEvent {
        sequence: row.try_get("sequence")?,
        at_micros: row.try_get("at")?,
        actor: row.try_get("actor")?,
        action: row.try_get("action")?,
        subject: row.try_get("subject")?,
        detail: row.try_get("detail")?,
        previous_hash: row.try_get("previous_hash")?,
        hash: row.try_get("hash")?,
    })
}
