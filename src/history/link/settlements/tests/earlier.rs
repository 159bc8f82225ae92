//! What the ledger has of an earlier export, beside what a later one says.

use super::{document, settlement, with};
use crate::history::link::known::KnownPayment;
use crate::history::link::settlements::Settlements;
use crate::history::link::{Known, KnownCredit, Linked, Linker, Record};
use crate::history::schema::Table;

/// A ledger in which C1 stood on account and P1 had paid I1.
fn ledger() -> Known {
    Known {
        payments: vec![KnownPayment {
            payment_id: "S1".to_owned(),
            invoice_id: "I1".to_owned(),
            paid_date: "2025-03-12".parse().expect("a date"),
            known_on: "2025-03-14".parse().expect("a date"),
            amount_minor: 40_000,
            receipt_id: Some("P1".to_owned()),
            confidence: None,
        }],
        credits: vec![KnownCredit {
            table: Table::CreditNotes,
            id: "C1".to_owned(),
            invoice_id: None,
            known_on: "2025-02-01".parse().expect("a date"),
            amount_minor: 15_000,
        }],
        ..Known::default()
    }
}

/// Ended rows as `table id day`.
fn voids(records: &[Record]) -> Vec<String> {
    let linked: Linked = Settlements.link(records, &ledger());
    let shown = linked.voids.iter().map(|void| {
        let day = void.on.map_or_else(String::new, |day| day.to_string());
        format!("{} {} {day}", void.table, void.id)
    });
    shown.collect()
}

#[test]
fn a_credit_on_account_that_is_paid_out_ends_and_one_that_is_used_is_corrected() {
    let note = document("credit_note", "C1", "2025-02-01", "150.00");
    let paid_out = [
        note.clone(),
        document("refund", "R1", "2025-03-10", "150.00"),
        settlement("S9", "R1", "C1", "2025-03-11", "150.00"),
    ];
    assert_eq!(voids(&paid_out), ["credit_notes C1 2025-03-11"]);
    let used = [
        note.clone(),
        document("invoice", "I2", "2025-01-31", "1000.00"),
        settlement("S9", "I2", "C1", "2025-03-11", "150.00"),
    ];
    assert_eq!(voids(&used), Vec::<String>::new());
    assert_eq!(voids(&[note]), Vec::<String>::new());
}

#[test]
fn a_cancelled_credit_note_leaves_the_account_on_that_day() {
    let cancelled = [("cancelled", "yes"), ("cancelled_on", "2025-03-20")];
    let note = with(document("credit_note", "C1", "2025-02-01", "150.00"), &cancelled);
    assert_eq!(voids(&[note]), ["credit_notes C1 2025-03-20"]);
}

#[test]
fn a_cancelled_payment_ends_where_its_settlements_are_gone_and_leaves_by_a_row_where_they_are_not() {
    let cancelled = [("cancelled", "yes"), ("cancelled_on", "2025-03-20")];
    let payment = with(document("payment", "P1", "2025-03-12", "400.00"), &cancelled);
    assert_eq!(voids(std::slice::from_ref(&payment)), ["payments S1 2025-03-20"]);
    let settled = [
        payment,
        document("invoice", "I1", "2025-01-31", "1000.00"),
        settlement("S1", "I1", "P1", "2025-03-14", "400.00"),
    ];
    assert_eq!(voids(&settled), Vec::<String>::new());
}
