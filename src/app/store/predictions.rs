//! What was predicted of an invoice on a day, kept to be compared with what came.

use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Row};

use super::{Error, PARAMETERS_MAX, Store};
use crate::domain::Date;
use crate::domain::date::parse_iso;

/// The columns, in the order in which they are bound.
const COLUMNS: [&str; 12] = [
    "as_of",
    "invoice_id",
    "model_version",
    "customer_id",
    "entity",
    "due_date",
    "late_probability",
    "paid_within_7",
    "paid_within_30",
    "p10",
    "p50",
    "p90",
];

/// What a model said of an open invoice on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptPrediction {
    /// The day.
    pub as_of: Date,
    /// The invoice.
    pub invoice_id: String,
    /// The version of the model.
    pub model_version: String,
    /// The customer.
    pub customer_id: String,
    /// The legal entity, where known.
    pub entity: Option<String>,
    /// The due date.
    pub due_date: Date,
    /// Probability of being open at the end of the due date.
    pub late_probability: f64,
    /// Probability of being paid within 7 days.
    pub paid_within_7: f64,
    /// Probability of being paid within 30 days.
    pub paid_within_30: f64,
    /// The day by which payment has probability 0.1.
    pub p10: Date,
    /// The day by which payment has probability 0.5.
    pub p50: Date,
    /// The day by which payment has probability 0.9.
    pub p90: Date,
}

impl Store {
    /// Keeps predictions; those that are there already stay as they are.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store fails; then none is kept.
    pub async fn keep_predictions(&self, rows: &[KeptPrediction]) -> Result<(), Error> {
        let mut write = self.write().await?;
        // A tenth of what one statement may hold: a payment that waits for the writer does not wait long.
        for chunk in rows.chunks(PARAMETERS_MAX / 10 / COLUMNS.len()) {
            let mut query = sqlx::query::<Any>(AssertSqlSafe(insert(chunk.len())));
            for row in chunk {
                query = query
                    .bind(row.as_of.to_string())
                    .bind(row.invoice_id.clone())
                    .bind(row.model_version.clone())
                    .bind(row.customer_id.clone())
                    .bind(row.entity.clone())
                    .bind(row.due_date.to_string())
                    .bind(row.late_probability)
                    .bind(row.paid_within_7)
                    .bind(row.paid_within_30)
                    .bind(row.p10.to_string())
                    .bind(row.p50.to_string())
                    .bind(row.p90.to_string());
            }
            query
                .execute(write.connection())
                .await
                .map_err(Error::sql("keeping predictions"))?;
        }
        write.commit().await
    }

    /// Returns what a model said from one day to another, both included.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store fails, [`Error::Unreadable`] for a date that is none.
    pub async fn kept_predictions(
        &self,
        model_version: &str,
        from: Date,
        to: Date,
    ) -> Result<Vec<KeptPrediction>, Error> {
        let rows = sqlx::query(
            "select as_of, invoice_id, model_version, customer_id, entity, due_date, late_probability, paid_within_7, \
             paid_within_30, p10, p50, p90 from predictions \
             where as_of >= $1 and as_of <= $2 and model_version = $3 order by as_of, invoice_id",
        )
        .bind(from.to_string())
        .bind(to.to_string())
        .bind(model_version.to_owned())
        .fetch_all(self.pool())
        .await
        .map_err(Error::sql("reading kept predictions"))?;
        rows.iter().map(kept).collect()
    }

    /// Forgets the predictions of all days before one; returns how many there were.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store fails.
    pub async fn forget_predictions(&self, before: Date) -> Result<u64, Error> {
        let mut write = self.write().await?;
        let done = sqlx::query("delete from predictions where as_of < $1")
            .bind(before.to_string())
            .execute(write.connection())
            .await
            .map_err(Error::sql("forgetting predictions"))?;
        write.commit().await?;
        Ok(done.rows_affected())
    }
}

/// The statement that keeps that many rows.
fn insert(rows: usize) -> String {
    let width = COLUMNS.len();
    let tuples: Vec<String> = (0..rows)
        .map(|row| {
            let places: Vec<String> = (1..=width)
                .map(|column| format!("${}", row * width + column))
                .collect();
            format!("({})", places.join(", "))
        })
        .collect();
    format!(
        "insert into predictions ({}) values {} on conflict (as_of, invoice_id, model_version) do nothing",
        COLUMNS.join(", "),
        tuples.join(", ")
    )
}

fn kept(row: &AnyRow) -> Result<KeptPrediction, Error> {
    let text = |column: &'static str| {
        row.try_get::<String, _>(column)
            .map_err(Error::sql("reading a kept prediction"))
    };
    let number = |column: &'static str| {
        row.try_get::<f64, _>(column)
            .map_err(Error::sql("reading a kept prediction"))
    };
    let date = |column: &'static str| {
        let value = text(column)?;
        parse_iso(&value).map_err(|_| Error::Unreadable {
            table: "predictions",
            column,
            value: value.clone(),
        })
    };
    Ok(KeptPrediction {
        as_of: date("as_of")?,
        invoice_id: text("invoice_id")?,
        model_version: text("model_version")?,
        customer_id: text("customer_id")?,
        entity: row
            .try_get::<Option<String>, _>("entity")
            .map_err(Error::sql("reading a kept prediction"))?,
        due_date: date("due_date")?,
        late_probability: number("late_probability")?,
        paid_within_7: number("paid_within_7")?,
        paid_within_30: number("paid_within_30")?,
        p10: date("p10")?,
        p50: date("p50")?,
        p90: date("p90")?,
    })
}

#[cfg(test)]
mod tests {
    use super::insert;

    #[test]
    fn every_value_has_a_place_of_its_own() {
        let statement = insert(2);
        assert!(statement.contains("($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12), ($13,"));
        assert!(statement.contains("$24) on conflict"));
    }
}
