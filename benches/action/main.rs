//! The action stage at full size: `cargo bench --bench action` prints what it is worth where the truth is known.
//!
//! 50,000 simulated customers over two years: how many of the true effects the learned intervals cover, the true value
//! of the plan beside that of plans which know more and of rules of thumb, estimates from the log beside the truth, and
//! the time of a plan for 100,000 customers and 50 collectors. The specs in `tests/spec/action/proof.rs` assert the same
//! at a small size; the world and the measures are theirs. `cargo bench --bench action -- 5000` takes fewer customers.

#[path = "../../tests/spec/action/proof/measures.rs"]
mod measures;
#[path = "../../tests/spec/action/proof/observations.rs"]
mod observations;
#[path = "../../tests/spec/action/proof/off_policy.rs"]
mod off_policy;
#[path = "../../tests/spec/action/proof/world.rs"]
mod world;

use std::time::Instant;

use anyhow::{Context, Result};
use duecast::action::account::Account;
use duecast::action::choice::Method;
use duecast::action::plan::{PlanRequest, plan};
use duecast::action::{Effects, Policy};
use duecast::simulate::{STAGES, SimulationPlan, StagePolicy};

use measures::{Coverage, call_ranks, coverage, values};
use off_policy::judged;
use world::{World, policy};

const CUSTOMERS: u64 = 50_000;
const SEED: u64 = 1;
/// Minutes of a collector's day.
const MINUTES: u32 = 420;
/// Customers for one collector, so that calls are scarce.
const CUSTOMERS_EACH: u64 = 2_000;

/// Accounts and collectors of the plan that is timed.
const PLAN_ACCOUNTS: usize = 100_000;
const PLAN_COLLECTORS: u32 = 50;

fn main() -> Result<()> {
    let customers = std::env::args()
        .skip(1)
        .find(|argument| argument != "--bench")
        .map_or(Ok(CUSTOMERS), |argument| argument.parse())
        .context("the number of customers")?;
    let collectors = u32::try_from((customers / CUSTOMERS_EACH).max(1))?;
    let start = Instant::now();
    let world = World::build(
        SimulationPlan::collections(customers, SEED),
        policy(collectors, MINUTES)?,
    )?;
    let sizes: Vec<usize> = world.books.iter().map(|book| book.accounts.len()).collect();
    println!(
        "{customers} customers, {} logged decisions, books of {sizes:?} accounts, {collectors} collectors; made in {:.0} s",
        world.decisions.len(),
        start.elapsed().as_secs_f64()
    );
    let start = Instant::now();
    let learned = world.learned()?;
    println!("learned in {:.1} s", start.elapsed().as_secs_f64());
    let mut covered = Coverage::default();
    covered.add(coverage(&world.plan, &world.decisions, &learned));
    println!(
        "true differences covered by 90 % intervals: {} of {}; true shifts: {} of {}",
        covered.differences.1, covered.differences.0, covered.shifts.1, covered.shifts.0
    );
    print_values(&world, &learned.effects)?;
    print_judged(&world)?;
    print_cold_start(customers, collectors)?;
    print_plan(&world, &learned.effects)
}

fn print_values(world: &World, learned: &Effects) -> Result<()> {
    let values = values(world, learned)?;
    println!("true value against waiting, EUR over all books");
    for (name, value) in [
        ("learned effects", values.learned),
        ("least book of them", values.learned_least),
        ("true effects, the oracle", values.knowing),
        ("true gains", values.clairvoyant),
        ("assumed effects", values.assumed),
        ("reminders for everybody", values.reminders),
        ("largest overdue called first", values.largest_first),
        ("the better rule", values.best_rule()),
    ] {
        println!(
            "  {name:<30} {:>14.2} {:>7.1} % of true gains",
            value / 100.0,
            100.0 * value / values.clairvoyant
        );
    }
    Ok(())
}

fn print_judged(world: &World) -> Result<()> {
    println!("share paid within the window, per cent: estimates from the log, and the truth");
    for one in judged(world)? {
        let evaluation = &one.evaluation;
        println!(
            "  {:<10} SNIPS {:.2} [{:.2}, {:.2}]  doubly robust {:.2} [{:.2}, {:.2}]  truth {:.2}  {}",
            evaluation.name,
            evaluation.snips.value,
            evaluation.snips.low,
            evaluation.snips.high,
            evaluation.doubly_robust.value,
            evaluation.doubly_robust.low,
            evaluation.doubly_robust.high,
            one.truth,
            evaluation.refusal.as_deref().unwrap_or_default()
        );
    }
    Ok(())
}

/// A world in which nobody ever did anything: effects are assumed.
fn print_cold_start(customers: u64, collectors: u32) -> Result<()> {
    let plan = SimulationPlan {
        policy: [StagePolicy::default(); STAGES],
        log_waits: false,
        ..SimulationPlan::collections(customers.div_ceil(5), SEED + 1)
    };
    let world = World::build(plan, policy(collectors.div_ceil(5), MINUTES)?)?;
    let effects = world.assumed();
    let mut value = 0.0;
    for book in &world.books {
        value += world.true_value(book, &world.planned(book, &effects)?);
    }
    println!(
        "without any logged action: rank correlation of calls {:.2}, true value {:.2} EUR",
        call_ranks(&world, &effects),
        value / 100.0
    );
    Ok(())
}

/// Times the plan of a day for accounts of the books, as often as there must be, each under a name of its own.
fn print_plan(world: &World, effects: &Effects) -> Result<()> {
    let book = world.books.last().context("a book")?;
    let mut accounts: Vec<Account> = world
        .books
        .iter()
        .flat_map(|book| &book.accounts)
        .cycle()
        .take(PLAN_ACCOUNTS)
        .zip(0..)
        .map(|(account, number): (&Account, u32)| Account {
            customer_id: format!("{number:07}"),
            as_of: book.as_of,
            ..account.clone()
        })
        .collect();
    accounts.sort_by(|left, right| left.customer_id.cmp(&right.customer_id));
    let policy = staffed(&world.policy)?;
    let facts = |account: &Account| account.customer_id.clone();
    let start = Instant::now();
    let worklist = plan(&PlanRequest {
        as_of: book.as_of,
        day: book.day(),
        accounts: &accounts,
        policy: &policy,
        law: &world.law,
        effects,
        exchange: &world.exchange,
        model: "bench",
        facts: &facts,
        method: Method::Prices,
        explores: false,
    })?;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "plan of {} customers and {PLAN_COLLECTORS} collectors: {seconds:.2} s, {:.4} % below the bound, greedy {:.4} %",
        worklist.lines.len(),
        100.0 * (1.0 - worklist.planned_value / worklist.bound),
        100.0 * (1.0 - worklist.greedy_value / worklist.bound)
    );
    Ok(())
}

/// The policy with fifty collectors of different languages.
fn staffed(policy: &Policy) -> Result<Policy> {
    let mut staffed = world::policy(PLAN_COLLECTORS, MINUTES)?;
    for (collector, number) in staffed.collectors.iter_mut().zip(0_u32..) {
        let languages: &[&str] = match number % 5 {
            0 => &["nl"],
            1 => &["de", "nl"],
            2 => &["en"],
            3 => &["fr", "en"],
            _ => &[],
        };
        collector.languages = languages.iter().map(|language| (*language).to_owned()).collect();
    }
    staffed.value = policy.value.clone();
    Ok(staffed)
}
