//! Receipts at the bank: what of them no payment allocates.

use duecast::history::{DataReport, Table};

use super::{INVOICES, opened};

const RECEIPTS: &str = "receipt_id,value_date,amount,currency,in_ledger,reversal_of\n";
const PAID: &str = "payment_id,invoice_id,paid_date,amount,currency,receipt_id,confidence\n";

fn report(receipts: &str, payments: &str) -> DataReport {
    let invoices = format!("{INVOICES}I1,ACME,2025-01-31,2025-03-02,1000.00,EUR\n");
    let (receipts, payments) = (format!("{RECEIPTS}{receipts}"), format!("{PAID}{payments}"));
    let files = [
        ("invoices.csv", invoices.as_str()),
        ("receipts.csv", receipts.as_str()),
        ("payments.csv", payments.as_str()),
    ];
    opened(&files).1
}

/// Receipts with a rest and the sum of these, of one currency.
fn unapplied(report: &DataReport, currency: &str) -> Option<(u64, String)> {
    let total = report.unapplied_cash.get(currency)?;
    Some((total.rows, total.total.clone()))
}

#[test]
fn unapplied_cash_is_what_no_payment_names_by_currency() {
    let report = report(
        "R1,2025-03-10,400.00,EUR,,\nR2,2025-03-11,75.50,EUR,,\nR3,2025-03-11,9.00,USD,,\nR4,2025-03-12,50.00,EUR,50.00,\n",
        "P1,I1,2025-03-10,390.00,EUR,R1,0.99\n",
    );
    // 10.00 of R1 and 75.50 of R2; of R4 the ledger has the payment.
    assert_eq!(unapplied(&report, "EUR"), Some((2, "85.50".to_owned())));
    assert_eq!(unapplied(&report, "USD"), Some((1, "9.00".to_owned())));
    assert!(
        report
            .to_string()
            .contains("unapplied cash: 2 receipts, 85.50 EUR\n")
    );
}

#[test]
fn a_receipt_that_was_undone_is_not_unapplied() {
    let report = report(
        "R1,2025-03-10,400.00,EUR,,\nR2,2025-03-12,-400.00,EUR,,R1\n",
        "P1,I1,2025-03-10,400.00,EUR,R1,0.99\nP2,I1,2025-03-12,-400.00,EUR,R2,0.99\n",
    );
    assert_eq!(unapplied(&report, "EUR"), None);
    // Nor one that was never allocated.
    let report = self::report("R1,2025-03-10,400.00,EUR,,\nR2,2025-03-12,-400.00,EUR,,R1\n", "");
    assert_eq!(unapplied(&report, "EUR"), None);
}

#[test]
fn a_payment_of_an_unknown_receipt_is_kept_with_a_warning() {
    let report = report("", "P1,I1,2025-03-10,400.00,EUR,R9,\n");
    assert_eq!(report.warnings.payments_of_unknown_receipts, 1);
    assert_eq!(report.rows_rejected(), 0);
    assert_eq!(report.tables[&Table::Payments].rows_kept, 1);
}
