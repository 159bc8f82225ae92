//! `duecast effects`: what actions do, learned from decisions that were left to chance.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::arguments::{self, LedgerArgument};
use super::screen::{Screen, counted, grouped};
use crate::action::effect::EffectSource;
use crate::action::learn::Interval;
use crate::app::output::{self, StagedFile};
use crate::app::progress::Progress;
use crate::app::service::effects::{EffectsFile, LearnRequest, learn_effects};
use crate::app::service::policy;
use crate::domain::Date;
use crate::model::artifact;

/// Learn what actions do from the ledger's decisions that were left to chance
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    ledger: LedgerArgument,
    /// Folder of a model made by `duecast train`, best on what was known before the period.
    #[arg(long, value_name = "MODEL_DIR")]
    model: PathBuf,
    /// First day of the decisions, written YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = arguments::date)]
    from: Date,
    /// Last day of them.
    #[arg(long, value_name = "DATE", value_parser = arguments::date)]
    to: Date,
    /// Days from one look at the book to the next.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    stride_days: u32,
    /// Days after a decision in which payment counts.
    #[arg(long, value_name = "N", default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=91))]
    window_days: u32,
    /// Policy file whose catalogue and assumptions count; the shipped one where not given.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// File for what was learned, JSON; `duecast actions --effects` reads it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let mut read = vec![arguments.ledger.given(), ("--model", arguments.model.as_path())];
    read.extend(arguments.policy.as_deref().map(|file| ("--policy", file)));
    output::check_targets(&read, &[("--out", &arguments.out)])?;
    let policy = policy::load(arguments.policy.as_deref())?;
    let model = artifact::load(&arguments.model)?;
    let history = super::open_ledger(&arguments.ledger.ledger, screen)?;
    let request = LearnRequest {
        from: arguments.from,
        to: arguments.to,
        stride_days: arguments.stride_days,
        window_days: arguments.window_days,
        policy: &policy,
    };
    let learned = {
        let progress = Progress::steps(screen.terminal(), "looks");
        learn_effects(&history, &model, &request, &|done, total| {
            progress.set_steps(done, total);
        })?
    };
    write(arguments, &learned)?;
    print(arguments, &learned, screen)
}

fn write(arguments: &Arguments, learned: &EffectsFile) -> anyhow::Result<()> {
    let mut staged = StagedFile::create(&arguments.out)?;
    serde_json::to_writer_pretty(staged.writer(), learned)
        .with_context(|| format!("cannot write {}", arguments.out.display()))?;
    staged.commit()?;
    Ok(())
}

fn print(arguments: &Arguments, file: &EffectsFile, screen: &Screen) -> anyhow::Result<()> {
    for note in &file.learned.notes {
        screen.note(note);
    }
    screen.line(format!(
        "{}: {} of {} to {}, policy {}.",
        arguments.out.display(),
        counted(file.counts.rows, "logged action"),
        file.from,
        file.to,
        file.policy
    ))?;
    if file.learned.cells.is_empty() {
        return screen.line("No decision was left to chance: every effect stays an assumption.");
    }
    let header = [
        "action",
        "stage",
        "segment",
        "decisions",
        "in hand sooner, days",
        "shift",
        "source",
    ];
    let mut table = screen.new_table(&header, &[3]);
    for cell in &file.learned.cells {
        table.add_row([
            cell.action.to_string(),
            cell.stage.name().to_owned(),
            cell.segment.clone(),
            grouped(cell.decisions),
            days(&cell.difference),
            shift(&cell.shift),
            match cell.source {
                EffectSource::Assumption => "assumption".to_owned(),
                EffectSource::Learned { .. } => "learned".to_owned(),
            },
        ]);
    }
    screen.table(&table)
}

/// Days with their 90 % interval.
fn days(interval: &Interval) -> String {
    format!(
        "{:+.2} ({:+.2} to {:+.2})",
        interval.value, interval.low, interval.high
    )
}

fn shift(interval: &Interval) -> String {
    format!(
        "{:+.2} ({:+.2} to {:+.2})",
        interval.value, interval.low, interval.high
    )
}
