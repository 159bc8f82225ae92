//! The secret that signs cursors, made once for each store.

use sqlx::Row;

use super::{Error, Store};
use crate::app::crypto::{hex, random_bytes, unhex_32};

const NAME: &str = "cursor_key";

impl Store {
    /// Returns the secret that signs cursors; the first to ask makes it.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store refuses, [`Error::Unreadable`] when what it holds is no such secret.
    pub async fn cursor_key(&self) -> Result<[u8; 32], Error> {
        let mut write = self.write().await?;
        sqlx::query("insert into settings (name, value) values ($1, $2) on conflict (name) do nothing")
            .bind(NAME)
            .bind(hex(&random_bytes::<32>()))
            .execute(write.connection())
            .await
            .map_err(Error::sql("keeping the secret of cursors"))?;
        let row = sqlx::query("select value from settings where name = $1")
            .bind(NAME)
            .fetch_one(write.connection())
            .await
            .map_err(Error::sql("reading the secret of cursors"))?;
        let value: String = row
            .try_get("value")
            .map_err(Error::sql("reading the secret of cursors"))?;
        write.commit().await?;
        unhex_32(&value).ok_or_else(|| Error::Unreadable {
            table: "settings",
            column: NAME,
            // Not the value: it is a secret, even when it is half of one.
            value: format!("{} characters", value.len()),
        })
    }
}
