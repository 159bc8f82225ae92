//! The rules of settlements, one by one, on records as a profile would give them.

mod earlier;
mod lines;
mod order;

use std::sync::Arc;

use super::{Settlements, fields};
use crate::domain::Currency;
use crate::history::link::{Known, KnownInvoice, Linked, Linker, Origin, Record};
use crate::history::schema::Table;

type Values<'a> = &'a [(&'a str, &'a str)];

fn record(kind: &str, values: Values<'_>) -> Record {
    let kind = fields::KINDS
        .iter()
        .find(|known| known.name == kind)
        .expect("a record of ours");
    let mut cells = vec![None; kind.fields.len()];
    for (field, value) in values {
        cells[kind.slot(field)] = Some((*value).to_owned());
    }
    let origin = Origin {
        file: Arc::from("test"),
        line: 1,
    };
    Record::alone(kind, &origin, &cells)
}

fn with(mut record: Record, values: Values<'_>) -> Record {
    for (field, value) in values {
        record.set(field, Some(*value));
    }
    record
}

fn document(kind: &str, id: &str, date: &str, amount: &str) -> Record {
    record(
        fields::DOCUMENT,
        &[
            ("document_id", id),
            ("kind", kind),
            ("customer_id", "ACME"),
            ("date", date),
            ("due_date", "2025-03-02"),
            ("amount", amount),
            ("currency", "EUR"),
        ],
    )
}

fn settlement(id: &str, debit: &str, credit: &str, date: &str, amount: &str) -> Record {
    record(
        fields::SETTLEMENT,
        &[
            ("settlement_id", id),
            ("debit_document_id", debit),
            ("credit_document_id", credit),
            ("date", date),
            ("amount", amount),
        ],
    )
}

fn link(records: &[Record]) -> Linked {
    Settlements.link(records, &Known::default())
}

/// Rows of a table as text, `a|b|c` of the columns asked for, in their order.
fn rows(linked: &Linked, table: Table, columns: &[&str]) -> Vec<String> {
    let cell = |cells: &[(&str, String)], column: &str| {
        let found = cells.iter().find(|(name, _)| *name == column);
        found.map_or_else(String::new, |(_, value)| value.clone())
    };
    let of = linked.rows.iter().filter(|row| row.table == table);
    of.map(|row| {
        let texts: Vec<String> = columns.iter().map(|column| cell(&row.cells, column)).collect();
        texts.join("|")
    })
    .collect()
}

const CASH: &[&str] = &["payment_id", "invoice_id", "paid_date", "amount", "recorded_at"];
const CREDITS: &[&str] = &["credit_note_id", "invoice_id", "credit_date", "amount", "reason"];
const WRITE_OFFS: &[&str] = &[
    "write_off_id",
    "invoice_id",
    "write_off_date",
    "amount",
    "recorded_at",
];
const RECEIPTS: &[&str] = &["receipt_id", "value_date", "amount", "in_ledger"];

#[test]
fn cash_has_the_date_of_the_payment_and_is_known_from_the_settlement() {
    let linked = link(&[
        document("invoice", "I1", "2025-01-31", "1000.00"),
        document("payment", "P1", "2025-03-12", "600.00"),
        document("payment", "P2", "2025-03-20", "500.00"),
        document("credit_note", "C1", "2025-03-01", "100.00"),
        settlement("S1", "I1", "P1", "2025-03-14", "600.00"),
        settlement("S2", "I1", "P2", "2025-03-20", "300.00"),
        settlement("S3", "I1", "C1", "2025-03-21", "100.00"),
    ]);
    assert_eq!(
        rows(&linked, Table::Payments, CASH),
        [
            "S1|I1|2025-03-12|600.00|2025-03-14",
            "S2|I1|2025-03-20|300.00|2025-03-20"
        ]
    );
    assert_eq!(
        rows(&linked, Table::CreditNotes, CREDITS),
        ["C1|I1|2025-03-21|100.00|credit note"]
    );
    assert_eq!(
        rows(&linked, Table::Receipts, RECEIPTS),
        ["P1|2025-03-12|600.00|", "P2|2025-03-20|500.00|"]
    );
    assert_eq!(
        linked.notes,
        ["1 payments not settled in full: what is left of them is unapplied cash"]
    );
    assert!(linked.faults.is_empty(), "{:?}", linked.faults);
}

#[test]
fn an_undone_settlement_leaves_the_cash_where_it_came_in() {
    let flagged = with(
        settlement("S1", "I1", "P1", "2025-03-14", "400.00"),
        &[("reversed", "yes"), ("reversed_on", "2025-04-02")],
    );
    let linked = link(&[
        document("invoice", "I1", "2025-01-31", "1000.00"),
        document("invoice", "I2", "2025-01-31", "1000.00"),
        document("payment", "P1", "2025-03-12", "400.00"),
        flagged,
        settlement("S2", "I2", "P1", "2025-04-02", "400.00"),
        settlement("S3", "I2", "P1", "2025-05-05", "-150.00"),
    ]);
    assert_eq!(
        rows(&linked, Table::Payments, CASH),
        [
            "S1|I1|2025-03-12|400.00|2025-03-14",
            "S1-reversed|I1|2025-03-12|-400.00|2025-04-02",
            "S2|I2|2025-03-12|400.00|2025-04-02",
            "S3|I2|2025-03-12|-150.00|2025-05-05",
        ]
    );
    assert_eq!(rows(&linked, Table::WriteOffs, WRITE_OFFS), Vec::<String>::new());
}

#[test]
fn a_cancelled_payment_leaves_on_the_day_it_was_cancelled() {
    let cancelled = [("cancelled", "yes"), ("cancelled_on", "2025-03-20")];
    let linked = link(&[
        document("invoice", "I1", "2025-01-31", "1000.00"),
        with(document("payment", "P1", "2025-03-12", "400.00"), &cancelled),
        settlement("S1", "I1", "P1", "2025-03-14", "400.00"),
    ]);
    assert_eq!(
        rows(&linked, Table::Payments, CASH),
        [
            "P1-cancelled-I1|I1|2025-03-20|-400.00|2025-03-20",
            "S1|I1|2025-03-12|400.00|2025-03-14"
        ]
    );
    assert_eq!(
        rows(&linked, Table::Receipts, RECEIPTS),
        ["P1|2025-03-12|400.00|", "P1-cancelled|2025-03-20|-400.00|"]
    );
}

#[test]
fn a_cancelled_invoice_is_credited_by_what_nothing_else_settled() {
    let cancelled = [("cancelled", "yes"), ("cancelled_on", "2025-02-10")];
    let linked = link(&[
        with(document("invoice", "I1", "2025-01-31", "1000.00"), &cancelled),
        document("payment", "P1", "2025-02-05", "400.00"),
        settlement("S1", "I1", "P1", "2025-02-05", "400.00"),
    ]);
    assert_eq!(
        rows(&linked, Table::CreditNotes, CREDITS),
        ["I1-cancelled|I1|2025-02-10|600.00|cancelled"]
    );
}

#[test]
fn a_withdrawn_credit_is_a_negative_write_off_and_its_rest_stands_on_account() {
    let linked = link(&[
        document("invoice", "I1", "2025-01-31", "1000.00"),
        document("invoice", "I2", "2025-01-31", "1000.00"),
        document("credit_note", "C1", "2025-02-01", "-300.00"),
        settlement("S1", "I1", "C1", "2025-02-03", "300.00"),
        settlement("S2", "I1", "C1", "2025-02-10", "-300.00"),
        settlement("S3", "I2", "C1", "2025-02-10", "200.00"),
    ]);
    assert_eq!(
        rows(&linked, Table::CreditNotes, CREDITS),
        [
            "C1|I1|2025-02-03|300.00|credit note",
            "C1-2|I2|2025-02-10|200.00|credit note",
            "C1-3||2025-02-01|100.00|"
        ]
    );
    assert_eq!(
        rows(&linked, Table::WriteOffs, WRITE_OFFS),
        ["S2|I1|2025-02-10|-300.00|2025-02-10"]
    );
}

#[test]
fn what_goes_beyond_a_payment_is_written_off_and_comes_back_with_it() {
    let mut records = vec![
        document("invoice", "I1", "2025-01-31", "1000.00"),
        document("payment", "P1", "2025-02-10", "980.00"),
        settlement("S1", "I1", "P1", "2025-02-10", "1000.00"),
    ];
    let linked = link(&records);
    assert_eq!(
        rows(&linked, Table::Payments, CASH),
        ["S1|I1|2025-02-10|980.00|2025-02-10"]
    );
    assert_eq!(
        rows(&linked, Table::WriteOffs, WRITE_OFFS),
        ["S1-deduction|I1|2025-02-10|20.00|2025-02-10"]
    );
    records.push(settlement("S2", "I1", "P1", "2025-03-01", "-1000.00"));
    let undone = link(&records);
    assert_eq!(
        rows(&undone, Table::Payments, &["payment_id", "amount"]),
        ["S1|980.00", "S2|-980.00"]
    );
    assert_eq!(
        rows(&undone, Table::WriteOffs, &["write_off_id", "amount"]),
        ["S1-deduction|20.00", "S2-deduction|-20.00"]
    );
}

#[test]
fn discount_and_write_off_beside_the_cash_are_no_cash() {
    let parts = [("discount", "20.00"), ("write_off", "0.50")];
    let linked = link(&[
        document("invoice", "I1", "2025-01-31", "1000.00"),
        document("payment", "P1", "2025-02-10", "979.50"),
        with(settlement("S1", "I1", "P1", "2025-02-10", "979.50"), &parts),
    ]);
    assert_eq!(rows(&linked, Table::Payments, &["amount"]), ["979.50"]);
    assert_eq!(
        rows(
            &linked,
            Table::CreditNotes,
            &["credit_note_id", "amount", "reason"]
        ),
        ["S1-discount-credit|20.00|discount"]
    );
    assert_eq!(
        rows(&linked, Table::WriteOffs, &["write_off_id", "amount"]),
        ["S1-write-off|0.50"]
    );
}

#[test]
fn an_unknown_payment_pays_on_the_day_of_the_settlement_and_an_unknown_invoice_is_refused() {
    let linked = link(&[
        document("invoice", "I1", "2025-01-31", "1000.00"),
        document("payment", "P1", "2025-02-10", "500.00"),
        settlement("S1", "I1", "P0", "2025-02-11", "1000.00"),
        settlement("S2", "I0", "P1", "2025-02-12", "500.00"),
    ]);
    assert_eq!(
        rows(&linked, Table::Payments, CASH),
        ["S1|I1|2025-02-11|1000.00|2025-02-11"]
    );
    let faults: Vec<(&str, &str)> = linked
        .faults
        .iter()
        .map(|fault| (fault.column, fault.value.as_str()))
        .collect();
    assert_eq!(faults, [("debit_document_id", "I0")]);
    assert_eq!(linked.notes.len(), 2, "{:?}", linked.notes);
}

#[test]
fn an_invoice_of_the_ledger_is_settled_by_a_later_export() {
    let day = |text: &str| text.parse().expect("a date");
    let known = Known {
        invoices: vec![KnownInvoice {
            invoice_id: "I0".to_owned(),
            number: None,
            payment_reference: None,
            customer_id: "ACME".to_owned(),
            invoice_date: day("2024-12-01"),
            due_date: day("2024-12-31"),
            currency: Currency::EUR,
            amount_minor: 50_000,
            open_minor: 50_000,
        }],
        customers: Vec::new(),
        ..Known::default()
    };
    let records = [
        document("payment", "P1", "2025-02-10", "500.00"),
        settlement("S1", "I0", "P1", "2025-02-12", "500.00"),
    ];
    let linked = Settlements.link(&records, &known);
    assert_eq!(
        rows(&linked, Table::Payments, CASH),
        ["S1|I0|2025-02-10|500.00|2025-02-12"]
    );
}

#[test]
fn a_payment_in_another_currency_pays_the_invoices_amount_and_accounts_for_itself() {
    let linked = link(&[
        document("invoice", "I1", "2025-01-31", "1000.00"),
        with(
            document("payment", "P1", "2025-02-10", "1100.00"),
            &[("currency", "USD")],
        ),
        settlement("S1", "I1", "P1", "2025-02-12", "1000.00"),
    ]);
    assert_eq!(
        rows(&linked, Table::Payments, &["amount", "currency", "receipt_id"]),
        ["1000.00|EUR|"]
    );
    assert_eq!(
        rows(&linked, Table::Receipts, RECEIPTS),
        ["P1|2025-02-10|1100.00|1100.00"]
    );
}

#[test]
fn money_that_goes_back_leaves_its_payment() {
    let linked = link(&[
        document("payment", "P1", "2025-02-10", "500.00"),
        document("refund", "R1", "2025-03-10", "200.00"),
        settlement("S1", "R1", "P1", "2025-03-11", "200.00"),
    ]);
    assert_eq!(
        rows(&linked, Table::Receipts, RECEIPTS),
        ["P1|2025-02-10|500.00|", "S1-return|2025-03-10|-200.00|"]
    );
    assert_eq!(rows(&linked, Table::Payments, CASH), Vec::<String>::new());
}

#[test]
fn settlements_are_read_however_the_source_books_them() {
    let documents = [
        document("invoice", "I1", "2025-01-31", "1000.00"),
        with(
            document("payment", "P1", "2025-02-10", "-1000.00"),
            &[("signed", "yes")],
        ),
    ];
    let both = [("booked_on", "both")];
    let either = [("booked_on", "either")];
    for settlements in [
        vec![settlement("S1", "I1", "P1", "2025-02-12", "1000.00")],
        vec![
            with(settlement("S1", "I1", "P1", "2025-02-12", "1000.00"), &both),
            with(settlement("S2", "P1", "I1", "2025-02-12", "-1000.00"), &both),
        ],
        vec![
            with(settlement("S1", "P1", "I1", "2025-02-12", "-1000.00"), &either),
            with(settlement("S2", "I1", "I1", "2025-02-12", "1000.00"), &either),
        ],
    ] {
        let records: Vec<Record> = documents.iter().cloned().chain(settlements).collect();
        let linked = link(&records);
        assert_eq!(
            rows(&linked, Table::Payments, CASH),
            ["S1|I1|2025-02-10|1000.00|2025-02-12"],
            "{records:?}"
        );
        assert!(linked.faults.is_empty(), "{:?}", linked.faults);
    }
}
