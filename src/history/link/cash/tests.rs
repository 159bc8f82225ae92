//! What cash application does with receipts, small enough to be worked out by hand.

mod many;
mod posted;

use std::collections::BTreeMap;
use std::slice;
use std::sync::Arc;

use super::Cash;
use super::receipt::KINDS;
use crate::domain::Currency;
use crate::domain::date::{add_days, parse_iso};
use crate::history::Table;
use crate::history::link::known::{KnownPayment, KnownReceipt};
use crate::history::link::{Known, KnownInvoice, LedgerRow, Linked, Linker, Origin, Record};

/// An invoice of 2026-01-05, due thirty days later, `open` of it owed.
fn invoice(id: &str, customer: &str, minor: i64, open: i64) -> KnownInvoice {
    let issued = parse_iso("2026-01-05").expect("a value of the test");
    KnownInvoice {
        invoice_id: id.to_owned(),
        number: None,
        payment_reference: None,
        customer_id: customer.to_owned(),
        invoice_date: issued,
        due_date: add_days(issued, 30),
        currency: Currency::EUR,
        amount_minor: minor,
        open_minor: open,
    }
}

/// Two customers: `RE-2026-1001` to `1003` are the first's, `2001` the second's.
pub(super) fn known() -> Known {
    Known {
        invoices: vec![
            invoice("RE-2026-1001", "C1", 100_000, 100_000),
            invoice("RE-2026-1002", "C1", 25_050, 25_050),
            invoice("RE-2026-1003", "C1", 33_333, 33_333),
            invoice("RE-2026-2001", "C2", 70_000, 70_000),
        ],
        customers: vec![
            ("C1".to_owned(), "Nordwind Logistik GmbH".to_owned()),
            ("C2".to_owned(), "Hansen Handel A/S".to_owned()),
        ],
        ..Known::default()
    }
}

/// A receipt of a day in March 2026.
pub(super) fn receipt(id: &str, day: u32, amount: &str, more: &[(&str, &str)]) -> Record {
    let kind = &KINDS[0];
    let mut cells = vec![None; kind.fields.len()];
    let date = format!("2026-03-{day:02}");
    let always = [
        ("receipt_id", id),
        ("value_date", date.as_str()),
        ("amount", amount),
        ("currency", "EUR"),
    ];
    for (field, text) in always.iter().chain(more) {
        cells[kind.slot(field)] = Some((*text).to_owned());
    }
    let origin = Origin {
        file: Arc::from("statement"),
        line: 1,
    };
    Record::alone(kind, &origin, &cells)
}

pub(super) fn cell<'r>(row: &'r LedgerRow, column: &str) -> &'r str {
    let found = row.cells.iter().find(|(name, _)| *name == column);
    found.map_or("", |(_, text)| text.as_str())
}

/// The payments as `receipt invoice amount`.
fn payments(linked: &Linked) -> Vec<String> {
    let rows = linked.rows.iter().filter(|row| row.table == Table::Payments);
    rows.map(|row| {
        let of = |column| cell(row, column);
        format!("{} {} {}", of("receipt_id"), of("invoice_id"), of("amount"))
    })
    .collect()
}

pub(super) fn link(records: &[Record]) -> Vec<String> {
    payments(&Cash.link(records, &known()))
}

fn one(amount: &str, more: &[(&str, &str)]) -> Vec<String> {
    link(&[receipt("R", 10, amount, more)])
}

const NORDWIND: (&str, &str) = ("payer_name", "NORDWIND LOGISTIK GMBH");

#[test]
fn a_number_in_the_text_is_paid() {
    assert_eq!(
        one("1000.00", &[("remittance", "Rechnung RE 2026 1001")]),
        ["R RE-2026-1001 1000.00"]
    );
    assert_eq!(
        one("1000.00", &[("remittance", "20261001")]),
        ["R RE-2026-1001 1000.00"]
    );
    assert_eq!(
        one("1000.00", &[("remittance", "RE-2026-10011")]),
        Vec::<String>::new()
    );
}

#[test]
fn a_reference_is_paid_whoever_pays_it() {
    let mut known = known();
    known.invoices[3].payment_reference = Some("RF18 5390 0754 7034".to_owned());
    for field in ["structured_reference", "remittance"] {
        let record = receipt("R", 10, "700.00", &[(field, "RF18539007547034"), NORDWIND]);
        let linked = Cash.link(&[record], &known);
        assert_eq!(payments(&linked), ["R RE-2026-2001 700.00"], "{field}");
    }
}

#[test]
fn several_numbers_are_paid_in_full_or_in_due_order() {
    let both = ("remittance", "RE-2026-1001, RE-2026-1002");
    assert_eq!(
        one("1250.50", &[both]),
        ["R RE-2026-1001 1000.00", "R RE-2026-1002 250.50"]
    );
    // 100 short and not by a discount: which of them is paid in part, nobody can tell.
    assert_eq!(one("1150.50", &[both, NORDWIND]), Vec::<String>::new());
    // Two per cent off both: 980.00 and 245.49.
    assert_eq!(
        one("1225.49", &[both]),
        ["R RE-2026-1001 980.00", "R RE-2026-1002 245.49"]
    );
    // One of the two alone.
    assert_eq!(one("250.50", &[both]), ["R RE-2026-1002 250.50"]);
}

#[test]
fn documents_are_paid_as_the_payer_says() {
    let listed = ("referred_documents", "RE-2026-1001 900.00; RE-2026-1002 250.50");
    assert_eq!(
        one("1150.50", &[listed]),
        ["R RE-2026-1001 900.00", "R RE-2026-1002 250.50"]
    );
}

#[test]
fn an_amount_is_enough_only_where_the_payer_is_known_and_owes_it_once() {
    assert_eq!(one("333.33", &[NORDWIND]), ["R RE-2026-1003 333.33"]);
    assert_eq!(one("333.33", &[]), Vec::<String>::new());
    assert_eq!(one("700.00", &[NORDWIND]), Vec::<String>::new());
    // 333.33 less two per cent, 326.66.
    assert_eq!(one("326.66", &[NORDWIND]), ["R RE-2026-1003 326.66"]);
    // Two of the three, and all three.
    assert_eq!(
        one("583.83", &[NORDWIND]),
        ["R RE-2026-1002 250.50", "R RE-2026-1003 333.33"]
    );
    assert_eq!(one("1583.83", &[NORDWIND]).len(), 3);
}

#[test]
fn what_is_over_stays_unapplied_and_a_strangers_part_is_not_guessed() {
    let named = ("remittance", "RE-2026-1001");
    assert_eq!(one("1111.11", &[named, NORDWIND]), ["R RE-2026-1001 1000.00"]);
    assert_eq!(one("1111.11", &[named]), Vec::<String>::new());
    // What is over is another invoice to the cent.
    assert_eq!(
        one("1250.50", &[named, NORDWIND]),
        ["R RE-2026-1001 1000.00", "R RE-2026-1002 250.50"]
    );
}

#[test]
fn a_number_that_is_at_odds_with_the_amount_is_taken_for_a_slip_or_for_nothing() {
    // 1002 is written, 1003 has the amount and is one digit away.
    assert_eq!(
        one("333.33", &[("remittance", "RE-2026-1002"), NORDWIND]),
        ["R RE-2026-1003 333.33"]
    );
}

#[test]
fn what_is_settled_takes_nothing_and_a_receipt_counts_once() {
    let named = [("remittance", "RE-2026-1001")];
    let twice = [
        receipt("R1", 10, "1000.00", &named),
        receipt("R1", 10, "1000.00", &named),
        receipt("R2", 11, "1000.00", &named),
    ];
    let linked = Cash.link(&twice, &known());
    assert_eq!(payments(&linked), ["R1 RE-2026-1001 1000.00"]);
    let receipts: Vec<&str> = linked
        .rows
        .iter()
        .filter(|row| row.table == Table::Receipts)
        .map(|row| cell(row, "receipt_id"))
        .collect();
    assert_eq!(receipts, ["R1", "R2"]);
    assert_eq!(linked.passed_over, 1);
}

#[test]
fn a_return_takes_back_what_its_receipt_had_paid_and_the_invoice_can_be_paid_again() {
    let named = [
        ("remittance", "RE-2026-1001 RE-2026-1002"),
        ("end_to_end_id", "E-1"),
    ];
    let records = [
        receipt("R1", 10, "1250.50", &named),
        receipt(
            "R2",
            12,
            "-1250.50",
            &[("kind", "return"), ("end_to_end_id", "E-1")],
        ),
        receipt("R3", 14, "1250.50", &named),
    ];
    let linked = Cash.link(&records, &known());
    assert_eq!(
        payments(&linked),
        [
            "R1 RE-2026-1001 1000.00",
            "R1 RE-2026-1002 250.50",
            "R2 RE-2026-1002 -250.50",
            "R2 RE-2026-1001 -1000.00",
            "R3 RE-2026-1001 1000.00",
            "R3 RE-2026-1002 250.50",
        ]
    );
    let undone = linked
        .rows
        .iter()
        .find(|row| cell(row, "kind") == "return")
        .expect("a value of the test");
    assert_eq!(cell(undone, "reversal_of"), "R1");
}

#[test]
fn an_invoice_that_a_later_receipt_names_is_not_guessed_before() {
    let records = [
        receipt("R1", 10, "333.33", &[NORDWIND]),
        receipt("R2", 11, "333.33", &[("remittance", "RE-2026-1003")]),
    ];
    assert_eq!(link(&records), ["R2 RE-2026-1003 333.33"]);
}

#[test]
fn an_account_is_learnt_from_a_payment_that_names_its_invoice() {
    let account = ("payer_account", "00ff00ff00ff00ff");
    let records = [
        receipt("R1", 10, "1000.00", &[account, ("remittance", "RE-2026-1001")]),
        receipt("R2", 11, "250.50", &[account, ("payer_name", "Zahlstelle 7")]),
    ];
    assert_eq!(
        link(&records),
        ["R1 RE-2026-1001 1000.00", "R2 RE-2026-1002 250.50"]
    );
}

fn payment(
    id: &str,
    invoice: &str,
    minor: i64,
    receipt: Option<&str>,
    confidence: Option<f64>,
) -> KnownPayment {
    let day = parse_iso("2026-03-10").expect("a value of the test");
    KnownPayment {
        payment_id: id.to_owned(),
        invoice_id: invoice.to_owned(),
        paid_date: day,
        known_on: add_days(day, 2),
        amount_minor: minor,
        receipt_id: receipt.map(ToOwned::to_owned),
        confidence,
    }
}

fn known_receipt(id: &str, minor: i64) -> KnownReceipt {
    KnownReceipt {
        receipt_id: id.to_owned(),
        customer_id: None,
        value_date: parse_iso("2026-03-10").expect("a value of the test"),
        currency: Currency::EUR,
        amount_minor: minor,
        in_ledger_minor: 0,
        reversal_of: None,
        payer_account: None,
        end_to_end_id: None,
        is_ledgers: false,
    }
}

#[test]
fn a_match_gives_way_to_the_ledgers_own_payment_and_that_only_once() {
    let mut known = known();
    known.invoices[0].open_minor = 0;
    known.overpaid = BTreeMap::from([("RE-2026-1001".to_owned(), 100_000)]);
    known.receipts = vec![known_receipt("R1", 100_000)];
    known.payments = vec![
        payment("ERP", "RE-2026-1001", 100_000, None, None),
        payment("R1/1", "RE-2026-1001", 100_000, Some("R1"), Some(0.99)),
    ];
    let linked = Cash.link(&[], &known);
    assert_eq!(payments(&linked), [" RE-2026-1001 -1000.00"]);
    assert_eq!(cell(&linked.rows[0], "payment_id"), "R1/1/superseded");
    assert_eq!(cell(&linked.rows[0], "recorded_at"), "2026-03-12");
    known.overpaid.clear();
    known.payments.push(payment(
        "R1/1/superseded",
        "RE-2026-1001",
        -100_000,
        None,
        Some(0.99),
    ));
    assert_eq!(Cash.link(&[], &known), Linked::default());
}

#[test]
fn a_match_that_gave_way_in_part_gives_way_to_a_further_payment_too() {
    let mut known = known();
    known.invoices[0].open_minor = 0;
    known.overpaid = BTreeMap::from([("RE-2026-1001".to_owned(), 40_000)]);
    known.receipts = vec![known_receipt("R1", 100_000)];
    let of = |id: &str, minor: i64, receipt: Option<&str>, confidence: Option<f64>| {
        payment(id, "RE-2026-1001", minor, receipt, confidence)
    };
    known.payments = vec![
        of("ERP1", 60_000, None, None),
        of("ERP2", 40_000, None, None),
        of("R1/1", 100_000, Some("R1"), Some(0.99)),
        of("R1/1/superseded", -60_000, None, Some(0.99)),
    ];
    let linked = Cash.link(&[], &known);
    assert_eq!(payments(&linked), [" RE-2026-1001 -1000.00"]);
    assert_eq!(cell(&linked.rows[0], "payment_id"), "R1/1/superseded");
}

#[test]
fn a_match_gives_way_when_the_ledger_puts_the_money_on_another_invoice() {
    let mut known = known();
    known.invoices[0].open_minor = 0;
    known.invoices[0].amount_minor = 25_050;
    known.invoices[1].open_minor = 0;
    known.receipts = vec![known_receipt("R1", 25_050)];
    known.payments = vec![
        payment("ERP", "RE-2026-1002", 25_050, None, None),
        payment("R1/1", "RE-2026-1001", 25_050, Some("R1"), Some(0.95)),
    ];
    assert_eq!(payments(&Cash.link(&[], &known)), [" RE-2026-1001 -250.50"]);
}

#[test]
fn a_receipt_that_the_ledger_has_as_a_payment_is_not_allocated_again() {
    let mut known = known();
    known.invoices[0].open_minor = 0;
    known.payments = vec![payment("ERP", "RE-2026-1001", 100_000, None, None)];
    let record = receipt("R1", 11, "1000.00", &[("remittance", "RE-2026-1001")]);
    let linked = Cash.link(&[record], &known);
    assert_eq!(payments(&linked), Vec::<String>::new());
    assert_eq!(cell(&linked.rows[0], "in_ledger"), "1000.00");
    assert_eq!(cell(&linked.rows[0], "customer_id"), "C1");
}

#[test]
fn a_receipt_that_cannot_be_read_is_a_fault() {
    let mut record = receipt("R1", 10, "10.001", &[]);
    let linked = Cash.link(slice::from_ref(&record), &known());
    assert_eq!((linked.faults.len(), linked.faults[0].column), (1, "amount"));
    record.set("currency", Some("EURO"));
    assert_eq!(Cash.link(&[record], &known()).faults[0].column, "currency");
}
