//! Models and the names under which they are in use, as rows.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::any::AnyRow;

use super::promotions::put_promotion;
use super::{Error, PromotionRow, Store, Write};

/// A model as the store keeps it, without its files; instants are microseconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct ModelVersionRow {
    pub(crate) version: String,
    pub(crate) model: String,
    pub(crate) trained_as_of: String,
    pub(crate) created_at: i64,
    pub(crate) created_by: String,
    pub(crate) ledger_fingerprint: String,
    pub(crate) seed: i64,
    pub(crate) code_version: String,
    /// JSON.
    pub(crate) proof: Option<String>,
    /// JSON.
    pub(crate) profile: Option<String>,
}

/// Which model is in use under a name.
#[derive(Clone, Debug)]
pub(crate) struct AliasRow {
    pub(crate) alias: String,
    pub(crate) version: String,
    pub(crate) revision: i64,
    pub(crate) changed_at: i64,
    pub(crate) changed_by: String,
}

/// Another model for a name.
#[derive(Clone, Debug)]
pub(crate) struct AliasChange {
    pub(crate) alias: String,
    pub(crate) version: String,
    /// The revision that must be there, 0 for none; `None` for whatever is there.
    pub(crate) if_revision: Option<i64>,
    pub(crate) changed_at: i64,
    pub(crate) changed_by: String,
}

impl Store {
    /// Stores a model with its files; of one that is there only proof and profile are renewed.
    pub(crate) async fn put_model_version(
        &self,
        row: &ModelVersionRow,
        files: &BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let mut write = self.write().await?;
        if insert_model_version(&mut write, row).await? {
            for (name, content) in files {
                sqlx::query("insert into model_files (version, name, content) values ($1, $2, $3)")
                    .bind(row.version.as_str())
                    .bind(name.as_str())
                    .bind(content.as_str())
                    .execute(write.connection())
                    .await
                    .map_err(Error::sql("storing the files of a model"))?;
            }
        } else {
            sqlx::query(
                "update model_versions set proof = coalesce($2, proof), profile = coalesce($3, profile) \
                 where version = $1",
            )
            .bind(row.version.as_str())
            .bind(row.proof.clone())
            .bind(row.profile.clone())
            .execute(write.connection())
            .await
            .map_err(Error::sql("renewing the proof of a model"))?;
        }
        write.commit().await
    }

    pub(crate) async fn model_version(&self, version: &str) -> Result<Option<ModelVersionRow>, Error> {
        let row = sqlx::query("select * from model_versions where version = $1")
            .bind(version)
            .fetch_optional(self.pool())
            .await
            .map_err(Error::sql("reading a model"))?;
        row.as_ref()
            .map(version_row)
            .transpose()
            .map_err(Error::sql("reading a model"))
    }

    /// Reads models, newest first, behind an instant and a version.
    pub(crate) async fn model_versions(
        &self,
        before: &(i64, String),
        limit: i64,
    ) -> Result<Vec<ModelVersionRow>, Error> {
        let rows = sqlx::query(
            "select * from model_versions \
             where created_at < $1 or (created_at = $1 and version < $2) \
             order by created_at desc, version desc limit $3",
        )
        .bind(before.0)
        .bind(before.1.as_str())
        .bind(limit)
        .fetch_all(self.pool())
        .await
        .map_err(Error::sql("listing models"))?;
        rows.iter()
            .map(version_row)
            .collect::<Result<Vec<ModelVersionRow>, sqlx::Error>>()
            .map_err(Error::sql("listing models"))
    }

    /// Reads the files of a model by their names.
    pub(crate) async fn model_files(&self, version: &str) -> Result<BTreeMap<String, String>, Error> {
        let rows = sqlx::query("select name, content from model_files where version = $1")
            .bind(version)
            .fetch_all(self.pool())
            .await
            .map_err(Error::sql("reading the files of a model"))?;
        rows.iter()
            .map(file_row)
            .collect::<Result<BTreeMap<String, String>, sqlx::Error>>()
            .map_err(Error::sql("reading the files of a model"))
    }

    pub(crate) async fn model_file(&self, version: &str, name: &str) -> Result<Option<String>, Error> {
        let row = sqlx::query("select content from model_files where version = $1 and name = $2")
            .bind(version)
            .bind(name)
            .fetch_optional(self.pool())
            .await
            .map_err(Error::sql("reading a file of a model"))?;
        row.as_ref()
            .map(|row| row.try_get::<String, _>("content"))
            .transpose()
            .map_err(Error::sql("reading a file of a model"))
    }

    pub(crate) async fn model_aliases(&self) -> Result<Vec<AliasRow>, Error> {
        let rows = sqlx::query("select * from model_aliases order by alias")
            .fetch_all(self.pool())
            .await
            .map_err(Error::sql("listing aliases"))?;
        rows.iter()
            .map(alias_row)
            .collect::<Result<Vec<AliasRow>, sqlx::Error>>()
            .map_err(Error::sql("listing aliases"))
    }

    /// Points an alias at a model and keeps the promotions that go with it, all or nothing; returns `None`
    /// where the alias has another revision than the one that must be there.
    pub(crate) async fn change_alias(
        &self,
        change: &AliasChange,
        promotions: &[PromotionRow],
    ) -> Result<Option<AliasRow>, Error> {
        let mut write = self.write().await?;
        let current = sqlx::query("select * from model_aliases where alias = $1")
            .bind(change.alias.as_str())
            .fetch_optional(write.connection())
            .await
            .map_err(Error::sql("reading an alias"))?;
        let current = current
            .as_ref()
            .map(alias_row)
            .transpose()
            .map_err(Error::sql("reading an alias"))?;
        let revision = current.map_or(0, |current| current.revision);
        if change.if_revision.is_some_and(|expected| expected != revision) {
            return Ok(None);
        }
        let changed = AliasRow {
            alias: change.alias.clone(),
            version: change.version.clone(),
            revision: revision + 1,
            changed_at: change.changed_at,
            changed_by: change.changed_by.clone(),
        };
        sqlx::query(
            "insert into model_aliases (alias, version, revision, changed_at, changed_by) \
             values ($1, $2, $3, $4, $5) on conflict (alias) do update set version = excluded.version, \
             revision = excluded.revision, changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        )
        .bind(changed.alias.as_str())
        .bind(changed.version.as_str())
        .bind(changed.revision)
        .bind(changed.changed_at)
        .bind(changed.changed_by.as_str())
        .execute(write.connection())
        .await
        .map_err(Error::sql("changing an alias"))?;
        for promotion in promotions {
            put_promotion(&mut write, promotion).await?;
        }
        write.commit().await?;
        Ok(Some(changed))
    }
}

/// Returns whether the model is new.
async fn insert_model_version(write: &mut Write, row: &ModelVersionRow) -> Result<bool, Error> {
    let inserted = sqlx::query(
        "insert into model_versions (version, model, trained_as_of, created_at, created_by, ledger_fingerprint, \
         seed, code_version, proof, profile) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         on conflict (version) do nothing",
    )
    .bind(row.version.as_str())
    .bind(row.model.as_str())
    .bind(row.trained_as_of.as_str())
    .bind(row.created_at)
    .bind(row.created_by.as_str())
    .bind(row.ledger_fingerprint.as_str())
    .bind(row.seed)
    .bind(row.code_version.as_str())
    .bind(row.proof.clone())
    .bind(row.profile.clone())
    .execute(write.connection())
    .await
    .map_err(Error::sql("storing a model"))?;
    Ok(inserted.rows_affected() > 0)
}

fn version_row(row: &AnyRow) -> Result<ModelVersionRow, sqlx::Error> {
    Ok(ModelVersionRow {
        version: row.try_get("version")?,
        model: row.try_get("model")?,
        trained_as_of: row.try_get("trained_as_of")?,
        created_at: row.try_get("created_at")?,
        created_by: row.try_get("created_by")?,
        ledger_fingerprint: row.try_get("ledger_fingerprint")?,
        seed: row.try_get("seed")?,
        code_version: row.try_get("code_version")?,
        proof: row.try_get("proof")?,
        profile: row.try_get("profile")?,
    })
}

fn file_row(row: &AnyRow) -> Result<(String, String), sqlx::Error> {
    Ok((row.try_get("name")?, row.try_get("content")?))
}

fn alias_row(row: &AnyRow) -> Result<AliasRow, sqlx::Error> {
    Ok(AliasRow {
        alias: row.try_get("alias")?,
        version: row.try_get("version")?,
        revision: row.try_get("revision")?,
        changed_at: row.try_get("changed_at")?,
        changed_by: row.try_get("changed_by")?,
    })
}
