//! `duecast predict`: when each open invoice is expected to be paid.

use std::path::PathBuf;

use clap::Args;

use super::arguments::ViewArguments;
use super::screen::{Screen, counted};
use crate::app::output::{self, DistributionFile, Given, OutputFile};
use crate::app::progress::Progress;
use crate::app::service;
use crate::model::Reasons;

/// Say when each open invoice is expected to be paid
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    view: ViewArguments,
    /// Folder of a model made by `duecast train`.
    #[arg(long, value_name = "MODEL_DIR")]
    model: PathBuf,
    /// File for one row an open invoice: .csv, .parquet, .json, .ndjson or .xlsx.
    #[arg(long, value_name = "FILE")]
    out: OutputFile,
    /// File for the probability of being paid by each of the 91 days after the cut-off: .csv or .parquet.
    #[arg(long, value_name = "FILE")]
    distribution: Option<DistributionFile>,
    /// Leave the column of reasons empty: they take some hundred times as long as the predictions.
    #[arg(long)]
    no_reasons: bool,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let mut results: Vec<Given<'_>> = vec![("--out", arguments.out.path.as_path())];
    results.extend(
        arguments
            .distribution
            .as_ref()
            .map(|file| ("--distribution", file.path())),
    );
    output::check_targets(
        &[arguments.view.ledger.given(), ("--model", &arguments.model)],
        &results,
    )?;
    let reasons = if arguments.no_reasons {
        Reasons::LeftOut
    } else {
        Reasons::Given
    };
    let view = arguments.view.open(screen)?;
    let prediction = super::predicted(&view, &arguments.model, reasons, screen)?;
    {
        let _progress = Progress::spinner(screen.terminal(), "writing");
        if let Some(file) = &arguments.distribution {
            output::write_distributions(file, &prediction.rows)?;
        }
        let document = output::predictions(prediction.as_of, &prediction.rows);
        output::write(&arguments.out, &document)?;
    }
    screen.line(format!(
        "{}: {} of {} as of {}, model {}.",
        arguments.out,
        counted(prediction.rows.len(), "open invoice"),
        counted(service::customer_count(&prediction.rows), "customer"),
        prediction.as_of,
        prediction.context.model
    ))
}
