//! `duecast actions`: what should be done for each customer, by whom, and what it is worth.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::arguments::{self, PolicyArguments, ViewArguments};
use super::screen::{Screen, counted, grouped};
use crate::action::choice::Method;
use crate::app::output::{self, OutputFile};
use crate::app::progress::Progress;
use crate::app::service::actions::{self, Worked};
use crate::domain::{Currency, Date, Money};
use crate::model::Reasons;

/// Say what should be done for each customer, and what it is worth against waiting
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    view: ViewArguments,
    /// Folder of a model made by `duecast train`.
    #[arg(long, value_name = "MODEL_DIR")]
    model: PathBuf,
    #[command(flatten)]
    policy: PolicyArguments,
    /// The day that the worklist is for; the next working day after the cut-off where not given.
    #[arg(long, value_name = "DATE", value_parser = arguments::date)]
    day: Option<Date>,
    /// How collectors' time is shared out.
    #[arg(long, value_enum, default_value_t = Choice::Prices)]
    choice: Choice,
    /// File for one row a customer: .csv, .parquet, .json, .ndjson or .xlsx.
    #[arg(long, value_name = "FILE")]
    out: OutputFile,
}

/// How collectors' time is shared out.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Choice {
    /// By the price of an hour, within a proven distance of the best.
    Prices,
    /// The most valuable by the minute first.
    Greedy,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let mut read = vec![
        arguments.view.ledger.given(),
        ("--model", arguments.model.as_path()),
    ];
    read.extend(arguments.policy.given());
    output::check_targets(&read, &[("--out", &arguments.out.path)])?;
    let (policy, effects) = arguments.policy.load()?;
    let day = arguments
        .day
        .unwrap_or_else(|| actions::next_working_day(arguments.view.as_of));
    let view = arguments.view.open(screen)?;
    let prediction = super::predicted(&view, &arguments.model, Reasons::LeftOut, screen)?;
    let method = match arguments.choice {
        Choice::Prices => Method::Prices,
        Choice::Greedy => Method::Greedy,
    };
    let worked = {
        let _progress = Progress::spinner(screen.terminal(), "planning");
        actions::worklist(&view, &prediction, &policy, &effects, day, method)?
    };
    output::write(&arguments.out, &output::worklist(&worked, &policy))?;
    print(arguments, &worked, policy.currency, screen)
}

fn print(arguments: &Arguments, worked: &Worked, base: Currency, screen: &Screen) -> anyhow::Result<()> {
    let list = &worked.worklist;
    for note in &list.notes {
        screen.note(note);
    }
    screen.line(format!(
        "{}: {} for {}, known as of {}, policy {}.",
        arguments.out,
        counted(list.lines.len(), "customer"),
        list.day,
        list.as_of,
        list.policy_name
    ))?;
    let mut table = screen.new_table(&["action", "customers", "expected gain", "cost"], &[1, 2, 3]);
    for (action, total) in list.totals() {
        table.add_row([
            action.to_string(),
            grouped(total.customers),
            shown(total.gain, base),
            shown(total.cost, base),
        ]);
    }
    screen.table(&table)?;
    screen.line(format!(
        "Worth {} {} more than to wait, of at most {} {}.",
        base.code(),
        shown(list.value, base),
        base.code(),
        shown(list.bound, base)
    ))?;
    for (collector, price) in &list.hour_prices {
        screen.line(format!(
            "{collector}: {} minutes planned; one more hour is worth {} {}.",
            list.minutes_used.get(collector).copied().unwrap_or_default(),
            base.code(),
            shown(*price, base)
        ))?;
    }
    Ok(())
}

/// Writes an expected amount for people, in whole units.
fn shown(minor: f64, currency: Currency) -> String {
    grouped(Money::nearest(minor, currency).to_decimal_string())
}
