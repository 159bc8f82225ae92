//! Facts out of the store: in their order, of one customer, page by page.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Row};

use super::Fact;
use super::statement::{Reader, is_latest, placeholders};
use crate::app::store::{Error, Store};
use crate::history::Table;
use crate::history::schema::columns;

/// Which facts are asked for: the latest versions that all of it applies to.
#[derive(Clone, Debug)]
pub(crate) struct FactFilter {
    pub(crate) customer_id: Option<String>,
    pub(crate) invoice_id: Option<String>,
    /// Legal entities; none is all, rows without an entity included.
    pub(crate) entities: Option<Vec<String>>,
    /// Facts after this one.
    pub(crate) after: i64,
    pub(crate) limit: i64,
}

impl Store {
    /// Returns a name that this ledger has had from its first start on, and no other ledger has.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store does not answer.
    pub(crate) async fn ledger_identity(&self) -> Result<String, Error> {
        let failed = || Error::sql("naming the ledger");
        let mut write = self.write().await?;
        sqlx::query(
            "insert into settings (name, value) values ('ledger_identity', $1) on conflict (name) do nothing",
        )
        .bind(uuid::Uuid::now_v7().to_string())
        .execute(write.connection())
        .await
        .map_err(failed())?;
        let row = sqlx::query("select value from settings where name = 'ledger_identity'")
            .fetch_one(write.connection())
            .await
            .map_err(failed())?;
        write.commit().await?;
        row.try_get::<String, _>(0_usize).map_err(failed())
    }

    /// Returns every fact of a table with a number above `after` and up to `until`, in order.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store does not answer, [`Error::Unreadable`] when a row is not as it was written.
    pub(crate) async fn facts_between(
        &self,
        table: Table,
        after: i64,
        until: i64,
    ) -> Result<Vec<Fact>, Error> {
        let reader = Reader::of(table);
        let sql = format!(
            "{} where t.sequence > $1 and t.sequence <= $2 order by t.sequence",
            reader.select()
        );
        // One by one: a row as the driver has it takes several times the space of the fact.
        let mut rows = sqlx::query(AssertSqlSafe(sql))
            .bind(after)
            .bind(until)
            .fetch(self.pool());
        let mut facts = Vec::new();
        while let Some(row) = rows.try_next().await.map_err(Error::sql("reading facts"))? {
            facts.push(reader.fact(&row)?);
        }
        Ok(facts)
    }

    /// Returns the latest version of everything that belongs to a customer and still holds, in order.
    ///
    /// # Errors
    ///
    /// As [`facts_between`](Self::facts_between).
    pub(crate) async fn facts_of_customer(
        &self,
        customer_id: &str,
    ) -> Result<BTreeMap<Table, Vec<Fact>>, Error> {
        let failed = || Error::sql("reading the facts of a customer");
        let mut connection = self.pool().acquire().await.map_err(failed())?;
        // Most tables have no row of a customer: to ask for all of them at once costs less than to ask each.
        let tables: Vec<Table> = Table::ALL
            .into_iter()
            .filter(|table| has(*table, "customer_id"))
            .collect();
        let present = sqlx::query(AssertSqlSafe(presence(&tables)))
            .bind(customer_id.to_owned())
            .fetch_one(&mut *connection)
            .await
            .map_err(failed())?;
        let mut asked = Vec::with_capacity(tables.len());
        for (place, table) in tables.into_iter().enumerate() {
            if present.try_get::<i64, _>(place).map_err(failed())? > 0 {
                asked.push(table);
            }
        }
        let mut found = BTreeMap::new();
        for table in asked {
            let reader = Reader::of(table);
            let sql = format!(
                "{} where t.customer_id = $1 and t.superseded_on is null and {} order by t.sequence",
                reader.select(),
                is_latest(table, "t", "n")
            );
            let rows = sqlx::query(AssertSqlSafe(sql))
                .bind(customer_id.to_owned())
                .fetch_all(&mut *connection)
                .await
                .map_err(failed())?;
            let facts = rows
                .iter()
                .map(|row| reader.fact(row))
                .collect::<Result<Vec<_>, _>>()?;
            if !facts.is_empty() {
                found.insert(table, facts);
            }
        }
        Ok(found)
    }

    /// Returns a page of the latest versions of a table that still hold, in order.
    ///
    /// # Errors
    ///
    /// As [`facts_between`](Self::facts_between).
    pub(crate) async fn list_facts(&self, table: Table, filter: &FactFilter) -> Result<Vec<Fact>, Error> {
        let reader = Reader::of(table);
        let (condition, texts) = condition_of(table, filter);
        let sql = format!(
            "{} where t.sequence > $1{condition} and t.superseded_on is null and {} order by t.sequence limit ${}",
            reader.select(),
            is_latest(table, "t", "n"),
            texts.len() + 2
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(filter.after);
        for text in texts {
            query = query.bind(text);
        }
        let rows = query
            .bind(filter.limit)
            .fetch_all(self.pool())
            .await
            .map_err(Error::sql("listing facts"))?;
        rows.iter().map(|row| reader.fact(row)).collect()
    }

    /// Returns the number of the last fact of a table; 0 where it has none.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store does not answer.
    pub(crate) async fn last_sequence(&self, table: Table) -> Result<i64, Error> {
        let row = sqlx::query(AssertSqlSafe(format!(
            "select coalesce(max(sequence), 0) from {table}"
        )))
        .fetch_one(self.pool())
        .await
        .map_err(Error::sql("asking for the last fact of a table"))?;
        row.try_get::<i64, _>(0_usize)
            .map_err(Error::sql("asking for the last fact of a table"))
    }

    /// Returns the number of facts of each table, corrections included.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store does not answer.
    pub(crate) async fn count_facts(&self) -> Result<BTreeMap<Table, i64>, Error> {
        let mut counts = BTreeMap::new();
        for table in Table::ALL {
            let row = sqlx::query(AssertSqlSafe(format!("select count(*) from {table}")))
                .fetch_one(self.pool())
                .await
                .map_err(Error::sql("counting facts"))?;
            let count = row
                .try_get::<i64, _>(0_usize)
                .map_err(Error::sql("counting facts"))?;
            counts.insert(table, count);
        }
        Ok(counts)
    }
}

/// Returns the question which of the tables have a row of the customer `$1`: for each one row or none.
fn presence(tables: &[Table]) -> String {
    let each = tables.iter().map(|table| {
        format!("(select count(*) from (select 1 from {table} where customer_id = $1 limit 1) r) as {table}")
    });
    format!("select {}", each.collect::<Vec<_>>().join(", "))
}

/// Returns whether a table has a column.
fn has(table: Table, column: &str) -> bool {
    columns(table).iter().any(|spec| spec.name == column)
}

/// Returns what a filter adds to the condition, and its texts as parameters from `$2` on.
fn condition_of(table: Table, filter: &FactFilter) -> (String, Vec<String>) {
    let mut condition = String::new();
    let mut texts = Vec::new();
    for (column, wanted) in [
        ("customer_id", &filter.customer_id),
        ("invoice_id", &filter.invoice_id),
    ] {
        if let Some(wanted) = wanted {
            texts.push(wanted.clone());
            condition.push_str(&format!(" and t.{column} = ${}", texts.len() + 1));
        }
    }
    if let Some(entities) = &filter.entities {
        let list = placeholders(texts.len() + 2, entities.len());
        match of_entities(table, &list) {
            Some(seen) if !entities.is_empty() => {
                texts.extend(entities.iter().cloned());
                condition.push_str(&seen);
            }
            _ => condition.push_str(" and 1 = 0"),
        }
    }
    (condition, texts)
}

/// Returns the condition that a row belongs to one of the entities: by itself, by its invoice, or by its customer
/// having an invoice of theirs; nothing where no row of the table belongs to any.
fn of_entities(table: Table, list: &str) -> Option<String> {
    if table == Table::Invoices {
        return Some(format!(" and t.entity in ({list})"));
    }
    let through = ["invoice_id", "customer_id"]
        .into_iter()
        .find(|column| has(table, column))?;
    Some(format!(
        " and exists (select 1 from invoices i where i.{through} = t.{through} and i.entity in ({list}) and {})",
        is_latest(Table::Invoices, "i", "m")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(customer_id: Option<&str>, entities: Option<&[&str]>) -> FactFilter {
        FactFilter {
            customer_id: customer_id.map(str::to_owned),
            invoice_id: None,
            entities: entities.map(|all| all.iter().map(|entity| (*entity).to_owned()).collect()),
            after: 0,
            limit: 10,
        }
    }

    #[test]
    fn every_table_is_asked_for_one_row_at_most() {
        assert_eq!(
            presence(&[Table::Customers, Table::Receipts]),
            "select (select count(*) from (select 1 from customers where customer_id = $1 limit 1) r) as customers, \
             (select count(*) from (select 1 from receipts where customer_id = $1 limit 1) r) as receipts"
        );
    }

    #[test]
    fn a_filter_numbers_its_parameters_from_two() {
        let (condition, texts) = condition_of(Table::Invoices, &filter(Some("C"), Some(&["A", "B"])));
        assert_eq!(condition, " and t.customer_id = $2 and t.entity in ($3, $4)");
        assert_eq!(texts, ["C", "A", "B"]);
    }

    #[test]
    fn rows_without_an_entity_are_reached_through_their_invoice_or_not_at_all() {
        let (payments, _) = condition_of(Table::Payments, &filter(None, Some(&["A"])));
        assert!(payments.contains("i.invoice_id = t.invoice_id"), "{payments}");
        let (customers, _) = condition_of(Table::Customers, &filter(None, Some(&["A"])));
        assert!(customers.contains("i.customer_id = t.customer_id"), "{customers}");
        let (rates, texts) = condition_of(Table::FxRates, &filter(None, Some(&["A"])));
        assert_eq!((rates.as_str(), texts.len()), (" and 1 = 0", 0));
        assert_eq!(
            condition_of(Table::Invoices, &filter(None, Some(&[]))).0,
            " and 1 = 0"
        );
    }
}
