//! Money at the bank that the ledger's own system has posted already is not allocated a second time.

use super::desk::{Desk, shipped_profile};

const CUSTOMERS: &str = "customer_id,name\nC1,Nordwind Logistik GmbH\nC2,Hansen Handel A/S\n";
const INVOICES: &str = "invoice_id,customer_id,invoice_date,due_date,amount,currency\n\
    RE-2026-1001,C1,2026-01-05,2026-02-04,1000.00,EUR\n\
    RE-2026-1002,C1,2026-01-05,2026-02-04,250.50,EUR\n\
    RE-2026-1003,C1,2026-01-05,2026-02-04,400.00,EUR\n\
    RE-2026-2001,C2,2026-01-05,2026-02-04,700.00,EUR\n";
const POSTED: &str = "payment_id,invoice_id,paid_date,amount,currency\n";
const RECEIPTS: &str = "receipt_id,value_date,amount,currency,payer_name,remittance\n";

/// A ledger with these payments of its own system, `ID,INVOICE,DAY,AMOUNT,EUR` each.
fn ledger_with(posted: &str) -> Desk {
    let desk = Desk::new();
    let inputs = [
        desk.put("customers.csv", CUSTOMERS),
        desk.put("invoices.csv", INVOICES),
        desk.put("payments.csv", format!("{POSTED}{posted}")),
    ];
    desk.import(&shipped_profile("canonical"), &inputs, 0.0).unwrap();
    desk
}

/// Imports receipts, `ID,DAY,AMOUNT,EUR,PAYER,TEXT` each, and returns what the bank added to the payments and what of
/// each receipt the ledger had already.
fn receive(desk: &Desk, receipts: &str) -> (Vec<String>, Vec<String>) {
    let input = desk.put("statement.csv", format!("{RECEIPTS}{receipts}"));
    desk.import(&shipped_profile("bank-receipts"), &[input], 0.0)
        .unwrap();
    let mut payments = desk.rows("payments", &["payment_id", "invoice_id", "amount"]);
    payments.retain(|payment| payment.starts_with('R'));
    (payments, desk.rows("receipts", &["receipt_id", "in_ledger"]))
}

#[test]
fn a_receipt_that_is_the_sum_of_two_posted_payments_is_not_allocated_again() {
    let posted = "P1,RE-2026-1001,2026-03-10,600.00,EUR\nP2,RE-2026-1002,2026-03-11,100.00,EUR\n";
    for text in ["RE-2026-1001 RE-2026-1002", "Sammelzahlung"] {
        let desk = ledger_with(posted);
        let statement = format!("R1,2026-03-10,700.00,EUR,NORDWIND LOGISTIK GMBH,{text}\n");
        let (payments, in_ledger) = receive(&desk, &statement);
        assert_eq!(payments, Vec::<String>::new(), "{text}");
        assert_eq!(in_ledger, ["R1|700.00"], "{text}");
        // Nor is it when the statement comes again.
        assert_eq!(receive(&desk, &statement).0, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_receipt_that_names_an_invoice_with_a_posted_payment_of_its_amount_is_that_payment() {
    let desk = ledger_with("P1,RE-2026-1001,2026-03-10,400.00,EUR\n");
    let (payments, in_ledger) = receive(
        &desk,
        "R1,2026-03-09,400.00,EUR,NORDWIND LOGISTIK GMBH,RE-2026-1001 Rate 1\n\
         R2,2026-03-12,600.00,EUR,NORDWIND LOGISTIK GMBH,RE-2026-1001 Rest\n",
    );
    assert_eq!(payments, ["R2/1|RE-2026-1001|600.00"]);
    assert_eq!(in_ledger, ["R1|400.00", "R2|"]);
}

#[test]
fn a_receipt_that_names_an_open_invoice_pays_it_though_a_posted_payment_has_the_same_amount() {
    let desk = ledger_with("P1,RE-2026-1001,2026-03-10,400.00,EUR\n");
    let statement = "R1,2026-03-10,400.00,EUR,NORDWIND LOGISTIK GMBH,RE-2026-1003\n\
         R2,2026-03-11,400.00,EUR,NORDWIND LOGISTIK GMBH,RE-2026-1001\n";
    let (payments, in_ledger) = receive(&desk, statement);
    assert_eq!(payments, ["R1/1|RE-2026-1003|400.00"]);
    assert_eq!(in_ledger, ["R1|", "R2|400.00"]);
    // The posted payment is the other receipt: nothing is taken back for it.
    assert_eq!(receive(&desk, statement), (payments, in_ledger));
}

#[test]
fn a_payment_that_another_customer_posted_explains_nothing() {
    let desk = ledger_with("P1,RE-2026-1001,2026-03-10,700.00,EUR\n");
    let (payments, _) = receive(
        &desk,
        "R1,2026-03-10,700.00,EUR,HANSEN HANDEL A/S,RE-2026-2001\n\
         R2,2026-03-11,700.00,EUR,NORDWIND LOGISTIK GMBH,Zahlung\n",
    );
    assert_eq!(payments, ["R1/1|RE-2026-2001|700.00"]);
    assert_eq!(
        desk.rows("receipts", &["receipt_id", "customer_id", "in_ledger"]),
        ["R1|C2|", "R2|C1|700.00"]
    );
}
