//! `duecast config`: the configuration of the service, checked or explained.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::screen::Screen;
use crate::app::config;

/// Check the configuration of the service, or print every default
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Read file and environment as `serve` does, and say everything that cannot be used
    Check {
        /// TOML file; without one, `duecast.toml` in the working folder if it is there.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Print a commented file of every default, as a start for one's own
    Reference,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    match &arguments.action {
        Action::Check { config } => {
            let checked = config::load(config.as_deref())?;
            let file = config.as_deref().unwrap_or(Path::new(config::FILE_DEFAULT));
            screen.line(format!(
                "The configuration can be used: {} and the environment.",
                file.display()
            ))?;
            screen.line(format!(
                "  It listens on {}, with figures on {}.",
                checked.listen.address, checked.listen.metrics_address
            ))
        }
        Action::Reference => screen.line(config::reference().trim_end()),
    }
}
