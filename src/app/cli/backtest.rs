//! `duecast backtest`: would it have worked?

use std::path::PathBuf;

use clap::Args;
use comfy_table::{ColumnConstraint, Table};

use super::arguments::{LedgerArgument, SEED_DEFAULT, date, model_name};
use super::screen::{Screen, grouped};
use crate::app::output;
use crate::app::progress::Progress;
use crate::app::service;
use crate::backtest::{BacktestPlan, CashScore, ModelScore, Scorecard, metrics};
use crate::domain::Date;
use crate::forecast::ForecastPlan;
use crate::model::ModelName;

/// Replay past days and compare what would have been said with what happened
///
/// At each cut-off the models see only what was known that evening. The command fails when a model is too good
/// to be true (AUC of late payment above 0.97): then the ledger gives away what is to be predicted.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    ledger: LedgerArgument,
    /// First cut-off, written YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = date)]
    from: Date,
    /// Last day on which a cut-off may lie, written YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = date)]
    to: Date,
    /// Days from one cut-off to the next.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    stride_days: u32,
    /// Models, separated by commas; the baselines and the default model where not given.
    #[arg(long, value_name = "a,b", value_delimiter = ',', value_parser = model_name)]
    models: Vec<ModelName>,
    /// Cut-offs from one fit to the next; 1 fits anew at each.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    refit_every: u32,
    /// Seed of the training samples and of the intervals.
    #[arg(long, value_name = "S", default_value_t = SEED_DEFAULT)]
    seed: u64,
    /// Folder for report.md, the scorecard, the tables and the pictures.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Arguments {
    fn plan(&self) -> BacktestPlan {
        let models = if self.models.is_empty() {
            default_models()
        } else {
            self.models.clone()
        };
        BacktestPlan {
            first_cutoff: self.from,
            last_cutoff: self.to,
            stride_days: self.stride_days,
            models,
            seed: self.seed,
            refit_every: self.refit_every,
            forecast: ForecastPlan {
                seed: self.seed,
                ..ForecastPlan::default()
            },
        }
    }
}

/// The default model beside the baselines that it must beat.
pub(super) fn default_models() -> Vec<ModelName> {
    ModelName::BASELINES
        .into_iter()
        .chain([ModelName::DEFAULT])
        .collect()
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    output::check_targets(&[arguments.ledger.given()], &[("--out", &arguments.out)])?;
    let plan = arguments.plan();
    let history = super::open_ledger(&arguments.ledger.ledger, screen)?;
    let scorecard = {
        let progress = Progress::steps(screen.terminal(), "replaying");
        service::backtest(&history, &plan, &arguments.out, &|done, total| {
            progress.set_steps(done, total);
        })?
    };
    let printed = print_scores(&scorecard, screen).and_then(|()| {
        screen.line(format!(
            "{}: report.md, scorecard.json, tables and pictures.",
            arguments.out.display()
        ))
    });
    // First the gate: a reader who has seen enough must not open it.
    scorecard.check_release()?;
    printed
}

/// Prints the scorecard: one row a model, then what was left out.
pub(super) fn print_scores(scorecard: &Scorecard, screen: &Screen) -> anyhow::Result<()> {
    let cases = scorecard.models.first().map_or(0, |model| model.all.cases);
    let period = match (scorecard.first_cutoff, scorecard.last_cutoff) {
        (Some(first), Some(last)) => format!("from {first} to {last}"),
        _ => "none".to_owned(),
    };
    screen.line(format!(
        "  {} cut-offs {period}, {} open invoices; outcomes known until {}",
        scorecard.folds_scored,
        grouped(cases),
        scorecard.known_until
    ))?;
    screen.table(&score_table(scorecard, screen))?;
    for line in [
        "  CRPS, MAE: days of error of the whole distribution and of its median. Late: unpaid at the end",
        "  of the due date; log-loss, AUC, calibration error. Cash: error of weeks 1 to 4 as a share of",
        "  what came. Lower is better, but for AUC and the share within 7 days.",
    ] {
        screen.line(screen.dim(line))?;
    }
    for skipped in &scorecard.skipped {
        let what = skipped
            .model
            .map_or_else(|| "all models".to_owned(), |model| model.to_string());
        screen.note(format!(
            "left out: {what} at {}: {}",
            skipped.cutoff, skipped.reason
        ));
    }
    Ok(())
}

fn score_table(scorecard: &Scorecard, screen: &Screen) -> Table {
    let header = [
        "model",
        "CRPS",
        "MAE",
        "within 7 d",
        "late loss",
        "late AUC",
        "calib.",
        "cash",
    ];
    let mut table = screen.new_table(&header, &[1, 2, 3, 4, 5, 6, 7]);
    if let Some(names) = table.column_mut(0) {
        names.set_constraint(ColumnConstraint::ContentWidth);
    }
    for score in &scorecard.models {
        table.add_row(score_row(score));
    }
    table
}

/// Error of the weekly cash, weeks 1 to 4: the mean over currencies, which are never added up.
fn cash_error(scores: &[CashScore]) -> Option<f64> {
    let errors: Vec<f64> = scores
        .iter()
        .filter_map(|score| score.weeks_1_to_4.wape)
        .collect();
    metrics::mean(&errors)
}

fn score_row(score: &ModelScore) -> [String; 8] {
    let number = |value: Option<f64>, decimals: usize| {
        value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
    };
    let percent =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{:.0} %", value * 100.0));
    [
        score.model.to_string(),
        number(score.all.crps_days, 2),
        number(score.all.mae_days, 2),
        percent(score.all.within_7_days),
        number(score.all.late.log_loss, 3),
        number(score.all.late.auc, 3),
        number(score.all.late.calibration_error, 3),
        percent(cash_error(&score.cash)),
    ]
}
