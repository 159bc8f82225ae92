//! Forecasts: written once, read as they were.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Error, Store};
use crate::app::access::Scope;
use crate::app::clock::{Timestamp, from_micros, micros};
use crate::domain::Date;
use crate::domain::date::parse_iso;

/// What is known of a forecast beside its figures.
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastHead {
    /// The SHA-256 that names it.
    pub forecast_id: String,
    /// When it was made first.
    pub created_at: Timestamp,
    /// Who made it first.
    pub created_by: String,
    /// Last day whose facts it knows.
    pub as_of: Date,
    /// The model that predicted.
    pub model_version: String,
    /// The legal entities it was limited to.
    pub scope: Scope,
    /// What was asked for, defaults filled in.
    pub request: serde_json::Value,
}

/// A forecast as it is given out.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredForecast {
    /// What is known of it beside its figures.
    pub head: ForecastHead,
    /// The document, JSON.
    pub document: String,
}

/// The record of a forecast, which has a line an invoice and is read only where it is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordText {
    /// `record.json` of the record.
    pub record: String,
    /// `lines.ndjson` of the record, gzip, base64.
    pub lines: String,
}

/// Which forecasts are listed, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForecastWindow {
    /// Cut-off; `None` for any.
    pub as_of: Option<Date>,
    /// First cut-off; `None` for any.
    pub from: Option<Date>,
    /// Last cut-off; `None` for any.
    pub to: Option<Date>,
    /// Instant and id of the one to begin behind; `None` for the newest.
    pub before: Option<(Timestamp, String)>,
    /// Largest number of rows.
    pub limit: i64,
}

impl Store {
    /// Keeps a forecast; one that is there already stays as it is. Returns whether it was not there.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store refuses.
    pub async fn insert_forecast(&self, forecast: &StoredForecast, text: &RecordText) -> Result<bool, Error> {
        let head = &forecast.head;
        let entities = match &head.scope {
            Scope::All => None,
            Scope::Entities(entities) => Some(serde_json::json!(entities).to_string()),
        };
        let mut write = self.write().await?;
        let inserted = sqlx::query(
            "insert into forecasts (forecast_id, created_at, created_by, as_of, model_version, entities, request, \
             document, record, lines) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
             on conflict (forecast_id) do nothing",
        )
        .bind(head.forecast_id.clone())
        .bind(micros(head.created_at))
        .bind(head.created_by.clone())
        .bind(head.as_of.to_string())
        .bind(head.model_version.clone())
        .bind(entities)
        .bind(head.request.to_string())
        .bind(forecast.document.clone())
        .bind(text.record.clone())
        .bind(text.lines.clone())
        .execute(write.connection())
        .await
        .map_err(Error::sql("keeping a forecast"))?;
        write.commit().await?;
        Ok(inserted.rows_affected() > 0)
    }

    /// Returns a forecast, if there is one of that id.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store cannot be read, [`Error::Unreadable`] for a row of another version.
    pub async fn forecast(&self, forecast_id: &str) -> Result<Option<StoredForecast>, Error> {
        let row = sqlx::query(
            "select forecast_id, created_at, created_by, as_of, model_version, entities, request, document \
             from forecasts where forecast_id = $1",
        )
        .bind(forecast_id.to_owned())
        .fetch_optional(self.pool())
        .await
        .map_err(Error::sql("reading a forecast"))?;
        let Some(row) = row else {
            return Ok(None);
        };
        Ok(Some(StoredForecast {
            head: head_of(&row)?,
            document: text(&row, "document")?,
        }))
    }

    /// Returns the record of a forecast, if there is one of that id.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store cannot be read.
    pub async fn forecast_record(&self, forecast_id: &str) -> Result<Option<RecordText>, Error> {
        let row = sqlx::query("select record, lines from forecasts where forecast_id = $1")
            .bind(forecast_id.to_owned())
            .fetch_optional(self.pool())
            .await
            .map_err(Error::sql("reading the record of a forecast"))?;
        row.map(|row| {
            Ok(RecordText {
                record: text(&row, "record")?,
                lines: text(&row, "lines")?,
            })
        })
        .transpose()
    }

    /// Lists forecasts, newest first.
    ///
    /// # Errors
    ///
    /// Those of [`forecast`](Self::forecast).
    pub async fn forecasts(&self, window: &ForecastWindow) -> Result<Vec<ForecastHead>, Error> {
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let (created_at, forecast_id) = match &window.before {
            Some((created_at, forecast_id)) => (micros(*created_at), forecast_id.clone()),
            None => (i64::MAX, String::new()),
        };
        let rows = sqlx::query(
            "select forecast_id, created_at, created_by, as_of, model_version, entities, request from forecasts \
             where (created_at < $1 or (created_at = $1 and forecast_id < $2)) and ($3 = '' or as_of = $3) \
             and ($4 = '' or as_of >= $4) and ($5 = '' or as_of <= $5) \
             order by created_at desc, forecast_id desc limit $6",
        )
        .bind(created_at)
        .bind(forecast_id)
        .bind(day(window.as_of))
        .bind(day(window.from))
        .bind(day(window.to))
        .bind(window.limit)
        .fetch_all(self.pool())
        .await
        .map_err(Error::sql("listing forecasts"))?;
        rows.iter().map(head_of).collect()
    }
}

fn head_of(row: &AnyRow) -> Result<ForecastHead, Error> {
    let as_of = text(row, "as_of")?;
    let created_at: i64 = row
        .try_get("created_at")
        .map_err(Error::sql("reading a forecast"))?;
    let entities: Option<String> = row
        .try_get("entities")
        .map_err(Error::sql("reading a forecast"))?;
    let scope = match entities {
        None => Scope::All,
        Some(entities) => Scope::Entities(json("entities", &entities)?),
    };
    Ok(ForecastHead {
        forecast_id: text(row, "forecast_id")?,
        created_at: from_micros(created_at),
        created_by: text(row, "created_by")?,
        as_of: parse_iso(&as_of).map_err(|_| unreadable("as_of", &as_of))?,
        model_version: text(row, "model_version")?,
        scope,
        request: json("request", &text(row, "request")?)?,
    })
}

fn text(row: &AnyRow, column: &'static str) -> Result<String, Error> {
    row.try_get(column).map_err(Error::sql("reading a forecast"))
}

fn json<T: serde::de::DeserializeOwned>(column: &'static str, text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|_| unreadable(column, text))
}

fn unreadable(column: &'static str, value: &str) -> Error {
    Error::Unreadable {
        table: "forecasts",
        column,
        value: value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{ForecastHead, ForecastWindow, RecordText, StoredForecast};
    use crate::app::access::Scope;
    use crate::app::clock::from_micros;
    use crate::app::store::Store;
    use crate::domain::date::parse_iso;

    fn forecast(id: &str, at: i64, as_of: &str, scope: Scope) -> StoredForecast {
        StoredForecast {
            head: ForecastHead {
                forecast_id: id.to_owned(),
                created_at: from_micros(at),
                created_by: "key:k".to_owned(),
                as_of: parse_iso(as_of).unwrap(),
                model_version: "m-1".to_owned(),
                scope,
                request: serde_json::json!({"bucket": "week"}),
            },
            document: "{}\n".to_owned(),
        }
    }

    fn record(text: &str) -> RecordText {
        RecordText {
            record: text.to_owned(),
            lines: "bGluZXM=".to_owned(),
        }
    }

    const ALL: ForecastWindow = ForecastWindow {
        as_of: None,
        from: None,
        to: None,
        before: None,
        limit: 10,
    };

    async fn ids(store: &Store, window: &ForecastWindow) -> Vec<String> {
        let heads = store.forecasts(window).await.unwrap();
        heads.into_iter().map(|head| head.forecast_id).collect()
    }

    #[tokio::test]
    async fn a_forecast_is_kept_once_and_never_changed() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        let store = Store::connect(&url).await.unwrap();
        let scope = Scope::Entities(["NL01".to_owned()].into_iter().collect());
        let first = forecast("f1", 5, "2026-01-31", scope);
        assert!(store.insert_forecast(&first, &record("r1")).await.unwrap());
        let later = forecast("f1", 9, "2026-02-28", Scope::All);
        assert!(!store.insert_forecast(&later, &record("r2")).await.unwrap());
        assert_eq!(store.forecast("f1").await.unwrap(), Some(first));
        assert_eq!(store.forecast_record("f1").await.unwrap(), Some(record("r1")));
        assert_eq!(store.forecast("f2").await.unwrap(), None);
        assert_eq!(store.forecast_record("f2").await.unwrap(), None);
    }

    #[tokio::test]
    async fn forecasts_are_listed_newest_first_in_pages() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        let store = Store::connect(&url).await.unwrap();
        for (id, at, as_of) in [
            ("f1", 5, "2026-01-31"),
            ("f2", 7, "2026-02-28"),
            ("f3", 7, "2026-03-31"),
        ] {
            let made = forecast(id, at, as_of, Scope::All);
            assert!(store.insert_forecast(&made, &record("r")).await.unwrap());
        }
        assert_eq!(ids(&store, &ALL).await, ["f3", "f2", "f1"]);
        let behind = ForecastWindow {
            before: Some((from_micros(7), "f3".to_owned())),
            limit: 1,
            ..ALL
        };
        assert_eq!(ids(&store, &behind).await, ["f2"]);
        let february = parse_iso("2026-02-28").unwrap();
        let day = ForecastWindow {
            as_of: Some(february),
            ..ALL
        };
        assert_eq!(ids(&store, &day).await, ["f2"]);
        let since = ForecastWindow {
            from: Some(february),
            ..ALL
        };
        assert_eq!(ids(&store, &since).await, ["f3", "f2"]);
        let until = ForecastWindow {
            to: Some(february),
            ..ALL
        };
        assert_eq!(ids(&store, &until).await, ["f2", "f1"]);
    }
}
