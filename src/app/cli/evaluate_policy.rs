//! `duecast evaluate-policy`: what would a policy have been worth?

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use super::arguments::{LedgerArgument, PolicyArguments, SEED_DEFAULT, date};
use super::screen::{Screen, counted, grouped};
use crate::action::evaluate::{Estimate, EvaluationPlan};
use crate::app::output::{self, Given, OutputFile};
use crate::app::progress::Progress;
use crate::app::service::policy_proof::{self, EvaluationRequest, Judged, PolicyReport};
use crate::domain::{Currency, Date};
use crate::model::artifact;

/// Shown for what is refused.
const REFUSED: &str = "-";

/// Estimate from logged decisions what a policy would have been worth, against rules of thumb and waiting
///
/// Takes the actions of the ledger that tell with which probability they were chosen, waiting included (`wait`), and
/// weighs each by what the policy would have done. The command fails where the log says too little about it.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    ledger: LedgerArgument,
    /// Folder of a model made by `duecast train`, best on what was known before the first day.
    #[arg(long, value_name = "MODEL_DIR")]
    model: PathBuf,
    #[command(flatten)]
    policy: PolicyArguments,
    /// First day of the decisions, written YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = date)]
    from: Date,
    /// Last day of the decisions, written YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = date)]
    to: Date,
    /// Days after a decision in which cash counts.
    #[arg(long, value_name = "N", default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=365))]
    window_days: u32,
    /// Days from one day of decisions to the next that is looked at; 1 looks at all.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    stride_days: u32,
    /// Seed of the intervals.
    #[arg(long, value_name = "S", default_value_t = SEED_DEFAULT)]
    seed: u64,
    /// File for one row a policy: .csv, .parquet, .json, .ndjson or .xlsx; .json and .xlsx have the curves too.
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
    let request = EvaluationRequest {
        from: arguments.from,
        to: arguments.to,
        window_days: arguments.window_days,
        stride_days: arguments.stride_days,
        policy: &policy,
        effects: &effects,
        plan: EvaluationPlan {
            seed: arguments.seed,
            ..EvaluationPlan::default()
        },
    };
    let report = {
        let progress = Progress::steps(screen.terminal(), "evaluating");
        policy_proof::evaluate_policy(&history, &model, &request, &|done, total| {
            progress.set_steps(done, total);
        })?
    };
    output::write(&arguments.out, &output::evaluations(&report))?;
    print(&report, arguments, screen)?;
    if let Some(reason) = report.refusal() {
        bail!("the policy cannot be evaluated on this log: {reason}");
    }
    Ok(())
}

fn print(report: &PolicyReport, arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let decisions = report
        .judged
        .first()
        .map_or(0, |judged| judged.evaluation.decisions);
    screen.line(format!(
        "{}: {} from {} to {}, {} a decision.",
        arguments.out,
        counted(decisions, "drawn decision"),
        report.from,
        report.to,
        report.currency.code()
    ))?;
    let header = ["policy", "effective", "SNIPS", "doubly robust", "against wait"];
    let mut table = screen.new_table(&header, &[1, 2, 3, 4]);
    for judged in &report.judged {
        table.add_row(row(judged, report.currency));
    }
    screen.table(&table)?;
    for line in [
        "  Estimates with 95 % intervals; effective: the decisions that weigh equally. Cash within the window at the",
        "  cost of capital, with the loss avoided, less what the action costs.",
    ] {
        screen.line(screen.dim(line))?;
    }
    for judged in &report.judged {
        if let Some(reason) = &judged.evaluation.refusal {
            screen.note(format!("{} is refused: {reason}", judged.evaluation.name));
        }
    }
    if report.substituted_share > 0.0 {
        screen.note(format!(
            "in {:.1} % of the decisions the policy would have done what the log never tried there; the next best \
             that it tried stands in",
            100.0 * report.substituted_share
        ));
    }
    for remark in &report.remarks {
        screen.note(remark);
    }
    Ok(())
}

fn row(judged: &Judged, currency: Currency) -> [String; 5] {
    let evaluation = &judged.evaluation;
    let estimate = |one: &Estimate| {
        let [value, low, high] = [one.value, one.low, one.high].map(|minor| output::major(minor, currency));
        format!("{value:.4} ({low:.4} to {high:.4})")
    };
    let known = |one: &Estimate| {
        if evaluation.refusal.is_none() {
            estimate(one)
        } else {
            REFUSED.to_owned()
        }
    };
    [
        evaluation.name.clone(),
        grouped(format!("{:.0}", evaluation.effective_sample_size)),
        known(&evaluation.snips),
        known(&evaluation.doubly_robust),
        judged
            .against_wait
            .as_ref()
            .map_or_else(|| REFUSED.to_owned(), |against| estimate(&against.doubly_robust)),
    ]
}
