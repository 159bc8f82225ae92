//! The store that a command works on, and the runtime that its queries need.

use std::future::Future;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::app::config::{self, ServerConfig};
use crate::app::store::Store;

/// Which store: that of the configuration, or one named here.
#[derive(Debug, clap::Args)]
pub(super) struct StoreArguments {
    /// Configuration file of the service [default: duecast.toml where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Store, `sqlite:PATH` or `postgres://USER@HOST/DATABASE`; wins over the configuration
    #[arg(long, value_name = "URL")]
    store: Option<String>,
}

impl StoreArguments {
    /// Returns the configuration with the store that was named.
    pub(super) fn config(&self) -> anyhow::Result<ServerConfig> {
        let mut config = config::load(self.config.as_deref())?;
        if let Some(url) = &self.store {
            config.store.url.clone_from(url);
        }
        Ok(config)
    }

    /// Connects to the store.
    pub(super) async fn connect(&self) -> anyhow::Result<Store> {
        Ok(Store::connect(&self.config()?.store.url).await?)
    }
}

/// Runs a command that asks the store, on this thread.
pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime could not be started")?
        .block_on(work)
}
