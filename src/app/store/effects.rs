//! What actions were learned to do.

use sqlx::Row;

use super::{Error, Store};

/// Effects as the store keeps them; instants are microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EffectsRow {
    pub(crate) effects_id: String,
    pub(crate) as_of: String,
    pub(crate) created_at: i64,
    /// JSON.
    pub(crate) document: String,
}

impl Store {
    /// Keeps effects as the newest ones, also those that were known before.
    pub(crate) async fn put_effects(&self, row: &EffectsRow) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into action_effects (effects_id, as_of, created_at, document) values ($1, $2, $3, $4) \
             on conflict (effects_id) do update set as_of = excluded.as_of, created_at = excluded.created_at, \
             document = excluded.document",
        )
        .bind(row.effects_id.clone())
        .bind(row.as_of.clone())
        .bind(row.created_at)
        .bind(row.document.clone())
        .execute(write.connection())
        .await
        .map_err(Error::sql("keeping effects"))?;
        write.commit().await
    }

    /// Returns the effects that were learned last, where any were.
    pub(crate) async fn latest_effects(&self) -> Result<Option<EffectsRow>, Error> {
        let failed = || Error::sql("reading effects");
        let row = sqlx::query(
            "select effects_id, as_of, created_at, document from action_effects \
             order by created_at desc, effects_id desc limit 1",
        )
        .fetch_optional(self.pool())
        .await
        .map_err(failed())?;
        row.map(|row| -> Result<EffectsRow, sqlx::Error> {
            Ok(EffectsRow {
                effects_id: row.try_get("effects_id")?,
                as_of: row.try_get("as_of")?,
                created_at: row.try_get("created_at")?,
                document: row.try_get("document")?,
            })
        })
        .transpose()
        .map_err(failed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_effects_learned_last_are_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("duecast.db").display());
        let store = Store::connect(&url).await.unwrap();
        assert_eq!(store.latest_effects().await.unwrap(), None);
        let row = |id: &str, created_at: i64| EffectsRow {
            effects_id: id.to_owned(),
            as_of: "2026-03-29".to_owned(),
            created_at,
            document: "{}".to_owned(),
        };
        for (id, at) in [("a", 1), ("b", 2), ("a", 3)] {
            store.put_effects(&row(id, at)).await.unwrap();
        }
        assert_eq!(store.latest_effects().await.unwrap(), Some(row("a", 3)));
    }
}
