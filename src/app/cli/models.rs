//! `duecast models`: models in the store of a service that does not run.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use super::screen::Screen;
use super::store_arguments::{StoreArguments, block_on};
use crate::app::clock::{Clock, Timestamp};
use crate::app::config::Alias;
use crate::app::registry::{NewVersion, Registry};
use crate::app::store::{AuditEntry, Store};

/// Who acts, in the audit trail.
const ACTOR: &str = "cli";

/// Keep models in the store of a service
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Register(RegisterArguments),
}

/// Keep a model that `duecast train` saved in the store of a service that does not run
#[derive(Args, Debug)]
struct RegisterArguments {
    #[command(flatten)]
    store: StoreArguments,
    /// Folder of the model.
    #[arg(long, value_name = "MODEL_DIR")]
    model: PathBuf,
    /// Put it in use: champion, challenger or shadow.
    #[arg(long, value_name = "ALIAS", value_parser = alias)]
    alias: Option<Alias>,
    /// Make it champion without proof; only where there is no champion.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let Command::Register(arguments) = &arguments.command;
    if arguments.alias == Some(Alias::Champion) && !arguments.force {
        bail!(
            "a model without proof becomes champion only with --force, and only where there is no champion"
        );
    }
    let version = block_on(register(arguments))?;
    let place = arguments
        .alias
        .map_or_else(String::new, |alias| format!(", {}", alias.name()));
    screen.line(format!(
        "{}: model version {version}{place}.",
        arguments.model.display()
    ))
}

async fn register(arguments: &RegisterArguments) -> anyhow::Result<String> {
    let store = arguments.store.connect().await?;
    let registered = register_in(&store, arguments).await;
    store.close().await;
    registered
}

async fn register_in(store: &Store, arguments: &RegisterArguments) -> anyhow::Result<String> {
    // The copies belong to the service that runs; these are for checking alone.
    let cache = tempfile::tempdir().context("a temporary folder could not be made")?;
    let registry = Registry::open(store.clone(), cache.path()).await?;
    if arguments.alias == Some(Alias::Champion)
        && let Some(champion) = registry.alias_state(Alias::Champion).await?
    {
        bail!(
            "{} is champion already; another one comes by promotion",
            champion.version
        );
    }
    let now = Clock::system(None).now();
    let made = NewVersion {
        created_by: ACTOR.to_owned(),
        created_at: now,
        proof: None,
        profile: None,
    };
    let version = registry.register(&arguments.model, made).await?.version;
    note(store, now, "model.registered", &version, json!({})).await?;
    if let Some(alias) = arguments.alias {
        registry.set_alias(alias, &version, None, ACTOR, now).await?;
        note(
            store,
            now,
            "alias.changed",
            alias.name(),
            json!({ "version": version }),
        )
        .await?;
    }
    Ok(version)
}

async fn note(
    store: &Store,
    at: Timestamp,
    action: &str,
    subject: &str,
    detail: serde_json::Value,
) -> anyhow::Result<()> {
    let entry = AuditEntry {
        at,
        actor: ACTOR.to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        detail,
    };
    store.append_audit(&entry).await?;
    Ok(())
}

/// Reads the name of an alias.
fn alias(text: &str) -> Result<Alias, String> {
    Alias::parse(text.trim()).ok_or_else(|| {
        let names = Alias::ALL.map(Alias::name).join(", ");
        format!("an alias is one of {names}; got {text:?}")
    })
}
