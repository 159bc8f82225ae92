//! Webhook endpoints: where events are sent, and what signs them.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Error, Store};
use crate::app::clock::{Timestamp, from_micros, micros};

/// Where events are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointRow {
    /// Its id.
    pub endpoint_id: String,
    /// Where it is.
    pub url: String,
    /// What it wants to hear of; empty for everything.
    pub event_types: Vec<String>,
    /// What signs, newest first.
    pub secrets: Vec<String>,
    /// Whether anything is sent.
    pub is_enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// Grows by one with each change.
    pub revision: i64,
}

impl EndpointRow {
    /// Returns whether the endpoint wants to hear of events of a type.
    #[must_use]
    pub fn wants(&self, event_type: &str) -> bool {
        self.event_types.is_empty() || self.event_types.iter().any(|wanted| wanted == event_type)
    }
}

impl Store {
    /// Keeps a new endpoint.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`].
    pub async fn insert_endpoint(&self, endpoint: &EndpointRow) -> Result<(), Error> {
        let doing = "keeping a webhook endpoint";
        let mut write = self.write().await?;
        sqlx::query(
            "insert into webhook_endpoints (endpoint_id, url, event_types, secrets, is_enabled, created_at, \
             created_by, revision) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&endpoint.endpoint_id)
        .bind(&endpoint.url)
        .bind(list(&endpoint.event_types))
        .bind(list(&endpoint.secrets))
        .bind(i64::from(endpoint.is_enabled))
        .bind(micros(endpoint.created_at))
        .bind(&endpoint.created_by)
        .bind(endpoint.revision)
        .execute(write.connection())
        .await
        .map_err(Error::sql(doing))?;
        write.commit().await
    }

    /// Changes an endpoint that still has the revision before; returns whether it had.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`].
    pub async fn update_endpoint(&self, endpoint: &EndpointRow) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let changed = sqlx::query(
            "update webhook_endpoints set url = $1, event_types = $2, secrets = $3, is_enabled = $4, \
             revision = $5 where endpoint_id = $6 and revision = $7",
        )
        .bind(&endpoint.url)
        .bind(list(&endpoint.event_types))
        .bind(list(&endpoint.secrets))
        .bind(i64::from(endpoint.is_enabled))
        .bind(endpoint.revision)
        .bind(&endpoint.endpoint_id)
        .bind(endpoint.revision - 1)
        .execute(write.connection())
        .await
        .map_err(Error::sql("changing a webhook endpoint"))?;
        write.commit().await?;
        Ok(changed.rows_affected() == 1)
    }

    /// Removes an endpoint with its deliveries; returns whether it was there.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`].
    pub async fn delete_endpoint(&self, endpoint_id: &str) -> Result<bool, Error> {
        let doing = "removing a webhook endpoint";
        let mut write = self.write().await?;
        sqlx::query("delete from webhook_deliveries where endpoint_id = $1")
            .bind(endpoint_id)
            .execute(write.connection())
            .await
            .map_err(Error::sql(doing))?;
        let removed = sqlx::query("delete from webhook_endpoints where endpoint_id = $1")
            .bind(endpoint_id)
            .execute(write.connection())
            .await
            .map_err(Error::sql(doing))?;
        write.commit().await?;
        Ok(removed.rows_affected() == 1)
    }

    /// Returns every endpoint, by id.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`].
    pub async fn endpoints(&self) -> Result<Vec<EndpointRow>, Error> {
        let doing = "reading the webhook endpoints";
        let rows = sqlx::query(
            "select endpoint_id, url, event_types, secrets, is_enabled, created_at, created_by, revision \
             from webhook_endpoints order by endpoint_id",
        )
        .fetch_all(self.pool())
        .await
        .map_err(Error::sql(doing))?;
        rows.iter()
            .map(endpoint)
            .collect::<Result<_, _>>()
            .map_err(Error::sql(doing))
    }
}

fn endpoint(row: &AnyRow) -> Result<EndpointRow, sqlx::Error> {
    Ok(EndpointRow {
        endpoint_id: row.try_get("endpoint_id")?,
        url: row.try_get("url")?,
        event_types: parsed(row, "event_types")?,
        secrets: parsed(row, "secrets")?,
        is_enabled: row.try_get::<i64, _>("is_enabled")? != 0,
        created_at: from_micros(row.try_get("created_at")?),
        created_by: row.try_get("created_by")?,
        revision: row.try_get("revision")?,
    })
}

fn list(values: &[String]) -> String {
    serde_json::Value::from(values.to_vec()).to_string()
}

/// Reads a JSON list of text.
pub(super) fn parsed(row: &AnyRow, column: &str) -> Result<Vec<String>, sqlx::Error> {
    let text: String = row.try_get(column)?;
    serde_json::from_str(&text).map_err(|error| sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: Box::new(error),
    })
}
