//! A lasting change of a customer is told within two payment runs, and seldom where there is none.

use std::collections::BTreeMap;

use duecast::domain::Date;
use duecast::domain::date::{add_days, day_number, from_day_number, parse_iso};
use duecast::features::{self, FeatureTable, Sampling};
use duecast::history::History;
use duecast::history::schema::Table;
use duecast::simulate::{self, CustomerTruth, Simulation, SimulationPlan};
use polars::prelude::*;

use crate::support::table_language::Ledger;

// Bounds, to be set anew when the measure or the simulator changes.

/// Share of drifts of eight days or more that are told within two payment runs.
///
/// By reasoning: the average drift is 14 days; the runs of simulated customers, mostly of one invoice, scatter by
/// 3 to 15 days, so about half of the drifts lie clear of 1.75 spreads twice in a row.
const TOLD_SHARE_MIN: f64 = 0.40;
/// The same of drifts that are clear of the customer's own scatter: three in four are expected.
const CLEAR_TOLD_SHARE_MIN: f64 = 0.58;
/// A drift is clear at this many scales of the logistic distribution of the day an invoice is ready: about
/// 2.8 standard deviations.
const CLEAR_SCALES: f64 = 5.0;
/// Changes told in 100 payment runs of customers who do not drift: 0.3 by design, and more because simulated
/// months have shocks and Decembers, and lateness a long tail.
const FALSE_ALARMS_PER_100_RUNS_MAX: f64 = 1.6;
/// A drift is judged from this size on, in days, for customers with this many payment runs before it.
const DRIFT_DAYS_MIN: f64 = 8.0;
const RUNS_BEFORE_MIN: usize = 8;
/// Fewer drifts than this to judge would prove nothing.
const DRIFTS_MIN: u32 = 25;

fn plan(drifting_share: f64, seed: u64) -> SimulationPlan {
    SimulationPlan {
        customers: 400,
        invoices: 24_000,
        seed,
        drifting_share,
        ..SimulationPlan::default()
    }
}

fn texts(frame: &DataFrame, name: &str) -> Vec<String> {
    let column = frame.column(name).unwrap().str().unwrap();
    (0..frame.height())
        .map(|row| column.get(row).unwrap().to_owned())
        .collect()
}

fn days(frame: &DataFrame, name: &str) -> Vec<i32> {
    let column = frame.column(name).unwrap().date().unwrap().physical();
    (0..frame.height()).map(|row| column.get(row).unwrap()).collect()
}

/// First day and shift of every change that any weekly cut-off tells, by customer.
fn changes(simulation: &Simulation, plan: &SimulationPlan) -> BTreeMap<String, BTreeMap<i32, f64>> {
    let snapshot = History::from_frames(&simulation.frames)
        .unwrap()
        .as_of(plan.end_date);
    let first = day_number(plan.start_date()) + 60;
    let cutoffs: Vec<Date> = (first..=day_number(plan.end_date))
        .rev()
        .step_by(7)
        .map(from_day_number)
        .collect();
    let table = features::at_cutoffs(&snapshot, &cutoffs, Sampling::ALL).unwrap();
    let customers = table.text("customer_id").unwrap();
    let mut told: BTreeMap<String, BTreeMap<i32, f64>> = BTreeMap::new();
    for row in 0..table.len() {
        if let Some(change) = table.invoice(row).profile.regime {
            let of_customer = told.entry(customers.get(row).unwrap().to_owned()).or_default();
            of_customer.entry(change.since_day).or_insert(change.shift_days);
        }
    }
    told
}

/// Payment runs of each customer: the day, and the earliest invoice date of what was settled on it.
fn runs(simulation: &Simulation) -> BTreeMap<String, BTreeMap<i32, i32>> {
    let payments = &simulation.frames[&Table::Payments];
    let mut settled: BTreeMap<String, i32> = BTreeMap::new();
    for (invoice, day) in texts(payments, "invoice_id")
        .into_iter()
        .zip(days(payments, "paid_date"))
    {
        let last = settled.entry(invoice).or_insert(day);
        *last = (*last).max(day);
    }
    let invoices = &simulation.frames[&Table::Invoices];
    let issued = days(invoices, "invoice_date");
    let keys = texts(invoices, "customer_id")
        .into_iter()
        .zip(texts(invoices, "invoice_id"));
    let mut runs: BTreeMap<String, BTreeMap<i32, i32>> = BTreeMap::new();
    for ((customer, invoice), issued) in keys.zip(issued) {
        if let Some(day) = settled.get(&invoice) {
            let earliest = runs.entry(customer).or_default().entry(*day).or_insert(issued);
            *earliest = (*earliest).min(issued);
        }
    }
    runs
}

/// Whether a drift was told by the second run whose invoices were all issued after it; `None` where the customer
/// has too few runs to tell.
fn told_in_two_runs(
    truth: &CustomerTruth,
    runs: &BTreeMap<i32, i32>,
    changes: Option<&BTreeMap<i32, f64>>,
) -> Option<bool> {
    let drift = day_number(truth.drift_on?);
    let mut after = runs.iter().filter(|(_, earliest)| **earliest >= drift);
    let (first, _) = after.next()?;
    after.next()?;
    if runs.range(..drift).count() < RUNS_BEFORE_MIN {
        return None;
    }
    // A change told by the second of two runs began with the first, or before it.
    Some(changes.is_some_and(|changes| {
        changes
            .range(drift..=*first)
            .any(|(_, shift)| shift * truth.drift_days > 0.0)
    }))
}

/// Asserts that at least `share_min` of the drifts were told.
fn assert_told(told: &[bool], share_min: f64, which: &str) {
    let all = u32::try_from(told.len()).unwrap();
    let hits = u32::try_from(told.iter().filter(|told| **told).count()).unwrap();
    assert!(all >= DRIFTS_MIN, "{which}: only {all} to judge");
    let share = f64::from(hits) / f64::from(all);
    assert!(share >= share_min, "{which}: {hits} of {all} told in two runs");
}

#[test]
fn a_lasting_change_is_told_within_two_payment_runs_that_lie_wholly_after_it() {
    let plan = plan(0.6, 2);
    let simulation = simulate::simulate(&plan).unwrap();
    let (changes, runs) = (changes(&simulation, &plan), runs(&simulation));
    let (mut all, mut clear) = (Vec::new(), Vec::new());
    for truth in &simulation.customers {
        let Some(of_customer) = runs.get(&truth.customer_id) else {
            continue;
        };
        if truth.drift_days.abs() < DRIFT_DAYS_MIN {
            continue;
        }
        if let Some(told) = told_in_two_runs(truth, of_customer, changes.get(&truth.customer_id)) {
            all.push(told);
            if truth.drift_days.abs() >= CLEAR_SCALES * truth.spread_days {
                clear.push(told);
            }
        }
    }
    assert_told(&all, TOLD_SHARE_MIN, "all drifts");
    assert_told(&clear, CLEAR_TOLD_SHARE_MIN, "clear drifts");
}

#[test]
fn customers_who_do_not_drift_are_seldom_said_to_have_changed() {
    let plan = plan(0.0, 1);
    let simulation = simulate::simulate(&plan).unwrap();
    let alarms: usize = changes(&simulation, &plan).values().map(BTreeMap::len).sum();
    let runs: usize = runs(&simulation).values().map(BTreeMap::len).sum();
    let (alarms, runs) = (u32::try_from(alarms).unwrap(), u32::try_from(runs).unwrap());
    assert!(runs > 5_000, "only {runs} payment runs");
    let rate = 100.0 * f64::from(alarms) / f64::from(runs);
    assert!(
        rate <= FALSE_ALARMS_PER_100_RUNS_MAX,
        "{alarms} changes told in {runs} payment runs"
    );
}

/// A customer has weekly invoices at 30 days.
fn issued(week: i64) -> Date {
    add_days(parse_iso("2024-01-01").unwrap(), 7 * week)
}

/// It pays two days late up to number 19 and 14 days late from number 20 on.
fn paid(week: i64) -> Date {
    add_days(issued(week), if week < 20 { 32 } else { 44 })
}

/// The features of that customer at a cut-off.
fn book_at(cutoff: Date) -> FeatureTable {
    let mut ledger = String::new();
    for week in 0..30 {
        let (issued, due, paid) = (issued(week), add_days(issued(week), 30), paid(week));
        ledger += &format!("invoice I{week} ACME issued {issued} due {due} 1000.00 EUR\n");
        ledger += &format!("payment I{week} {paid} 1000.00\n");
    }
    let (history, _folder) = Ledger::parse(&ledger).history();
    features::book(&history.as_of(cutoff)).unwrap()
}

fn number(table: &FeatureTable, name: &str) -> f64 {
    table.numbers(name).unwrap().get(0).unwrap()
}

#[test]
fn one_payment_run_off_the_pattern_is_an_exception() {
    let (usual, off) = (book_at(paid(19)), book_at(paid(20)));
    assert!(number(&usual, "exception_days").abs() < f64::EPSILON);
    assert!(number(&off, "exception_days") > 10.0);
    assert_eq!(off.invoice(0).profile.regime, None);
    assert!((number(&off, "regime_lateness") - number(&usual, "regime_lateness")).abs() < 1.0);
}

#[test]
fn two_payment_runs_off_the_pattern_are_a_change_since_the_first_and_the_level_follows() {
    let table = book_at(paid(21));
    let change = table.invoice(0).profile.regime.unwrap();
    assert_eq!(from_day_number(change.since_day), paid(20));
    assert!(change.shift_days > 8.0, "{change:?}");
    assert!(number(&table, "regime_lateness") > 8.0);
    assert!(number(&table, "regime_shift") > 8.0);
    assert!(number(&table, "exception_days").abs() < f64::EPSILON);
}

#[test]
fn a_change_is_less_and_less_news() {
    let (new, older) = (book_at(paid(21)), book_at(paid(25)));
    assert_eq!(
        older.invoice(0).profile.regime.map(|change| change.runs_since),
        Some(4)
    );
    assert!(number(&older, "regime_shift") < number(&new, "regime_shift"));
    assert!(number(&older, "regime_lateness") > number(&new, "regime_lateness"));
}
