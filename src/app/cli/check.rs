//! `duecast check`: what is in a ledger, and whether it can be used.

use anyhow::Context;
use clap::Args;

use super::arguments::{LedgerArgument, PrintFormat};
use super::screen::Screen;
use crate::app::output::{self, Given, OutputFile};
use crate::app::report::{self, ReportFile};
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
    /// File for the result as a page to look at: .html, or .md with its pictures beside it.
    #[arg(long, value_name = "FILE")]
    out: Option<ReportFile>,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let folder = &arguments.ledger.ledger;
    let rejects = arguments
        .rejects
        .as_ref()
        .map(|file| ("--rejects", file.path.as_path()));
    let page = arguments.out.as_ref().map(|file| ("--out", file.path.as_path()));
    let results: Vec<Given<'_>> = rejects.into_iter().chain(page).collect();
    output::check_targets(&[arguments.ledger.given()], &results)?;
    let checkup = service::check(folder)?;
    let found = &checkup.report;
    if let Some(file) = &arguments.rejects {
        output::write(file, &output::rejects(found.rejects()))?;
        screen.note(format!("{} rejected rows in {file}", found.rows_rejected()));
    }
    if let Some(file) = &arguments.out {
        report::write(file, &service::check_page::check_page(folder, &checkup)?)?;
        screen.note(format!("the page is in {file}"));
    }
    match arguments.format {
        PrintFormat::Json => {
            let json = serde_json::to_string_pretty(found).context("the report has no JSON form")?;
            screen.line(json)?;
        }
        PrintFormat::Text => {
            screen.line(found.to_string().trim_end())?;
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
