//! Lines of documents, headers, customers, and documents that are not what they are called.

use super::{document, link, record, rows, settlement, with};
use crate::history::link::Record;
use crate::history::link::settlements::fields;
use crate::history::schema::Table;

fn line(document: &str, line: &str, due: &str, amount: &str) -> Record {
    record(
        fields::INSTALMENT,
        &[
            ("document_id", document),
            ("line_id", line),
            ("due_date", due),
            ("amount", amount),
        ],
    )
}

#[test]
fn several_due_dates_are_instalments_and_the_last_is_the_invoices() {
    let linked = link(&[
        document("invoice", "I1", "2025-01-31", "1000.00"),
        line("I1", "L2", "2025-04-30", "700.00"),
        line("I1", "L1", "2025-02-28", "300.00"),
        line("I1", "L1", "2025-02-28", "300.00"),
        document("payment", "P1", "2025-03-01", "300.00"),
        settlement("S1", "L1", "P1", "2025-03-01", "300.00"),
    ]);
    assert_eq!(
        rows(&linked, Table::Invoices, &["invoice_id", "due_date"]),
        ["I1|2025-04-30"]
    );
    assert_eq!(
        rows(
            &linked,
            Table::InstalmentPlans,
            &["plan_id", "instalment_no", "agreed_on", "due_date", "amount"]
        ),
        [
            "I1|1|2025-01-31|2025-02-28|300.00",
            "I1|2|2025-01-31|2025-04-30|700.00"
        ]
    );
    assert_eq!(
        rows(&linked, Table::Payments, &["invoice_id", "amount"]),
        ["I1|300.00"]
    );
    assert!(linked.notes.is_empty(), "{:?}", linked.notes);
}

#[test]
fn one_line_is_a_due_date_and_no_plan() {
    let mut invoice = document("invoice", "I1", "2025-01-31", "1000.00");
    invoice.set("due_date", None);
    let without = link(std::slice::from_ref(&invoice));
    assert_eq!(without.faults.len(), 1);
    assert_eq!(without.faults[0].column, "due_date");
    let linked = link(&[invoice, line("I1", "L1", "2025-02-28", "1000.00")]);
    assert_eq!(rows(&linked, Table::Invoices, &["due_date"]), ["2025-02-28"]);
    assert!(rows(&linked, Table::InstalmentPlans, &["plan_id"]).is_empty());
}

#[test]
fn a_negative_invoice_is_a_credit_note_and_a_positive_payment_of_a_signed_source_a_refund() {
    let signed = [("signed", "yes")];
    let linked = link(&[
        with(document("invoice", "C1", "2025-01-31", "-200.00"), &signed),
        with(document("payment", "R1", "2025-02-10", "200.00"), &signed),
        settlement("S1", "R1", "C1", "2025-02-11", "200.00"),
    ]);
    assert!(linked.rows.is_empty(), "{:?}", linked.rows);
    assert_eq!(
        linked.notes,
        ["1 settlements of refunds and journal entries: they settle no invoice"]
    );
}

#[test]
fn a_journal_entry_joins_a_credit_note_to_an_invoice() {
    let journal = record(
        fields::DOCUMENT,
        &[("document_id", "J1"), ("kind", "other"), ("date", "2025-02-20")],
    );
    let linked = link(&[
        document("invoice", "I1", "2025-01-31", "1000.00"),
        document("credit_note", "C1", "2025-02-01", "200.00"),
        journal,
        settlement("S1", "I1", "J1", "2025-02-20", "200.00"),
        settlement("S2", "J1", "C1", "2025-02-20", "200.00"),
    ]);
    assert_eq!(
        rows(
            &linked,
            Table::CreditNotes,
            &["credit_note_id", "invoice_id", "amount"]
        ),
        ["S1-credit|I1|200.00"]
    );
    assert!(linked.faults.is_empty(), "{:?}", linked.faults);
}

#[test]
fn differences_of_exchange_rates_are_nothing() {
    let linked = link(&[
        document("invoice", "I1", "2025-01-31", "1000.00"),
        document("exchange", "X1", "2025-02-28", "-12.00"),
        settlement("S1", "I1", "X1", "2025-02-28", "12.00"),
        with(
            settlement("S2", "I1", "P1", "2025-02-28", "3.00"),
            &[("kind", "exchange")],
        ),
    ]);
    assert_eq!(linked.rows.len(), 1, "{:?}", linked.rows);
    assert_eq!(
        linked.notes,
        ["2 differences of exchange rates: nobody pays them, they are left out"]
    );
}

#[test]
fn two_debits_settle_nothing_and_unknown_words_are_refused() {
    let linked = link(&[
        document("invoice", "I1", "2025-01-31", "1000.00"),
        document("invoice", "I2", "2025-01-31", "1000.00"),
        document("bill", "I3", "2025-01-31", "1000.00"),
        document("invoice", "I4", "2025-01-31", "10.001"),
        settlement("S1", "I1", "I2", "2025-02-28", "12.00"),
        with(
            settlement("S2", "I1", "P1", "2025-02-28", "1.00"),
            &[("kind", "gift")],
        ),
    ]);
    let mut columns: Vec<&str> = linked.faults.iter().map(|fault| fault.column).collect();
    columns.sort_unstable();
    assert_eq!(columns, ["amount", "credit_document_id", "kind", "kind"]);
    assert_eq!(rows(&linked, Table::Invoices, &["invoice_id"]), ["I1", "I2"]);
}

#[test]
fn a_record_given_twice_counts_once_and_a_contradiction_is_refused() {
    let invoice = document("invoice", "I1", "2025-01-31", "1000.00");
    let other = document("invoice", "I1", "2025-01-31", "1001.00");
    let linked = link(&[invoice.clone(), other, invoice]);
    assert_eq!(rows(&linked, Table::Invoices, &["amount"]), ["1000.00"]);
    assert_eq!((linked.passed_over, linked.faults.len()), (1, 1));
    assert_eq!(linked.faults[0].column, "document_id");
}

#[test]
fn settlements_without_id_are_named_after_their_documents() {
    let mut first = settlement("", "I1", "P1", "2025-02-28", "12.00");
    first.set("settlement_id", None);
    let linked = link(&[
        document("invoice", "I1", "2025-01-31", "1000.00"),
        document("payment", "P1", "2025-02-28", "24.00"),
        first.clone(),
        first,
    ]);
    assert_eq!(
        rows(&linked, Table::Payments, &["payment_id", "amount"]),
        ["I1:P1:1|12.00", "I1:P1:2|12.00"]
    );
}

#[test]
fn printed_terms_and_names_are_found_and_the_list_of_customers_wins() {
    let header = record(fields::HEADER, &[("number", "R-77"), ("payment_terms", "Net 30")]);
    let customer = record(
        fields::CUSTOMER,
        &[("customer_id", "ACME"), ("name", "Acme Ltd"), ("country", "GB")],
    );
    let named = [("customer_name", "Acme"), ("number", "R-77")];
    let other = [("customer_id", "BETA"), ("customer_name", "Beta")];
    let linked = link(&[
        with(document("invoice", "I1", "2025-01-31", "1000.00"), &named),
        with(document("invoice", "I2", "2025-01-31", "1000.00"), &other),
        header,
        customer,
    ]);
    assert_eq!(
        rows(
            &linked,
            Table::Invoices,
            &["invoice_id", "number", "payment_terms"]
        ),
        ["I1|R-77|Net 30", "I2||"]
    );
    assert_eq!(
        rows(&linked, Table::Customers, &["customer_id", "name", "country"]),
        ["ACME|Acme Ltd|GB", "BETA|Beta|"]
    );
}

#[test]
fn an_account_in_another_currency_is_settled_in_that() {
    let account = [
        ("currency", "USD"),
        ("account_amount", "920.00"),
        ("account_currency", "EUR"),
    ];
    let linked = link(&[
        with(document("invoice", "I1", "2025-01-31", "1000.00"), &account),
        document("payment", "P1", "2025-02-28", "920.00"),
        settlement("S1", "I1", "P1", "2025-02-28", "920.00"),
    ]);
    assert_eq!(
        rows(&linked, Table::Invoices, &["amount", "currency"]),
        ["920.00|EUR"]
    );
    assert_eq!(
        rows(&linked, Table::Payments, &["amount", "currency", "receipt_id"]),
        ["920.00|EUR|P1"]
    );
}
