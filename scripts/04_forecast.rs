//! How much cash arrives, in which week, and how sure are we? Trains, predicts and forecasts the sample.
//!
//! Run with: `cargo run --release --example 04_forecast`

use std::path::Path;

use anyhow::Context;
use duecast::domain::date::parse_iso;
use duecast::domain::format_minor;
use duecast::features;
use duecast::forecast::{ForecastPlan, forecast};
use duecast::history::History;
use duecast::model::{self, ModelName, Reasons, TrainingPlan, TrainingSet};

/// Bars are drawn to this width.
const BAR_WIDTH: i64 = 40;

fn main() -> anyhow::Result<()> {
    let (history, _) =
        History::open(Path::new("data/sample")).context("run this from the root of the repository")?;
    let snapshot = history.as_of(parse_iso("2026-03-29")?);

    let plan = TrainingPlan::default();
    let training = TrainingSet::build(&snapshot, &plan)?;
    let fitted = model::fit(ModelName::DEFAULT, &training, plan.seed)?;
    let predictions = fitted.predict(&features::book(&snapshot)?, Reasons::LeftOut)?;
    let cash = forecast(&predictions, &ForecastPlan::default())?;

    for book in &cash.currencies {
        let amount = |minor: i64| format_minor(minor, book.currency.exponent());
        println!(
            "\n{}: {} open on {} invoices as of {}",
            book.currency.code(),
            amount(book.open_balance),
            book.invoice_count,
            cash.as_of
        );
        println!("{:<10} {:>14} {:>14} {:>14}", "week", "P10", "expected", "P90");
        let largest = book.buckets.iter().map(|bucket| bucket.expected).max();
        let largest = largest.unwrap_or_default().max(1);
        for bucket in &book.buckets {
            let width = usize::try_from(bucket.expected * BAR_WIDTH / largest).unwrap_or_default();
            println!(
                "{:<10} {:>14} {:>14} {:>14} {}",
                bucket.label,
                amount(bucket.p10),
                amount(bucket.expected),
                amount(bucket.p90),
                "#".repeat(width)
            );
        }
        println!("{:<10} {:>29}", "later", amount(book.beyond_horizon));
        println!("{:<10} {:>29}", "never", amount(book.expected_loss));
        let sum: i64 = book.buckets.iter().map(|bucket| bucket.expected).sum();
        let sum = sum + book.beyond_horizon + book.expected_loss;
        println!("{:<10} {:>29}  = what is open", "sum", amount(sum));
    }
    Ok(())
}
