//! What is counted for the figures of the service.

use std::collections::BTreeMap;

use sqlx::Row;

use super::{Error, Store};

impl Store {
    /// Returns how many operations there are of each status.
    pub(crate) async fn operation_counts(&self) -> Result<BTreeMap<String, i64>, Error> {
        let rows = sqlx::query("select status, count(*) as operations from operations group by status")
            .fetch_all(self.pool())
            .await
            .map_err(Error::sql("counting the operations"))?;
        rows.iter()
            .map(|row| Ok((row.try_get("status")?, row.try_get("operations")?)))
            .collect::<Result<BTreeMap<String, i64>, sqlx::Error>>()
            .map_err(Error::sql("counting the operations"))
    }
}
