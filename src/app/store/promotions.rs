//! Promotions as rows.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Error, Store, Write};

/// A change of an alias, also one that is refused or waits; instants are microseconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct PromotionRow {
    pub(crate) promotion_id: String,
    pub(crate) alias: String,
    pub(crate) version: String,
    pub(crate) previous_version: Option<String>,
    pub(crate) requested_at: i64,
    pub(crate) requested_by: String,
    pub(crate) status: String,
    pub(crate) reason: String,
    pub(crate) decided_at: Option<i64>,
    pub(crate) decided_by: Option<String>,
}

impl Store {
    /// Keeps a promotion, or what became of it.
    pub(crate) async fn put_promotion(&self, row: &PromotionRow) -> Result<(), Error> {
        let mut write = self.write().await?;
        put_promotion(&mut write, row).await?;
        write.commit().await
    }

    pub(crate) async fn promotion(&self, promotion_id: &str) -> Result<Option<PromotionRow>, Error> {
        let row = sqlx::query("select * from promotions where promotion_id = $1")
            .bind(promotion_id)
            .fetch_optional(self.pool())
            .await
            .map_err(Error::sql("reading a promotion"))?;
        row.as_ref()
            .map(promotion_row)
            .transpose()
            .map_err(Error::sql("reading a promotion"))
    }

    /// Reads promotions, newest first, behind an instant and an id.
    pub(crate) async fn promotions(
        &self,
        before: &(i64, String),
        limit: i64,
    ) -> Result<Vec<PromotionRow>, Error> {
        let rows = sqlx::query(
            "select * from promotions \
             where requested_at < $1 or (requested_at = $1 and promotion_id < $2) \
             order by requested_at desc, promotion_id desc limit $3",
        )
        .bind(before.0)
        .bind(before.1.as_str())
        .bind(limit)
        .fetch_all(self.pool())
        .await
        .map_err(Error::sql("listing promotions"))?;
        rows.iter()
            .map(promotion_row)
            .collect::<Result<Vec<PromotionRow>, sqlx::Error>>()
            .map_err(Error::sql("listing promotions"))
    }

    /// Reads the promotion of a model that waits for the second person.
    pub(crate) async fn waiting_promotion(
        &self,
        alias: &str,
        version: &str,
    ) -> Result<Option<PromotionRow>, Error> {
        let row = sqlx::query(
            "select * from promotions where alias = $1 and version = $2 and status = 'waiting' \
             order by requested_at, promotion_id limit 1",
        )
        .bind(alias)
        .bind(version)
        .fetch_optional(self.pool())
        .await
        .map_err(Error::sql("reading a promotion that waits"))?;
        row.as_ref()
            .map(promotion_row)
            .transpose()
            .map_err(Error::sql("reading a promotion that waits"))
    }

    /// Reads the last promotion that brought a model to where it is, from another one.
    pub(crate) async fn last_promotion_of(
        &self,
        alias: &str,
        version: &str,
    ) -> Result<Option<PromotionRow>, Error> {
        let row = sqlx::query(
            "select * from promotions where alias = $1 and version = $2 and status = 'done' \
             and previous_version is not null order by decided_at desc, promotion_id desc limit 1",
        )
        .bind(alias)
        .bind(version)
        .fetch_optional(self.pool())
        .await
        .map_err(Error::sql("reading the last promotion"))?;
        row.as_ref()
            .map(promotion_row)
            .transpose()
            .map_err(Error::sql("reading the last promotion"))
    }
}

pub(super) async fn put_promotion(write: &mut Write, row: &PromotionRow) -> Result<(), Error> {
    sqlx::query(
        "insert into promotions (promotion_id, alias, version, previous_version, requested_at, requested_by, \
         status, reason, decided_at, decided_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         on conflict (promotion_id) do update set previous_version = excluded.previous_version, \
         status = excluded.status, reason = excluded.reason, decided_at = excluded.decided_at, \
         decided_by = excluded.decided_by",
    )
    .bind(row.promotion_id.as_str())
    .bind(row.alias.as_str())
    .bind(row.version.as_str())
    .bind(row.previous_version.clone())
    .bind(row.requested_at)
    .bind(row.requested_by.as_str())
    .bind(row.status.as_str())
    .bind(row.reason.as_str())
    .bind(row.decided_at)
    .bind(row.decided_by.clone())
    .execute(write.connection())
    .await
    .map_err(Error::sql("storing a promotion"))?;
    Ok(())
}

fn promotion_row(row: &AnyRow) -> Result<PromotionRow, sqlx::Error> {
    Ok(PromotionRow {
        promotion_id: row.try_get("promotion_id")?,
        alias: row.try_get("alias")?,
        version: row.try_get("version")?,
        previous_version: row.try_get("previous_version")?,
        requested_at: row.try_get("requested_at")?,
        requested_by: row.try_get("requested_by")?,
        status: row.try_get("status")?,
        reason: row.try_get("reason")?,
        decided_at: row.try_get("decided_at")?,
        decided_by: row.try_get("decided_by")?,
    })
}
