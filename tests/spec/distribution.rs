//! What a payment distribution promises: other endings beside cash, and the update of a night without payment.

use duecast::model::{HORIZON_DAYS, PaymentDistribution};
use proptest::prelude::*;

/// Single precision, divided by the half or so that is left open.
const TOLERANCE: f64 = 1e-6;

/// A distribution from daily hazards of cash and of other endings.
fn distribution(cash: &[f64], other: &[f64]) -> PaymentDistribution {
    let other: [f64; HORIZON_DAYS] = other.try_into().unwrap();
    PaymentDistribution::from_hazards(cash.iter().copied())
        .unwrap()
        .with_other_endings(&other)
}

/// The probability of payment on one day.
fn mass(of: &PaymentDistribution, day: i32) -> f64 {
    of.paid_by(day) - of.paid_by(day - 1)
}

/// Daily hazards low enough that much is left open after two months.
fn hazards() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    let other = prop_oneof![Just(0.0_f64), Just(0.01_f64)];
    (
        prop::collection::vec(0.0_f64..0.03, HORIZON_DAYS),
        prop::collection::vec(other, HORIZON_DAYS),
    )
}

#[test]
fn cash_comes_first_on_a_day_and_both_endings_wear_down_what_is_open() {
    let both = distribution(&[0.1; HORIZON_DAYS], &[0.2; HORIZON_DAYS]);
    // Day 1: 0.1 paid, 0.2 of 0.9 ended. Day 2: the same shares of the 0.72 that is open.
    assert!((both.paid_by(1) - 0.1).abs() < TOLERANCE);
    assert!((both.ended_otherwise(1) - 0.18).abs() < TOLERANCE);
    assert!((both.open_after(1) - 0.72).abs() < TOLERANCE);
    assert!((both.paid_by(2) - 0.172).abs() < TOLERANCE);
    assert!((both.ended_otherwise(2) - 0.309_6).abs() < TOLERANCE);
    assert!(both.ended_otherwise(0).abs() < f64::EPSILON);
}

#[test]
fn constant_hazards_go_on_in_the_tail() {
    let both = distribution(&[0.02; HORIZON_DAYS], &[0.01; HORIZON_DAYS]);
    let open = 0.98 * 0.99_f64;
    for day in [1, 7, 91, 92, 150, 365] {
        let ended = 1.0 - open.powi(day);
        let paid = 0.02 / (1.0 - open) * ended;
        assert!((both.paid_by(day) - paid).abs() < 1e-4, "day {day}");
        assert!(
            (both.ended_otherwise(day) - (ended - paid)).abs() < 1e-4,
            "day {day}"
        );
    }
}

#[test]
fn without_other_endings_the_distribution_is_the_same_to_the_bit() {
    let cash = PaymentDistribution::from_hazards([0.03; HORIZON_DAYS]).unwrap();
    let same = cash.clone().with_other_endings(&[0.0; HORIZON_DAYS]);
    assert_eq!(same, cash);
    assert!(same.ended_otherwise(same.last_day()).abs() < f64::EPSILON);
}

#[test]
fn an_invoice_that_missed_the_weekly_run_is_expected_in_the_next_one() {
    let mut runs = [0.0; HORIZON_DAYS];
    for run in runs.iter_mut().skip(2).step_by(7) {
        *run = 0.8;
    }
    let tonight = PaymentDistribution::from_hazards(runs).unwrap();
    let missed = tonight.given_open_after(3).unwrap();
    assert!(missed.paid_by(6).abs() < TOLERANCE);
    assert!((mass(&missed, 7) - 0.8).abs() < TOLERANCE);
    assert!(mass(&missed, 8).abs() < TOLERANCE);
}

#[test]
fn nothing_is_left_of_an_invoice_that_was_surely_paid() {
    let mut days = vec![0.0; HORIZON_DAYS];
    days[4..].fill(1.0);
    let sure = PaymentDistribution::from_cdf(days).unwrap();
    assert!(sure.given_open_after(4).is_some());
    assert_eq!(sure.given_open_after(5), None);
    assert_eq!(sure.given_open_after(u32::MAX), None);
}

#[test]
fn after_the_tail_what_is_open_counts_as_never_paid() {
    let slow = PaymentDistribution::from_hazards([0.001; HORIZON_DAYS]).unwrap();
    let over = slow.given_open_after(400).unwrap();
    assert!((over.never() - 1.0).abs() < TOLERANCE);
    assert!(over.paid_by(500).abs() < TOLERANCE);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn endings_rise_and_add_up_to_one_tonight_and_on_a_later_night(
        (cash, other) in hazards(),
        nights in 0_u32..120,
    ) {
        let tonight = distribution(&cash, &other);
        let later = tonight.given_open_after(nights).unwrap();
        for one in [&tonight, &later] {
            prop_assert!(one.days().is_sorted());
            prop_assert!(one.days().iter().all(|paid| (0.0..=1.0).contains(paid)));
            for day in 1..=one.last_day() {
                prop_assert!(one.paid_by(day) >= one.paid_by(day - 1) - TOLERANCE, "day {}", day);
                prop_assert!(one.ended_otherwise(day) >= one.ended_otherwise(day - 1) - TOLERANCE);
            }
            let last = one.last_day();
            let total = one.paid_by(last) + one.ended_otherwise(last) + one.never();
            prop_assert!((total - 1.0).abs() < TOLERANCE, "{}", total);
        }
    }

    #[test]
    fn two_updates_in_a_row_are_one(
        (cash, other) in hazards(),
        first in 0_u32..30,
        second in 0_u32..30,
    ) {
        let tonight = distribution(&cash, &other);
        let at_once = tonight.given_open_after(first + second).unwrap();
        let in_steps = tonight.given_open_after(first).unwrap().given_open_after(second).unwrap();
        prop_assert_eq!(at_once.last_day(), in_steps.last_day());
        for day in 1..=at_once.last_day() {
            prop_assert!((at_once.paid_by(day) - in_steps.paid_by(day)).abs() < TOLERANCE, "day {}", day);
            prop_assert!((at_once.ended_otherwise(day) - in_steps.ended_otherwise(day)).abs() < TOLERANCE);
        }
    }

    #[test]
    fn an_update_scales_every_day_that_lies_ahead_alike((cash, other) in hazards(), nights in 1_u32..60) {
        let tonight = distribution(&cash, &other);
        let later = tonight.given_open_after(nights).unwrap();
        let passed = i32::try_from(nights).unwrap();
        let open = tonight.open_after(passed);
        for day in 1..=later.last_day() {
            let (before, after) = (mass(&tonight, passed + day), mass(&later, day));
            prop_assert!((after * open - before).abs() < TOLERANCE, "day {}: {} of {}", day, after, before);
        }
        prop_assert!((later.never() * open - tonight.never()).abs() < TOLERANCE);
    }
}
