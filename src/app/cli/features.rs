//! `duecast features`: what is known about each open invoice, as a table.

use clap::Args;

use super::arguments::ViewArguments;
use super::screen::{Screen, grouped};
use crate::app::output::{self, OutputFile};
use crate::app::progress::Progress;
use crate::app::service;
use crate::features::dictionary_markdown;

/// Write the features of each open invoice, or say what they mean
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(flatten)]
    view: Option<ViewArguments>,
    /// File for the table: .parquet, .csv, .json, .ndjson or .xlsx.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "dictionary",
        requires = "ViewArguments"
    )]
    out: Option<OutputFile>,
    /// Print name, unit and meaning of every feature instead.
    #[arg(long, conflicts_with_all = ["ViewArguments", "out"])]
    dictionary: bool,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let (Some(view), Some(out)) = (&arguments.view, &arguments.out) else {
        return screen.line(dictionary_markdown().trim_end());
    };
    let view = super::open_view(view, screen)?;
    let table = {
        let _progress = Progress::spinner(screen.terminal(), "computing features");
        service::features(&view)?
    };
    output::write(out, &output::features(view.snapshot.cutoff(), &table)?)?;
    screen.line(format!(
        "{out}: {} open invoices, {} features.",
        grouped(table.len()),
        table.feature_names().len()
    ))
}
