//! A book in memory answers as the whole ledger would, after every payment.

use std::collections::BTreeMap;

use duecast::domain::Date;
use duecast::domain::date::{add_days, day_number, from_day_number};
use duecast::features::{self, FeatureTable, LiveBook, NewPayment, column};
use duecast::history::schema::Table;
use duecast::simulate::SimulationPlan;
use polars::prelude::*;
use proptest::prelude::*;

use crate::support::feature_rows::{fingerprint, history, ledger};

fn days_before_the_end(days: i32) -> Date {
    from_day_number(day_number(SimulationPlan::default().end_date) - days)
}

fn book(frames: &BTreeMap<Table, DataFrame>, cutoff: Date) -> FeatureTable {
    features::book(&history(frames).as_of(cutoff)).unwrap()
}

fn customer_of(table: &FeatureTable, row: usize) -> String {
    let customers = table.text(column::CUSTOMER_ID).unwrap();
    customers.get(row).unwrap().to_owned()
}

/// The rows of each customer, to the bit.
fn rows_by_customer(table: &FeatureTable) -> BTreeMap<String, Vec<String>> {
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (row, line) in fingerprint(table).into_iter().enumerate() {
        rows.entry(customer_of(table, row)).or_default().push(line);
    }
    rows
}

/// A payment of some quarters of what is open in a row, made so many days before the cut-off.
fn payment_of(table: &FeatureTable, row: usize, quarters: i64, days_ago: i64) -> NewPayment {
    let open_minor = table.integers(column::OPEN_MINOR).unwrap().get(row).unwrap();
    let invoices = table.text(column::INVOICE_ID).unwrap();
    NewPayment {
        invoice_id: invoices.get(row).unwrap().to_owned(),
        paid_date: add_days(table.cutoff(row), -days_ago),
        amount_minor: (open_minor * quarters / 4).max(1),
    }
}

/// The ledger with one more payment, recorded on the day of the cut-off.
fn with_payment(
    frames: &BTreeMap<Table, DataFrame>,
    payment: &NewPayment,
    cutoff: Date,
) -> BTreeMap<Table, DataFrame> {
    let is_paid = col("invoice_id").eq(lit(payment.invoice_id.clone()));
    let invoices = frames[&Table::Invoices].clone().lazy();
    let invoice = invoices.filter(is_paid).collect().unwrap();
    let text = |name: &str| {
        let values = invoice.column(name).unwrap().str().unwrap();
        lit(values.get(0).unwrap().to_owned()).alias(name)
    };
    let date = |name: &str, day: Date| lit(day_number(day)).cast(DataType::Date).alias(name);
    let payments = &frames[&Table::Payments];
    let added = payments.head(Some(1)).lazy().with_columns([
        lit(format!("new {}", payments.height())).alias("payment_id"),
        text("invoice_id"),
        text("customer_id"),
        text("currency"),
        lit(payment.amount_minor)
            .cast(DataType::Int64)
            .alias("amount_minor"),
        date("paid_date", payment.paid_date),
        date("recorded_at", cutoff),
        date("known_on", cutoff),
    ]);
    let payments = payments.vstack(&added.collect().unwrap()).unwrap();
    let mut frames = frames.clone();
    frames.insert(Table::Payments, payments);
    frames
}

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
    fn after_payments_the_rows_are_those_of_a_ledger_that_holds_them(
        seed in 0_u64..1_000,
        back in 20_i32..300,
        picks in prop::collection::vec((0_usize..10_000, 1_i64..=4, 0_i64..30), 1..4),
    ) {
        let cutoff = days_before_the_end(back);
        let mut frames = ledger(seed);
        let mut live = LiveBook::new(&history(&frames).as_of(cutoff)).unwrap();
        for (pick, quarters, days_ago) in picks {
            let before = book(&frames, cutoff);
            let row = pick % before.len();
            let payment = payment_of(&before, row, quarters, days_ago);
            let updated = live.record_payment(&payment).unwrap();
            frames = with_payment(&frames, &payment, cutoff);
            let after = rows_by_customer(&book(&frames, cutoff));
            let expected = after.get(&customer_of(&before, row)).cloned().unwrap_or_default();
            prop_assert_eq!(fingerprint(&updated), expected);
            // The priors moved for everybody else.
            for (customer_id, rows) in after {
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
fn a_payment_that_is_taken_back_leaves_the_invoice_open() {
    let cutoff = days_before_the_end(60);
    let frames = ledger(4);
    let before = book(&frames, cutoff);
    let paid = payment_of(&before, 0, 4, 2);
    let taken_back = NewPayment {
        amount_minor: -paid.amount_minor,
        paid_date: cutoff,
        ..paid.clone()
    };
    let mut live = LiveBook::new(&history(&frames).as_of(cutoff)).unwrap();
    live.record_payment(&paid).unwrap();
    let updated = live.record_payment(&taken_back).unwrap();
    let invoices = updated.text(column::INVOICE_ID).unwrap();
    assert!((0..updated.len()).any(|row| invoices.get(row) == Some(paid.invoice_id.as_str())));
    let both = with_payment(&with_payment(&frames, &paid, cutoff), &taken_back, cutoff);
    let expected = rows_by_customer(&book(&both, cutoff));
    assert_eq!(fingerprint(&updated), expected[&customer_of(&before, 0)]);
}

#[test]
fn a_customer_that_has_paid_everything_has_no_row_left() {
    let snapshot = history(&ledger(6)).as_of(days_before_the_end(45));
    let mut live = LiveBook::new(&snapshot).unwrap();
    let whole = features::book(&snapshot).unwrap();
    let customer_id = customer_of(&whole, 0);
    let open = live.customer(&customer_id).unwrap();
    for row in 0..open.len() {
        let left = live.record_payment(&payment_of(&open, row, 4, 0)).unwrap();
        assert_eq!(left.len(), open.len() - row - 1);
    }
    assert!(live.customer(&customer_id).unwrap().is_empty());
}

#[test]
fn a_payment_that_cannot_be_is_refused_and_changes_nothing() {
    let cutoff = days_before_the_end(100);
    let frames = ledger(5);
    let whole = book(&frames, cutoff);
    let mut live = LiveBook::new(&history(&frames).as_of(cutoff)).unwrap();
    let is_later = col("known_on").cast(DataType::Int32).gt(lit(day_number(cutoff)));
    let later = frames[&Table::Invoices].clone().lazy().filter(is_later);
    let later = later.collect().unwrap();
    let invoice_of_tomorrow = later.column("invoice_id").unwrap().str().unwrap().get(0).unwrap();

    let good = payment_of(&whole, 0, 4, 0);
    let for_invoice = |invoice_id: &str| NewPayment {
        invoice_id: invoice_id.to_owned(),
        ..good.clone()
    };
    let tomorrow = add_days(cutoff, 1);
    let paid_tomorrow = NewPayment {
        paid_date: tomorrow,
        ..good.clone()
    };
    let of_nothing = NewPayment {
        amount_minor: 0,
        ..good.clone()
    };
    let known = format!("known on {cutoff}");
    let refused = [
        (for_invoice("I-none"), known.as_str(), "I-none".to_owned()),
        (
            for_invoice(invoice_of_tomorrow),
            known.as_str(),
            invoice_of_tomorrow.to_owned(),
        ),
        (paid_tomorrow, "cut-off", tomorrow.to_string()),
        (of_nothing, "must not be zero", good.invoice_id.clone()),
    ];
    for (payment, allowed, given) in refused {
        let error = live.record_payment(&payment).unwrap_err().to_string();
        assert!(error.contains(allowed) && error.contains(&given), "{error}");
    }
    for (customer_id, rows) in rows_by_customer(&whole) {
        assert_eq!(fingerprint(&live.customer(&customer_id).unwrap()), rows);
    }
}

#[test]
fn a_customer_without_invoices_is_refused() {
    let cutoff = days_before_the_end(30);
    let live = LiveBook::new(&history(&ledger(8)).as_of(cutoff)).unwrap();
    let error = live.customer("C-none").unwrap_err().to_string();
    assert!(
        error.contains("C-none") && error.contains(&cutoff.to_string()),
        "{error}"
    );
}
