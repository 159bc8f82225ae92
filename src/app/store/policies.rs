//! Policies of the next best action, each version once, and which of them came into force when.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Error, Store};

/// A version of a policy; instants are microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PolicyRow {
    pub(crate) version: String,
    pub(crate) name: String,
    /// The text, TOML.
    pub(crate) document: String,
    pub(crate) created_at: i64,
    pub(crate) created_by: String,
}

impl Store {
    /// Keeps a version of a policy; returns whether it was not there.
    pub(crate) async fn insert_policy(&self, row: &PolicyRow) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let written = sqlx::query(
            "insert into policies (version, name, document, created_at, created_by) \
             values ($1, $2, $3, $4, $5) on conflict (version) do nothing",
        )
        .bind(row.version.clone())
        .bind(row.name.clone())
        .bind(row.document.clone())
        .bind(row.created_at)
        .bind(row.created_by.clone())
        .execute(write.connection())
        .await
        .map_err(Error::sql("keeping a policy"))?;
        write.commit().await?;
        Ok(written.rows_affected() > 0)
    }

    /// Returns a version of a policy.
    pub(crate) async fn policy(&self, version: &str) -> Result<Option<PolicyRow>, Error> {
        let row = sqlx::query("select * from policies where version = $1")
            .bind(version.to_owned())
            .fetch_optional(self.pool())
            .await
            .map_err(Error::sql("reading a policy"))?;
        row.as_ref()
            .map(policy_row)
            .transpose()
            .map_err(Error::sql("reading a policy"))
    }

    /// Returns versions, newest first, behind an instant and a version.
    pub(crate) async fn policies(&self, before: &(i64, String), limit: i64) -> Result<Vec<PolicyRow>, Error> {
        let rows = sqlx::query(
            "select * from policies where created_at < $1 or (created_at = $1 and version < $2) \
             order by created_at desc, version desc limit $3",
        )
        .bind(before.0)
        .bind(before.1.clone())
        .bind(limit)
        .fetch_all(self.pool())
        .await
        .map_err(Error::sql("listing policies"))?;
        rows.iter()
            .map(policy_row)
            .collect::<Result<Vec<PolicyRow>, sqlx::Error>>()
            .map_err(Error::sql("listing policies"))
    }

    /// Brings a version into force.
    pub(crate) async fn activate_policy(
        &self,
        activation_id: &str,
        version: &str,
        activated_at: i64,
        activated_by: &str,
    ) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into policy_activations (activation_id, version, activated_at, activated_by) \
             values ($1, $2, $3, $4)",
        )
        .bind(activation_id.to_owned())
        .bind(version.to_owned())
        .bind(activated_at)
        .bind(activated_by.to_owned())
        .execute(write.connection())
        .await
        .map_err(Error::sql("bringing a policy into force"))?;
        write.commit().await
    }

    /// Returns the policy that came into force last, where one ever did.
    pub(crate) async fn policy_in_force(&self) -> Result<Option<PolicyRow>, Error> {
        let row = sqlx::query(
            "select p.version, p.name, p.document, p.created_at, p.created_by from policy_activations a \
             join policies p on p.version = a.version \
             order by a.activated_at desc, a.activation_id desc limit 1",
        )
        .fetch_optional(self.pool())
        .await
        .map_err(Error::sql("reading the policy in force"))?;
        row.as_ref()
            .map(policy_row)
            .transpose()
            .map_err(Error::sql("reading the policy in force"))
    }
}

fn policy_row(row: &AnyRow) -> Result<PolicyRow, sqlx::Error> {
    Ok(PolicyRow {
        version: row.try_get("version")?,
        name: row.try_get("name")?,
        document: row.try_get("document")?,
        created_at: row.try_get("created_at")?,
        created_by: row.try_get("created_by")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_one_activated_is_in_force_also_an_old_one_again() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("duecast.db").display());
        let store = Store::connect(&url).await.unwrap();
        assert_eq!(store.policy_in_force().await.unwrap(), None);
        let row = |version: &str, created_at: i64| PolicyRow {
            version: version.to_owned(),
            name: "usual".to_owned(),
            document: format!("# {version}\n"),
            created_at,
            created_by: "key:k".to_owned(),
        };
        let (first, second) = (row("a", 1), row("b", 2));
        for row in [&first, &second] {
            assert!(store.insert_policy(row).await.unwrap());
            assert!(!store.insert_policy(row).await.unwrap());
        }
        for (activation, version) in [("1", "a"), ("2", "b"), ("3", "a")] {
            store
                .activate_policy(activation, version, 7, "key:k")
                .await
                .unwrap();
        }
        assert_eq!(store.policy_in_force().await.unwrap(), Some(first.clone()));
        let all = store.policies(&(i64::MAX, String::new()), 10).await.unwrap();
        assert_eq!(all, [second, first]);
        assert_eq!(store.policy("c").await.unwrap(), None);
    }
}
