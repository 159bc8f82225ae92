//! `duecast import`: foreign files into the ledger, by a profile that is given or found.

use std::path::PathBuf;

use clap::Args;

use super::arguments::{LedgerArgument, date, share};
use super::screen::{Screen, grouped};
use crate::app::progress::Progress;
use crate::app::service;
use crate::domain::Date;
use crate::history::import::files_of;
use crate::history::recognise::{percent, recognise};
use crate::history::{ImportRequest, OpenOptions, Profile};

/// Bring foreign files into the ledger, by a profile
///
/// The ledger changes as a whole or not at all; importing the same file again changes nothing.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Name of a shipped profile (see `duecast profile list`) or path of a profile's .toml file. The shipped one that
    /// fits the columns of the files unless given.
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,
    /// Files to import; a folder stands for all files in it and below it, by name, but for hidden ones.
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    input: Vec<PathBuf>,
    #[command(flatten)]
    ledger: LedgerArgument,
    /// Share of rejected rows above which nothing is imported.
    #[arg(long, value_name = "SHARE", value_parser = share, default_value_t = OpenOptions::MAX_REJECT_SHARE)]
    max_reject_share: f64,
    /// Day the files were made, YYYY-MM-DD: rows that they change count from then on. The last day that any of their
    /// rows became known unless given; a row with a date of recording of its own keeps it.
    #[arg(long, value_name = "DATE", value_parser = date)]
    recorded_at: Option<Date>,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let inputs = files_of(&arguments.input)?;
    let profile = match &arguments.profile {
        Some(name) => Profile::load(name)?,
        None => found(&inputs, screen)?,
    };
    let ledger = &arguments.ledger.ledger;
    let outcome = {
        let progress = Progress::bytes(screen.terminal(), "importing");
        service::import(
            &ImportRequest {
                profile: &profile,
                inputs: &inputs,
                ledger,
                max_reject_share: arguments.max_reject_share,
                recorded_at: arguments.recorded_at,
            },
            &|done, total| progress.set(done, total),
        )?
    };
    screen.line(outcome.report.to_string().trim_end())?;
    for (table, added) in &outcome.added {
        let unchanged = outcome.unchanged.get(table).copied().unwrap_or(0);
        let corrected = outcome.corrected.get(table).copied().unwrap_or(0);
        let corrections = if corrected > 0 {
            format!(", {} corrected", grouped(corrected))
        } else {
            String::new()
        };
        screen.line(format!(
            "{}: {} rows added{corrections}, {} were there already",
            table.name(),
            grouped(added),
            grouped(unchanged)
        ))?;
    }
    if outcome.withdrawn > 0 {
        screen.line(format!(
            "{} payments matched at the bank gave way to those of the ledger's own system.",
            grouped(outcome.withdrawn)
        ))?;
    }
    if outcome.filtered > 0 {
        screen.line(format!(
            "{} source rows are left out by the profile.",
            grouped(outcome.filtered)
        ))?;
    }
    for note in &outcome.notes {
        screen.line(note)?;
    }
    if let Some(rejects) = &outcome.rejects {
        screen.note(format!("rejected rows are listed in {}", rejects.display()));
    }
    let changes = outcome.added.values().chain(outcome.corrected.values());
    if changes.sum::<u64>() + outcome.withdrawn == 0 {
        screen.line(format!("{} is unchanged.", ledger.display()))
    } else {
        screen.line(format!("{} is complete.", ledger.display()))
    }
}

/// Finds the shipped profile that reads the files, and says which it is and why.
fn found(inputs: &[PathBuf], screen: &Screen) -> anyhow::Result<Profile> {
    let names: Vec<String> = inputs.iter().map(|input| input.display().to_string()).collect();
    let recognised = recognise(inputs, &names)?;
    screen.note(format!(
        "read by profile {}, {} sure: {}",
        recognised.profile.name(),
        percent(recognised.confidence),
        recognised.reason
    ));
    Ok(recognised.profile)
}
