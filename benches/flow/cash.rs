//! Speed of the cash forecast and of a scenario against it.

use std::time::Instant;

use anyhow::{Context, Result};
use duecast::forecast::scenario::{self, Scenario};
use duecast::forecast::{Attributes, Bucket, CashBook, ForecastPlan, forecast, simulate};
use duecast::history::Snapshot;
use duecast::model::PaymentPrediction;

use super::{Timed, predictions};

pub(crate) fn time_forecast(snapshot: &Snapshot) -> Result<Timed> {
    time_buckets(
        snapshot,
        100_000,
        Bucket::Week,
        "open invoices, 13 weeks, 1,000 draws",
    )
}

pub(crate) fn time_forecast_days(snapshot: &Snapshot) -> Result<Timed> {
    time_buckets(
        snapshot,
        100_000,
        Bucket::Day,
        "open invoices, 91 days, 1,000 draws",
    )
}

pub(crate) fn time_forecast_million(snapshot: &Snapshot) -> Result<Timed> {
    time_buckets(
        snapshot,
        1_000_000,
        Bucket::Week,
        "open invoices, 13 weeks, 1,000 draws",
    )
}

/// Predictions of so many open invoices; where the book is too small, its invoices come again under other names.
fn book_of(snapshot: &Snapshot, count: usize) -> Result<Vec<PaymentPrediction>> {
    let mut book = predictions(snapshot)?.1;
    let own = book.len();
    book.truncate(count);
    for place in own..count {
        let mut again = book[place - own].clone();
        again.invoice_id.push('+');
        book.push(again);
    }
    Ok(book)
}

fn time_buckets(snapshot: &Snapshot, count: usize, bucket: Bucket, what: &str) -> Result<Timed> {
    let book = book_of(snapshot, count)?;
    let plan = ForecastPlan {
        bucket,
        ..ForecastPlan::default()
    };
    let start = Instant::now();
    forecast(&book, &plan)?;
    Ok(Timed {
        seconds: start.elapsed().as_secs_f64(),
        rows: book.len(),
        what: what.to_owned(),
    })
}

/// A shipped scenario against a forecast that is there already.
pub(crate) fn time_scenario(snapshot: &Snapshot) -> Result<Timed> {
    let predictions = book_of(snapshot, 100_000)?;
    let plan = ForecastPlan::default();
    let (name, text) = scenario::shipped()
        .iter()
        .find(|(name, _)| *name == "worst")
        .context("the scenario worst is shipped")?;
    let worst = Scenario::from_toml(name, text)?;
    let context = scenario::Context::read(snapshot)?;
    let book = CashBook::new(snapshot.cutoff(), &predictions, &Attributes::read(snapshot)?)?;
    let base = simulate(&book, &plan)?;
    let start = Instant::now();
    let applied = scenario::apply(&worst, &book, &context)?;
    base.difference(&simulate(&applied.book, &plan)?)?;
    Ok(Timed {
        seconds: start.elapsed().as_secs_f64(),
        rows: predictions.len(),
        what: "open invoices, worst case against a warm forecast".to_owned(),
    })
}
