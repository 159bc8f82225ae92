//! `duecast profile`: the import profiles that are shipped.

use anyhow::Context;
use clap::{Args, Subcommand};

use super::screen::Screen;
use crate::history::profile::{Profile, shipped};

/// List or show the import profiles that are shipped
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the shipped profiles, one a line
    List,
    /// Print a shipped profile, as a start for one's own
    Show {
        /// Name of the profile.
        name: String,
    },
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    match &arguments.action {
        Action::List => {
            let widths = shipped().iter().map(|(name, _)| name.len());
            let width = widths.max().unwrap_or(0);
            for (name, _) in shipped() {
                let profile = Profile::load(name)?;
                screen.line(format!("{name:<width$}  {}", profile.description()))?;
            }
            Ok(())
        }
        Action::Show { name } => {
            let names: Vec<&str> = shipped().iter().map(|(name, _)| *name).collect();
            let (_, text) = shipped()
                .iter()
                .find(|(known, _)| known == name)
                .with_context(|| {
                    format!(
                        "no shipped profile has that name; there are {}; got {name:?}",
                        names.join(", ")
                    )
                })?;
            screen.line(text.trim_end())
        }
    }
}
