//! `duecast forecast`: how much cash arrives, when, and how sure that is.

use std::path::PathBuf;

use clap::Args;

use super::arguments::{SEED_DEFAULT, ViewArguments};
use super::screen::{Screen, grouped};
use crate::app::output::{self, Given, OutputFile};
use crate::app::progress::Progress;
use crate::app::report::{self, ReportFile};
use crate::app::service::report::Beside;
use crate::app::service::{self, Prediction, View};
use crate::domain::Money;
use crate::forecast::{Bucket, CashForecast, CurrencyForecast, ForecastPlan};
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
    /// File for the page a treasurer reads, with pictures, by week over 13 weeks: .html or .md.
    #[arg(long, value_name = "FILE")]
    report: Option<ReportFile>,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let mut results: Vec<Given<'_>> = vec![("--out", arguments.out.path.as_path())];
    results.extend(
        arguments
            .report
            .iter()
            .map(|file| ("--report", file.path.as_path())),
    );
    output::check_targets(
        &[arguments.view.ledger.given(), ("--model", &arguments.model)],
        &results,
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
    if let Some(file) = &arguments.report {
        write_report(file, &view, &prediction, cash)?;
        screen.line(format!("{file}: the same on one page, by week."))?;
    }
    Ok(())
}

/// Writes the page; it goes by week, so a forecast by other buckets is made once more for it.
fn write_report(
    file: &ReportFile,
    view: &View,
    prediction: &Prediction,
    cash: CashForecast,
) -> anyhow::Result<()> {
    let plan = service::report::plan(&cash.plan);
    let weekly = if plan == cash.plan {
        cash
    } else {
        service::forecast(prediction, &plan)?
    };
    let page = service::report::report(view, prediction, &weekly, &Beside::default())?;
    Ok(report::write(file, &page)?)
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
