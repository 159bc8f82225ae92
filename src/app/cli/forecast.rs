//! `duecast forecast`: how much cash arrives, when, and how sure that is.

use std::path::PathBuf;

use clap::Args;

use super::arguments::{SEED_DEFAULT, ViewArguments};
use super::screen::{Screen, grouped};
use crate::app::output::{self, OutputFile};
use crate::app::progress::Progress;
use crate::app::service;
use crate::domain::{Currency, Money};
use crate::forecast::{Bucket, CashForecast, ForecastPlan};

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
    let plan = ForecastPlan {
        bucket: arguments.bucket,
        horizon_days: arguments.horizon_days,
        draws: arguments.draws,
        seed: arguments.seed,
        ..ForecastPlan::default()
    };
    plan.check()?;
    let view = super::open_view(&arguments.view, screen)?;
    let (cash, context) = {
        let _progress = Progress::spinner(screen.terminal(), "forecasting");
        let prediction = service::predict(&view, &arguments.model)?;
        if let Some(remark) = &prediction.remark {
            screen.note(remark);
        }
        (service::forecast(&prediction, &plan)?, prediction.context)
    };
    output::write(&arguments.out, &output::forecast(&cash, &context))?;
    screen.line(format!(
        "{}: cash by {} for {} days after {}, model {}.",
        arguments.out,
        plan.bucket.name(),
        plan.horizon_days,
        cash.as_of,
        context.model
    ))?;
    balances(&cash, screen)
}

/// Prints one line a currency: what is open, and where it is expected to go.
fn balances(cash: &CashForecast, screen: &Screen) -> anyhow::Result<()> {
    for book in &cash.currencies {
        let expected: i64 = book.buckets.iter().map(|bucket| bucket.expected).sum();
        let amount = |minor: i64| amount(minor, book.currency);
        screen.line(format!(
            "  {} {} open = {} expected + {} later + {} lost",
            book.currency.code(),
            amount(book.open_balance),
            amount(expected),
            amount(book.beyond_horizon),
            amount(book.expected_loss)
        ))?;
    }
    Ok(())
}

fn amount(minor: i64, currency: Currency) -> String {
    grouped(Money::from_minor(minor, currency).to_decimal_string())
}
