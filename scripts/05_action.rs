//! Whom to call on Monday, and why: customers by the cash that is likely to be still out in 30 days.
//!
//! Run with: `cargo run --release --example 05_action`
//!
//! A ranking is not yet an action: what a call is worth against waiting needs effects, costs and capacity.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use duecast::domain::date::parse_iso;
use duecast::domain::{Currency, Money};
use duecast::features;
use duecast::history::History;
use duecast::model::{self, ModelName, PaymentPrediction, Reasons, TrainingPlan, TrainingSet};

const AS_OF: &str = "2026-03-29";
const SEED: u64 = 20_261_122;
const DAYS: i32 = 30;
const CUSTOMERS: usize = 5;

/// What one customer owes in one currency, and its worst invoice.
#[derive(Default)]
struct Account<'a> {
    open_minor: i64,
    still_out_minor: i64,
    worst: Option<&'a PaymentPrediction>,
}

fn main() -> Result<()> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    let (history, _) = History::open(&sample).context("cannot open the sample ledger")?;
    let snapshot = history.as_of(parse_iso(AS_OF)?);
    let training = TrainingSet::build(&snapshot, &TrainingPlan::default())?;
    let model = model::fit(ModelName::DEFAULT, &training, SEED)?;
    let predictions = model.predict(&features::book(&snapshot)?, Reasons::Given)?;

    let mut accounts: BTreeMap<(&str, Currency), Account<'_>> = BTreeMap::new();
    for prediction in &predictions {
        let unpaid = 1.0 - prediction.distribution.paid_by(DAYS);
        let still_out = prediction.open.expected(unpaid).minor();
        let key = (prediction.customer_id.as_str(), prediction.open.currency());
        let account = accounts.entry(key).or_default();
        account.open_minor += prediction.open.minor();
        account.still_out_minor += still_out;
        let worse = account.worst.is_none_or(|worst| {
            worst
                .open
                .expected(1.0 - worst.distribution.paid_by(DAYS))
                .minor()
                < still_out
        });
        if worse {
            account.worst = Some(prediction);
        }
    }
    print(accounts);
    Ok(())
}

fn print(accounts: BTreeMap<(&str, Currency), Account<'_>>) {
    let mut ranked: Vec<_> = accounts.into_iter().collect();
    ranked.sort_by_key(|((customer, currency), account)| {
        (*currency, std::cmp::Reverse(account.still_out_minor), *customer)
    });
    println!(
        "Likely to be still out {DAYS} days after {AS_OF}: the first {CUSTOMERS} customers of each currency\n"
    );
    println!("{:<10} {:>14} {:>14}  why", "customer", "open", "still out");
    let mut shown: BTreeMap<Currency, usize> = BTreeMap::new();
    for ((customer, currency), account) in ranked {
        let shown = shown.entry(currency).or_default();
        *shown += 1;
        if *shown > CUSTOMERS {
            continue;
        }
        let money = |minor: i64| Money::from_minor(minor, currency).to_string();
        let reason = account.worst.and_then(|worst| worst.reasons.first());
        let why = reason.map_or("", |reason| reason.text.as_str());
        println!(
            "{customer:<10} {:>14} {:>14}  {why}",
            money(account.open_minor),
            money(account.still_out_minor)
        );
    }
}
