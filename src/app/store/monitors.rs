//! What the monitors measured, and the days on which the service last did its daily work.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Error, Store};
use crate::domain::Date;
use crate::domain::date::parse_iso;

/// A measure of a model on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct MonitorRow {
    /// The day.
    pub as_of: Date,
    /// The version of the model.
    pub model_version: String,
    /// What was measured, such as `psi_max` or `psi:log_open_amount`.
    pub measure: String,
    /// What it is.
    pub value: f64,
    /// What it must not exceed, or of a coverage not fall below.
    pub threshold: f64,
    /// Whether it does.
    pub is_alarm: bool,
}

/// Which measures are read, newest day first.
#[derive(Clone, Debug)]
pub struct MonitorWindow {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Day, model version and measure of the row to begin behind.
    pub behind: Option<(Date, String, String)>,
    /// Largest number.
    pub limit: i64,
}

impl Store {
    /// Writes measures; one that is there already is replaced.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store fails; then none is written.
    pub async fn write_monitors(&self, rows: &[MonitorRow]) -> Result<(), Error> {
        let mut write = self.write().await?;
        for row in rows {
            sqlx::query(
                "insert into monitors (as_of, model_version, measure, value, threshold, is_alarm) \
                 values ($1, $2, $3, $4, $5, $6) on conflict (as_of, model_version, measure) \
                 do update set value = $4, threshold = $5, is_alarm = $6",
            )
            .bind(row.as_of.to_string())
            .bind(row.model_version.clone())
            .bind(row.measure.clone())
            .bind(row.value)
            .bind(row.threshold)
            .bind(i64::from(row.is_alarm))
            .execute(write.connection())
            .await
            .map_err(Error::sql("writing a measure"))?;
        }
        write.commit().await
    }

    /// Returns measures: the newest day first, within a day by model version and measure.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store fails, [`Error::Unreadable`] for a date that is none.
    pub async fn monitors(&self, window: &MonitorWindow) -> Result<Vec<MonitorRow>, Error> {
        let (day, version, measure) = match &window.behind {
            Some((day, version, measure)) => (day.to_string(), version.clone(), measure.clone()),
            None => (String::new(), String::new(), String::new()),
        };
        let rows = sqlx::query(
            "select as_of, model_version, measure, value, threshold, is_alarm from monitors \
             where as_of >= $1 and as_of <= $2 and ($3 = '' or as_of < $3 \
             or (as_of = $3 and (model_version > $4 or (model_version = $4 and measure > $5)))) \
             order by as_of desc, model_version, measure limit $6",
        )
        .bind(window.from.to_string())
        .bind(window.to.to_string())
        .bind(day)
        .bind(version)
        .bind(measure)
        .bind(window.limit)
        .fetch_all(self.pool())
        .await
        .map_err(Error::sql("reading measures"))?;
        rows.iter().map(measured).collect()
    }

    /// Returns the feature profile of a model version, as JSON, where it has one.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store fails.
    pub async fn model_profile(&self, version: &str) -> Result<Option<String>, Error> {
        let row = sqlx::query("select profile from model_versions where version = $1")
            .bind(version.to_owned())
            .fetch_optional(self.pool())
            .await
            .map_err(Error::sql("reading the profile of a model"))?;
        match row {
            Some(row) => row
                .try_get::<Option<String>, _>("profile")
                .map_err(Error::sql("reading the profile of a model")),
            None => Ok(None),
        }
    }

    /// Returns the day that is noted under a name.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store fails, [`Error::Unreadable`] when it is no day.
    pub async fn noted_day(&self, name: &str) -> Result<Option<Date>, Error> {
        let row = sqlx::query("select value from settings where name = $1")
            .bind(name.to_owned())
            .fetch_optional(self.pool())
            .await
            .map_err(Error::sql("reading a day"))?;
        let Some(row) = row else { return Ok(None) };
        let value = row
            .try_get::<String, _>("value")
            .map_err(Error::sql("reading a day"))?;
        Ok(Some(day_of("settings", "value", &value)?))
    }

    /// Notes a day under a name.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store fails.
    pub async fn note_day(&self, name: &str, day: Date) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into settings (name, value) values ($1, $2) on conflict (name) do update set value = $2",
        )
        .bind(name.to_owned())
        .bind(day.to_string())
        .execute(write.connection())
        .await
        .map_err(Error::sql("noting a day"))?;
        write.commit().await
    }
}

fn measured(row: &AnyRow) -> Result<MonitorRow, Error> {
    let text = |column: &'static str| {
        row.try_get::<String, _>(column)
            .map_err(Error::sql("reading a measure"))
    };
    let number = |column: &'static str| {
        row.try_get::<f64, _>(column)
            .map_err(Error::sql("reading a measure"))
    };
    let is_alarm = row
        .try_get::<i64, _>("is_alarm")
        .map_err(Error::sql("reading a measure"))?;
    Ok(MonitorRow {
        as_of: day_of("monitors", "as_of", &text("as_of")?)?,
        model_version: text("model_version")?,
        measure: text("measure")?,
        value: number("value")?,
        threshold: number("threshold")?,
        is_alarm: is_alarm != 0,
    })
}

fn day_of(table: &'static str, column: &'static str, value: &str) -> Result<Date, Error> {
    parse_iso(value).map_err(|_| Error::Unreadable {
        table,
        column,
        value: value.to_owned(),
    })
}
