//! The distribution that is written down is the one payments are drawn from.

use std::collections::BTreeMap;

use chrono::{Days, Months};
use duecast::domain::Date;
use duecast::history::schema::Table;
use duecast::simulate::{self, Simulation, SimulationPlan, TRUTH_DAYS};

use super::{date, days, small_plan, texts};

#[test]
fn the_true_distribution_rises_from_zero_to_at_most_one() {
    let simulation = simulate::simulate(&small_plan()).unwrap();
    assert!(!simulation.distribution.is_empty());
    for truth in &simulation.distribution {
        assert_eq!(truth.paid_by.len(), usize::try_from(TRUTH_DAYS).unwrap());
        assert!(truth.paid_by.is_sorted(), "{truth:?}");
        assert!(truth.paid_by.iter().all(|p| (0.0..=1.0).contains(p)), "{truth:?}");
    }
}

/// Returns the day on which nothing is left open, by invoice; `None` when that is more than a year ahead.
fn settlement_days(simulation: &Simulation) -> BTreeMap<String, Option<Date>> {
    let mut settled: BTreeMap<String, Option<Date>> = BTreeMap::new();
    for (table, column) in [
        (Table::Payments, "paid_date"),
        (Table::CreditNotes, "credit_date"),
    ] {
        let frame = &simulation.frames[&table];
        for (invoice, day) in texts(frame, "invoice_id").into_iter().zip(days(frame, column)) {
            let last = settled.entry(invoice).or_default();
            *last = (*last).max(day);
        }
    }
    for outcome in &simulation.outcomes {
        settled.insert(outcome.invoice_id.clone(), outcome.settled_on);
    }
    settled
}

/// The mid-month cut-offs of a year and a half.
fn monthly_cutoffs() -> Vec<Date> {
    let first = date("2025-01-15");
    (0..18).map(|month| first + Months::new(month)).collect()
}

fn add_to(sums: &mut [f64; 3], add: [f64; 3]) {
    for (sum, part) in sums.iter_mut().zip(add) {
        *sum += part;
    }
}

#[test]
fn payments_happen_as_often_as_the_true_distribution_says() {
    const CALIBRATION_ERROR_MAX: f64 = 0.02;
    let plan = SimulationPlan {
        customers: 500,
        invoices: 7_500,
        seed: 11,
        truth_cutoffs: monthly_cutoffs(),
        ..SimulationPlan::default()
    };
    let simulation = simulate::simulate(&plan).unwrap();
    let settled = settlement_days(&simulation);
    // Predicted sum, observed sum and count, by horizon and by tenth of the predicted probability.
    let mut horizons: BTreeMap<usize, [f64; 3]> = BTreeMap::new();
    let mut tenths = [[0.0; 3]; 10];
    for truth in &simulation.distribution {
        for horizon in [3_usize, 7, 14, 30, 60, 91] {
            let predicted = truth.paid_by[horizon - 1];
            let until = truth.as_of + Days::new(horizon as u64);
            let is_settled = settled[&truth.invoice_id].is_some_and(|day| day <= until);
            let add = [predicted, f64::from(u8::from(is_settled)), 1.0];
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "ten times a probability; its whole part is meant"
            )]
            let tenth = ((predicted * 10.0) as usize).min(9);
            add_to(horizons.entry(horizon).or_default(), add);
            add_to(&mut tenths[tenth], add);
        }
    }
    let total: f64 = tenths.iter().map(|sums| sums[2]).sum();
    assert!(total > 20_000.0, "only {total} predictions");
    for (horizon, [predicted, observed, count]) in &horizons {
        let error = (predicted - observed).abs() / count;
        assert!(
            error < CALIBRATION_ERROR_MAX,
            "off by {error} at {horizon} days over {count}"
        );
    }
    let error = tenths.iter().map(|sums| (sums[0] - sums[1]).abs()).sum::<f64>() / total;
    assert!(
        error < CALIBRATION_ERROR_MAX,
        "calibration error {error}: {tenths:?}"
    );
}

#[test]
fn an_action_with_a_strong_effect_brings_cash_forward() {
    let mean_days_late = |reminder_effect: f64| {
        let plan = SimulationPlan {
            reminder_effect,
            truth_cutoffs: Vec::new(),
            ..small_plan()
        };
        let simulation = simulate::simulate(&plan).unwrap();
        let settled = settlement_days(&simulation);
        let days: Vec<i64> = settled
            .values()
            .flatten()
            .map(|day| (*day - date("2020-01-01")).num_days())
            .collect();
        #[expect(
            clippy::cast_precision_loss,
            reason = "days and invoices of a small ledger are far below 2^53"
        )]
        let mean = days.iter().sum::<i64>() as f64 / days.len() as f64;
        mean
    };
    assert!(mean_days_late(3.0) < mean_days_late(-3.0));
}
