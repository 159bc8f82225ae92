//! `duecast rehearse`: what would a policy have done on the past book?

use std::path::PathBuf;

use clap::Args;

use super::arguments::{LedgerArgument, PolicyArguments, date};
use super::screen::{Screen, counted, grouped};
use crate::action::rehearse::{ANYWAY_DAYS, RehearsedAction};
use crate::app::output::{self, Given, OutputFile};
use crate::app::progress::Progress;
use crate::app::service::policy_proof::{self, Rehearsal, RehearsalRequest};
use crate::domain::Date;
use crate::model::artifact;

/// Put a policy at past days and count what it would have done, and how often in vain
///
/// At each cut-off the accounts are as they were known; the worklist is for the business day after it. Contacts from
/// the first day on are those of the rehearsal, payments those that really came.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    ledger: LedgerArgument,
    /// Folder of a model made by `duecast train`, best on what was known before the first day.
    #[arg(long, value_name = "MODEL_DIR")]
    model: PathBuf,
    #[command(flatten)]
    policy: PolicyArguments,
    /// First cut-off, written YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = date)]
    from: Date,
    /// Last day on which a cut-off may lie, written YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = date)]
    to: Date,
    /// Days from one cut-off to the next.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    stride_days: u32,
    /// File for one row a day and action: .csv, .parquet, .json, .ndjson or .xlsx.
    #[arg(long, value_name = "FILE")]
    out: OutputFile,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let mut in_use: Vec<Given<'_>> = vec![arguments.ledger.given(), ("--model", arguments.model.as_path())];
    in_use.extend(arguments.policy.given());
    output::check_targets(&in_use, &[("--out", arguments.out.path.as_path())])?;
    let (policy, effects) = arguments.policy.load()?;
    let model = artifact::load(&arguments.model)?;
    let history = super::open_ledger(&arguments.ledger.ledger, screen)?;
    let request = RehearsalRequest {
        from: arguments.from,
        to: arguments.to,
        stride_days: arguments.stride_days,
        policy: &policy,
        effects: &effects,
    };
    let found = {
        let progress = Progress::steps(screen.terminal(), "rehearsing");
        policy_proof::rehearse(&history, &model, &request, &|done, total| {
            progress.set_steps(done, total);
            true
        })?
    };
    output::write(&arguments.out, &output::rehearsal(&found))?;
    print(&found, arguments, screen)
}

fn print(found: &Rehearsal, arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    screen.line(format!(
        "{}: {} of policy {}, version {}.",
        arguments.out,
        counted(found.days.len(), "day"),
        found.policy,
        found.version
    ))?;
    let header = [
        "action",
        "customers",
        "contacts",
        "minutes",
        "expected gain",
        "paid anyway",
    ];
    let mut table = screen.new_table(&header, &[1, 2, 3, 4, 5]);
    for (action, tally) in found.totals() {
        table.add_row(row(action.to_string(), &tally, found));
    }
    screen.table(&table)?;
    screen.line(screen.dim(format!(
        "  Expected gain in {}; paid anyway: everything in question was really paid within {ANYWAY_DAYS} days.",
        found.currency.code()
    )))?;
    for remark in &found.remarks {
        screen.note(remark);
    }
    Ok(())
}

fn row(action: String, tally: &RehearsedAction, found: &Rehearsal) -> [String; 6] {
    [
        action,
        grouped(tally.customers),
        grouped(tally.contacts),
        grouped(tally.minutes),
        grouped(format!("{:.2}", output::major(tally.gain, found.currency))),
        grouped(tally.paid_anyway),
    ]
}
