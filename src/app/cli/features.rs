//! `duecast features`: what is known about each open invoice, as a table.

use std::path::PathBuf;

use clap::Args;

use super::arguments::date;
use super::screen::{Screen, counted};
use crate::app::output::{self, OutputFile};
use crate::app::progress::Progress;
use crate::app::service;
use crate::domain::Date;
use crate::features::dictionary_markdown;

/// Write the features of each open invoice, or say what they mean
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Folder with the ledger's tables.
    #[arg(long, value_name = "DIR", required_unless_present = "dictionary")]
    ledger: Option<PathBuf>,
    /// Last day whose facts may be known, written YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = date, required_unless_present = "dictionary")]
    as_of: Option<Date>,
    /// File for the table: .parquet, .csv, .json, .ndjson or .xlsx.
    #[arg(long, value_name = "FILE", required_unless_present = "dictionary")]
    out: Option<OutputFile>,
    /// Print name, unit and meaning of every feature instead.
    #[arg(long, conflicts_with_all = ["ledger", "as_of", "out"])]
    dictionary: bool,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let (Some(ledger), Some(as_of), Some(out)) = (&arguments.ledger, arguments.as_of, &arguments.out) else {
        return screen.line(dictionary_markdown().trim_end());
    };
    output::check_targets(&[("--ledger", ledger)], &[("--out", &out.path)])?;
    let view = super::open_view(ledger, as_of, screen)?;
    let table = {
        let _progress = Progress::spinner(screen.terminal(), "computing features");
        service::features(&view)?
    };
    output::write(out, &output::features(view.snapshot.cutoff(), &table)?)?;
    screen.line(format!(
        "{out}: {}, {}.",
        counted(table.len(), "open invoice"),
        counted(table.feature_names().len(), "feature")
    ))
}
