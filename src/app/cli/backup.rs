//! `duecast backup` and `duecast restore`: the whole store as one file.

use std::path::PathBuf;

use clap::Args;

use super::screen::Screen;
use super::store_arguments::{StoreArguments, block_on};
use crate::app::service::backup;

/// Writes everything the store holds into one file, also while the service runs.
///
/// The file holds facts, models, forecasts, keys (hashed) and webhook secrets: keep it as you keep the store.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    store: StoreArguments,
    /// File to write, for example duecast-2026-03-29.ndjson.gz
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Puts a backup into an empty store, of either kind.
#[derive(Debug, Args)]
pub(super) struct RestoreArguments {
    #[command(flatten)]
    store: StoreArguments,
    /// File that `duecast backup` wrote
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let summary = block_on(async {
        let store = arguments.store.connect().await?;
        let summary = backup::backup(&store, &arguments.out).await?;
        store.close().await;
        Ok(summary)
    })?;
    screen.line(format!(
        "{}: {} rows of {} tables.",
        arguments.out.display(),
        summary.rows,
        summary.tables
    ))
}

pub(super) fn restore(arguments: &RestoreArguments, screen: &Screen) -> anyhow::Result<()> {
    let summary = block_on(async {
        let store = arguments.store.connect().await?;
        let summary = backup::restore(&store, &arguments.input).await?;
        store.close().await;
        Ok(summary)
    })?;
    screen.line(format!(
        "{} rows of {} tables restored; `duecast serve` makes its cache again from them.",
        summary.rows, summary.tables
    ))
}
