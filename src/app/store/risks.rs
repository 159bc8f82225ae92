//! The risk of customers at the turn of each day.

use std::fmt::Write as _;

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::domain::Date;
use crate::domain::date::parse_iso;

use super::{Error, Store};

/// Rows written by one statement; six parameters each.
const ROWS_AT_ONCE: usize = 1_000;

/// The risk of a customer at the turn of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskRow {
    /// The customer.
    pub customer_id: String,
    /// The day.
    pub as_of: Date,
    /// `low`, `medium` or `high`.
    pub risk: String,
    /// The risk on the day before that has one; none for a customer that had none.
    pub previous_risk: Option<String>,
    /// Share of invoices that the customer pays late.
    pub late_share: f64,
    /// Expected days past due of what is open.
    pub expected_delay_days: f64,
}

impl Store {
    /// Writes the risks of a day; what was written before of the same customer and day is replaced.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store refuses; nothing was written then.
    pub async fn write_risks(&self, rows: &[RiskRow]) -> Result<(), Error> {
        let mut write = self.write().await?;
        for rows in rows.chunks(ROWS_AT_ONCE) {
            let mut query = sqlx::query::<sqlx::Any>(sqlx::AssertSqlSafe(upsert(rows.len())));
            for row in rows {
                query = query
                    .bind(row.customer_id.clone())
                    .bind(row.as_of.to_string())
                    .bind(row.risk.clone())
                    .bind(row.previous_risk.clone())
                    .bind(row.late_share)
                    .bind(row.expected_delay_days);
            }
            query
                .execute(write.connection())
                .await
                .map_err(Error::sql("writing the risks of customers"))?;
        }
        write.commit().await
    }

    /// Returns the risks of a day, by customer.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store has no answer, [`Error::Unreadable`] for a row of another version.
    pub async fn risks_on(&self, day: Date) -> Result<Vec<RiskRow>, Error> {
        let rows = sqlx::query(
            "select customer_id, as_of, risk, previous_risk, late_share, expected_delay_days from customer_risks \
             where as_of = $1 order by customer_id",
        )
        .bind(day.to_string())
        .fetch_all(self.pool())
        .await
        .map_err(Error::sql("reading the risks of a day"))?;
        rows.iter().map(risk_row).collect()
    }

    /// Returns the latest risk of each customer, by customer.
    ///
    /// # Errors
    ///
    /// As [`Store::risks_on`].
    pub async fn latest_risks(&self) -> Result<Vec<RiskRow>, Error> {
        let rows = sqlx::query(
            "select r.customer_id, r.as_of, r.risk, r.previous_risk, r.late_share, r.expected_delay_days \
             from customer_risks r \
             join (select customer_id, max(as_of) as as_of from customer_risks group by customer_id) latest \
             on latest.customer_id = r.customer_id and latest.as_of = r.as_of order by r.customer_id",
        )
        .fetch_all(self.pool())
        .await
        .map_err(Error::sql("reading the latest risks"))?;
        rows.iter().map(risk_row).collect()
    }

    /// Returns the changes of risk from a day on, by day and customer, after the one named; a first risk is none.
    ///
    /// # Errors
    ///
    /// As [`Store::risks_on`].
    pub async fn risk_changes_since(
        &self,
        since: Date,
        after: Option<(Date, &str)>,
        limit: i64,
    ) -> Result<Vec<RiskRow>, Error> {
        // Before the first row of the first day where none is named: no id is empty.
        let (day, customer_id) = after.unwrap_or((since, ""));
        let rows = sqlx::query(
            "select customer_id, as_of, risk, previous_risk, late_share, expected_delay_days from customer_risks \
             where as_of >= $1 and previous_risk is not null and previous_risk <> risk \
             and (as_of > $2 or (as_of = $2 and customer_id > $3)) \
             order by as_of, customer_id limit $4",
        )
        .bind(since.to_string())
        .bind(day.to_string())
        .bind(customer_id.to_owned())
        .bind(limit)
        .fetch_all(self.pool())
        .await
        .map_err(Error::sql("reading changes of risk"))?;
        rows.iter().map(risk_row).collect()
    }
}

/// The statement that writes so many rows.
fn upsert(rows: usize) -> String {
    let mut sql = String::from(
        "insert into customer_risks (customer_id, as_of, risk, previous_risk, late_share, expected_delay_days) values ",
    );
    for row in 0..rows {
        let first = 6 * row + 1;
        let separator = if row == 0 { "" } else { ", " };
        write!(
            sql,
            "{separator}(${}, ${}, ${}, ${}, ${}, ${})",
            first,
            first + 1,
            first + 2,
            first + 3,
            first + 4,
            first + 5
        )
        .expect("writing to a string cannot fail");
    }
    sql.push_str(
        " on conflict (customer_id, as_of) do update set risk = excluded.risk, previous_risk = excluded.previous_risk, \
         late_share = excluded.late_share, expected_delay_days = excluded.expected_delay_days",
    );
    sql
}

fn risk_row(row: &AnyRow) -> Result<RiskRow, Error> {
    let failed = || Error::sql("reading the risk of a customer");
    let as_of: String = row.try_get("as_of").map_err(failed())?;
    Ok(RiskRow {
        customer_id: row.try_get("customer_id").map_err(failed())?,
        as_of: parse_iso(&as_of).map_err(|_| Error::Unreadable {
            table: "customer_risks",
            column: "as_of",
            value: as_of.clone(),
        })?,
        risk: row.try_get("risk").map_err(failed())?,
        previous_risk: row.try_get("previous_risk").map_err(failed())?,
        late_share: row.try_get("late_share").map_err(failed())?,
        expected_delay_days: row.try_get("expected_delay_days").map_err(failed())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::add_days;

    fn row(customer_id: &str, as_of: Date, risk: &str, previous: Option<&str>) -> RiskRow {
        RiskRow {
            customer_id: customer_id.to_owned(),
            as_of,
            risk: risk.to_owned(),
            previous_risk: previous.map(str::to_owned),
            late_share: 0.25,
            expected_delay_days: -1.5,
        }
    }

    async fn store(folder: &tempfile::TempDir) -> Store {
        let url = format!("sqlite:{}", folder.path().join("duecast.db").display());
        Store::connect(&url).await.unwrap()
    }

    #[tokio::test]
    async fn changes_are_found_from_a_day_on_and_page_by_page() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        let monday = parse_iso("2026-03-30").unwrap();
        let tuesday = add_days(monday, 1);
        let rows = [
            row("C1", monday, "high", Some("low")),
            row("C2", monday, "low", None),
            row("C1", tuesday, "high", Some("high")),
            row("C2", tuesday, "medium", Some("low")),
        ];
        store.write_risks(&rows).await.unwrap();
        let changes = store.risk_changes_since(monday, None, 10).await.unwrap();
        assert_eq!(changes, [rows[0].clone(), rows[3].clone()]);
        let next = store
            .risk_changes_since(monday, Some((monday, "C1")), 10)
            .await
            .unwrap();
        assert_eq!(next, [rows[3].clone()]);
        assert!(
            store
                .risk_changes_since(add_days(tuesday, 1), None, 10)
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            store.latest_risks().await.unwrap(),
            [rows[2].clone(), rows[3].clone()]
        );
    }

    #[tokio::test]
    async fn a_day_written_again_is_the_last_one_written() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        let day = parse_iso("2026-03-30").unwrap();
        let many: Vec<RiskRow> = (0..2_500)
            .map(|number| row(&format!("C{number:04}"), day, "low", None))
            .collect();
        store.write_risks(&many).await.unwrap();
        let again = row("C0007", day, "high", Some("low"));
        store.write_risks(std::slice::from_ref(&again)).await.unwrap();
        let read = store.risks_on(day).await.unwrap();
        assert_eq!(read.len(), 2_500);
        assert_eq!(read[7], again);
    }
}
