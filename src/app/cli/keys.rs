//! `duecast keys`: keys for systems that call the service, made on its machine.

use anyhow::Context;
use chrono::TimeDelta;
use clap::{Args, Subcommand};

use super::screen::Screen;
use super::store_arguments::{StoreArguments, block_on};
use crate::app::access::{Principal, Role, Scope};
use crate::app::clock::Clock;
use crate::app::service::keys::{self, NewKey};
use crate::app::store::ApiKey;

/// Make, list and revoke the keys of systems that call the service
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make a key, and print it this once
    Create(CreateArguments),
    /// List the keys, without their secrets
    List {
        #[command(flatten)]
        store: StoreArguments,
    },
    /// Revoke a key; a running service knows within five seconds
    Revoke {
        /// The part of the key between `duecast_` and the dot.
        key_id: String,
        #[command(flatten)]
        store: StoreArguments,
    },
}

#[derive(Args, Debug)]
struct CreateArguments {
    /// What the key is for.
    #[arg(long)]
    name: String,
    /// What it may do: treasury, collections, data, admin or auditor; may be given several times.
    #[arg(long = "role", value_name = "ROLE", value_parser = role, required = true)]
    roles: Vec<Role>,
    /// A legal entity that it may see; may be given several times, left out for all.
    #[arg(long = "entity", value_name = "ENTITY")]
    entities: Vec<String>,
    /// Days after which it expires; left out for never.
    #[arg(long, value_name = "N")]
    expires_in_days: Option<u32>,
    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    match &arguments.command {
        KeysCommand::Create(arguments) => create(arguments, screen),
        KeysCommand::List { store } => list(store, screen),
        KeysCommand::Revoke { key_id, store } => revoke(key_id, store, screen),
    }
}

fn create(arguments: &CreateArguments, screen: &Screen) -> anyhow::Result<()> {
    let now = Clock::system(None).now();
    let scope = if arguments.entities.is_empty() {
        Scope::All
    } else {
        Scope::Entities(arguments.entities.iter().cloned().collect())
    };
    let expires_at = match arguments.expires_in_days {
        None => None,
        Some(days) => {
            let lifetime = TimeDelta::days(i64::from(days));
            Some(
                now.checked_add_signed(lifetime)
                    .context("--expires-in-days is too far away")?,
            )
        }
    };
    let new = NewKey {
        name: arguments.name.clone(),
        roles: arguments.roles.iter().copied().collect(),
        scope,
        expires_at,
    };
    let made = block_on(async {
        let store = arguments.store.connect().await?;
        let made = keys::create(&store, new, &Principal::system(), now).await?;
        store.close().await;
        Ok(made)
    })?;
    screen.note("the key is shown this once; a running service knows it within five seconds");
    screen.line(made.secret)
}

fn list(store: &StoreArguments, screen: &Screen) -> anyhow::Result<()> {
    let now = Clock::system(None).now();
    let all = block_on(async {
        let store = store.connect().await?;
        let all = keys::list(&store, &Principal::system()).await?;
        store.close().await;
        Ok(all)
    })?;
    let mut table = screen.new_table(&["key", "name", "roles", "entities", "state", "last used"], &[]);
    for key in &all {
        let roles: Vec<&str> = key.roles.iter().map(|role| role.name()).collect();
        let entities = match &key.scope {
            Scope::All => "all".to_owned(),
            Scope::Entities(entities) => entities.iter().cloned().collect::<Vec<_>>().join(" "),
        };
        let last_used = key.last_used_at.map_or_else(
            || "never".to_owned(),
            |at| at.format("%Y-%m-%d %H:%M").to_string(),
        );
        table.add_row(vec![
            key.key_id.clone(),
            key.name.clone(),
            roles.join(" "),
            entities,
            state(key, key.is_active(now)),
            last_used,
        ]);
    }
    screen.table(&table)
}

fn revoke(key_id: &str, store: &StoreArguments, screen: &Screen) -> anyhow::Result<()> {
    let now = Clock::system(None).now();
    block_on(async {
        let store = store.connect().await?;
        keys::revoke(&store, key_id, &Principal::system(), now).await?;
        store.close().await;
        Ok(())
    })?;
    screen.line(format!("{key_id} is revoked"))
}

fn state(key: &ApiKey, is_active: bool) -> String {
    match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {}", at.date_naive()),
        (None, Some(at)) if is_active => format!("valid until {}", at.date_naive()),
        (None, Some(at)) => format!("expired {}", at.date_naive()),
        (None, None) => "valid".to_owned(),
    }
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| {
        let names: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
        format!("a role is one of {}", names.join(", "))
    })
}
