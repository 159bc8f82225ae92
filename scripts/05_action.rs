//! What to do on Monday: one action a customer, priced against waiting.
//!
//! Run with: `cargo run --release --example 05_action`

use std::path::Path;

use anyhow::{Context, Result};
use duecast::action::choice::Method;
use duecast::action::plan::{PlanRequest, plan};
use duecast::action::worklist::{Line, Worklist};
use duecast::action::{Account, Effects, Exchange, Policy};
use duecast::domain::date::parse_iso;
use duecast::features;
use duecast::history::History;
use duecast::model::{self, ModelName, Reasons, TrainingPlan, TrainingSet};

const AS_OF: &str = "2026-03-29";
const DAY: &str = "2026-03-30";
const SEED: u64 = 20_261_122;
const CUSTOMERS: usize = 10;

fn main() -> Result<()> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    let (history, _) = History::open(&sample).context("cannot open the sample ledger")?;
    let snapshot = history.as_of(parse_iso(AS_OF)?);
    let training = TrainingSet::build(&snapshot, &TrainingPlan::default())?;
    let model = model::fit(ModelName::DEFAULT, &training, SEED)?;
    let predictions = model.predict(&features::book(&snapshot)?, Reasons::LeftOut)?;

    let policy = Policy::default_policy();
    let accounts = Account::read_all(&snapshot, &predictions, &policy.exclusions)?;
    let exchange = Exchange::read(&snapshot, policy.currency)?;
    let worklist = plan(&PlanRequest {
        as_of: snapshot.cutoff(),
        day: parse_iso(DAY)?,
        accounts: &accounts,
        policy: &policy,
        law: &policy.law(),
        // Nobody has measured anything yet: sceptical priors, and labelled so.
        effects: &Effects::assumed(&policy),
        exchange: &exchange,
        model: &ModelName::DEFAULT.to_string(),
        facts: &|_| history.fingerprint().to_owned(),
        method: Method::Prices,
        explores: false,
    })?;
    print(&worklist);
    Ok(())
}

fn print(worklist: &Worklist) {
    let mut lines: Vec<&Line> = worklist.lines.iter().collect();
    lines.sort_by_key(|line| line.priority);
    println!("The first {CUSTOMERS} of {} customers for {DAY}\n", lines.len());
    println!("{:<10} {:<20} {:>8}  why", "customer", "action", "gain");
    for line in lines.iter().take(CUSTOMERS) {
        println!(
            "{:<10} {:<20} {:>8.2}  {}",
            line.customer_id,
            line.decision.action.as_str(),
            line.gain.total / 100.0,
            line.decision.reasons.join("; ")
        );
    }
}
