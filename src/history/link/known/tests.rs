//! What linkers see of small ledgers.

use std::collections::BTreeSet;
use std::fs;

use super::Known;
use crate::history::History;

#[test]
fn what_is_open_is_what_no_payment_settles_and_no_ledger_knows_nothing() {
    let folder = tempfile::tempdir().expect("a small ledger");
    assert!(
        Known::of_ledger(&folder.path().join("none"))
            .expect("a small ledger")
            .invoices
            .is_empty()
    );
    assert!(
        Known::of_ledger(folder.path())
            .expect("a small ledger")
            .invoices
            .is_empty()
    );
    let invoices = "invoice_id,customer_id,invoice_date,due_date,amount,currency,number,payment_reference\n\
        B,C1,2026-01-05,2026-02-04,100.00,EUR,RE-2,\n\
        A,C1,2026-01-05,2026-02-04,50.00,EUR,,RF18539007547034\n";
    let payments = "payment_id,invoice_id,paid_date,amount,currency,receipt_id,confidence\n\
        P1,B,2026-02-01,60.00,EUR,R1,0.99\n\
        P2,A,2026-02-01,70.00,EUR,,\n";
    let receipts = "receipt_id,value_date,amount,currency,payer_account\nR1,2026-02-01,80.00,EUR,ab12\n";
    let credits = "credit_note_id,customer_id,credit_date,amount,currency\nK1,C1,2026-02-01,5.00,EUR\n";
    for (name, text) in [
        ("invoices", invoices),
        ("payments", payments),
        ("credit_notes", credits),
        ("receipts", receipts),
    ] {
        fs::write(folder.path().join(format!("{name}.csv")), text).expect("a small ledger");
    }
    let known = Known::of_ledger(folder.path()).expect("a small ledger");
    let open: Vec<(&str, i64)> = known
        .invoices
        .iter()
        .map(|invoice| (invoice.invoice_id.as_str(), invoice.open_minor))
        .collect();
    assert_eq!(open, [("A", 0), ("B", 4_000)]);
    assert_eq!(known.overpaid.get("A"), Some(&2_000));
    assert_eq!(known.invoices[1].number.as_deref(), Some("RE-2"));
    assert_eq!(known.payments[0].receipt_id.as_deref(), Some("R1"));
    assert_eq!(known.payments[1].confidence, None);
    assert_eq!(known.invoice("B").map(|invoice| invoice.open_minor), Some(4_000));
    assert_eq!(known.invoice("C"), None);
    assert_eq!(
        (known.credits[0].id.as_str(), known.credits[0].amount_minor),
        ("K1", 500)
    );
    assert_eq!(known.credits[0].invoice_id, None);
    assert_eq!(known.receipts[0].amount_minor, 8_000);
    assert_eq!(known.receipts[0].payer_account.as_deref(), Some("ab12"));
}

#[test]
fn of_some_entities_nothing_of_the_others_is_known() {
    let folder = tempfile::tempdir().expect("a small ledger");
    let invoices = "invoice_id,customer_id,invoice_date,due_date,amount,currency,entity\n\
        A,C1,2026-01-05,2026-02-04,50.00,EUR,north\n\
        B,C2,2026-01-05,2026-02-04,60.00,EUR,south\n\
        C,C3,2026-01-05,2026-02-04,70.00,EUR,\n";
    let payments = "payment_id,invoice_id,paid_date,amount,currency\n\
        P1,A,2026-02-01,10.00,EUR\nP2,B,2026-02-01,10.00,EUR\n";
    let receipts = "receipt_id,value_date,amount,currency,customer_id\n\
        R1,2026-02-01,10.00,EUR,C1\nR2,2026-02-01,10.00,EUR,C2\nR3,2026-02-01,10.00,EUR,\n";
    let customers = "customer_id,name\nC1,One\nC2,Two\nC3,Three\n";
    for (name, text) in [
        ("invoices", invoices),
        ("payments", payments),
        ("receipts", receipts),
        ("customers", customers),
    ] {
        fs::write(folder.path().join(format!("{name}.csv")), text).expect("a small ledger");
    }
    let (history, _) = History::open(folder.path()).expect("a small ledger");
    let north = BTreeSet::from(["north".to_owned()]);
    let known = Known::of_history(&history, Some(&north)).expect("a small ledger");
    assert_eq!(known.invoices.len(), 1);
    assert_eq!(known.invoices[0].open_minor, 4_000);
    assert_eq!(known.customers, [("C1".to_owned(), "One".to_owned())]);
    assert_eq!(known.payments[0].payment_id, "P1");
    assert_eq!((known.payments.len(), known.receipts.len()), (1, 1));
    assert_eq!(known.receipts[0].receipt_id, "R1");
    let all = Known::of_history(&history, None).expect("a small ledger");
    assert_eq!(
        (all.invoices.len(), all.payments.len(), all.receipts.len()),
        (3, 2, 3)
    );
}
