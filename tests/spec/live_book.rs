//! A book in memory answers as the whole ledger would, after every fact.

use std::collections::BTreeMap;

use duecast::domain::Date;
use duecast::domain::date::{add_days, day_number, from_day_number};
use duecast::features::{self, FeatureTable, LiveBook, column};
use duecast::history::schema::Table;
use duecast::history::{Cell, Snapshot};
use duecast::simulate::SimulationPlan;
use polars::prelude::*;
use proptest::prelude::*;

use crate::support::edits::{KINDS, edited};
use crate::support::feature_rows::{fingerprint, history, ledger, of_customer, text_of, with_row};

type Frames = BTreeMap<Table, DataFrame>;

fn days_before_the_end(days: i32) -> Date {
    from_day_number(day_number(SimulationPlan::default().end_date) - days)
}

fn book(frames: &Frames, cutoff: Date) -> FeatureTable {
    features::book(&history(frames).as_of(cutoff)).unwrap()
}

fn live_book(frames: &Frames, cutoff: Date) -> LiveBook {
    LiveBook::new(&history(frames).as_of(cutoff)).unwrap()
}

fn customer_of(table: &FeatureTable, row: usize) -> String {
    text_of(table, column::CUSTOMER_ID, row)
}

/// The rows of each customer, to the bit.
fn rows_by_customer(table: &FeatureTable) -> BTreeMap<String, Vec<String>> {
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (row, line) in fingerprint(table).into_iter().enumerate() {
        rows.entry(customer_of(table, row)).or_default().push(line);
    }
    rows
}

/// What the ledger holds of one customer, as of the cut-off.
fn facts_of(frames: &Frames, customer_id: &str, cutoff: Date) -> Snapshot {
    history(&of_customer(frames, customer_id)).as_of(cutoff)
}

/// Takes in what the ledger holds of a customer.
fn renew(live: &mut LiveBook, frames: &Frames, customer_id: &str) -> FeatureTable {
    let facts = facts_of(frames, customer_id, live.cutoff());
    let renewal = live.renewed(customer_id, &facts).unwrap();
    live.apply(renewal).unwrap()
}

/// The ledger with another country and segment of a customer.
fn moved(frames: &Frames, customer_id: &str, country: Option<&str>, segment: Option<&str>) -> Frames {
    let is_moved = col("customer_id").eq(lit(customer_id.to_owned()));
    let told = |name: &str, value: Option<&str>| {
        let value = match value {
            Some(value) => lit(value.to_owned()),
            None => lit(NULL).cast(DataType::String),
        };
        when(is_moved.clone())
            .then(value)
            .otherwise(col(name))
            .alias(name)
    };
    let customers = frames[&Table::Customers].clone().lazy();
    let customers = customers.with_columns([told("country", country), told("segment", segment)]);
    let mut moved = frames.clone();
    moved.insert(Table::Customers, customers.collect().unwrap());
    moved
}

/// Countries and segments in which customers are found, and some in which none is.
const MARKETS: [(Option<&str>, Option<&str>); 5] = [
    (Some("NL"), Some("sme")),
    (Some("DE"), Some("micro")),
    (Some("ZZ"), Some("sme")),
    (None, Some("sme")),
    (None, None),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn each_customer_has_the_rows_of_the_whole_book_to_the_bit(seed in 0_u64..1_000, back in 20_i32..300) {
        let snapshot = history(&ledger(seed)).as_of(days_before_the_end(back));
        let live = LiveBook::new(&snapshot).unwrap();
        let rows = rows_by_customer(&features::book(&snapshot).unwrap());
        prop_assert!(!rows.is_empty());
        for (customer_id, rows) in rows {
            prop_assert_eq!(fingerprint(&live.customer(&customer_id).unwrap()), rows);
        }
    }

    #[test]
    fn after_facts_of_any_kind_the_rows_are_those_of_a_ledger_that_holds_them(
        seed in 0_u64..1_000,
        back in 20_i32..300,
        picks in prop::collection::vec((0_usize..10_000, (0..KINDS, 1_i64..=4, 0_i64..30)), 1..5),
    ) {
        let cutoff = days_before_the_end(back);
        let mut frames = ledger(seed);
        let mut live = live_book(&frames, cutoff);
        for (pick, edit) in picks {
            let before = book(&frames, cutoff);
            prop_assert!(!before.is_empty());
            let (after, touched) = edited(&frames, &before, pick % before.len(), edit);
            frames = after;
            let asked = live.what_if(&facts_of(&frames, &touched, cutoff)).unwrap();
            let updated = renew(&mut live, &frames, &touched);
            let rows = rows_by_customer(&book(&frames, cutoff));
            let expected = rows.get(&touched).cloned().unwrap_or_default();
            prop_assert_eq!(fingerprint(&updated), expected.clone());
            prop_assert_eq!(fingerprint(&asked), expected);
            // The priors moved for everybody else.
            for (customer_id, rows) in rows {
                prop_assert_eq!(fingerprint(&live.customer(&customer_id).unwrap()), rows);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn wherever_customers_move_all_rows_are_those_of_a_ledger_that_knows_it(
        seed in 0_u64..1_000,
        back in 20_i32..300,
        moves in prop::collection::vec((0_usize..10_000, 0..MARKETS.len()), 1..5),
    ) {
        let cutoff = days_before_the_end(back);
        let mut frames = ledger(seed);
        let mut live = live_book(&frames, cutoff);
        for (pick, market) in moves {
            let before = book(&frames, cutoff);
            prop_assert!(!before.is_empty());
            let touched = customer_of(&before, pick % before.len());
            let (country, segment) = MARKETS[market];
            frames = moved(&frames, &touched, country, segment);
            let asked = live.what_if(&facts_of(&frames, &touched, cutoff)).unwrap();
            let updated = renew(&mut live, &frames, &touched);
            let rows = rows_by_customer(&book(&frames, cutoff));
            prop_assert_eq!(fingerprint(&updated), rows[&touched].clone());
            prop_assert_eq!(fingerprint(&asked), rows[&touched].clone());
            for (customer_id, rows) in rows {
                prop_assert_eq!(fingerprint(&live.customer(&customer_id).unwrap()), rows);
            }
        }
    }
}

#[test]
fn keys_and_coming_days_of_a_customer_are_those_of_the_whole_book() {
    let snapshot = history(&ledger(3)).as_of(days_before_the_end(90));
    let live = LiveBook::new(&snapshot).unwrap();
    let whole = features::book(&snapshot).unwrap();
    for customer_id in rows_by_customer(&whole).into_keys() {
        let own = live.customer(&customer_id).unwrap();
        let is_own = col(column::CUSTOMER_ID).eq(lit(customer_id.clone()));
        let expected = whole.frame().clone().lazy().filter(is_own).collect().unwrap();
        assert!(own.frame().equals_missing(&expected), "{customer_id}");
        let rows = (0..whole.len()).filter(|row| customer_of(&whole, *row) == customer_id);
        for (row, expected) in rows.enumerate() {
            let (own, expected) = (own.invoice(row), whole.invoice(expected));
            assert_eq!(own.days, expected.days);
            assert_eq!(own.due_day, expected.due_day);
            assert_eq!(own.rolled_due_day, expected.rolled_due_day);
            assert_eq!(own.cutoff_day, expected.cutoff_day);
        }
    }
}

#[test]
fn one_row_of_a_table_is_a_table_with_all_that_the_row_had() {
    let whole = book(&ledger(3), days_before_the_end(90));
    let rows = fingerprint(&whole);
    for (row, expected) in rows.iter().enumerate() {
        let alone = whole.row(row);
        assert_eq!(fingerprint(&alone), std::slice::from_ref(expected));
        assert_eq!(alone.invoice(0).days, whole.invoice(row).days);
    }
}

#[test]
fn a_payment_that_is_taken_back_leaves_the_invoice_open() {
    let cutoff = days_before_the_end(60);
    let frames = ledger(4);
    let before = book(&frames, cutoff);
    let customer_id = customer_of(&before, 0);
    let (invoice_id, currency) = (
        text_of(&before, column::INVOICE_ID, 0),
        text_of(&before, column::CURRENCY, 0),
    );
    let open_minor = before.integers(column::OPEN_MINOR).unwrap().get(0).unwrap();
    let payment = |frames: &Frames, payment_id: &str, amount_minor: i64| {
        let cells = [
            ("payment_id", Cell::Text(payment_id)),
            ("invoice_id", Cell::Text(&invoice_id)),
            ("customer_id", Cell::Text(&customer_id)),
            ("paid_date", Cell::Date(cutoff)),
            ("amount", Cell::Minor(amount_minor)),
            ("currency", Cell::Text(&currency)),
        ];
        with_row(frames, Table::Payments, &cells)
    };
    let is_there = |table: &FeatureTable| {
        (0..table.len()).any(|row| text_of(table, column::INVOICE_ID, row) == invoice_id)
    };
    let mut live = live_book(&frames, cutoff);
    let paid = payment(&frames, "P-new", open_minor);
    assert!(!is_there(&renew(&mut live, &paid, &customer_id)));
    let taken_back = payment(&paid, "P-back", -open_minor);
    let updated = renew(&mut live, &taken_back, &customer_id);
    assert!(is_there(&updated));
    let expected = rows_by_customer(&book(&taken_back, cutoff));
    assert_eq!(fingerprint(&updated), expected[&customer_id]);
}

#[test]
fn a_customer_whose_facts_are_gone_leaves_nothing_behind() {
    let cutoff = days_before_the_end(45);
    let frames = ledger(6);
    let mut live = live_book(&frames, cutoff);
    let gone = customer_of(&book(&frames, cutoff), 0);
    let without: Frames = frames
        .iter()
        .map(|(table, frame)| {
            let kept = match frame.column("customer_id") {
                Ok(_) => frame
                    .clone()
                    .lazy()
                    .filter(col("customer_id").neq(lit(gone.clone()))),
                Err(_) => frame.clone().lazy(),
            };
            (*table, kept.collect().unwrap())
        })
        .collect();
    assert!(renew(&mut live, &without, &gone).is_empty());
    assert!(live.customer(&gone).is_err());
    let rows = rows_by_customer(&book(&without, cutoff));
    assert!(!rows.is_empty());
    for (customer_id, rows) in rows {
        assert_eq!(fingerprint(&live.customer(&customer_id).unwrap()), rows);
    }
}

#[test]
fn a_changed_country_changes_the_calendar_of_the_customer() {
    let cutoff = days_before_the_end(70);
    let frames = ledger(7);
    let mut live = live_book(&frames, cutoff);
    let customer_id = customer_of(&book(&frames, cutoff), 0);
    let segments = frames[&Table::Customers].clone().lazy();
    let own = segments.filter(col("customer_id").eq(lit(customer_id.clone())));
    let own = own.collect().unwrap();
    let segment = own
        .column("segment")
        .unwrap()
        .str()
        .unwrap()
        .get(0)
        .map(str::to_owned);
    let moved = moved(&frames, &customer_id, Some("CA"), segment.as_deref());
    let before = live.customer(&customer_id).unwrap();
    let updated = renew(&mut live, &moved, &customer_id);
    let expected = rows_by_customer(&book(&moved, cutoff));
    assert_eq!(fingerprint(&updated), expected[&customer_id]);
    assert_ne!(updated.invoice(0).days, before.invoice(0).days);
}

#[test]
fn what_if_changes_nothing() {
    let cutoff = days_before_the_end(50);
    let frames = ledger(9);
    let live = live_book(&frames, cutoff);
    let whole = book(&frames, cutoff);
    let (after, touched) = edited(&frames, &whole, 0, (1, 4, 10));
    let asked = live.what_if(&facts_of(&after, &touched, cutoff)).unwrap();
    assert_eq!(asked.len(), live.customer(&touched).unwrap().len() + 1);
    for (customer_id, rows) in rows_by_customer(&whole) {
        assert_eq!(fingerprint(&live.customer(&customer_id).unwrap()), rows);
    }
}

#[test]
fn facts_of_another_day_or_of_another_customer_are_refused() {
    let cutoff = days_before_the_end(100);
    let frames = ledger(5);
    let live = live_book(&frames, cutoff);
    let whole = book(&frames, cutoff);
    let customer_id = customer_of(&whole, 0);
    let tomorrow = add_days(cutoff, 1);
    let error = live.renewed(&customer_id, &facts_of(&frames, &customer_id, tomorrow));
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains(&cutoff.to_string()) && error.contains(&tomorrow.to_string()),
        "{error}"
    );
    let error = live.renewed("C-none", &facts_of(&frames, &customer_id, cutoff));
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("C-none") && error.contains(&customer_id),
        "{error}"
    );
    let error = live
        .what_if(&history(&frames).as_of(cutoff))
        .unwrap_err()
        .to_string();
    assert!(error.contains("alone"), "{error}");
}

#[test]
fn a_ledger_without_an_invoice_has_an_empty_book() {
    let cutoff = days_before_the_end(0);
    let empty: Frames = ledger(1)
        .into_iter()
        .map(|(table, frame)| (table, frame.head(Some(0))))
        .collect();
    assert!(book(&empty, cutoff).is_empty());
    let mut live = live_book(&empty, cutoff);
    let first = customer_of(&book(&ledger(1), cutoff), 0);
    let own = of_customer(&ledger(1), &first);
    let updated = renew(&mut live, &own, &first);
    assert_eq!(fingerprint(&updated), fingerprint(&book(&own, cutoff)));
}

#[test]
fn a_customer_without_invoices_is_refused() {
    let cutoff = days_before_the_end(30);
    let live = live_book(&ledger(8), cutoff);
    let error = live.customer("C-none").unwrap_err().to_string();
    assert!(
        error.contains("C-none") && error.contains(&cutoff.to_string()),
        "{error}"
    );
}
