//! `duecast forecast`: how much cash arrives, when, and how sure that is.

use std::path::PathBuf;

use clap::Args;

use super::arguments::{SEED_DEFAULT, ViewArguments};
use super::screen::{Screen, grouped};
use crate::app::output::{self, OutputFile};
use crate::app::progress::Progress;
use crate::app::service;
use crate::domain::Money;
use crate::forecast::{Bucket, CurrencyForecast, ForecastPlan};
use crate::model::Reasons;

/// Forecast the cash of the open invoices
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    view: ViewArguments,
    /// Folder of a model made by `duecast train`.
    #[arg(long, value_name = "MODEL_DIR")]
    model: PathBuf,
    /// Size of the buckets: day, week or month.
    #[arg(long, value_name = "BUCKET", default_value = "week")]
    bucket: Bucket,
    /// Days after the cut-off that the forecast covers.
    #[arg(long, value_name = "N", default_value_t = 91)]
    horizon_days: u32,
    /// Simulated futures behind the quantiles.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    draws: u32,
    /// Seed of the simulation.
    #[arg(long, value_name = "S", default_value_t = SEED_DEFAULT)]
    seed: u64,
    /// File for the forecast: .csv, .parquet, .json, .ndjson or .xlsx.
    #[arg(long, value_name = "FILE")]
    out: OutputFile,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    output::check_targets(
        &[arguments.view.ledger.given(), ("--model", &arguments.model)],
        &[("--out", &arguments.out.path)],
    )?;
    let plan = ForecastPlan {
        bucket: arguments.bucket,
        horizon_days: arguments.horizon_days,
        draws: arguments.draws,
        seed: arguments.seed,
        ..ForecastPlan::default()
    };
    plan.check()?;
    let view = arguments.view.open(screen)?;
    let prediction = {
        let _progress = Progress::spinner(screen.terminal(), "predicting");
        service::predict(&view, &arguments.model, Reasons::LeftOut)?
    };
    if let Some(remark) = &prediction.remark {
        screen.note(remark);
    }
    let plan = super::calibrate::with_band(plan, &prediction, screen);
    let cash = {
        let _progress = Progress::spinner(screen.terminal(), "forecasting");
        service::forecast(&prediction, &plan)?
    };
    output::write(&arguments.out, &output::forecast(&cash, &prediction.context))?;
    screen.line(format!(
        "{}: cash by {} for {} days after {}, model {}.",
        arguments.out,
        plan.bucket.name(),
        plan.horizon_days,
        cash.as_of,
        prediction.context.model
    ))?;
    for book in &cash.currencies {
        screen.line(balance(book))?;
    }
    Ok(())
}

/// One line a currency: what is open, and where it is expected to go.
fn balance(book: &CurrencyForecast) -> String {
    let expected = book.buckets.last().map_or(0, |bucket| bucket.cumulative_expected);
    let amount = |minor: i64| grouped(Money::from_minor(minor, book.currency).to_decimal_string());
    format!(
        "  {} {} open = {} expected + {} later + {} lost",
        book.currency.code(),
        amount(book.open_balance),
        amount(expected),
        amount(book.beyond_horizon),
        amount(book.expected_loss)
    )
}
