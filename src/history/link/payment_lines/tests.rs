//! Lines of payments: what is cash, what is a credit, and which state counts.

use std::sync::Arc;

use super::{PaymentLines, fields};
use crate::history::Table;
use crate::history::link::known::KnownPayment;
use crate::history::link::{Known, KnownCredit, Linked, Linker, Origin, Record, Void};

/// Lines of payments as `payment invoice amount payment_amount unapplied`.
fn linked(lines: &[&str]) -> Linked {
    let kind = &fields::KINDS[0];
    let records: Vec<Record> = lines
        .iter()
        .zip(1..)
        .map(|(line, number)| {
            let texts: Vec<&str> = line.split(' ').collect();
            let mut cells = vec![None; kind.fields.len()];
            let fields = [
                "payment_id",
                "invoice_id",
                "amount",
                "payment_amount",
                "unapplied",
            ];
            for (field, text) in fields.into_iter().zip(texts) {
                cells[kind.slot(field)] = Some(text.to_owned());
            }
            for (field, text) in [("customer_id", "C"), ("date", "2026-03-01"), ("currency", "USD")] {
                cells[kind.slot(field)] = Some(text.to_owned());
            }
            let origin = Origin {
                file: Arc::from("payments.json"),
                line: number,
            };
            Record::alone(kind, &origin, &cells)
        })
        .collect();
    PaymentLines.link(&records, &Known::default())
}

/// Rows as `table id amount`.
fn rows(linked: &Linked) -> Vec<String> {
    linked
        .rows
        .iter()
        .map(|row| {
            let amount = row.cells.iter().find(|(name, _)| *name == "amount");
            let amount = amount.map_or("", |(_, text)| text.as_str());
            format!("{} {} {amount}", row.table, row.cells[0].1)
        })
        .collect()
}

#[test]
fn lines_within_the_cash_are_payments() {
    let linked = linked(&[
        "P1 I1 55.00 65.00 10.00",
        "P2 I1 5 105.5 0",
        "P2 I2 100.50 105.5 0",
    ]);
    assert_eq!(
        rows(&linked),
        [
            "payments P1-I1 55.00",
            "payments P2-I1 5.00",
            "payments P2-I2 100.50"
        ]
    );
    assert!(linked.notes.is_empty() && linked.faults.is_empty());
}

#[test]
fn what_exceeds_the_cash_is_a_credit_and_the_cash_is_conserved() {
    let linked = linked(&["P1 I1 20 70 0", "P1 I2 80 70 0", "P2 I3 15 0 0"]);
    assert_eq!(
        rows(&linked),
        [
            "credit_notes P1-I1-credit 20.00",
            "credit_notes P1-I2-credit 10.00",
            "payments P1-I2 70.00",
            "credit_notes P2-I3-credit 15.00",
        ]
    );
    assert!(linked.notes[0].starts_with("3 lines"), "{:?}", linked.notes);
}

#[test]
fn the_same_line_twice_is_one_and_another_line_on_the_invoice_has_its_own_id() {
    let linked = linked(&["P1 I1 20 50 0", "P1 I1 20 50 0", "P1 I1 30 50 0"]);
    assert_eq!(rows(&linked), ["payments P1-I1 20.00", "payments P1-I1-2 30.00"]);
    assert_eq!(linked.passed_over, 1);
}

#[test]
fn amounts_that_cannot_be_are_faults() {
    for (line, column) in [
        ("P1 I1 0 50 0", "amount"),
        ("P1 I1 -5 50 0", "amount"),
        ("P1 I1 5.001 50 0", "amount"),
        ("P1 I1 5 -50 0", "payment_amount"),
        ("P1 I1 5 50 60", "unapplied"),
        ("P1 I1 5 50 -1", "unapplied"),
    ] {
        let linked = linked(&[line]);
        assert!(linked.rows.is_empty(), "{line}");
        assert_eq!(linked.faults[0].column, column, "{line}");
    }
}

/// A record with some of its fields.
fn record(kind: usize, fields: &[(&str, &str)]) -> Record {
    let kind = &fields::KINDS[kind];
    let mut cells = vec![None; kind.fields.len()];
    for (field, text) in fields {
        cells[kind.slot(field)] = Some((*text).to_owned());
    }
    let origin = Origin {
        file: Arc::from("payments.json"),
        line: 1,
    };
    Record::alone(kind, &origin, &cells)
}

/// A line of payment P1 over what it pays, as it was changed on a day.
fn line(invoice: &str, amount: &str, changed_on: &str, version: &str) -> Record {
    record(
        0,
        &[
            ("payment_id", "P1"),
            ("invoice_id", invoice),
            ("customer_id", "C"),
            ("date", "2026-03-01"),
            ("amount", amount),
            ("payment_amount", "100"),
            ("currency", "USD"),
            ("recorded_at", changed_on),
            ("version", version),
        ],
    )
}

/// Payment P1 as a whole.
fn whole(amount: &str, changed_on: &str, version: &str) -> Record {
    record(
        1,
        &[
            ("payment_id", "P1"),
            ("date", "2026-03-01"),
            ("amount", amount),
            ("currency", "USD"),
            ("recorded_at", changed_on),
            ("version", version),
        ],
    )
}

/// What an earlier import made of P1: cash and a credit on invoice I1, and a match of the bank.
fn ledger() -> Known {
    let payment = |id: &str, confidence: Option<f64>| KnownPayment {
        payment_id: id.to_owned(),
        invoice_id: "I1".to_owned(),
        paid_date: "2026-03-01".parse().expect("a date"),
        known_on: "2026-03-02".parse().expect("a date"),
        amount_minor: 8_000,
        receipt_id: Some("P1".to_owned()),
        confidence,
    };
    Known {
        payments: vec![payment("M1", Some(0.99)), payment("P1-I1", None)],
        credits: vec![KnownCredit {
            table: Table::CreditNotes,
            id: "P1-I1-credit".to_owned(),
            invoice_id: Some("I1".to_owned()),
            known_on: "2025-02-01".parse().expect("a date"),
            amount_minor: 2_000,
        }],
        ..Known::default()
    }
}

/// Ended rows as `table id day`.
fn voids(linked: &Linked) -> Vec<String> {
    let shown = |void: &Void| {
        let day = void.on.map_or_else(String::new, |day| day.to_string());
        format!("{} {} {day}", void.table, void.id)
    };
    linked.voids.iter().map(shown).collect()
}

#[test]
fn of_two_states_of_a_payment_the_newest_counts_whatever_their_order() {
    let mut records = vec![
        whole("100", "2026-03-02", "0"),
        line("I1", "60", "2026-03-02", "0"),
        whole("100", "2026-03-09", "1"),
        line("I1", "70", "2026-03-09", "1"),
        whole("100", "2026-03-09", "2"),
        line("I2", "100", "2026-03-09", "2"),
    ];
    for _ in 0..2 {
        let linked = PaymentLines.link(&records, &Known::default());
        assert_eq!(rows(&linked), ["receipts P1 100.00", "payments P1-I2 100.00"]);
        assert_eq!(linked.passed_over, 4);
        records.reverse();
    }
}

#[test]
fn what_the_newest_state_no_longer_says_ends_on_the_day_it_was_changed() {
    let moved = [
        whole("100", "2026-03-09", "1"),
        line("I2", "100", "2026-03-09", "1"),
    ];
    let linked = PaymentLines.link(&moved, &ledger());
    assert_eq!(
        voids(&linked),
        [
            "payments P1-I1 2026-03-09",
            "credit_notes P1-I1-credit 2026-03-09"
        ]
    );
}

#[test]
fn a_voided_and_a_deleted_payment_end_with_their_receipt() {
    let voided = whole("0", "2026-03-09", "1");
    let deleted = record(
        1,
        &[
            ("payment_id", "P1"),
            ("void", "yes"),
            ("recorded_at", "2026-03-09"),
        ],
    );
    for gone in [voided, deleted] {
        let linked = PaymentLines.link(&[gone], &ledger());
        assert!(linked.rows.is_empty() && linked.faults.is_empty(), "{linked:?}");
        assert_eq!(
            voids(&linked),
            [
                "payments P1-I1 2026-03-09",
                "credit_notes P1-I1-credit 2026-03-09",
                "receipts P1 2026-03-09"
            ]
        );
    }
}

#[test]
fn lines_alone_do_not_say_that_a_payment_has_no_others() {
    let linked = PaymentLines.link(&[line("I2", "100", "2026-03-09", "1")], &ledger());
    assert_eq!(rows(&linked), ["payments P1-I2 100.00"]);
    assert_eq!(voids(&linked), Vec::<String>::new());
    let faulty = [
        whole("100", "2026-03-09", "1"),
        line("I2", "none", "2026-03-09", "1"),
    ];
    let linked = PaymentLines.link(&faulty, &ledger());
    assert_eq!(linked.faults.len(), 1);
    assert_eq!(voids(&linked), Vec::<String>::new());
}
