//! What holds for every set of receipts.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::Cash;
use super::tests::{cell, known, link, receipt};
use crate::domain::date::{add_days, parse_iso};
use crate::domain::{Currency, Money, format_minor};
use crate::history::Table;
use crate::history::link::known::KnownPayment;
use crate::history::link::{LedgerRow, Linker, Record};

/// A receipt of either customer, drawn at random: names some invoice or none, of any amount.
fn drawn(customer: &'static str) -> impl Strategy<Value = (u32, i64, Option<usize>, &'static str)> {
    (
        1_u32..28,
        1_i64..150_000,
        proptest::option::of(0_usize..5),
        Just(customer),
    )
}

/// An amount that a receipt may have, or any other.
fn drawn_minor() -> impl Strategy<Value = i64> {
    prop_oneof![
        Just(100_000_i64),
        Just(25_050_i64),
        Just(33_333_i64),
        -150_000_i64..150_000,
        any::<i64>(),
    ]
}

fn records_of(drawn: &[(u32, i64, Option<usize>, &'static str)]) -> Vec<Record> {
    const TEXTS: [&str; 5] = [
        "RE-2026-1001",
        "20261002",
        "RE 2026 1003",
        "RE20262001",
        "RE-2026-1001 RE-2026-1003",
    ];
    // Amounts that are owed, so that matches are not rare.
    const OWED: [i64; 5] = [100_000, 25_050, 33_333, 70_000, 133_333];
    drawn
        .iter()
        .enumerate()
        .map(|(number, (day, minor, named, name))| {
            let minor = if minor % 3 == 0 { OWED[number % 5] } else { *minor };
            let amount = format_minor(minor, 2);
            let mut more = vec![("payer_name", *name)];
            more.extend(named.map(|text| ("remittance", TEXTS[text])));
            receipt(&format!("R{number:03}"), *day, &amount, &more)
        })
        .collect()
}

fn minor_of(row: &LedgerRow) -> i64 {
    Money::parse(cell(row, "amount"), Currency::EUR)
        .expect("an amount that was written")
        .minor()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_receipt_gives_more_than_it_has_and_no_invoice_takes_more_than_it_owes(
        receipts in proptest::collection::vec(drawn("Nordwind Logistik"), 0..12)
    ) {
        let linked = Cash.link(&records_of(&receipts), &known());
        let (mut given, mut taken) = (BTreeMap::new(), BTreeMap::new());
        for row in &linked.rows {
            if row.table == Table::Payments {
                *given.entry(cell(row, "receipt_id")).or_insert(0) += minor_of(row);
                *taken.entry(cell(row, "invoice_id")).or_insert(0) += minor_of(row);
            }
        }
        for row in linked.rows.iter().filter(|row| row.table == Table::Receipts) {
            let given = given.get(cell(row, "receipt_id")).copied().unwrap_or(0);
            prop_assert!(given <= minor_of(row));
        }
        for invoice in known().invoices {
            let taken = taken.get(invoice.invoice_id.as_str()).copied().unwrap_or(0);
            prop_assert!((0..=invoice.open_minor).contains(&taken));
        }
    }

    #[test]
    fn whatever_the_ledger_has_posted_no_cent_of_a_receipt_counts_twice(
        receipts in proptest::collection::vec(drawn("Nordwind Logistik"), 0..12),
        posted in proptest::collection::vec((0_usize..4, drawn_minor(), -8_i64..30), 0..12),
    ) {
        let mut known = known();
        let first = parse_iso("2026-03-01").expect("a value of the test");
        for (number, (invoice, minor, day)) in posted.iter().enumerate() {
            known.payments.push(KnownPayment {
                payment_id: format!("P{number:02}"),
                invoice_id: known.invoices[*invoice].invoice_id.clone(),
                paid_date: add_days(first, *day),
                known_on: add_days(first, *day),
                amount_minor: *minor,
                receipt_id: None,
                confidence: None,
            });
        }
        let linked = Cash.link(&records_of(&receipts), &known);
        let mut given = BTreeMap::new();
        for row in linked.rows.iter().filter(|row| row.table == Table::Payments) {
            *given.entry(cell(row, "receipt_id")).or_insert(0) += minor_of(row);
        }
        for row in linked.rows.iter().filter(|row| row.table == Table::Receipts) {
            let given = given.get(cell(row, "receipt_id")).copied().unwrap_or(0);
            let is_in_ledger = !cell(row, "in_ledger").is_empty();
            let given_at_most = if is_in_ledger { 0 } else { minor_of(row) };
            prop_assert!(given <= given_at_most);
        }
    }

    #[test]
    fn undoing_every_receipt_leaves_every_invoice_as_it_was(
        receipts in proptest::collection::vec(drawn("Nordwind Logistik"), 0..8)
    ) {
        let mut records = records_of(&receipts);
        let undone: Vec<Record> = records
            .iter()
            .enumerate()
            .map(|(number, record)| {
                let amount = format!("-{}", record.text("amount").expect("it is required"));
                let of = record.text("receipt_id").expect("it is required");
                receipt(&format!("X{number:03}"), 30, &amount, &[("reversal_of", of)])
            })
            .collect();
        records.extend(undone);
        let linked = Cash.link(&records, &known());
        let mut taken = BTreeMap::new();
        for row in linked.rows.iter().filter(|row| row.table == Table::Payments) {
            *taken.entry(cell(row, "invoice_id")).or_insert(0) += minor_of(row);
        }
        prop_assert!(taken.values().all(|minor| *minor == 0));
    }

    #[test]
    fn the_order_of_receipts_in_the_files_does_not_matter(
        receipts in proptest::collection::vec(drawn("Nordwind Logistik"), 0..8),
        turn in 0_usize..8,
    ) {
        let mut records = records_of(&receipts);
        let linked = Cash.link(&records, &known());
        if !records.is_empty() {
            let turn = turn % records.len();
            records.rotate_left(turn);
        }
        prop_assert_eq!(Cash.link(&records, &known()), linked);
    }

    #[test]
    fn receipts_of_another_customer_do_not_matter(
        mine in proptest::collection::vec(drawn("Nordwind Logistik"), 0..6),
        theirs in 1_u32..28,
    ) {
        let records = records_of(&mine);
        let names_theirs = |record: &Record| record.text("remittance").is_some_and(|text| text.ends_with("2001"));
        prop_assume!(!records.iter().any(names_theirs));
        let alone = link(&records);
        let mut with = records;
        with.push(receipt("T", theirs, "700.00", &[("payer_name", "HANSEN HANDEL"), ("remittance", "RE-2026-2001")]));
        let mut together = link(&with);
        together.retain(|payment| !payment.starts_with("T "));
        prop_assert_eq!(together, alone);
    }
}
