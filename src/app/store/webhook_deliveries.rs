//! Events and how far each delivery of them has come.

use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

use super::webhook_endpoints::parsed;
use super::{Error, Store};
use crate::app::clock::{Timestamp, from_micros, micros};

/// An event to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Its id.
    pub event_id: String,
    /// Its CloudEvents type.
    pub event_type: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The CloudEvents body, JSON.
    pub body: String,
}

/// How far a delivery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// It will be tried, for the first time or again.
    Waiting,
    /// The receiver has it.
    Delivered,
    /// It is given up until somebody asks for it again.
    Dead,
}

impl DeliveryStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Dead];

    /// Returns the name in the store and in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    /// Returns the status of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// A delivery whose time has come, with what is needed to send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueDelivery {
    /// Its id.
    pub delivery_id: String,
    /// The event.
    pub event_id: String,
    /// Where to.
    pub url: String,
    /// What signs.
    pub secrets: Vec<String>,
    /// The body.
    pub body: String,
    /// Attempts that failed.
    pub attempts: i64,
    /// When it fell due, in microseconds: the claim compares it.
    pub(super) next_attempt_at: i64,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The delivery.
    pub delivery_id: String,
    /// How far it has come.
    pub status: DeliveryStatus,
    /// Attempts so far.
    pub attempts: i64,
    /// When it is tried again.
    pub next_attempt_at: Timestamp,
    /// What the receiver answered.
    pub last_status: Option<i64>,
    /// What went wrong.
    pub last_error: Option<String>,
    /// When that was.
    pub at: Timestamp,
}

/// A delivery as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Its id; ids grow with time.
    pub delivery_id: String,
    /// The event.
    pub event_id: String,
    /// What happened.
    pub event_type: String,
    /// Where to.
    pub endpoint_id: String,
    /// How far it has come.
    pub status: DeliveryStatus,
    /// Attempts so far.
    pub attempts: i64,
    /// When it is tried again.
    pub next_attempt_at: Timestamp,
    /// What the receiver answered last.
    pub last_status: Option<i64>,
    /// What went wrong last.
    pub last_error: Option<String>,
}

impl Store {
    /// Keeps an event and a delivery of it for each endpoint that wants it, all or nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`].
    pub async fn insert_event(&self, event: &NewEvent) -> Result<(), Error> {
        let doing = "keeping an event";
        let receivers: Vec<String> = self
            .endpoints()
            .await?
            .into_iter()
            .filter(|endpoint| endpoint.is_enabled && endpoint.wants(&event.event_type))
            .map(|endpoint| endpoint.endpoint_id)
            .collect();
        let mut write = self.write().await?;
        sqlx::query(
            "insert into webhook_events (event_id, event_type, occurred_at, body) values ($1, $2, $3, $4)",
        )
        .bind(&event.event_id)
        .bind(&event.event_type)
        .bind(micros(event.occurred_at))
        .bind(&event.body)
        .execute(write.connection())
        .await
        .map_err(Error::sql(doing))?;
        for receiver in receivers {
            sqlx::query(
                "insert into webhook_deliveries (delivery_id, event_id, endpoint_id, status, attempts, \
                 next_attempt_at, updated_at) values ($1, $2, $3, 'waiting', 0, $4, $4)",
            )
            .bind(Uuid::now_v7().to_string())
            .bind(&event.event_id)
            .bind(receiver)
            .bind(micros(event.occurred_at))
            .execute(write.connection())
            .await
            .map_err(Error::sql(doing))?;
        }
        write.commit().await
    }

    /// Returns deliveries whose time has come, the oldest first.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`].
    pub async fn due_deliveries(&self, now: Timestamp, limit: usize) -> Result<Vec<DueDelivery>, Error> {
        let doing = "reading the deliveries that are due";
        let rows = sqlx::query(
            "select d.delivery_id, d.event_id, d.attempts, d.next_attempt_at, p.url, p.secrets, e.body \
             from webhook_deliveries d \
             join webhook_events e on e.event_id = d.event_id \
             join webhook_endpoints p on p.endpoint_id = d.endpoint_id \
             where d.status = 'waiting' and d.next_attempt_at <= $1 and p.is_enabled = 1 \
             order by d.next_attempt_at, d.delivery_id limit $2",
        )
        .bind(micros(now))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(self.pool())
        .await
        .map_err(Error::sql(doing))?;
        rows.iter()
            .map(due)
            .collect::<Result<_, _>>()
            .map_err(Error::sql(doing))
    }

    /// Takes a delivery until a later instant; returns whether nobody else had taken it.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`].
    pub async fn claim_delivery(&self, delivery: &DueDelivery, until: Timestamp) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let claimed = sqlx::query(
            "update webhook_deliveries set next_attempt_at = $1 \
             where delivery_id = $2 and status = 'waiting' and next_attempt_at = $3",
        )
        .bind(micros(until))
        .bind(&delivery.delivery_id)
        .bind(delivery.next_attempt_at)
        .execute(write.connection())
        .await
        .map_err(Error::sql("claiming a delivery"))?;
        write.commit().await?;
        Ok(claimed.rows_affected() == 1)
    }

    /// Keeps what came of an attempt.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`].
    pub async fn record_attempt(&self, attempt: &Attempt) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "update webhook_deliveries set status = $1, attempts = $2, next_attempt_at = $3, last_status = $4, \
             last_error = $5, updated_at = $6 where delivery_id = $7",
        )
        .bind(attempt.status.name())
        .bind(attempt.attempts)
        .bind(micros(attempt.next_attempt_at))
        .bind(attempt.last_status)
        .bind(attempt.last_error.clone())
        .bind(micros(attempt.at))
        .bind(&attempt.delivery_id)
        .execute(write.connection())
        .await
        .map_err(Error::sql("keeping what came of a delivery"))?;
        write.commit().await
    }

    /// Lets a delivery begin anew; returns whether it is there.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`].
    pub async fn replay_delivery(&self, delivery_id: &str, now: Timestamp) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let found = sqlx::query(
            "update webhook_deliveries set status = 'waiting', attempts = 0, next_attempt_at = $1, \
             updated_at = $1 where delivery_id = $2",
        )
        .bind(micros(now))
        .bind(delivery_id)
        .execute(write.connection())
        .await
        .map_err(Error::sql("replaying a delivery"))?;
        write.commit().await?;
        Ok(found.rows_affected() == 1)
    }

    /// Returns deliveries after an id, oldest first; an empty status or endpoint stands for all.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`], [`Error::Unreadable`].
    pub async fn deliveries(
        &self,
        status: Option<DeliveryStatus>,
        endpoint_id: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, Error> {
        let doing = "reading the deliveries";
        let rows = sqlx::query(
            "select d.delivery_id, d.event_id, e.event_type, d.endpoint_id, d.status, d.attempts, \
             d.next_attempt_at, d.last_status, d.last_error \
             from webhook_deliveries d join webhook_events e on e.event_id = d.event_id \
             where ($1 = '' or d.status = $1) and ($2 = '' or d.endpoint_id = $2) and d.delivery_id > $3 \
             order by d.delivery_id limit $4",
        )
        .bind(status.map_or("", DeliveryStatus::name))
        .bind(endpoint_id)
        .bind(after)
        .bind(limit)
        .fetch_all(self.pool())
        .await
        .map_err(Error::sql(doing))?;
        rows.iter().map(|row| delivery(row, doing)).collect()
    }
}

fn due(row: &AnyRow) -> Result<DueDelivery, sqlx::Error> {
    Ok(DueDelivery {
        delivery_id: row.try_get("delivery_id")?,
        event_id: row.try_get("event_id")?,
        url: row.try_get("url")?,
        secrets: parsed(row, "secrets")?,
        body: row.try_get("body")?,
        attempts: row.try_get("attempts")?,
        next_attempt_at: row.try_get("next_attempt_at")?,
    })
}

fn delivery(row: &AnyRow, doing: &'static str) -> Result<DeliveryRow, Error> {
    let read = || {
        Ok::<_, sqlx::Error>((
            row.try_get::<String, _>("status")?,
            DeliveryRow {
                delivery_id: row.try_get("delivery_id")?,
                event_id: row.try_get("event_id")?,
                event_type: row.try_get("event_type")?,
                endpoint_id: row.try_get("endpoint_id")?,
                status: DeliveryStatus::Waiting,
                attempts: row.try_get("attempts")?,
                next_attempt_at: from_micros(row.try_get("next_attempt_at")?),
                last_status: row.try_get("last_status")?,
                last_error: row.try_get("last_error")?,
            },
        ))
    };
    let (status, shown) = read().map_err(Error::sql(doing))?;
    let status = DeliveryStatus::parse(&status).ok_or(Error::Unreadable {
        table: "webhook_deliveries",
        column: "status",
        value: status,
    })?;
    Ok(DeliveryRow { status, ..shown })
}
