//! What was advised, and what came of it.

use sqlx::{AssertSqlSafe, Row};

use super::{Error, Store};

/// Rows written or read by one statement; five parameters each.
const ROWS_AT_ONCE: usize = 200;

/// Advice as the store keeps it; instants are microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecommendationRow {
    pub(crate) recommendation_id: String,
    pub(crate) customer_id: String,
    pub(crate) as_of: String,
    pub(crate) created_at: i64,
    /// JSON.
    pub(crate) document: String,
}

/// Something that was told about advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutcomeRow {
    pub(crate) outcome_id: String,
    pub(crate) recommendation_id: String,
    pub(crate) recorded_at: i64,
    /// JSON.
    pub(crate) document: String,
}

/// Advice with what was decided about it, as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DecidedRow {
    pub(crate) recommendation_id: String,
    pub(crate) document: String,
    pub(crate) decided: Option<String>,
}

/// Returns the id of the one row that says what was decided about advice.
pub(crate) fn decided_id(recommendation_id: &str) -> String {
    format!("{recommendation_id}:decided")
}

impl Store {
    /// Keeps advice; what is there under the same id stays as it is.
    pub(crate) async fn insert_recommendations(&self, rows: &[RecommendationRow]) -> Result<(), Error> {
        let mut write = self.write().await?;
        for rows in rows.chunks(ROWS_AT_ONCE) {
            let mut query = sqlx::query::<sqlx::Any>(AssertSqlSafe(insertion(rows.len())));
            for row in rows {
                query = query
                    .bind(row.recommendation_id.clone())
                    .bind(row.customer_id.clone())
                    .bind(row.as_of.clone())
                    .bind(row.created_at)
                    .bind(row.document.clone());
            }
            query
                .execute(write.connection())
                .await
                .map_err(Error::sql("keeping recommendations"))?;
        }
        write.commit().await
    }

    /// Returns the document of advice.
    pub(crate) async fn recommendation(&self, recommendation_id: &str) -> Result<Option<String>, Error> {
        let failed = || Error::sql("reading a recommendation");
        let row = sqlx::query("select document from recommendations where recommendation_id = $1")
            .bind(recommendation_id.to_owned())
            .fetch_optional(self.pool())
            .await
            .map_err(failed())?;
        row.map(|row| row.try_get::<String, _>("document"))
            .transpose()
            .map_err(failed())
    }

    /// Returns those of some ids that are kept, with their documents.
    pub(crate) async fn recommendations_among(&self, ids: &[String]) -> Result<Vec<(String, String)>, Error> {
        let failed = || Error::sql("reading recommendations");
        let mut found = Vec::new();
        for ids in ids.chunks(ROWS_AT_ONCE) {
            let places: Vec<String> = (1..=ids.len()).map(|place| format!("${place}")).collect();
            let sql = format!(
                "select recommendation_id, document from recommendations where recommendation_id in ({})",
                places.join(", ")
            );
            let mut query = sqlx::query::<sqlx::Any>(AssertSqlSafe(sql));
            for id in ids {
                query = query.bind(id.clone());
            }
            for row in query.fetch_all(self.pool()).await.map_err(failed())? {
                let id = row.try_get("recommendation_id").map_err(failed())?;
                let document = row.try_get("document").map_err(failed())?;
                found.push((id, document));
            }
        }
        Ok(found)
    }

    /// Returns advice of some days with what was decided about it, by id, after the one named; `after` may be empty.
    pub(crate) async fn decisions_between(
        &self,
        (from, to): (&str, &str),
        after: &str,
        limit: i64,
    ) -> Result<Vec<DecidedRow>, Error> {
        let failed = || Error::sql("reading decisions");
        let rows = sqlx::query(
            "select r.recommendation_id, r.document, o.document as decided from recommendations r \
             left join recommendation_outcomes o on o.outcome_id = r.recommendation_id || ':decided' \
             where r.as_of >= $1 and r.as_of <= $2 and r.recommendation_id > $3 \
             order by r.recommendation_id limit $4",
        )
        .bind(from.to_owned())
        .bind(to.to_owned())
        .bind(after.to_owned())
        .bind(limit)
        .fetch_all(self.pool())
        .await
        .map_err(failed())?;
        rows.iter()
            .map(|row| {
                Ok(DecidedRow {
                    recommendation_id: row.try_get("recommendation_id")?,
                    document: row.try_get("document")?,
                    decided: row.try_get("decided")?,
                })
            })
            .collect::<Result<Vec<DecidedRow>, sqlx::Error>>()
            .map_err(failed())
    }

    /// Keeps what was told about advice; returns whether there was nothing under the id.
    pub(crate) async fn insert_outcome(&self, row: &OutcomeRow) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let written = sqlx::query(
            "insert into recommendation_outcomes (outcome_id, recommendation_id, recorded_at, document) \
             values ($1, $2, $3, $4) on conflict (outcome_id) do nothing",
        )
        .bind(row.outcome_id.clone())
        .bind(row.recommendation_id.clone())
        .bind(row.recorded_at)
        .bind(row.document.clone())
        .execute(write.connection())
        .await
        .map_err(Error::sql("keeping feedback"))?;
        write.commit().await?;
        Ok(written.rows_affected() > 0)
    }

    /// Returns what was told about advice, first one first.
    pub(crate) async fn outcomes_of(&self, recommendation_id: &str) -> Result<Vec<OutcomeRow>, Error> {
        let failed = || Error::sql("reading feedback");
        let rows = sqlx::query(
            "select outcome_id, recommendation_id, recorded_at, document from recommendation_outcomes \
             where recommendation_id = $1 order by recorded_at, outcome_id",
        )
        .bind(recommendation_id.to_owned())
        .fetch_all(self.pool())
        .await
        .map_err(failed())?;
        rows.iter()
            .map(|row| {
                Ok(OutcomeRow {
                    outcome_id: row.try_get("outcome_id")?,
                    recommendation_id: row.try_get("recommendation_id")?,
                    recorded_at: row.try_get("recorded_at")?,
                    document: row.try_get("document")?,
                })
            })
            .collect::<Result<Vec<OutcomeRow>, sqlx::Error>>()
            .map_err(failed())
    }
}

/// The statement that keeps so many rows.
fn insertion(rows: usize) -> String {
    let places: Vec<String> = (0..rows)
        .map(|row| {
            let first = 5 * row;
            let places: Vec<String> = (1..=5).map(|place| format!("${}", first + place)).collect();
            format!("({})", places.join(", "))
        })
        .collect();
    format!(
        "insert into recommendations (recommendation_id, customer_id, as_of, created_at, document) values {} \
         on conflict (recommendation_id) do nothing",
        places.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: usize, as_of: &str, document: &str) -> RecommendationRow {
        RecommendationRow {
            recommendation_id: format!("r{id:04}"),
            customer_id: "C1".to_owned(),
            as_of: as_of.to_owned(),
            created_at: 5,
            document: document.to_owned(),
        }
    }

    async fn store(folder: &tempfile::TempDir) -> Store {
        let url = format!("sqlite:{}", folder.path().join("duecast.db").display());
        Store::connect(&url).await.unwrap()
    }

    #[tokio::test]
    async fn what_was_told_first_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        let many: Vec<RecommendationRow> = (0..450).map(|id| row(id, "2026-03-29", "first")).collect();
        store.insert_recommendations(&many).await.unwrap();
        let again = [row(7, "2026-03-29", "second")];
        store.insert_recommendations(&again).await.unwrap();
        assert_eq!(
            store.recommendation("r0007").await.unwrap().as_deref(),
            Some("first")
        );
        assert_eq!(store.recommendation("r9999").await.unwrap(), None);
        let ids: Vec<String> = (0..450).map(|id| format!("r{:04}", 2 * id)).collect();
        assert_eq!(store.recommendations_among(&ids).await.unwrap().len(), 225);
    }

    #[tokio::test]
    async fn a_decision_is_taken_once_and_found_beside_its_advice() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        let rows = [
            row(1, "2026-03-28", "a"),
            row(2, "2026-03-29", "b"),
            row(3, "2026-03-30", "c"),
        ];
        store.insert_recommendations(&rows).await.unwrap();
        let outcome = |document: &str| OutcomeRow {
            outcome_id: decided_id("r0002"),
            recommendation_id: "r0002".to_owned(),
            recorded_at: 9,
            document: document.to_owned(),
        };
        assert!(store.insert_outcome(&outcome("accepted")).await.unwrap());
        assert!(!store.insert_outcome(&outcome("overridden")).await.unwrap());
        assert_eq!(store.outcomes_of("r0002").await.unwrap(), [outcome("accepted")]);
        let days = ("2026-03-28", "2026-03-29");
        let decided = store.decisions_between(days, "", 10).await.unwrap();
        let told: Vec<(&str, Option<&str>)> = decided
            .iter()
            .map(|row| (row.document.as_str(), row.decided.as_deref()))
            .collect();
        assert_eq!(told, [("a", None), ("b", Some("accepted"))]);
        let next = store.decisions_between(days, "r0001", 10).await.unwrap();
        assert_eq!(next.len(), 1);
    }
}
