//! Statements about facts: their text, their parameters and the rows they give.

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, Row};

use super::{Fact, Value, layout};
use crate::app::store::Error;
use crate::domain::date::{day_number, from_day_number, parse_iso};
use crate::history::schema::SUPERSEDED_ON;
use crate::history::{ColumnKind, Table};

/// A query of either store.
pub(super) type AnyQuery<'q> = Query<'q, Any, AnyArguments>;

/// Reads the facts of one table out of rows.
#[derive(Debug)]
pub(super) struct Reader {
    table: Table,
    layout: Vec<(&'static str, ColumnKind)>,
}

impl Reader {
    pub(super) fn of(table: Table) -> Self {
        Self {
            table,
            layout: layout(table),
        }
    }

    /// Returns `select ... from TABLE t`, with the columns that [`fact`](Self::fact) reads.
    pub(super) fn select(&self) -> String {
        let mut sql = "select t.sequence, t.supersedes, t.content_hash, t.superseded_on".to_owned();
        for (name, _) in &self.layout {
            sql.push_str(", t.");
            sql.push_str(name);
        }
        sql.push_str(" from ");
        sql.push_str(self.table.name());
        sql.push_str(" t");
        sql
    }

    /// Reads one row.
    pub(super) fn fact(&self, row: &AnyRow) -> Result<Fact, Error> {
        let mut values = Vec::with_capacity(self.layout.len());
        for (index, (name, kind)) in (4_usize..).zip(self.layout.iter().copied()) {
            values.push(self.value(row, index, name, kind)?);
        }
        let ended = row
            .try_get::<Option<String>, _>(3_usize)
            .map_err(Error::sql("reading a fact"))?;
        Ok(Fact {
            sequence: row
                .try_get::<i64, _>(0_usize)
                .map_err(Error::sql("reading a fact"))?,
            supersedes: row
                .try_get::<Option<i64>, _>(1_usize)
                .map_err(Error::sql("reading a fact"))?,
            content_hash: row
                .try_get::<String, _>(2_usize)
                .map_err(Error::sql("reading a fact"))?,
            superseded_on: match ended {
                Some(text) => Some(self.day(SUPERSEDED_ON, text)?),
                None => None,
            },
            values,
        })
    }

    fn value(
        &self,
        row: &AnyRow,
        index: usize,
        name: &'static str,
        kind: ColumnKind,
    ) -> Result<Value, Error> {
        let failed = Error::sql("reading a fact");
        let value = match kind {
            ColumnKind::Id | ColumnKind::Text | ColumnKind::Currency => {
                let text = row.try_get::<Option<String>, _>(index).map_err(failed)?;
                text.map(Value::Text)
            }
            ColumnKind::Amount | ColumnKind::Integer => {
                let number = row.try_get::<Option<i64>, _>(index).map_err(failed)?;
                number.map(Value::Integer)
            }
            ColumnKind::Number => {
                let number = row.try_get::<Option<f64>, _>(index).map_err(failed)?;
                number.map(Value::Number)
            }
            ColumnKind::Date => match row.try_get::<Option<String>, _>(index).map_err(failed)? {
                Some(text) => Some(Value::Day(self.day(name, text)?)),
                None => None,
            },
        };
        Ok(value.unwrap_or(Value::Null))
    }

    fn day(&self, column: &'static str, value: String) -> Result<i32, Error> {
        match parse_iso(&value) {
            Ok(date) => Ok(day_number(date)),
            Err(_) => Err(Error::Unreadable {
                table: self.table.name(),
                column,
                value,
            }),
        }
    }
}

/// Gives a query its next parameter.
pub(super) fn bind<'q>(query: AnyQuery<'q>, kind: ColumnKind, value: &Value) -> AnyQuery<'q> {
    match value {
        Value::Text(text) => query.bind(text.clone()),
        Value::Integer(number) => query.bind(*number),
        Value::Number(number) => query.bind(*number),
        Value::Day(day) => query.bind(from_day_number(*day).to_string()),
        // PostgreSQL prepares a statement for the types of its first parameters, so a null must have the type
        // of the value that may stand there next time.
        Value::Null => match kind {
            ColumnKind::Amount | ColumnKind::Integer => query.bind(None::<i64>),
            // sqlx 0.9 hands the null of an f32 to PostgreSQL as one of an f64, and the other way round.
            ColumnKind::Number => query.bind(None::<f32>),
            ColumnKind::Id | ColumnKind::Text | ColumnKind::Currency | ColumnKind::Date => {
                query.bind(None::<String>)
            }
        },
    }
}

/// Returns `$first, $first+1, ...`.
pub(super) fn placeholders(first: usize, count: usize) -> String {
    let each: Vec<String> = (first..first + count)
        .map(|number| format!("${number}"))
        .collect();
    each.join(", ")
}

/// Returns the condition that no later version of the row is there.
pub(super) fn is_latest(table: Table, row: &str, later: &str) -> String {
    // Without statistics PostgreSQL answers `not exists` by a hash of the whole table; this it looks up.
    let mut condition = format!("{row}.sequence = (select {later}.sequence from {table} {later} where ");
    let mut separator = "";
    for name in table.key() {
        // The agency of a rating may be absent, and absent is a value of its own there.
        let equals = if *name == "source" {
            "is not distinct from"
        } else {
            "="
        };
        condition.push_str(&format!("{separator}{later}.{name} {equals} {row}.{name}"));
        separator = " and ";
    }
    condition.push_str(&format!(" order by {later}.sequence desc limit 1)"));
    condition
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_made_from_the_schema() {
        assert_eq!(placeholders(3, 2), "$3, $4");
        let select = Reader::of(Table::Customers).select();
        let first = "select t.sequence, t.supersedes, t.content_hash, t.superseded_on, t.customer_id, t.name";
        assert!(select.starts_with(first), "{select}");
        assert!(select.contains("t.credit_limit_minor"), "{select}");
        assert!(
            select.ends_with("t.recorded_at, t.known_on from customers t"),
            "{select}"
        );
        assert_eq!(
            is_latest(Table::CreditRatings, "t", "n"),
            "t.sequence = (select n.sequence from credit_ratings n where n.customer_id = t.customer_id \
             and n.score_date = t.score_date and n.source is not distinct from t.source \
             order by n.sequence desc limit 1)"
        );
    }
}
