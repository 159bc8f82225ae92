//! `duecast train`: a model from everything known on a day.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::arguments::{PriorityArgument, SEED_DEFAULT, ViewArguments, model_name};
use super::screen::{Screen, counted};
use crate::app::output;
use crate::app::progress::Progress;
use crate::app::service;
use crate::model::ModelName;

/// Fit a model on everything known on a day
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    view: ViewArguments,
    // Not a documentation comment: `--help` shows the names without backticks.
    #[arg(
        long,
        value_name = "NAME",
        value_parser = model_name,
        default_value_t = ModelName::DEFAULT,
        help = "Model: due_date, customer_mean, customer_histogram, delta, late_risk, hazard or hazard_trees"
    )]
    model: ModelName,
    /// Seed of the training sample.
    #[arg(long, value_name = "S", default_value_t = SEED_DEFAULT)]
    seed: u64,
    /// Folder for the fitted model.
    #[arg(long, value_name = "MODEL_DIR")]
    out: PathBuf,
    #[command(flatten)]
    priority: PriorityArgument,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    arguments.priority.apply(screen)?;
    let started = Instant::now();
    output::check_targets(&[arguments.view.ledger.given()], &[("--out", &arguments.out)])?;
    let view = arguments.view.open(screen)?;
    let training = {
        let _progress = Progress::spinner(screen.terminal(), "training");
        service::train(&view, arguments.model, arguments.seed, &arguments.out)?
    };
    let (first, last) = training.window;
    screen.line(format!(
        "{}: model {}, trained on what was known on {}.",
        arguments.out.display(),
        training.model,
        training.as_of
    ))?;
    screen.line(format!(
        "  {} of {} at past cut-offs from {first} to {last}; {:.1} seconds.",
        counted(training.rows, "open invoice"),
        counted(training.customers, "customer"),
        started.elapsed().as_secs_f64()
    ))
}
