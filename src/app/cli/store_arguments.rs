//! Where the store of the service is, for commands that work on it directly.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use crate::app::config;
use crate::app::store::Store;

/// Where the store of the service is.
#[derive(Args, Clone, Debug)]
pub(crate) struct StoreArguments {
    /// Configuration file of the service, which names the store.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The store itself, in place of the one in the configuration: `sqlite:PATH` or `postgres://USER@HOST/DATABASE`.
    #[arg(long, value_name = "URL")]
    store: Option<String>,
}

impl StoreArguments {
    /// Connects to the store.
    pub(crate) async fn connect(&self) -> anyhow::Result<Store> {
        let url = match &self.store {
            Some(url) => url.clone(),
            None => config::load(self.config.as_deref())?.store.url,
        };
        Ok(Store::connect(&url).await?)
    }
}

/// Runs work that waits for the store.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start to work on the store")?
        .block_on(work)
}
