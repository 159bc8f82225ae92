//! What the ledger has already of the rows that come in: looked up many at a time.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, Row};

use super::statement::{Reader, bind, is_latest, placeholders};
use super::{Fact, Value};
use crate::app::store::{Error, Store, Write};
use crate::history::schema::columns;
use crate::history::{ColumnKind, Table};

/// Texts of one list. A list is filled up with its last text, so that few statements are kept prepared.
const TEXTS_OF_A_LIST: [usize; 3] = [1, 16, 256];
/// Keys of several columns of one condition, filled up likewise.
const KEYS_OF_A_CONDITION: [usize; 2] = [1, 32];

/// Which versions of a row are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Versions {
    /// The last one, be it one that holds no more.
    Latest,
    /// All of them.
    Every,
}

impl Versions {
    /// Returns what is added to the condition for the rows of `t`.
    fn condition(self, table: Table) -> String {
        match self {
            Self::Latest => format!(" and {}", is_latest(table, "t", "n")),
            Self::Every => String::new(),
        }
    }
}

/// Whose an invoice is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceOwner {
    /// Who owes it.
    pub customer_id: String,
    /// Its currency.
    pub currency: String,
    /// The legal entity that issued it.
    pub entity: Option<String>,
}

impl Store {
    /// Returns whose an invoice is, by its latest version.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store does not answer.
    pub(crate) async fn invoice_owner(&self, invoice_id: &str) -> Result<Option<InvoiceOwner>, Error> {
        let row = sqlx::query(
            "select customer_id, currency, entity from invoices where invoice_id = $1 \
             order by sequence desc limit 1",
        )
        .bind(invoice_id.to_owned())
        .fetch_optional(self.pool())
        .await
        .map_err(Error::sql("looking an invoice up"))?;
        row.map(|row| owner_of(&row, 0)).transpose()
    }
}

impl Write {
    /// Returns versions of the rows with one of these texts in a column.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store does not answer.
    pub(crate) async fn facts_by_text(
        &mut self,
        table: Table,
        column: &'static str,
        texts: &BTreeSet<String>,
        versions: Versions,
    ) -> Result<Vec<Fact>, Error> {
        let reader = Reader::of(table);
        let mut found = Vec::new();
        for list in lists(texts) {
            let sql = format!(
                "{} where t.{column} in ({}){}",
                reader.select(),
                placeholders(1, list.len()),
                versions.condition(table)
            );
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for id in list {
                query = query.bind(id);
            }
            let rows = query
                .fetch_all(self.connection())
                .await
                .map_err(Error::sql("looking facts up"))?;
            for row in &rows {
                found.push(reader.fact(row)?);
            }
        }
        Ok(found)
    }

    /// Returns versions of the rows with one of these keys of several columns; a column that may be
    /// absent is left open, so that more may be found than was asked for.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store does not answer.
    pub(crate) async fn facts_by_key(
        &mut self,
        table: Table,
        keys: &[Vec<Value>],
        versions: Versions,
    ) -> Result<Vec<Fact>, Error> {
        let reader = Reader::of(table);
        let parts = key_columns(table);
        let mut found = Vec::new();
        for group in groups(keys) {
            let terms: Vec<String> = (0..group.len())
                .map(|term| {
                    let each: Vec<String> = (1_usize..)
                        .zip(&parts)
                        .map(|(part, (name, _, _))| format!("t.{name} = ${}", term * parts.len() + part))
                        .collect();
                    format!("({})", each.join(" and "))
                })
                .collect();
            let sql = format!(
                "{} where ({}){}",
                reader.select(),
                terms.join(" or "),
                versions.condition(table)
            );
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for key in group {
                for (_, kind, index) in &parts {
                    query = bind(query, *kind, &key[*index]);
                }
            }
            let rows = query
                .fetch_all(self.connection())
                .await
                .map_err(Error::sql("looking facts up"))?;
            for row in &rows {
                found.push(reader.fact(row)?);
            }
        }
        Ok(found)
    }

    /// Returns whose these invoices are; those that are not in the ledger are left out.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store does not answer.
    pub(crate) async fn owners_of_invoices(
        &mut self,
        ids: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, InvoiceOwner>, Error> {
        let mut found = BTreeMap::new();
        for list in lists(ids) {
            let sql = format!(
                "select t.invoice_id, t.customer_id, t.currency, t.entity from invoices t \
                 where t.invoice_id in ({}) and {}",
                placeholders(1, list.len()),
                is_latest(Table::Invoices, "t", "n")
            );
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for id in list {
                query = query.bind(id);
            }
            let rows = query
                .fetch_all(self.connection())
                .await
                .map_err(Error::sql("looking invoices up"))?;
            for row in &rows {
                let id = row
                    .try_get::<String, _>(0_usize)
                    .map_err(Error::sql("looking invoices up"))?;
                found.insert(id, owner_of(row, 1)?);
            }
        }
        Ok(found)
    }

    /// Returns which of these invoices have a payment that was matched, not allocated by the source.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store does not answer.
    pub(crate) async fn matched_invoices(
        &mut self,
        ids: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, Error> {
        self.texts_among(ids, "looking matched payments up", |list| {
            format!("select distinct invoice_id from payments where invoice_id in ({list}) and confidence is not null")
        })
        .await
    }

    /// Returns which of these texts a table has in a column.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store does not answer.
    pub(crate) async fn present(
        &mut self,
        table: Table,
        column: &'static str,
        texts: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, Error> {
        self.texts_among(texts, "looking texts up", |list| {
            format!("select distinct {column} from {table} where {column} in ({list})")
        })
        .await
    }

    /// Returns the texts that a query finds, asked for a list of placeholders at a time.
    async fn texts_among(
        &mut self,
        texts: &BTreeSet<String>,
        doing: &'static str,
        sql: impl Fn(&str) -> String + Send,
    ) -> Result<BTreeSet<String>, Error> {
        let mut found = BTreeSet::new();
        for list in lists(texts) {
            let mut query = sqlx::query(AssertSqlSafe(sql(&placeholders(1, list.len()))));
            for text in list {
                query = query.bind(text);
            }
            let rows = query
                .fetch_all(self.connection())
                .await
                .map_err(Error::sql(doing))?;
            for row in &rows {
                let text = row.try_get::<String, _>(0_usize);
                found.insert(text.map_err(Error::sql(doing))?);
            }
        }
        Ok(found)
    }
}

fn owner_of(row: &sqlx::any::AnyRow, first: usize) -> Result<InvoiceOwner, Error> {
    let failed = || Error::sql("looking an invoice up");
    Ok(InvoiceOwner {
        customer_id: row.try_get::<String, _>(first).map_err(failed())?,
        currency: row.try_get::<String, _>(first + 1).map_err(failed())?,
        entity: row.try_get::<Option<String>, _>(first + 2).map_err(failed())?,
    })
}

/// Returns name, kind and place in the key of the key's columns that every row has.
fn key_columns(table: Table) -> Vec<(&'static str, ColumnKind, usize)> {
    let specs = columns(table);
    table
        .key()
        .iter()
        .enumerate()
        .filter_map(|(index, name)| {
            let spec = specs.iter().find(|spec| spec.name == *name)?;
            spec.required.then_some((*name, spec.kind, index))
        })
        .collect()
}

/// Returns the texts in lists of few sizes.
fn lists(texts: &BTreeSet<String>) -> Vec<Vec<String>> {
    let all: Vec<String> = texts.iter().cloned().collect();
    filled(&all, &TEXTS_OF_A_LIST)
}

/// Returns the keys in groups of few sizes.
fn groups(keys: &[Vec<Value>]) -> Vec<Vec<Vec<Value>>> {
    filled(keys, &KEYS_OF_A_CONDITION)
}

/// Cuts into pieces of the largest size; the last is filled up to the next size with its last thing.
fn filled<T: Clone>(things: &[T], sizes: &[usize]) -> Vec<Vec<T>> {
    let largest = sizes.last().copied().unwrap_or(1);
    things
        .chunks(largest)
        .map(|chunk| {
            let size = sizes
                .iter()
                .copied()
                .find(|size| *size >= chunk.len())
                .unwrap_or(largest);
            let mut piece = chunk.to_vec();
            if let Some(last) = chunk.last() {
                piece.resize(size, last.clone());
            }
            piece
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_have_few_sizes_and_lose_nothing() {
        let numbers: Vec<u32> = (0..300).collect();
        let pieces = filled(&numbers, &TEXTS_OF_A_LIST);
        let sizes: Vec<usize> = pieces.iter().map(Vec::len).collect();
        assert_eq!(sizes, [256, 256]);
        assert_eq!(pieces[1][43..46], [299, 299, 299]);
        assert_eq!(filled(&numbers[..1], &TEXTS_OF_A_LIST), [[0]]);
        assert!(filled(&numbers[..0], &TEXTS_OF_A_LIST).is_empty());
    }

    #[test]
    fn a_key_column_that_may_be_absent_is_not_asked_for() {
        let names: Vec<&str> = key_columns(Table::CreditRatings)
            .into_iter()
            .map(|(name, _, _)| name)
            .collect();
        assert_eq!(names, ["customer_id", "score_date"]);
    }
}
