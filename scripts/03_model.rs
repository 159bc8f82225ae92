//! Which model knows best when invoices are paid? Fits every model on the same past, and looks 91 days on.
//!
//! Run with: `cargo run --release --example 03_model`

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use duecast::domain::date::parse_iso;
use duecast::features;
use duecast::history::History;
use duecast::model::outcome::{Outcome, outcomes};
use duecast::model::{self, BASELINE, ModelName, PaymentPrediction, Reasons, TrainingPlan, TrainingSet};

/// A median beyond the horizon counts as its last day.
const HORIZON_DAYS: i32 = 91;

fn main() -> anyhow::Result<()> {
    let (history, _) =
        History::open(Path::new("data/sample")).context("run this from the root of the repository")?;
    let cutoff = parse_iso("2026-03-29")?;
    let (_, last) = history.date_range().context("the ledger is empty")?;

    let snapshot = history.as_of(cutoff);
    let plan = TrainingPlan::default();
    let training = TrainingSet::build(&snapshot, &plan)?;
    let book = features::book(&snapshot)?;
    // Only scoring may look at what happened after the cut-off.
    let happened = outcomes(&history.as_of(last), cutoff)?;

    println!(
        "{} open invoices as of {cutoff}; models fitted on {} earlier ones.\n",
        book.len(),
        training.len()
    );
    println!("{:<20} {:>10} {:>10}", "model", "CRPS days", "MAE days");
    let mut example = None;
    for name in ModelName::ALL.iter().copied() {
        let is_told = name == ModelName::DEFAULT;
        let reasons = if is_told { Reasons::Given } else { Reasons::LeftOut };
        let predictions = model::fit(name, &training, plan.seed)?.predict(&book, reasons)?;
        let crps = mean(&predictions, &happened, crps_days);
        let error = mean(&predictions, &happened, error_days);
        println!("{:<20} {crps:>10.3} {error:>10.3}", name.to_string());
        if is_told {
            example = predictions.into_iter().max_by_key(|said| said.open.minor());
        }
    }

    let said = example.context("no invoice is open")?;
    println!(
        "\nThe largest invoice, {} of {}, by {}:",
        said.invoice_id,
        said.customer_id,
        ModelName::DEFAULT
    );
    println!("  due {}, expected {}", said.due_date, said.quantile_date(0.5));
    println!(
        "  between {} and {} with 80 %",
        said.quantile_date(0.1),
        said.quantile_date(0.9)
    );
    println!("  late with {:.0} %", 100.0 * said.late_probability());
    println!("  against {BASELINE}:");
    for reason in &said.reasons {
        println!("  {} {}", reason.code, reason.text);
    }
    Ok(())
}

/// The mean of a score over the invoices that have one.
fn mean(
    predictions: &[PaymentPrediction],
    happened: &BTreeMap<String, Outcome>,
    score: fn(&PaymentPrediction, Outcome) -> Option<f64>,
) -> f64 {
    let mut sum = 0.0;
    let mut count = 0.0;
    for said in predictions {
        let outcome = happened.get(&said.invoice_id);
        if let Some(value) = outcome.and_then(|outcome| score(said, *outcome)) {
            sum += value;
            count += 1.0;
        }
    }
    sum / count
}

/// Squared distance between the distribution and what happened, over the days that were watched.
fn crps_days(said: &PaymentPrediction, outcome: Outcome) -> Option<f64> {
    let (paid_after, watched) = match outcome {
        Outcome::Paid { days } => (days, HORIZON_DAYS),
        Outcome::EndedOtherwise { days } | Outcome::Open { days_observed: days } => {
            (i32::MAX, days.min(HORIZON_DAYS))
        }
    };
    let squares = (1..=watched).map(|day| {
        let paid = if paid_after <= day { 1.0 } else { 0.0 };
        (said.distribution.paid_by(day) - paid).powi(2)
    });
    (watched > 0).then(|| squares.sum())
}

/// Distance between the median day and the day of payment, of invoices that were paid.
fn error_days(said: &PaymentPrediction, outcome: Outcome) -> Option<f64> {
    let median = said.distribution.quantile(0.5).unwrap_or(HORIZON_DAYS);
    match outcome {
        Outcome::Paid { days } => Some(f64::from((median - days).abs())),
        Outcome::EndedOtherwise { .. } | Outcome::Open { .. } => None,
    }
}
