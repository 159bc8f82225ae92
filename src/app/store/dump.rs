//! Every row of every table, out of a store and into an empty one, whatever the dialect.

use futures_util::TryStreamExt;
use serde_json::{Number, Value};
use sqlx::any::{AnyArguments, AnyRow, AnyTypeInfoKind};
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe, Column, Row, ValueRef};

use super::{Dialect, Error, Store, Write};

/// Every table, those first that others refer to, with the order of its rows.
pub(super) const TABLES: [(&str, &str); 34] = [
    ("customers", "sequence"),
    ("invoices", "sequence"),
    ("payments", "sequence"),
    ("credit_notes", "sequence"),
    ("write_offs", "sequence"),
    ("disputes", "sequence"),
    ("promises", "sequence"),
    ("instalment_plans", "sequence"),
    ("actions", "sequence"),
    ("credit_ratings", "sequence"),
    ("fx_rates", "sequence"),
    ("receipts", "sequence"),
    ("ledger_head", "id"),
    ("operations", "operation_id"),
    ("model_versions", "version"),
    ("model_files", "version, name"),
    ("model_aliases", "alias"),
    ("promotions", "promotion_id"),
    ("forecasts", "forecast_id"),
    ("predictions", "as_of, invoice_id, model_version"),
    ("customer_risks", "customer_id, as_of"),
    ("monitors", "as_of, model_version, measure"),
    ("recommendations", "recommendation_id"),
    ("recommendation_outcomes", "outcome_id"),
    ("policies", "version"),
    ("policy_activations", "activation_id"),
    ("action_effects", "effects_id"),
    ("idempotency_records", "actor, idempotency_key"),
    ("api_keys", "key_id"),
    ("webhook_endpoints", "endpoint_id"),
    ("webhook_events", "event_id"),
    ("webhook_deliveries", "delivery_id"),
    ("audit_events", "sequence"),
    ("settings", "name"),
];

/// SQLite looks parameters up by name, one after the other: more rows at once are slower, not faster.
const ROWS_OF_A_STATEMENT: usize = 32;

/// What a column holds; the two dialects share these three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Text.
    Text,
    /// A whole number of 64 bits.
    Bigint,
    /// A number in double precision.
    Double,
}

/// A column of a table: its name, and what it holds.
pub type DumpColumn = (String, ColumnType);

/// Takes in what a dump reads.
pub trait DumpSink {
    /// What may go wrong.
    type Error: From<Error>;

    /// Begins a table that has rows.
    ///
    /// # Errors
    ///
    /// The sink's own.
    fn table(&mut self, table: &'static str, columns: &[DumpColumn]) -> Result<(), Self::Error>;

    /// Takes in a row of the table that was begun last.
    ///
    /// # Errors
    ///
    /// The sink's own.
    fn row(&mut self, values: &[Value]) -> Result<(), Self::Error>;
}

impl Store {
    /// Reads every row as of one instant, while others go on writing.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`], and those of the sink.
    pub async fn dump<S: DumpSink>(&self, sink: &mut S) -> Result<(), S::Error> {
        let begin = match self.dialect() {
            Dialect::Sqlite => "begin",
            Dialect::Postgres => "begin isolation level repeatable read",
        };
        let reading = "reading the store";
        let mut frozen = self.pool().begin_with(begin).await.map_err(Error::sql(reading))?;
        for (table, order) in TABLES {
            let sql = format!("select * from {table} order by {order}");
            let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut *frozen);
            let mut columns: Vec<DumpColumn> = Vec::new();
            while let Some(row) = rows.try_next().await.map_err(Error::sql(reading))? {
                if columns.is_empty() {
                    columns = columns_of(&row);
                    sink.table(table, &columns)?;
                }
                let values: Result<Vec<Value>, sqlx::Error> = columns
                    .iter()
                    .enumerate()
                    .map(|(place, (_, kind))| value(&row, place, *kind))
                    .collect();
                sink.row(&values.map_err(Error::sql(reading))?)?;
            }
        }
        Ok(())
    }

    /// Returns whether nothing was ever kept here: no fact, no key, no model.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`].
    pub async fn is_empty(&self) -> Result<bool, Error> {
        let reading = "looking whether the store is empty";
        let counted = sqlx::query(
            "select (select sequence from ledger_head) + (select count(*) from api_keys) \
             + (select count(*) from model_versions) + (select count(*) from audit_events) as kept",
        )
        .fetch_one(self.pool())
        .await
        .map_err(Error::sql(reading))?;
        Ok(counted.try_get::<i64, _>("kept").map_err(Error::sql(reading))? == 0)
    }
}

impl Write {
    /// Removes the few rows that an empty store has, before rows of a dump take their place.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`].
    pub async fn clear(&mut self) -> Result<(), Error> {
        for (table, _) in TABLES.iter().rev() {
            sqlx::query(AssertSqlSafe(format!("delete from {table}")))
                .execute(self.connection())
                .await
                .map_err(Error::sql("clearing the store"))?;
        }
        Ok(())
    }

    /// Adds rows of a dump; returns an error for a table or column that is not one.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`], [`Error::Unreadable`].
    pub async fn load(
        &mut self,
        table: &str,
        columns: &[DumpColumn],
        rows: &[Vec<Value>],
    ) -> Result<(), Error> {
        let known = TABLES.iter().find(|(name, _)| *name == table);
        let unreadable = |column: &'static str, value: &str| Error::Unreadable {
            table: "the dump",
            column,
            value: value.to_owned(),
        };
        let (table, _) = known.ok_or_else(|| unreadable("table", table))?;
        for (name, _) in columns {
            // Names go into the statement as they are.
            let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            if name.is_empty() || !name.bytes().all(is_name) {
                return Err(unreadable("column", name));
            }
        }
        for chunk in rows.chunks(ROWS_OF_A_STATEMENT) {
            let sql = insertion(table, columns, chunk.len());
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for row in chunk {
                if row.len() != columns.len() {
                    return Err(unreadable("row", &format!("of {} values", row.len())));
                }
                for (value, (name, kind)) in row.iter().zip(columns) {
                    query = bound(query, value, *kind).ok_or_else(|| unreadable("value", name))?;
                }
            }
            query
                .execute(self.connection())
                .await
                .map_err(Error::sql("adding rows of a dump"))?;
        }
        Ok(())
    }
}

fn insertion(table: &str, columns: &[DumpColumn], rows: usize) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let mut sql = format!("insert into {table} ({}) values ", names.join(", "));
    for row in 0..rows {
        let first = row * columns.len();
        let places: Vec<String> = (1..=columns.len())
            .map(|place| format!("${}", first + place))
            .collect();
        if row > 0 {
            sql.push_str(", ");
        }
        sql.push('(');
        sql.push_str(&places.join(", "));
        sql.push(')');
    }
    sql
}

fn bound<'q>(
    query: Query<'q, Any, AnyArguments>,
    value: &Value,
    kind: ColumnType,
) -> Option<Query<'q, Any, AnyArguments>> {
    let is_null = value.is_null();
    match kind {
        ColumnType::Text if is_null => Some(query.bind(None::<String>)),
        ColumnType::Text => Some(query.bind(value.as_str()?.to_owned())),
        ColumnType::Bigint if is_null => Some(query.bind(None::<i64>)),
        ColumnType::Bigint => Some(query.bind(value.as_i64()?)),
        // sqlx's `Any` swaps the typed nulls of f32 and f64 for PostgreSQL.
        ColumnType::Double if is_null => Some(query.bind(None::<f32>)),
        ColumnType::Double => Some(query.bind(value.as_f64()?)),
    }
}

fn columns_of(row: &AnyRow) -> Vec<DumpColumn> {
    row.columns()
        .iter()
        .map(|column| {
            let kind = match column.type_info().kind() {
                AnyTypeInfoKind::SmallInt | AnyTypeInfoKind::Integer | AnyTypeInfoKind::BigInt => {
                    ColumnType::Bigint
                }
                AnyTypeInfoKind::Real | AnyTypeInfoKind::Double => ColumnType::Double,
                _ => ColumnType::Text,
            };
            (column.name().to_owned(), kind)
        })
        .collect()
}

fn value(row: &AnyRow, place: usize, kind: ColumnType) -> Result<Value, sqlx::Error> {
    if row.try_get_raw(place)?.is_null() {
        return Ok(Value::Null);
    }
    Ok(match kind {
        ColumnType::Text => Value::String(row.try_get(place)?),
        ColumnType::Bigint => Value::Number(row.try_get::<i64, _>(place)?.into()),
        ColumnType::Double => Number::from_f64(row.try_get(place)?).map_or(Value::Null, Value::Number),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sqlx::Row;

    use super::TABLES;
    use crate::app::store::Store;

    #[tokio::test]
    async fn a_dump_has_every_table_that_the_migrations_make() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("duecast.db").display());
        let store = Store::connect(&url).await.unwrap();
        let made = sqlx::query("select name from sqlite_master where type = 'table'")
            .fetch_all(store.pool())
            .await
            .unwrap();
        let made: BTreeSet<String> = made
            .iter()
            .map(|row| row.get::<String, _>("name"))
            .filter(|name| !name.starts_with('_'))
            .collect();
        let dumped: BTreeSet<String> = TABLES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(made, dumped);
    }
}
