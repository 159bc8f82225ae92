//! `duecast forecast`: how much cash arrives, when, and how sure that is.

use std::path::PathBuf;

use clap::Args;

use super::arguments::{CashArguments, ViewArguments};
use super::cash_lines::{print_book, print_translation};
use super::screen::Screen;
use crate::app::output::{self, Given, OutputFile};
use crate::app::progress::Progress;
use crate::app::report::{self, ReportFile};
use crate::app::service::cash::Cash;
use crate::app::service::records::{self, Stored};
use crate::app::service::{self, Prediction, View, cash};
use crate::domain::Currency;
use crate::forecast::{ForecastPlan, GroupBy, Translation, simulate};
use crate::model::Reasons;

/// Forecast the cash of the open invoices and of billing to come
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    view: ViewArguments,
    /// Folder of a model made by `duecast train`.
    #[arg(long, value_name = "MODEL_DIR")]
    model: PathBuf,
    #[command(flatten)]
    cash: CashArguments,
    /// Split by this as well: entity, `business_unit`, segment, country or customer.
    #[arg(long, value_name = "GROUP")]
    group_by: Option<GroupBy>,
    /// Add the totals up in this currency too, at the latest rates of the ledger.
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    /// File for the forecast: .csv, .parquet, .json, .ndjson or .xlsx.
    #[arg(long, value_name = "FILE")]
    out: OutputFile,
    /// Folder of all stored forecasts: the forecast is added to it as a record that never changes.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// File for the page a treasurer reads, with pictures, by week over 13 weeks: .html or .md.
    #[arg(long, value_name = "FILE")]
    report: Option<ReportFile>,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    check_targets(arguments)?;
    let plan = ForecastPlan {
        group_by: arguments.group_by,
        ..arguments.cash.plan()?
    };
    let billing = arguments.cash.billing()?;
    let view = arguments.view.open(screen)?;
    let prediction = super::predicted(&view, &arguments.model, Reasons::LeftOut, screen)?;
    let plan = super::calibrate::with_band(plan, &prediction, screen);
    let cash = {
        let _progress = Progress::spinner(screen.terminal(), "forecasting");
        cash::forecast(&view, &prediction, &plan, &billing)?
    };
    let translation = arguments
        .currency
        .map(|into| cash::translated(&view, &cash.simulated, into))
        .transpose()?;
    output::write(
        &arguments.out,
        &output::forecast(cash.forecast(), translation.as_ref(), &prediction.context),
    )?;
    if let Some(file) = &arguments.report {
        write_page(file, arguments, &view, &prediction, &cash)?;
    }
    let stored = match &arguments.record {
        Some(folder) => Some(records::store(
            &prediction.context,
            cash.forecast(),
            &cash.book,
            folder,
        )?),
        None => None,
    };
    // Everything is written before anything is said: a reader that has heard enough must not cost a record.
    print(arguments, &prediction, &cash, translation.as_ref(), screen)?;
    stored.map_or(Ok(()), |stored| print_record(&stored, screen))
}

fn print(
    arguments: &Arguments,
    prediction: &Prediction,
    cash: &Cash<'_>,
    translation: Option<&Translation>,
    screen: &Screen,
) -> anyhow::Result<()> {
    for note in cash.notes() {
        screen.note(note);
    }
    let plan = &cash.forecast().plan;
    screen.line(format!(
        "{}: cash by {} for {} days after {}, model {}.",
        arguments.out,
        plan.bucket.name(),
        plan.horizon_days,
        prediction.as_of,
        prediction.context.model
    ))?;
    for book in &cash.forecast().currencies {
        print_book(book, cash.found.is_some(), screen)?;
    }
    if let Some(translation) = translation {
        print_translation(translation, &arguments.out, cash.found.is_some(), screen)?;
    }
    match &arguments.report {
        Some(file) => screen.line(format!("{file}: the same on one page, by week.")),
        None => Ok(()),
    }
}

/// Refuses results that would overwrite what the command reads, or each other.
fn check_targets(arguments: &Arguments) -> Result<(), output::Error> {
    let mut results: Vec<Given<'_>> = vec![("--out", arguments.out.path.as_path())];
    results.extend(arguments.record.as_deref().map(|folder| ("--record", folder)));
    results.extend(
        arguments
            .report
            .iter()
            .map(|file| ("--report", file.path.as_path())),
    );
    let mut read = vec![
        arguments.view.ledger.given(),
        ("--model", arguments.model.as_path()),
    ];
    read.extend(arguments.cash.given());
    output::check_targets(&read, &results)
}

/// Writes the page; it goes by week, so a book that was forecast by other buckets is simulated once more for it.
fn write_page(
    file: &ReportFile,
    arguments: &Arguments,
    view: &View,
    prediction: &Prediction,
    cash: &Cash<'_>,
) -> anyhow::Result<()> {
    let past = match &arguments.record {
        Some(folder) => records::past(folder)?,
        None => Vec::new(),
    };
    let asked = cash.forecast();
    let plan = service::report::plan(&asked.plan);
    let by_week;
    let weekly = if plan == asked.plan {
        asked
    } else {
        by_week = simulate(&cash.book, &plan)?;
        by_week.forecast()
    };
    let page = service::report::report(view, prediction, weekly, &cash.beside(past))?;
    Ok(report::write(file, &page)?)
}

/// Says where the record of the forecast is.
fn print_record(stored: &Stored, screen: &Screen) -> anyhow::Result<()> {
    let state = if stored.is_new {
        "stored"
    } else {
        "was there already"
    };
    screen.line(format!("  record {}: {state}", stored.folder.display()))
}
