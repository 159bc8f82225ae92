//! `duecast check`: what is in a ledger, and whether it can be used.

use anyhow::Context;
use clap::Args;

use super::arguments::{LedgerArgument, PrintFormat};
use super::screen::Screen;
use crate::app::output::{self, OutputFile};
use crate::app::service;

/// Say what is in a ledger, and whether it can be used
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    ledger: LedgerArgument,
    /// How the report is printed.
    #[arg(long, value_enum, default_value_t = PrintFormat::Text)]
    format: PrintFormat,
    /// File for every rejected row with its reason: .csv, .parquet, .json, .ndjson or .xlsx.
    #[arg(long, value_name = "FILE")]
    rejects: Option<OutputFile>,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let folder = &arguments.ledger.ledger;
    if let Some(file) = &arguments.rejects {
        output::check_targets(&[arguments.ledger.given()], &[("--rejects", &file.path)])?;
    }
    let checkup = service::check(folder)?;
    let report = &checkup.report;
    if let Some(file) = &arguments.rejects {
        output::write(file, &output::rejects(report.rejects()))?;
        screen.note(format!("{} rejected rows in {file}", report.rows_rejected()));
    }
    match arguments.format {
        PrintFormat::Json => {
            let json = serde_json::to_string_pretty(report).context("the report has no JSON form")?;
            screen.line(json)?;
        }
        PrintFormat::Text => {
            screen.line(report.to_string().trim_end())?;
            if let (Some((first, last)), None) = (checkup.period, &checkup.refusal) {
                screen.line(format!(
                    "\n{} can be used, from {first} to {last}.",
                    folder.display()
                ))?;
            }
        }
    }
    // The report comes first even when the answer is no: it says which rows to look at.
    checkup.refusal.map_or(Ok(()), |refusal| Err(refusal.into()))
}
