//! The property that guards the product: what becomes known after a cut-off changes nothing at it.

use std::collections::BTreeMap;

use duecast::domain::Date;
use duecast::domain::date::{day_number, from_day_number, parse_iso};
use duecast::features::{self, Sampling};
use duecast::history::Cell;
use duecast::history::schema::Table;
use duecast::simulate::SimulationPlan;
use polars::prelude::*;
use proptest::prelude::*;

use crate::support::feature_rows::{fingerprint, history, ledger, with_row};

/// The facts of `frames` that are known at the end of `cutoff`.
fn truncated(frames: &BTreeMap<Table, DataFrame>, cutoff: Date) -> BTreeMap<Table, DataFrame> {
    let known = col("known_on")
        .cast(DataType::Int32)
        .lt_eq(lit(day_number(cutoff)));
    frames
        .iter()
        .map(|(table, frame)| {
            (
                *table,
                frame.clone().lazy().filter(known.clone()).collect().unwrap(),
            )
        })
        .collect()
}

/// The same facts, but every payment made in the 40 days before `cutoff` is recorded long after it.
fn recorded_late(frames: &BTreeMap<Table, DataFrame>, cutoff: Date) -> BTreeMap<Table, DataFrame> {
    let mut frames = frames.clone();
    let paid = col("paid_date").cast(DataType::Int32);
    let recent = paid
        .clone()
        .gt(lit(day_number(cutoff) - 40))
        .and(paid.lt_eq(lit(day_number(cutoff))));
    let later = lit(day_number(cutoff) + 20).cast(DataType::Date);
    let payments = frames[&Table::Payments].clone().lazy();
    let payments = payments.with_columns(["recorded_at", "known_on"].map(|name| {
        when(recent.clone())
            .then(later.clone())
            .otherwise(col(name))
            .alias(name)
    }));
    frames.insert(Table::Payments, payments.collect().unwrap());
    frames
}

/// The same facts, and a correction of every third invoice and payment that is known at `cutoff`, recorded five days
/// after it.
fn corrected_later(frames: &BTreeMap<Table, DataFrame>, cutoff: Date) -> BTreeMap<Table, DataFrame> {
    let mut frames = frames.clone();
    let later = lit(day_number(cutoff) + 5).cast(DataType::Date);
    let never = lit(NULL).cast(DataType::Date);
    let is_known = col("known_on")
        .cast(DataType::Int32)
        .lt_eq(lit(day_number(cutoff)));
    let is_third = (col("amount_minor") % lit(3_i64)).eq(lit(0_i64));
    let is_corrected = is_known.and(is_third);
    for table in [Table::Invoices, Table::Payments] {
        let before = frames[&table]
            .clone()
            .lazy()
            .with_columns([when(is_corrected.clone())
                .then(later.clone())
                .otherwise(never.clone())
                .alias("superseded_on")]);
        let after = frames[&table]
            .clone()
            .lazy()
            .filter(is_corrected.clone())
            .with_columns([
                col("amount_minor") + lit(700_i64),
                later.clone().alias("recorded_at"),
                later.clone().alias("known_on"),
                never.clone().alias("superseded_on"),
            ]);
        let both = concat([before, after], UnionArgs::default()).unwrap();
        frames.insert(table, both.collect().unwrap());
    }
    frames
}

/// The same facts, but of a third of the customers the row is known from `later` on alone, and of another third it
/// then tells another country and segment.
fn told_later(frames: &BTreeMap<Table, DataFrame>, later: Date) -> BTreeMap<Table, DataFrame> {
    let mut frames = frames.clone();
    let customers = frames[&Table::Customers].clone();
    let third = customers.height() / 3;
    let part = |start: usize, rows: usize| customers.slice(i64::try_from(start).unwrap(), rows).lazy();
    let day = || lit(day_number(later)).cast(DataType::Date);
    let never = || lit(NULL).cast(DataType::Date);
    let known_later = |rows: LazyFrame| {
        rows.with_columns([
            day().alias("recorded_at"),
            day().alias("known_on"),
            never().alias("superseded_on"),
        ])
    };
    let parts = [
        known_later(part(0, third)),
        part(third, third).with_columns([day().alias("superseded_on")]),
        known_later(
            part(third, third).with_columns([lit("FR").alias("country"), lit("other").alias("segment")]),
        ),
        part(2 * third, customers.height() - 2 * third).with_columns([never().alias("superseded_on")]),
    ];
    let customers = concat(parts, UnionArgs::default()).unwrap();
    frames.insert(Table::Customers, customers.collect().unwrap());
    frames
}

/// The same facts, with neither country nor segment of the first third of the customers.
fn untold(frames: &BTreeMap<Table, DataFrame>) -> BTreeMap<Table, DataFrame> {
    let mut frames = frames.clone();
    let customers = frames[&Table::Customers].clone();
    let third = customers.height() / 3;
    let nothing = || lit(NULL).cast(DataType::String);
    let without = customers.slice(0, third).lazy();
    let parts = [
        without.with_columns([nothing().alias("country"), nothing().alias("segment")]),
        customers
            .slice(i64::try_from(third).unwrap(), customers.height())
            .lazy(),
    ];
    let customers = concat(parts, UnionArgs::default()).unwrap();
    frames.insert(Table::Customers, customers.collect().unwrap());
    frames
}

/// Everything that a model can see, the business days ahead among it.
fn with_days(table: &features::FeatureTable, rows: std::ops::Range<usize>) -> Vec<String> {
    let lines = fingerprint(table);
    rows.map(|row| {
        let days = table.invoice(row).days;
        format!("{} {days:?}", lines[row])
    })
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn facts_known_after_the_cutoff_leave_every_feature_bit_identical(seed in 0_u64..1_000, back in 20_i32..300) {
        let frames = ledger(seed);
        let cutoff = from_day_number(day_number(SimulationPlan::default().end_date) - back);
        let with_future = features::book(&history(&frames).as_of(cutoff)).unwrap();
        let without = features::book(&history(&truncated(&frames, cutoff)).as_of(cutoff)).unwrap();
        prop_assert!(!with_future.is_empty());
        prop_assert_eq!(fingerprint(&with_future), fingerprint(&without));
    }

    #[test]
    fn payments_recorded_after_the_cutoff_are_unknown_at_it(seed in 0_u64..1_000, back in 60_i32..300) {
        let cutoff = from_day_number(day_number(SimulationPlan::default().end_date) - back);
        let frames = recorded_late(&ledger(seed), cutoff);
        let with_future = features::book(&history(&frames).as_of(cutoff)).unwrap();
        let without = features::book(&history(&truncated(&frames, cutoff)).as_of(cutoff)).unwrap();
        prop_assert_eq!(fingerprint(&with_future), fingerprint(&without));
    }

    #[test]
    fn corrections_recorded_after_the_cutoff_leave_every_feature_bit_identical(seed in 0_u64..1_000, back in 20_i32..300) {
        let cutoff = from_day_number(day_number(SimulationPlan::default().end_date) - back);
        let frames = ledger(seed);
        let (as_it_was, corrected) = (history(&frames), history(&corrected_later(&frames, cutoff)));
        for days in [0, 4] {
            let day = from_day_number(day_number(cutoff) + days);
            let without = features::book(&as_it_was.as_of(day)).unwrap();
            let with = features::book(&corrected.as_of(day)).unwrap();
            prop_assert!(!with.is_empty());
            prop_assert_eq!(fingerprint(&with), fingerprint(&without));
        }
        // The corrections are not lost either.
        let day = from_day_number(day_number(cutoff) + 5);
        let without = features::book(&as_it_was.as_of(day)).unwrap();
        let with = features::book(&corrected.as_of(day)).unwrap();
        prop_assert_ne!(fingerprint(&with), fingerprint(&without));
    }

    #[test]
    fn what_a_customer_is_told_to_be_later_leaves_every_feature_before_it_bit_identical(seed in 0_u64..1_000, back in 20_i32..200) {
        let later = from_day_number(day_number(SimulationPlan::default().end_date) - back);
        let frames = ledger(seed);
        let (told, untold) = (history(&told_later(&frames, later)), history(&untold(&frames)));
        for days in [1, 30] {
            let before = from_day_number(day_number(later) - days);
            let with = features::book(&told.as_of(before)).unwrap();
            let without = features::book(&untold.as_of(before)).unwrap();
            prop_assert_eq!(with_days(&with, 0..with.len()), with_days(&without, 0..without.len()));
        }
        let with = features::book(&told.as_of(later)).unwrap();
        let without = features::book(&untold.as_of(later)).unwrap();
        prop_assert!(!with.is_empty());
        prop_assert_ne!(fingerprint(&with), fingerprint(&without));
    }

    #[test]
    fn at_a_past_cutoff_a_customer_is_what_it_was_known_to_be_then(seed in 0_u64..1_000, back in 20_i32..250) {
        let end = SimulationPlan::default().end_date;
        let later = from_day_number(day_number(end) - back);
        let now = history(&told_later(&ledger(seed), later)).as_of(end);
        let past: Vec<Date> = [260, 210, 140, 70, 7].map(|back| from_day_number(day_number(end) - back)).to_vec();
        let together = features::at_cutoffs(&now, &past, Sampling::ALL).unwrap();
        for cutoff in past {
            let then = features::book(&now.as_of(cutoff)).unwrap();
            let rows = together.rows_at(cutoff);
            prop_assert_eq!(with_days(&together, rows), with_days(&then, 0..then.len()));
        }
    }

    #[test]
    fn features_at_a_past_cutoff_are_those_that_were_computed_then(seed in 0_u64..1_000) {
        let now = history(&ledger(seed)).as_of(SimulationPlan::default().end_date);
        let past: Vec<Date> = [210, 140, 70, 7].map(|back| from_day_number(day_number(now.cutoff()) - back)).to_vec();
        let together = features::at_cutoffs(&now, &past, Sampling::ALL).unwrap();
        let all = fingerprint(&together);
        for cutoff in past {
            let then = fingerprint(&features::book(&now.as_of(cutoff)).unwrap());
            prop_assert_eq!(&all[together.rows_at(cutoff)], then.as_slice());
        }
    }
}

#[test]
fn the_fingerprint_sees_a_planted_leak() {
    let frames = ledger(7);
    let cutoff = parse_iso("2026-02-02").unwrap();
    let honest = features::book(&history(&frames).as_of(cutoff)).unwrap();
    // The leak: payments of the coming month are declared known already.
    let known = col("known_on").cast(DataType::Int32);
    let soon = known
        .clone()
        .gt(lit(day_number(cutoff)))
        .and(known.lt(lit(day_number(cutoff) + 30)));
    let mut leaking = frames;
    let payments =
        leaking[&Table::Payments]
            .clone()
            .lazy()
            .with_columns(["paid_date", "recorded_at", "known_on"].map(|name| {
                when(soon.clone())
                    .then(lit(day_number(cutoff)).cast(DataType::Date))
                    .otherwise(col(name))
                    .alias(name)
            }));
    leaking.insert(Table::Payments, payments.collect().unwrap());
    let leaked = features::book(&history(&leaking).as_of(cutoff)).unwrap();
    assert_ne!(fingerprint(&honest), fingerprint(&leaked));
}

#[test]
fn a_cutoff_after_the_snapshot_is_refused() {
    let now = history(&ledger(3)).as_of(parse_iso("2026-03-01").unwrap());
    let error = features::at_cutoffs(&now, &[parse_iso("2026-03-02").unwrap()], Sampling::ALL).unwrap_err();
    assert!(
        error.to_string().contains("2026-03-01") && error.to_string().contains("2026-03-02"),
        "{error}"
    );
}

#[test]
fn the_order_of_rows_in_the_ledger_does_not_matter() {
    let frames = ledger(11);
    let cutoff = parse_iso("2026-04-30").unwrap();
    let reversed: BTreeMap<Table, DataFrame> = frames
        .iter()
        .map(|(table, frame)| (*table, frame.reverse()))
        .collect();
    let one = features::book(&history(&frames).as_of(cutoff)).unwrap();
    let other = features::book(&history(&reversed).as_of(cutoff)).unwrap();
    assert_eq!(fingerprint(&one), fingerprint(&other));
}

/// The ledger with an invoice of a customer of whom no country is known.
fn with_invoice(
    frames: &BTreeMap<Table, DataFrame>,
    id: &str,
    (issued, due): (&str, &str),
    currency: &str,
) -> BTreeMap<Table, DataFrame> {
    let day = |text: &str| Cell::Date(parse_iso(text).unwrap());
    let cells = [
        ("invoice_id", Cell::Text(id)),
        ("customer_id", Cell::Text("C-1")),
        ("invoice_date", day(issued)),
        ("due_date", day(due)),
        ("amount", Cell::Text("100.00")),
        ("currency", Cell::Text(currency)),
        ("recorded_at", day(issued)),
    ];
    with_row(frames, Table::Invoices, &cells)
}

#[test]
fn a_later_invoice_in_another_currency_leaves_the_business_days_before_it_as_they_were() {
    // The first invoice falls due on a bank holiday of the euro area, which is a business day in the United States;
    // the later one comes first by its id.
    let frames = with_invoice(&BTreeMap::new(), "I-2", ("2026-01-05", "2026-05-01"), "EUR");
    let frames = with_invoice(&frames, "I-1", ("2026-03-02", "2026-05-29"), "USD");
    let now = history(&frames).as_of(parse_iso("2026-04-01").unwrap());
    let before = parse_iso("2026-02-02").unwrap();
    let together = features::at_cutoffs(&now, &[before], Sampling::ALL).unwrap();
    let then = features::book(&now.as_of(before)).unwrap();
    assert_eq!((together.len(), then.len()), (1, 1));
    assert_eq!(with_days(&together, 0..1), with_days(&then, 0..1));
    let rolled = from_day_number(together.invoice(0).rolled_due_day);
    assert_eq!(rolled, parse_iso("2026-05-04").unwrap());
}
