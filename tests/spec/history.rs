//! Ledgers as people send them: what is kept, what is rejected, and what was known when.

mod files;
mod open_amount;
mod receipts;
mod storage;

use std::collections::BTreeMap;
use std::fs;

use duecast::domain::{Date, date};
use duecast::history::{DataReport, Error, History, OpenOptions, Table};
use tempfile::TempDir;

const INVOICES: &str = "invoice_id,customer_id,invoice_date,due_date,amount,currency\n";
const PAYMENTS: &str = "payment_id,invoice_id,paid_date,amount,currency\n";
const ONE_INVOICE: &str = "I1,ACME,2025-01-31,2025-03-02,1000.00,EUR\n";

fn day(text: &str) -> Date {
    date::parse_iso(text).expect("a date of the test")
}

/// Writes files of bytes into a new folder.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).expect("a ledger file is written");
    }
    folder
}

/// Opens a ledger of CSV texts, however many of its rows are bad.
fn open(files: &[(&str, &str)]) -> Result<(History, DataReport), Error> {
    let bytes: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, text)| (*name, text.as_bytes()))
        .collect();
    History::open_with(
        folder(&bytes).path(),
        &OpenOptions {
            max_reject_share: 1.0,
        },
    )
}

fn opened(files: &[(&str, &str)]) -> (History, DataReport) {
    open(files).expect("the ledger opens")
}

/// Opens a ledger of these invoice rows.
fn of_invoices(rows: &str) -> (History, DataReport) {
    opened(&[("invoices.csv", &format!("{INVOICES}{rows}"))])
}

/// Opens the one invoice with these payment rows.
fn of_payments(rows: &str) -> (History, DataReport) {
    opened(&[
        ("invoices.csv", &format!("{INVOICES}{ONE_INVOICE}")),
        ("payments.csv", &format!("{PAYMENTS}{rows}")),
    ])
}

/// What is open at the end of a day, as `id amount` texts.
fn open_at(history: &History, cutoff: &str) -> Vec<String> {
    let items = history.as_of(day(cutoff)).open_items().expect("open items");
    items
        .iter()
        .map(|item| format!("{} {}", item.invoice_id, item.open.to_decimal_string()))
        .collect()
}

/// The rejects as `line column: reason`.
fn rejected(report: &DataReport) -> Vec<String> {
    report
        .rejects()
        .iter()
        .map(|reject| format!("{} {}: {}", reject.line, reject.column, reject.reason))
        .collect()
}

fn facts(report: &DataReport, table: Table) -> duecast::history::TableReport {
    report
        .tables
        .get(&table)
        .cloned()
        .expect("every table is reported")
}

#[test]
fn a_good_ledger_is_kept_whole_and_described() {
    let (history, report) = of_payments("P1,I1,2025-03-12,400.00,EUR\n");
    assert_eq!(rejected(&report), Vec::<String>::new());
    let invoices = facts(&report, Table::Invoices);
    assert_eq!(
        (
            invoices.rows_read,
            invoices.rows_kept,
            invoices.recorded_at_imputed
        ),
        (1, 1, 1)
    );
    assert_eq!(invoices.totals["EUR"].total, "1000.00");
    assert_eq!(
        (invoices.first_date, invoices.last_date),
        (Some(day("2025-01-31")), Some(day("2025-01-31")))
    );
    assert_eq!(history.date_range(), Some((day("2025-01-31"), day("2025-03-12"))));
    assert!(report.customers_derived);
    let page = report.to_string();
    assert!(page.contains("invoices: 1 rows, 1000.00 EUR"), "{page}");
}

#[test]
fn a_cell_of_the_wrong_type_rejects_its_row_and_says_why() {
    let (history, report) = of_invoices(
        "I1,ACME,31.01.2025,2025-03-02,1000.00,EUR\n\
         I2,ACME,2025-01-31,2025-02-30,1000.00,EUR\n\
         I3,ACME,2025-01-31,2025-03-02,\"1.000,00\",EUR\n\
         I4,ACME,2025-01-31,2025-03-02,1000.005,EUR\n\
         I5,ACME,2025-01-31,2025-03-02,1000.00,EURO\n\
         ,ACME,2025-01-31,2025-03-02,1000.00,EUR\n\
         I7,ACME,2025-01-31,2025-03-02,1000.00\n\
         I8,ACME,2025-01-31,9999-12-31,1000.00,EUR\n\
         I9,ACME,2025-01-31,2025-03-02,1000.00,EUR\n",
    );
    let reasons = rejected(&report);
    let expected = [
        "2 invoice_date: not a date",
        "3 due_date: impossible date",
        "4 amount: not an amount",
        "5 amount: too many decimals: the currency has 2",
        "6 currency: not an ISO 4217",
        "7 invoice_id: required value is missing",
        "8 : the row has 5 fields, the header has 6",
        "9 due_date: impossible date",
    ];
    assert_eq!(reasons.len(), expected.len(), "{reasons:?}");
    for (reason, start) in reasons.iter().zip(expected) {
        assert!(reason.starts_with(start), "{reason}");
    }
    assert_eq!(facts(&report, Table::Invoices).impossible_dates, 2);
    assert_eq!(open_at(&history, "2025-02-01"), ["I9 1000.00"]);
}

#[test]
fn too_many_bad_rows_refuse_the_ledger_whole() {
    let text = format!("{INVOICES}{ONE_INVOICE}I2,ACME,never,2025-03-02,1.00,EUR\n");
    let folder = folder(&[("invoices.csv", text.as_bytes())]);
    let error = History::open(folder.path()).expect_err("half of the rows are bad");
    assert!(
        error
            .to_string()
            .starts_with("1 of 2 rows rejected; at most 5.0 %"),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("invoices.csv line 3, invoice_date \"never\""),
        "{error}"
    );
}

#[test]
fn of_equal_duplicates_one_is_kept_and_of_different_ones_the_first() {
    let (history, report) = of_invoices(&format!(
        "{ONE_INVOICE}{ONE_INVOICE}I1,ACME,2025-01-31,2025-03-02,7.00,EUR\n"
    ));
    let invoices = facts(&report, Table::Invoices);
    assert_eq!((invoices.rows_read, invoices.rows_kept), (3, 1));
    assert_eq!(
        (
            invoices.duplicates_equal,
            invoices.duplicates_conflicting,
            invoices.rows_rejected
        ),
        (1, 1, 1)
    );
    assert_eq!(
        rejected(&report),
        ["4 invoice_id: duplicate: invoices.csv line 2 has the same key and other values"]
    );
    assert_eq!(open_at(&history, "2025-02-01"), ["I1 1000.00"]);
}

#[test]
fn invoices_of_nothing_or_less_are_rejected_and_pointed_to_credit_notes() {
    let (_, report) = of_invoices("I1,A,2025-01-31,2025-03-02,-5.00,EUR\nI2,A,2025-01-31,2025-03-02,0,EUR\n");
    let reason = "amount: must be more than zero; credit notes belong in the table credit_notes";
    assert_eq!(rejected(&report), [format!("2 {reason}"), format!("3 {reason}")]);
}

#[test]
fn odd_dates_are_kept_with_a_warning() {
    let invoices = format!("{INVOICES}I1,A,2025-01-31,2025-01-30,10.00,EUR\n");
    let payments = format!("{PAYMENTS}P1,I1,2025-01-01,4.00,EUR\n");
    let (history, report) = opened(&[("invoices.csv", &invoices), ("payments.csv", &payments)]);
    assert_eq!(report.rows_rejected(), 0);
    assert_eq!(
        (
            report.warnings.due_before_invoice_date,
            report.warnings.payments_before_invoice_date
        ),
        (1, 1)
    );
    assert_eq!(open_at(&history, "2025-01-31"), ["I1 6.00"]);
    assert!(
        report
            .to_string()
            .contains("warning: 1 payments before their invoice date")
    );
}

#[test]
fn an_overpaid_invoice_is_not_open_and_is_counted() {
    let (history, report) = of_payments("P1,I1,2025-03-01,1000.01,EUR\n");
    assert_eq!(report.warnings.overpaid_invoices, 1);
    assert_eq!(open_at(&history, "2025-03-01"), Vec::<String>::new());
}

#[test]
fn a_payment_in_another_currency_than_its_invoice_is_rejected() {
    let (history, report) = of_payments("P1,I1,2025-03-01,400.00,USD\n");
    assert_eq!(
        rejected(&report),
        ["2 currency: not the currency of its invoice, which is EUR"]
    );
    assert_eq!(facts(&report, Table::Payments).other_currency, 1);
    assert_eq!(open_at(&history, "2025-03-01"), ["I1 1000.00"]);
}

#[test]
fn a_payment_of_no_invoice_is_rejected() {
    let (history, report) = of_payments("P1,I7,2025-03-01,400.00,EUR\n");
    assert_eq!(rejected(&report), ["2 invoice_id: no such invoice"]);
    assert_eq!(facts(&report, Table::Payments).orphans, 1);
    assert_eq!(open_at(&history, "2025-03-01"), ["I1 1000.00"]);
}

#[test]
fn an_invoice_of_an_unknown_customer_is_kept_with_a_warning() {
    let invoices = format!("{INVOICES}{ONE_INVOICE}I2,BOLT,2025-01-31,2025-03-02,5.00,EUR\n");
    let (history, report) = opened(&[
        ("invoices.csv", &invoices),
        ("customers.csv", "customer_id,name\nACME,Acme Ltd\n"),
    ]);
    assert_eq!(
        (
            report.warnings.invoices_of_unknown_customers,
            report.customers_derived
        ),
        (1, false)
    );
    assert_eq!(open_at(&history, "2025-02-01"), ["I1 1000.00", "I2 5.00"]);
}

#[test]
fn absent_customers_are_those_of_the_invoices() {
    let (history, report) =
        of_invoices("I1,ZETA,2025-01-31,2025-03-02,1,EUR\nI2,ACME,2025-01-31,2025-03-02,1,EUR\n");
    let customers = history
        .as_of(day("2025-01-01"))
        .table(Table::Customers)
        .collect()
        .expect("customers");
    let ids = customers
        .column("customer_id")
        .expect("the id")
        .str()
        .expect("text")
        .clone();
    assert_eq!(ids.iter().flatten().collect::<Vec<_>>(), ["ACME", "ZETA"]);
    assert!(report.customers_derived);
}

#[test]
fn frames_with_a_bad_row_are_refused() {
    let invoices =
        "invoice_id,customer_id,invoice_date,due_date,amount,currency\nI1,A,2025-01-31,2025-03-02,1,EUR\n";
    let (history, _) = opened(&[("invoices.csv", invoices)]);
    let frame = history
        .as_of(day("2025-12-31"))
        .table(Table::Invoices)
        .collect()
        .expect("invoices");
    let good =
        History::from_frames(&BTreeMap::from([(Table::Invoices, frame.clone())])).expect("a clean frame");
    assert_eq!(open_at(&good, "2025-02-01"), ["I1 1.00"]);
    let orphan = BTreeMap::from([(Table::Invoices, frame.clear()), (Table::WriteOffs, write_off())]);
    let error = History::from_frames(&orphan).expect_err("a write-off without its invoice");
    assert!(error.to_string().contains("no such invoice"), "{error}");
}

fn write_off() -> polars::prelude::DataFrame {
    let invoices = format!("{INVOICES}{ONE_INVOICE}");
    let write_offs = "write_off_id,invoice_id,write_off_date,amount,currency\nW1,I1,2025-04-01,1.00,EUR\n";
    let (history, _) = opened(&[("invoices.csv", &invoices), ("write_offs.csv", write_offs)]);
    history
        .as_of(day("2025-12-31"))
        .table(Table::WriteOffs)
        .collect()
        .expect("write-offs")
}
