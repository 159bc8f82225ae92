//! `duecast demo`: the main job from a ledger to next week's cash, with nothing but the program.

use std::path::{Path, PathBuf};

use clap::Args;

use super::arguments::SEED_DEFAULT;
use super::backtest::{default_models, print_scores};
use super::demo_tables;
use super::screen::{Screen, grouped};
use crate::app::output::{self, OutputFile};
use crate::app::progress::Progress;
use crate::app::report::{self, ReportFile};
use crate::app::sample;
use crate::app::service::cash::Billing;
use crate::app::service::{self, Prediction, View};
use crate::backtest::BacktestPlan;
use crate::domain::Date;
use crate::domain::date::{add_days, monday_of};
use crate::forecast::ForecastPlan;
use crate::history::{DataReport, History};
use crate::model::{BASELINE, HORIZON_DAYS, ModelName, Reasons};

/// Past weeks that the demo replays: enough to see a difference, few enough to wait for.
const BACKTEST_WEEKS: i64 = 8;
/// Cut-offs from one fit to the next in the demo's replay: one fit, since the champion takes its time.
const REFIT_EVERY: u32 = 8;

/// Show the main job on a sample ledger: check, train, prove, forecast cash, name the risks
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Folder for the sample ledger, the model, the predictions and the report.
    #[arg(long, value_name = "DIR", default_value = "duecast-demo")]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let out = &arguments.out;
    screen.line(screen.bold("duecast demo: when do customers pay, and how sure is that?"))?;

    screen.heading("1  The ledger")?;
    sample::place(out)?;
    let (history, report) = service::open(&out.join("ledger"))?;
    print_ledger(&history, &report, &out.join("ledger"), screen)?;

    let (_, last) = history.date_range().ok_or(service::Error::LedgerEmpty)?;
    let view = service::view(&history, last)?;

    screen.heading("2  The model")?;
    let prediction = train_and_predict(&view, out, screen)?;

    screen.heading("3  Would it have worked? Past weeks, replayed with what was known then")?;
    let scorecard = {
        let progress = Progress::steps(screen.terminal(), "replaying");
        service::backtest(&history, &plan(last), &out.join("report"), &|done, total| {
            progress.set_steps(done, total);
        })?
    };
    print_scores(&scorecard, screen)?;

    screen.heading(format!("4  Cash expected from the open invoices, as of {last}"))?;
    forecast(&view, &prediction, out, screen)?;

    screen.heading(
        "5  At risk of being unpaid 90 days after the due date: the worst invoice of ten customers",
    )?;
    risks(&prediction, &view, out, screen)?;

    screen.heading("6  What is on your disk now")?;
    print_files(out, screen)
}

fn print_ledger(
    history: &History,
    report: &DataReport,
    folder: &Path,
    screen: &Screen,
) -> anyhow::Result<()> {
    let mut table = screen.new_table(&["table", "rows", "rejected", "from", "to"], &[1, 2]);
    let present = report.tables.iter().filter(|(_, facts)| facts.rows_read > 0);
    for (name, facts) in present {
        let day = |date: Option<Date>| date.map_or_else(|| "-".to_owned(), |date| date.to_string());
        table.add_row([
            name.name().to_owned(),
            grouped(facts.rows_kept),
            grouped(facts.rows_rejected),
            day(facts.first_date),
            day(facts.last_date),
        ]);
    }
    screen.table(&table)?;
    if let Some((first, last)) = history.date_range() {
        screen.line(format!(
            "  A made-up company, {first} to {last}: the files in {}.",
            folder.display()
        ))?;
    }
    Ok(())
}

fn train_and_predict(view: &View, out: &Path, screen: &Screen) -> anyhow::Result<Prediction> {
    let model = out.join("model");
    let training = {
        let _progress = Progress::spinner(screen.terminal(), "training");
        service::train(view, ModelName::DEFAULT, SEED_DEFAULT, &model)?
    };
    let (first, last) = training.window;
    screen.line(format!(
        "  {}: learned from {} open invoices of {} customers",
        training.model,
        grouped(training.rows),
        grouped(training.customers)
    ))?;
    screen.line(format!(
        "  at past cut-offs from {first} to {last}; an invoice still open counts as evidence too."
    ))?;
    let prediction = {
        let _progress = Progress::spinner(screen.terminal(), "predicting");
        service::predict(view, &model, Reasons::LeftOut)?
    };
    let file: OutputFile = file_in(out, "predictions.csv")?;
    output::write(&file, &output::predictions(prediction.as_of, &prediction.rows))?;
    screen.line(format!(
        "  It says for {} open invoices how likely they are paid on each coming day.",
        grouped(prediction.rows.len())
    ))?;
    Ok(prediction)
}

/// The last weeks whose outcomes the ledger knows over the whole horizon; Sundays make whole weeks.
fn plan(last: Date) -> BacktestPlan {
    let horizon = i64::try_from(HORIZON_DAYS).expect("the horizon is some weeks");
    let last_cutoff = add_days(monday_of(add_days(last, 1 - horizon)), -1);
    BacktestPlan {
        first_cutoff: add_days(last_cutoff, -7 * (BACKTEST_WEEKS - 1)),
        last_cutoff,
        stride_days: 7,
        models: default_models(),
        seed: SEED_DEFAULT,
        refit_every: REFIT_EVERY,
        forecast: ForecastPlan {
            seed: SEED_DEFAULT,
            ..ForecastPlan::default()
        },
    }
}

fn forecast(view: &View, prediction: &Prediction, out: &Path, screen: &Screen) -> anyhow::Result<()> {
    let plan = ForecastPlan {
        seed: SEED_DEFAULT,
        ..ForecastPlan::default()
    };
    let cash = service::cash::forecast(view, prediction, &plan, &Billing::default())?;
    let file: OutputFile = file_in(out, "cash.xlsx")?;
    output::write(
        &file,
        &output::forecast(cash.forecast(), None, &prediction.context),
    )?;
    let page = service::report::report(view, prediction, cash.forecast(), &cash.beside(Vec::new()))?;
    let file: ReportFile = out.join("cash.html").display().to_string().parse()?;
    report::write(&file, &page)?;
    let cash = cash.forecast();
    let Some(main) = cash.currencies.iter().max_by_key(|book| book.invoice_count) else {
        return screen.line("  No invoice is open.");
    };
    screen.table(&demo_tables::cash(main, screen))?;
    screen.line(screen.dim(format!(
        "  {} in whole units. █ comes in nine cases of ten (P10), ▒ up to the mean, ░ up to P90.",
        main.currency.code()
    )))?;
    for book in cash
        .currencies
        .iter()
        .filter(|book| book.currency != main.currency)
    {
        screen.line(demo_tables::cash_line(book))?;
    }
    Ok(())
}

fn risks(prediction: &Prediction, view: &View, out: &Path, screen: &Screen) -> anyhow::Result<()> {
    let places = demo_tables::riskiest(&prediction.rows);
    let reasons = {
        let _progress = Progress::spinner(screen.terminal(), "explaining");
        service::reasons(view, &out.join("model"), &places)?
    };
    let shown = places.iter().map(|place| &prediction.rows[*place]).zip(&reasons);
    screen.table(&demo_tables::risks(shown, screen))?;
    screen.line(screen.dim(format!("  Days and percentage points against {BASELINE}.")))
}

fn print_files(out: &Path, screen: &Screen) -> anyhow::Result<()> {
    let files = [
        (
            "report/report.md",
            "the proof in full, with pictures in report/figures",
        ),
        ("predictions.csv", "every open invoice: dates and probabilities"),
        ("cash.xlsx", "the cash forecast by currency, with its assumptions"),
        ("cash.html", "the same on one page, to look at or to print"),
        ("model/card.md", "what the model is, and what it rests on"),
        ("ledger", "the sample, as a pattern for your own"),
    ];
    for (name, what) in files {
        let path = out.join(name).display().to_string();
        screen.line(format!("  {path:<34} {what}"))?;
    }
    screen.line(format!(
        "\n  Next: {}",
        screen.bold("duecast check --ledger YOUR_FOLDER")
    ))
}

/// Names an output file below the demo's folder.
fn file_in(out: &Path, name: &str) -> Result<OutputFile, output::Error> {
    let path = out.join(name);
    let format = output::Format::of(&path, &output::Format::ALL)?;
    Ok(OutputFile { path, format })
}

#[cfg(test)]
mod tests {
    use super::{BACKTEST_WEEKS, plan};
    use crate::domain::date::parse_iso;
    use chrono::{Datelike, Weekday};

    #[test]
    fn the_replayed_weeks_end_on_sundays_and_are_known_in_full() {
        let last = parse_iso("2026-06-30").unwrap();
        let plan = plan(last);
        assert_eq!(plan.last_cutoff.weekday(), Weekday::Sun);
        assert!((last - plan.last_cutoff).num_days() >= 91);
        assert!((last - plan.last_cutoff).num_days() < 98);
        let weeks = (plan.last_cutoff - plan.first_cutoff).num_days() / 7 + 1;
        assert_eq!(weeks, BACKTEST_WEEKS);
    }
}
