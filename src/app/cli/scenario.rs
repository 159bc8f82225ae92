//! `duecast scenario`: what if, as a difference to the forecast with a band of its own.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};

use super::arguments::{CashArguments, LedgerArgument, ViewArguments, date};
use super::screen::{Screen, counted, grouped};
use crate::app::output::{self, OutputFile};
use crate::app::progress::Progress;
use crate::app::service;
use crate::app::service::scenario::Comparison;
use crate::domain::{Date, Money};
use crate::forecast::DifferenceRow;
use crate::forecast::scenario::{Scenario, Touched, TouchedMoney, shipped};
use crate::model::Reasons;

/// Ask what if: the forecast against itself under changed inputs
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    /// Folder with the ledger's tables.
    #[arg(long, value_name = "DIR", required = true)]
    ledger: Option<PathBuf>,
    /// Last day whose facts may be known, written YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = date, required = true)]
    as_of: Option<Date>,
    /// Folder of a model made by `duecast train`.
    #[arg(long, value_name = "MODEL_DIR", required = true)]
    model: Option<PathBuf>,
    /// Name of a shipped scenario, or a .toml or .json file; may be given several times.
    #[arg(long = "scenario", value_name = "NAME|FILE", required = true)]
    scenarios: Vec<String>,
    #[command(flatten)]
    cash: CashArguments,
    /// File for the differences: .csv, .parquet, .json, .ndjson or .xlsx.
    #[arg(long, value_name = "FILE", required = true)]
    out: Option<OutputFile>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the shipped scenarios, one a line
    List,
    /// Print a shipped scenario, as a start for one's own
    Show {
        /// Name of the scenario.
        name: String,
    },
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    match &arguments.action {
        Some(Action::List) => {
            let description =
                |name: &str, text: &str| Scenario::from_toml(name, text).map(|scenario| scenario.description);
            super::shipped::list(shipped(), description, screen)
        }
        Some(Action::Show { name }) => super::shipped::show("scenario", shipped(), name, screen),
        None => compare(arguments, screen),
    }
}

fn compare(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let given = "the option is required where no subcommand is given";
    let ledger = arguments.ledger.clone().context(given)?;
    let model = arguments.model.as_deref().context(given)?;
    let out = arguments.out.as_ref().context(given)?;
    let view = ViewArguments {
        ledger: LedgerArgument { ledger },
        as_of: arguments.as_of.context(given)?,
    };
    check_targets(&view, model, arguments, out)?;
    let plan = arguments.cash.plan()?;
    let scenarios = load(&arguments.scenarios)?;
    let billing = arguments.cash.billing()?;
    let view = view.open(screen)?;
    let prediction = super::predicted(&view, model, Reasons::LeftOut, screen)?;
    let plan = super::calibrate::with_band(plan, &prediction, screen);
    let (comparisons, plan_remarks) = {
        let _progress = Progress::spinner(screen.terminal(), "simulating");
        service::scenario::compare(&view, &prediction, scenarios, &plan, &billing)?
    };
    for remark in &plan_remarks {
        screen.note(remark);
    }
    let document = output::scenarios(prediction.as_of, &comparisons, &plan, &prediction.context);
    output::write(out, &document)?;
    screen.line(format!(
        "{out}: {} against the forecast by {} for {} days after {}, model {}.",
        counted(comparisons.len(), "scenario"),
        plan.bucket.name(),
        plan.horizon_days,
        prediction.as_of,
        prediction.context.model
    ))?;
    comparisons.iter().try_for_each(|one| print(one, screen))
}

/// Refuses a result that would overwrite what the command reads; a shipped scenario is no file.
fn check_targets(
    view: &ViewArguments,
    model: &Path,
    arguments: &Arguments,
    out: &OutputFile,
) -> Result<(), output::Error> {
    let mut read = vec![view.ledger.given(), ("--model", model)];
    let files = arguments.scenarios.iter().filter(|name| !is_shipped(name));
    read.extend(files.map(|name| ("--scenario", Path::new(name))));
    read.extend(arguments.cash.given());
    output::check_targets(&read, &[("--out", &out.path)])
}

fn is_shipped(name: &str) -> bool {
    shipped().iter().any(|(known, _)| *known == name)
}

/// Loads the scenarios, each of a name of its own.
fn load(names: &[String]) -> anyhow::Result<Vec<Scenario>> {
    let mut scenarios = Vec::with_capacity(names.len());
    for name in names {
        scenarios.push(service::scenario::load(name)?);
    }
    output::check_scenarios(&scenarios)?;
    Ok(scenarios)
}

/// Prints one scenario: its assumptions, what it touched, and what it changes by the end of the horizon.
fn print(comparison: &Comparison, screen: &Screen) -> anyhow::Result<()> {
    let scenario = &comparison.scenario;
    screen.heading(format!("{}: {}", scenario.name, scenario.description))?;
    for touched in &comparison.touched {
        screen.line(format!("  {}", touched.shock))?;
        if let Some(assumption) = &touched.assumption {
            screen.line(format!("    assumption: {assumption}"))?;
        }
        screen.line(format!("    touches {}", counts(touched)))?;
        for money in &touched.money {
            screen.line(format!("      {}", amounts(money)))?;
        }
    }
    for remark in &comparison.remarks {
        screen.note(remark);
    }
    let header = ["currency", "until", "difference", "P10", "P50", "P90"];
    let mut table = screen.new_table(&header, &[2, 3, 4, 5]);
    for row in telling_rows(&comparison.rows) {
        let amount = |minor: i64| grouped(Money::from_minor(minor, row.currency).to_decimal_string());
        table.add_row([
            row.currency.code().to_owned(),
            row.bucket_end.to_string(),
            amount(row.cumulative_expected),
            amount(row.cumulative_p10),
            amount(row.cumulative_p50),
            amount(row.cumulative_p90),
        ]);
    }
    screen.table(&table)
}

/// Of each currency the bucket by whose end most is missing or gained, and the last; rows come by currency, then by
/// time. What comes 30 days later is there again at the end: the gap before it is what has to be financed.
fn telling_rows(rows: &[DifferenceRow]) -> impl Iterator<Item = &DifferenceRow> {
    rows.chunk_by(|left, right| left.currency == right.currency)
        .flat_map(|rows| {
            let widest = rows.iter().max_by_key(|row| row.cumulative_expected.abs());
            let last = rows.last();
            let widest = widest.filter(|widest| Some(widest.bucket_end) != last.map(|last| last.bucket_end));
            widest.into_iter().chain(last)
        })
}

fn counts(touched: &Touched) -> String {
    format!(
        "{} of {}, {}",
        counted(touched.items, "amount"),
        counted(touched.customers, "customer"),
        counted(touched.streams, "billing stream")
    )
}

fn amounts(money: &TouchedMoney) -> String {
    let amount = |money: Money| grouped(money.to_decimal_string());
    let mut text = format!(
        "{} {} open, {} recurring billing, {} new billing",
        money.amount.currency().code(),
        amount(money.amount),
        amount(money.recurring),
        amount(money.new_billing)
    );
    if money.discount.minor() != 0 {
        text.push_str(&format!(
            "; discount granted {}, of it to who would have paid in time anyway {}",
            amount(money.discount),
            amount(money.discount_anyway)
        ));
    }
    text
}
