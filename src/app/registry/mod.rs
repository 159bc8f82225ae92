//! The models and which of them is in use.
//!
//! A model is registered once and never changes. An alias says which one is in use: `champion` answers,
//! `challenger` wants to, `shadow` is scored beside. Pointing an alias at another model is one transaction in the
//! store and one exchange in memory: a request sees the old model or the new one, whole.
//!
//! The store has the truth; the folders in the cache are copies that are made again when they are damaged. A model
//! that this version of the program cannot use stays in the list with the reason, and is never served.

mod alias;
mod copy;
mod error;
mod promotion;
mod version;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::watch;

use crate::app::clock::{Timestamp, micros};
use crate::app::store::{AliasChange, AliasRow, ModelVersionRow, PromotionRow, Store};
use crate::model::artifact::LoadedModel;

pub use crate::app::config::Alias;
pub use alias::AliasState;
pub use error::Error;
pub use promotion::{PromotionRecord, PromotionStatus};
pub use version::{ModelVersion, NewVersion};

/// Folder of the copies in the cache.
const FOLDER: &str = "models";

/// The models and which of them is in use.
#[derive(Debug)]
pub struct Registry {
    store: Store,
    folder: PathBuf,
    in_use: RwLock<InUse>,
    /// Why versions cannot be used, as far as that was tried; `None` for one that can.
    tried: Mutex<BTreeMap<String, Option<String>>>,
    changes: watch::Sender<u64>,
    /// One change at a time: what is decided on is what is changed.
    changing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct InUse {
    served: BTreeMap<Alias, Arc<ServedModel>>,
    refusals: BTreeMap<Alias, String>,
}

/// A model in use.
#[derive(Debug)]
pub struct ServedModel {
    /// Which one.
    pub version: String,
    /// The model.
    pub loaded: LoadedModel,
    /// Its copy in the cache.
    pub folder: PathBuf,
}

impl Registry {
    /// Opens the registry and loads the models in use; one that cannot be used is left out and logged.
    ///
    /// # Errors
    ///
    /// [`Error::Cache`] when the copies cannot be written, [`Error::Store`] when the store fails.
    pub async fn open(store: Store, cache: &Path) -> Result<Self, Error> {
        let registry = Self {
            store,
            folder: cache.join(FOLDER),
            in_use: RwLock::default(),
            tried: Mutex::default(),
            changes: watch::Sender::new(0),
            changing: tokio::sync::Mutex::new(()),
        };
        for row in registry.store.model_aliases().await? {
            let alias = alias::alias_of(&row)?;
            match registry.load(&row.version).await {
                Ok(served) => registry.serve(alias, served),
                Err(Error::Unusable { version, reason }) => {
                    tracing::error!(
                        alias = alias.name(),
                        version,
                        reason,
                        "a model in use cannot be used by this version and is not served"
                    );
                    registry.refuse(alias, format!("model version {version} cannot be used: {reason}"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(registry)
    }

    /// Returns the model in use under an alias.
    #[must_use]
    pub fn alias(&self, alias: Alias) -> Option<Arc<ServedModel>> {
        let in_use = self.in_use.read().unwrap_or_else(PoisonError::into_inner);
        in_use.served.get(&alias).map(Arc::clone)
    }

    /// Returns why the model under an alias is not served, where there is one that cannot be.
    #[must_use]
    pub fn refusal(&self, alias: Alias) -> Option<String> {
        let in_use = self.in_use.read().unwrap_or_else(PoisonError::into_inner);
        in_use.refusals.get(&alias).cloned()
    }

    /// Returns a counter that moves with each change of an alias.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Keeps a model that was saved as a folder; one that is there already only gets the newer proof.
    ///
    /// # Errors
    ///
    /// [`Error::Folder`] when the folder is no model, or one that this version cannot use; [`Error::Store`] when
    /// the store fails.
    pub async fn register(&self, folder: &Path, made: NewVersion) -> Result<ModelVersion, Error> {
        let folder = folder.to_owned();
        let (row, files) = tokio::task::spawn_blocking(move || {
            copy::read(&folder).map(|(loaded, files)| (version::row_of(&loaded, &files, made), files))
        })
        .await??;
        self.store.put_model_version(&row, &files).await?;
        self.remember(&row.version, None);
        self.version(&row.version).await
    }

    /// Returns a model.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownVersion`], and [`Error::Store`] when the store fails.
    pub async fn version(&self, version: &str) -> Result<ModelVersion, Error> {
        let row = self.version_row(version).await?;
        let aliases = self.store.model_aliases().await?;
        self.described(row, &aliases).await
    }

    /// Lists models, newest first, behind an instant and a version.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the store fails, [`Error::Cache`] when a copy cannot be written.
    pub async fn versions(
        &self,
        before: Option<(Timestamp, String)>,
        limit: i64,
    ) -> Result<Vec<ModelVersion>, Error> {
        let before = before.map_or((i64::MAX, String::new()), |(at, version)| (micros(at), version));
        let aliases = self.store.model_aliases().await?;
        let mut versions = Vec::new();
        for row in self.store.model_versions(&before, limit).await? {
            versions.push(self.described(row, &aliases).await?);
        }
        Ok(versions)
    }

    /// Returns the shares of each feature's values at the training of a model, where they were kept.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownVersion`], and [`Error::Store`] when the store fails.
    pub async fn profile(&self, version: &str) -> Result<Option<serde_json::Value>, Error> {
        let row = self.version_row(version).await?;
        let profile = row
            .profile
            .map(|text| version::json("profile", &text))
            .transpose();
        Ok(profile?)
    }

    /// Returns a file of a model, such as its card; `None` where it has no such file.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownVersion`], and [`Error::Store`] when the store fails.
    pub async fn file(&self, version: &str, name: &str) -> Result<Option<String>, Error> {
        let content = self.store.model_file(version, name).await?;
        if content.is_none() {
            self.version_row(version).await?;
        }
        Ok(content)
    }

    /// Returns which models are in use.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the store fails.
    pub async fn aliases(&self) -> Result<Vec<AliasState>, Error> {
        let mut states = Vec::new();
        for row in self.store.model_aliases().await? {
            states.push(self.state(row)?);
        }
        Ok(states)
    }

    /// Returns which model is in use under an alias.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the store fails.
    pub async fn alias_state(&self, alias: Alias) -> Result<Option<AliasState>, Error> {
        let row = self.alias_row(alias).await?;
        row.map(|row| self.state(row)).transpose()
    }

    /// Points an alias at a model. The champion is set like this only where there is none: without a gate, for a
    /// service that begins with a model that was made elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::ChampionIsThere`], [`Error::UnknownVersion`], [`Error::Unusable`], [`Error::OtherRevision`] when
    /// `if_revision` is not the one that is there (0 for none), and [`Error::Store`] when the store fails.
    pub async fn set_alias(
        &self,
        alias: Alias,
        version: &str,
        if_revision: Option<i64>,
        by: &str,
        at: Timestamp,
    ) -> Result<AliasState, Error> {
        let _changing = self.changing.lock().await;
        let mut records = Vec::new();
        if alias == Alias::Champion {
            if let Some(row) = self.alias_row(alias).await? {
                return if row.version == version {
                    self.state(row)
                } else {
                    Err(Error::ChampionIsThere {
                        champion: row.version,
                    })
                };
            }
            let reason = "the first champion, set without a gate";
            let first = PromotionRecord::new(version, None, by, at, reason);
            records.push(first.decided(PromotionStatus::Done, by, at).to_row());
        }
        let change = AliasChange {
            alias: alias.name().to_owned(),
            ..promotion::change_to(version, if_revision, by, at)
        };
        self.change(alias, &change, &records).await
    }

    /// Changes an alias in the store, then in memory; whoever calls holds `changing`.
    async fn change(
        &self,
        alias: Alias,
        change: &AliasChange,
        records: &[PromotionRow],
    ) -> Result<AliasState, Error> {
        let served = self.load(&change.version).await?;
        let Some(row) = self.store.change_alias(change, records).await? else {
            return Err(Error::OtherRevision {
                alias,
                expected: change.if_revision.unwrap_or(0),
            });
        };
        self.serve(alias, served);
        tracing::info!(alias = alias.name(), version = change.version, "alias changed");
        self.state(row)
    }

    /// Loads a model, off the threads that answer requests.
    async fn load(&self, version: &str) -> Result<Arc<ServedModel>, Error> {
        if let Some(served) = self.in_memory(version) {
            return Ok(served);
        }
        let files = self.store.model_files(version).await?;
        if files.is_empty() {
            return Err(Error::UnknownVersion {
                version: version.to_owned(),
            });
        }
        let folder = self.folder.clone();
        let name = version.to_owned();
        let loaded = tokio::task::spawn_blocking(move || copy::load(&folder, &name, &files)).await?;
        match &loaded {
            Ok(_) => self.remember(version, None),
            Err(Error::Unusable { reason, .. }) => self.remember(version, Some(reason.clone())),
            Err(_) => {}
        }
        Ok(Arc::new(ServedModel {
            version: version.to_owned(),
            loaded: loaded?,
            folder: self.folder.join(version),
        }))
    }

    fn in_memory(&self, version: &str) -> Option<Arc<ServedModel>> {
        let in_use = self.in_use.read().unwrap_or_else(PoisonError::into_inner);
        in_use
            .served
            .values()
            .find(|served| served.version == version)
            .map(Arc::clone)
    }

    fn serve(&self, alias: Alias, served: Arc<ServedModel>) {
        {
            let mut in_use = self.in_use.write().unwrap_or_else(PoisonError::into_inner);
            in_use.refusals.remove(&alias);
            in_use.served.insert(alias, served);
        }
        self.changes.send_modify(|count| *count += 1);
    }

    fn refuse(&self, alias: Alias, reason: String) {
        let mut in_use = self.in_use.write().unwrap_or_else(PoisonError::into_inner);
        in_use.refusals.insert(alias, reason);
    }

    fn remember(&self, version: &str, reason: Option<String>) {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.insert(version.to_owned(), reason);
    }

    fn remembered(&self, version: &str) -> Option<Option<String>> {
        let tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.get(version).cloned()
    }

    /// Returns why a model cannot be used; it is loaded once to know.
    async fn unusable_because(&self, version: &str) -> Result<Option<String>, Error> {
        if let Some(reason) = self.remembered(version) {
            return Ok(reason);
        }
        match self.load(version).await {
            Ok(_) => Ok(None),
            Err(Error::Unusable { reason, .. }) => Ok(Some(reason)),
            Err(error) => Err(error),
        }
    }

    async fn require_usable(&self, version: &str) -> Result<(), Error> {
        match self.unusable_because(version).await? {
            None => Ok(()),
            Some(reason) => Err(Error::Unusable {
                version: version.to_owned(),
                reason,
            }),
        }
    }

    async fn version_row(&self, version: &str) -> Result<ModelVersionRow, Error> {
        let row = self.store.model_version(version).await?;
        row.ok_or_else(|| Error::UnknownVersion {
            version: version.to_owned(),
        })
    }

    async fn alias_row(&self, alias: Alias) -> Result<Option<AliasRow>, Error> {
        let rows = self.store.model_aliases().await?;
        Ok(rows.into_iter().find(|row| row.alias == alias.name()))
    }

    async fn described(&self, row: ModelVersionRow, aliases: &[AliasRow]) -> Result<ModelVersion, Error> {
        let mut names = Vec::new();
        for alias in aliases.iter().filter(|alias| alias.version == row.version) {
            names.push(alias::alias_of(alias)?);
        }
        let reason = self.unusable_because(&row.version).await?;
        Ok(ModelVersion::from_row(row, names, reason)?)
    }

    fn state(&self, row: AliasRow) -> Result<AliasState, Error> {
        let reason = self.refusal(alias::alias_of(&row)?);
        Ok(AliasState::from_row(row, reason)?)
    }
}
