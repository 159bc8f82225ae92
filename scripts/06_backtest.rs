//! Would it have worked? Replays past Sundays of the sample ledger and scores what would have been said.
//!
//! Run with: `cargo run --release --example 06_backtest`

use std::path::Path;

use anyhow::Context;
use duecast::backtest::{BacktestPlan, historical_forecasts, score};
use duecast::domain::date::parse_iso;
use duecast::forecast::ForecastPlan;
use duecast::history::History;
use duecast::model::ModelName;

fn main() -> anyhow::Result<()> {
    let (history, _) =
        History::open(Path::new("data/sample")).context("run this from the root of the repository")?;
    let plan = BacktestPlan {
        first_cutoff: parse_iso("2025-11-02")?,
        last_cutoff: parse_iso("2026-03-29")?,
        stride_days: 49,
        models: vec![
            ModelName::DueDate,
            ModelName::CustomerMean,
            ModelName::CustomerHistogram,
            ModelName::Hazard,
        ],
        seed: 1,
        refit_every: 1,
        forecast: ForecastPlan::default(),
    };
    let replay = historical_forecasts(&history, &plan, &|_, _| {})?;
    let card = score(&replay);

    println!(
        "{} cut-offs from {} to {}, outcomes known until {}\n",
        card.folds_scored, plan.first_cutoff, plan.last_cutoff, card.known_until
    );
    println!(
        "{:<20} {:>8} {:>10} {:>10} {:>9} {:>10}",
        "model", "invoices", "CRPS days", "MAE days", "within 3", "late AUC"
    );
    for model in &card.models {
        println!(
            "{:<20} {:>8} {:>10} {:>10} {:>9} {:>10}",
            model.model.to_string(),
            model.all.cases,
            number(model.all.crps_days),
            number(model.all.mae_days),
            number(model.all.within_3_days),
            number(model.all.late.auc)
        );
    }
    println!("\nLower is better but for the last two. A distribution is scored by CRPS, a date by MAE.");
    Ok(())
}

/// A score, or a dash where there was nothing to score.
fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
}
