//! Operations as rows.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Error, Store};

/// An operation as the store keeps it; instants are microseconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct OperationRow {
    pub(crate) operation_id: String,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) created_at: i64,
    pub(crate) created_by: String,
    pub(crate) started_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) done: i64,
    pub(crate) total: i64,
    pub(crate) note: Option<String>,
    /// JSON.
    pub(crate) request: String,
    /// JSON.
    pub(crate) result: Option<String>,
    /// JSON.
    pub(crate) problem: Option<String>,
    pub(crate) file: Option<String>,
    /// JSON list of the legal entities its owner sees, `None` for all.
    pub(crate) entities: Option<String>,
}

/// Which operations are read: a stretch of those of a kind and a status, newest first.
#[derive(Clone, Debug)]
pub(crate) struct OperationWindow {
    /// Kind, empty for every one.
    pub(crate) kind: String,
    /// Status, empty for every one.
    pub(crate) status: String,
    /// Instant and id of the one that the stretch begins behind.
    pub(crate) before: (i64, String),
    /// Largest number.
    pub(crate) limit: i64,
}

impl Store {
    pub(crate) async fn insert_operation(&self, row: &OperationRow) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into operations (operation_id, kind, status, created_at, created_by, started_at, ended_at, \
             done, total, note, request, result, problem, file, entities) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        )
        .bind(row.operation_id.as_str())
        .bind(row.kind.as_str())
        .bind(row.status.as_str())
        .bind(row.created_at)
        .bind(row.created_by.as_str())
        .bind(row.started_at)
        .bind(row.ended_at)
        .bind(row.done)
        .bind(row.total)
        .bind(row.note.clone())
        .bind(row.request.as_str())
        .bind(row.result.clone())
        .bind(row.problem.clone())
        .bind(row.file.clone())
        .bind(row.entities.clone())
        .execute(write.connection())
        .await
        .map_err(Error::sql("storing an operation"))?;
        write.commit().await
    }

    /// Writes what changes in the life of an operation.
    pub(crate) async fn update_operation(&self, row: &OperationRow) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "update operations set status = $2, started_at = $3, ended_at = $4, done = $5, total = $6, note = $7, \
             result = $8, problem = $9, file = $10 where operation_id = $1",
        )
        .bind(row.operation_id.as_str())
        .bind(row.status.as_str())
        .bind(row.started_at)
        .bind(row.ended_at)
        .bind(row.done)
        .bind(row.total)
        .bind(row.note.clone())
        .bind(row.result.clone())
        .bind(row.problem.clone())
        .bind(row.file.clone())
        .execute(write.connection())
        .await
        .map_err(Error::sql("updating an operation"))?;
        write.commit().await
    }

    /// Ends every operation that has not ended, and returns how many there were.
    pub(crate) async fn fail_unended_operations(&self, ended_at: i64, problem: &str) -> Result<u64, Error> {
        let mut write = self.write().await?;
        let failed = sqlx::query(
            "update operations set status = 'failed', ended_at = $1, problem = $2 \
             where status = 'queued' or status = 'running'",
        )
        .bind(ended_at)
        .bind(problem)
        .execute(write.connection())
        .await
        .map_err(Error::sql("ending interrupted operations"))?;
        write.commit().await?;
        Ok(failed.rows_affected())
    }

    pub(crate) async fn operation(&self, operation_id: &str) -> Result<Option<OperationRow>, Error> {
        let row = sqlx::query("select * from operations where operation_id = $1")
            .bind(operation_id)
            .fetch_optional(self.pool())
            .await
            .map_err(Error::sql("reading an operation"))?;
        row.as_ref()
            .map(operation_row)
            .transpose()
            .map_err(Error::sql("reading an operation"))
    }

    pub(crate) async fn operations(&self, window: &OperationWindow) -> Result<Vec<OperationRow>, Error> {
        let rows = sqlx::query(
            "select * from operations where ($1 = '' or kind = $1) and ($2 = '' or status = $2) \
             and (created_at < $3 or (created_at = $3 and operation_id < $4)) \
             order by created_at desc, operation_id desc limit $5",
        )
        .bind(window.kind.as_str())
        .bind(window.status.as_str())
        .bind(window.before.0)
        .bind(window.before.1.as_str())
        .bind(window.limit)
        .fetch_all(self.pool())
        .await
        .map_err(Error::sql("listing operations"))?;
        rows.iter()
            .map(operation_row)
            .collect::<Result<Vec<OperationRow>, sqlx::Error>>()
            .map_err(Error::sql("listing operations"))
    }
}

fn operation_row(row: &AnyRow) -> Result<OperationRow, sqlx::Error> {
    Ok(OperationRow {
        operation_id: row.try_get("operation_id")?,
        kind: row.try_get("kind")?,
        status: row.try_get("status")?,
        created_at: row.try_get("created_at")?,
        created_by: row.try_get("created_by")?,
        started_at: row.try_get("started_at")?,
        ended_at: row.try_get("ended_at")?,
        done: row.try_get("done")?,
        total: row.try_get("total")?,
        note: row.try_get("note")?,
        request: row.try_get("request")?,
        result: row.try_get("result")?,
        problem: row.try_get("problem")?,
        file: row.try_get("file")?,
        entities: row.try_get("entities")?,
    })
}
