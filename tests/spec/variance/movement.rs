//! Why a forecast moved, and every forecast of one week.

use duecast::backtest::score_countdown;
use duecast::forecast::record::{ForecastRecord, RecordAmounts};
use duecast::forecast::variance::{Movement, MovementParts, MovementRow, Target, countdown, movement};
use proptest::prelude::*;

use super::{AS_OF, LineSeed, day, facts, facts_of, line, lines, lines_of, record};

/// A week after the first forecast.
const LATER: &str = "2026-10-04";

fn earlier() -> ForecastRecord {
    let lines = vec![
        line("I1", "ACME", 100_000, &[50_000, 30_000, 20_000]),
        line("I2", "BOLT", 60_000, &[0, 40_000, 20_000]),
        line("I3", "CERA", 10_000, &[0, 10_000, 0]),
        line("I5", "EPOS", 8_000, &[0, 8_000, 0]),
    ];
    record(AS_OF, lines, &[0, 0, 0])
}

fn later() -> ForecastRecord {
    let mut disputed = line("I5", "EPOS", 8_000, &[2_000, 0, 0]);
    disputed.disputed_minor = 8_000;
    let lines = vec![
        line("I1", "ACME", 100_000, &[70_000, 30_000, 0]),
        line("I3", "CERA", 6_000, &[6_000, 0, 0]),
        line("I4", "DELL", 9_000, &[0, 5_000, 3_000]),
        disputed,
    ];
    record(LATER, lines, &[0, 0, 0])
}

const LEDGER: &str = "
    invoice     I2 BOLT issued 2026-08-28 due 2026-09-27 600.00 EUR
    payment     I2 2026-09-30 600.00
    invoice     I3 CERA issued 2026-08-28 due 2026-09-27 100.00 EUR
    credit_note I3 2026-10-01 40.00
";

fn of<'m>(found: &'m Movement, label: &str, customer: &str) -> &'m MovementRow {
    let is_wanted = |row: &&MovementRow| row.label == label && row.customer_id.as_deref() == Some(customer);
    found.rows.iter().find(is_wanted).unwrap()
}

/// The parts that are named; the others are zero.
fn parts_of(named: &[(&str, i64)]) -> MovementParts {
    let mut parts = MovementParts::default();
    for &(name, minor) in named {
        *match name {
            "clock" => &mut parts.clock,
            "behaviour" => &mut parts.behaviour,
            "horizon" => &mut parts.horizon,
            "paid" => &mut parts.paid,
            "credits_and_disputes" => &mut parts.credits_and_disputes,
            "new_invoices" => &mut parts.new_invoices,
            _ => unreachable!("{name} is no part of a movement"),
        } = minor;
    }
    parts
}

#[test]
fn every_part_of_a_movement_is_the_one_worked_by_hand() {
    let found = movement(&earlier(), &later(), Some(&facts(LEDGER, LATER))).unwrap();
    for (label, customer, parts) in [
        // Half of the invoice should have come by now, so what is left weighs twice.
        (
            "2026-W41",
            "ACME",
            &[("clock", 30_000), ("behaviour", 10_000)][..],
        ),
        (
            "2026-W42",
            "ACME",
            &[("clock", 20_000), ("behaviour", -10_000)][..],
        ),
        ("2026-W40", "ACME", &[("horizon", -50_000)][..]),
        ("2026-W41", "BOLT", &[("paid", -40_000)][..]),
        ("2026-W42", "BOLT", &[("paid", -20_000)][..]),
        ("2026-W41", "CERA", &[("credits_and_disputes", -4_000)][..]),
        ("2026-W42", "DELL", &[("new_invoices", 5_000)][..]),
        ("2026-W43", "DELL", &[("horizon", 3_000)][..]),
        ("2026-W41", "EPOS", &[("credits_and_disputes", -6_000)][..]),
    ] {
        let row = of(&found, label, customer);
        let parts = parts_of(parts);
        assert_eq!(row.parts, parts, "{label} {customer}");
        assert_eq!(row.difference(), parts.sum(), "{label} {customer}");
    }
    assert_eq!(found.rows.len(), 9);
}

#[test]
fn the_largest_movers_come_first() {
    let found = movement(&earlier(), &later(), None).unwrap();
    let of_week = found.rows.iter().filter(|row| row.label == "2026-W41");
    let customers: Vec<&str> = of_week.filter_map(|row| row.customer_id.as_deref()).collect();
    assert_eq!(customers, ["ACME", "BOLT", "EPOS", "CERA"]);
}

#[test]
fn without_a_ledger_a_credit_note_counts_as_paid() {
    let found = movement(&earlier(), &later(), None).unwrap();
    let parts = of(&found, "2026-W41", "CERA").parts;
    assert_eq!((parts.paid, parts.credits_and_disputes), (-4_000, 0));
}

#[test]
fn billing_to_come_gives_way_to_invoices_and_has_no_customer() {
    let from = record(AS_OF, Vec::new(), &[0, 9_000, 9_000]);
    let invoice = line("I4", "DELL", 8_000, &[8_000, 0, 0]);
    let to = record(LATER, vec![invoice], &[500, 9_000, 9_000]);
    let found = movement(&from, &to, None).unwrap();
    assert_eq!(of(&found, "2026-W41", "DELL").parts.new_invoices, 8_000);
    let rest = found
        .rows
        .iter()
        .find(|row| row.label == "2026-W41" && row.customer_id.is_none())
        .unwrap();
    assert_eq!(
        (rest.from, rest.to, rest.parts.new_invoices),
        (9_000, 500, -8_500)
    );
}

#[test]
fn a_movement_back_in_time_is_refused_with_both_days() {
    let refusal = movement(&later(), &earlier(), None).unwrap_err().to_string();
    assert!(refusal.contains(AS_OF) && refusal.contains(LATER), "{refusal}");
}

#[test]
fn a_forecast_did_not_move_against_itself() {
    let found = movement(&earlier(), &earlier(), None).unwrap();
    assert!(found.rows.iter().all(|row| row.parts == MovementParts::default()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_parts_sum_to_the_difference_of_the_forecasts(
        from in lines(),
        to in lines(),
        events in super::events(),
        days in 0_i64..20,
    ) {
        let later = duecast::domain::date::add_days(day(AS_OF), days).to_string();
        let (from, to) = (of_seeds(AS_OF, &from), of_seeds(&later, &to));
        let found = movement(&from, &to, Some(&facts_of(&events))).unwrap();
        for row in &found.rows {
            prop_assert_eq!(row.difference(), row.parts.sum());
        }
        let total = |record: &ForecastRecord| -> i64 {
            record.head().currencies[0].amounts.iter().map(RecordAmounts::expected).sum()
        };
        prop_assert_eq!(found.rows.iter().map(|row| row.from).sum::<i64>(), total(&from));
        prop_assert_eq!(found.rows.iter().map(|row| row.to).sum::<i64>(), total(&to));
    }
}

fn of_seeds(as_of: &str, seeds: &[LineSeed]) -> ForecastRecord {
    record(as_of, lines_of(seeds), &[700, 900])
}

/// A forecast of one invoice with a band of a tenth either way.
fn banded(as_of: &str, weeks: &[i64]) -> ForecastRecord {
    let open = weeks.iter().sum();
    let made = record(
        as_of,
        vec![line("I1", "ACME", open, weeks)],
        &vec![0; weeks.len()],
    );
    let mut head = made.head().clone();
    for amounts in &mut head.currencies[0].amounts {
        let mean = amounts.open_invoices;
        (amounts.p10, amounts.p50, amounts.p90) = (mean - mean / 10, mean, mean + mean / 10);
    }
    ForecastRecord::of(head, made.lines().to_vec()).unwrap()
}

#[test]
fn a_countdown_shows_every_forecast_of_the_week_beside_what_came() {
    let ledger = "
        invoice I1 ACME issued 2026-08-28 due 2026-09-27 100.00 EUR
        payment I1 2026-10-06 100.00
    ";
    let records = [
        banded(LATER, &[10_500, 0]),
        banded(AS_OF, &[2_000, 8_000]),
        // Made in the middle of the week: it says nothing of the whole of it.
        banded("2026-10-07", &[1_000]),
    ];
    let target: Target = "2026-W41".parse().unwrap();
    let rows = countdown(&records, &target, &facts(ledger, "2026-10-11"));
    let told: Vec<(i32, i64, i64, bool)> = rows
        .iter()
        .map(|row| (row.days_ahead, row.expected, row.error(), row.is_over))
        .collect();
    assert_eq!(told, [(8, 8_000, -2_000, true), (1, 10_500, 500, true)]);
    assert_eq!(rows[1].band, Some((9_450, 10_500, 11_550)));

    let scores = score_countdown(&rows);
    assert_eq!(scores.len(), 1);
    // |80 - 100| + |105 - 100| of 200, and (80 - 100) + (105 - 100) of 200.
    assert!((scores[0].wape.unwrap() - 0.125).abs() < 1e-12);
    assert!((scores[0].bias.unwrap() + 0.075).abs() < 1e-12);
    // 72 to 88 misses 100; 94.50 to 115.50 holds it.
    assert!((scores[0].coverage.unwrap() - 0.5).abs() < 1e-12);
    let open = countdown(&records, &target, &facts(ledger, "2026-10-08"));
    assert!(open.iter().all(|row| !row.is_over));
    assert!(score_countdown(&open).is_empty());
}

#[test]
fn several_buckets_of_one_target_have_a_mean_and_no_band() {
    // February 2027 is four whole weeks from a Monday on.
    let month: Target = "2027-02".parse().unwrap();
    let records = [banded("2027-01-31", &[100, 200, 300, 400])];
    let rows = countdown(&records, &month, &facts(LEDGER, "2026-10-11"));
    assert_eq!((rows[0].expected, rows[0].band), (1_000, None));
}

#[test]
fn a_target_that_cuts_a_bucket_has_no_forecast() {
    let monday: Target = "2026-10-05".parse().unwrap();
    let records = [banded(AS_OF, &[2_000, 8_000])];
    assert!(countdown(&records, &monday, &facts(LEDGER, "2026-10-11")).is_empty());
}
