//! Facts into the store: the head locked, rows added many at a time, the head moved.

use std::fmt::Write as _;
use std::sync::Arc;

use sqlx::{AssertSqlSafe, Row};

use super::statement::{bind, placeholders};
use super::{Fact, layout};
use crate::app::store::{Dialect, Error, Store, Write};
use crate::domain::date::from_day_number;
use crate::history::{ColumnKind, Table};

/// Rows of one statement, so that few statements are kept prepared.
const ROWS_OF_A_STATEMENT: [usize; 4] = [256, 32, 4, 1];
/// Columns of a fact beside those of its table.
const OWN_COLUMNS: usize = 5;

impl Store {
    /// Returns the number of the last fact and the fingerprint of all.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store does not answer.
    pub(crate) async fn ledger_head(&self) -> Result<(i64, String), Error> {
        let row = sqlx::query("select sequence, fingerprint from ledger_head where id = 1")
            .fetch_one(self.pool())
            .await
            .map_err(Error::sql("reading the head of the ledger"))?;
        head_of(&row)
    }
}

impl Write {
    /// Returns the head of the ledger and keeps others from moving it until the transaction ends: the order of
    /// the numbers is then the order of the commits.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store does not answer.
    pub(crate) async fn lock_head(&mut self) -> Result<(i64, String), Error> {
        // A transaction of SQLite that writes is alone from its begin on.
        let sql = match self.dialect() {
            Dialect::Sqlite => "select sequence, fingerprint from ledger_head where id = 1",
            Dialect::Postgres => "select sequence, fingerprint from ledger_head where id = 1 for update",
        };
        let row = sqlx::query(sql)
            .fetch_one(self.connection())
            .await
            .map_err(Error::sql("locking the head of the ledger"))?;
        head_of(&row)
    }

    /// Adds facts of one table.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store refuses.
    pub(crate) async fn add_facts(
        &mut self,
        table: Table,
        facts: &[Fact],
        accepted_at: i64,
    ) -> Result<(), Error> {
        let layout = layout(table);
        let mut rest = facts;
        for rows in ROWS_OF_A_STATEMENT {
            if rest.len() < rows {
                continue;
            }
            let sql: Arc<str> = insert(self.dialect(), table, &layout, rows).into();
            while rest.len() >= rows {
                let (these, others) = rest.split_at(rows);
                let mut query = sqlx::query(AssertSqlSafe(Arc::clone(&sql)));
                for fact in these {
                    query = query
                        .bind(fact.sequence)
                        .bind(fact.supersedes)
                        .bind(fact.content_hash.clone())
                        .bind(fact.superseded_on.map(|day| from_day_number(day).to_string()))
                        .bind(accepted_at);
                    for (value, (_, kind)) in fact.values.iter().zip(&layout) {
                        query = bind(query, *kind, value);
                    }
                }
                query
                    .execute(self.connection())
                    .await
                    .map_err(Error::sql("adding facts"))?;
                rest = others;
            }
        }
        Ok(())
    }

    /// Moves the head of the ledger, which [`lock_head`](Self::lock_head) has locked.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store refuses.
    pub(crate) async fn move_head(&mut self, sequence: i64, fingerprint: &str) -> Result<(), Error> {
        sqlx::query("update ledger_head set sequence = $1, fingerprint = $2 where id = 1")
            .bind(sequence)
            .bind(fingerprint.to_owned())
            .execute(self.connection())
            .await
            .map_err(Error::sql("moving the head of the ledger"))?;
        Ok(())
    }

    /// Ends the transaction without a trace, and waits for the end: the next writer then finds no lock.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store does not answer.
    pub(crate) async fn abandon(self) -> Result<(), Error> {
        self.transaction
            .rollback()
            .await
            .map_err(Error::sql("giving up what was written"))
    }
}

fn head_of(row: &sqlx::any::AnyRow) -> Result<(i64, String), Error> {
    let sequence = row
        .try_get::<i64, _>(0_usize)
        .map_err(Error::sql("reading the head of the ledger"))?;
    let fingerprint = row
        .try_get::<String, _>(1_usize)
        .map_err(Error::sql("reading the head of the ledger"))?;
    Ok((sequence, fingerprint))
}

/// Returns the statement that adds so many facts.
///
/// SQLite looks a parameter with a number up by its name among all of the statement, which takes a fifth of the time
/// of a long one; those without are taken in their order.
fn insert(dialect: Dialect, table: Table, layout: &[(&'static str, ColumnKind)], rows: usize) -> String {
    let mut sql =
        format!("insert into {table} (sequence, supersedes, content_hash, superseded_on, accepted_at");
    for (name, _) in layout {
        sql.push_str(", ");
        sql.push_str(name);
    }
    sql.push_str(") values ");
    let width = layout.len() + OWN_COLUMNS;
    for row in 0..rows {
        let separator = if row == 0 { "" } else { ", " };
        let parameters = match dialect {
            Dialect::Sqlite => vec!["?"; width].join(", "),
            Dialect::Postgres => placeholders(row * width + 1, width),
        };
        let _ = write!(sql, "{separator}({parameters})");
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::store::PARAMETERS_MAX;

    #[test]
    fn every_statement_fits_the_parameters_of_both_stores() {
        for table in Table::ALL {
            let width = layout(table).len() + OWN_COLUMNS;
            assert!(ROWS_OF_A_STATEMENT[0] * width <= PARAMETERS_MAX, "{table}");
        }
        let layout = layout(Table::CreditRatings);
        let sql = insert(Dialect::Sqlite, Table::CreditRatings, &layout, 1);
        assert!(sql.ends_with("values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"), "{sql}");
        let sql = insert(Dialect::Postgres, Table::CreditRatings, &layout, 2);
        assert!(sql.ends_with("values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11), ($12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)"), "{sql}");
    }
}
