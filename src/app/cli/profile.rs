//! `duecast profile`: the import profiles that are shipped.

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
            let description = |name: &str, _: &str| Profile::load(name).map(|it| it.description().to_owned());
            super::shipped::list(shipped(), description, screen)
        }
        Action::Show { name } => super::shipped::show("profile", shipped(), name, screen),
    }
}
