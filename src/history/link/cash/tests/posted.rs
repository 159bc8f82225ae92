//! Receipts that the ledger has as payments already.

use super::{Cash, NORDWIND, cell, known, known_receipt, payment, payments, receipt};
use crate::domain::date::{add_days, parse_iso};
use crate::history::Table;
use crate::history::link::known::KnownPayment;
use crate::history::link::{Known, Linked, Linker};

/// A payment of the source, so many days after 2026-03-10.
fn posted(id: &str, invoice: &str, minor: i64, after: i64) -> KnownPayment {
    let day = parse_iso("2026-03-10").expect("a value of the test");
    KnownPayment {
        paid_date: add_days(day, after),
        ..payment(id, invoice, minor, None, None)
    }
}

/// What of each receipt the ledger has already.
fn in_ledger(linked: &Linked) -> Vec<&str> {
    let rows = linked.rows.iter().filter(|row| row.table == Table::Receipts);
    rows.map(|row| cell(row, "in_ledger")).collect()
}

/// Of `RE-2026-1001`, 1000.00, the source has posted 400.00 on 2026-03-10.
fn paid_in_part() -> Known {
    let mut known = known();
    known.invoices[0].open_minor = 60_000;
    known.payments = vec![posted("ERP1", "RE-2026-1001", 40_000, 0)];
    known
}

#[test]
fn a_receipt_of_two_payments_on_the_invoices_it_names_is_not_allocated_again() {
    let mut known = paid_in_part();
    known.invoices[1].open_minor = 15_050;
    known.payments.push(posted("ERP2", "RE-2026-1002", 10_000, 2));
    let both = ("remittance", "RE-2026-1001 RE-2026-1002");
    let linked = Cash.link(&[receipt("R1", 11, "500.00", &[both])], &known);
    assert_eq!(payments(&linked), Vec::<String>::new());
    assert_eq!(in_ledger(&linked), ["500.00"]);
}

#[test]
fn a_receipt_that_names_one_of_the_invoices_paid_that_day_is_not_allocated_again() {
    let mut known = paid_in_part();
    known.payments.push(posted("ERP2", "RE-2026-1002", 10_000, 0));
    let one = ("remittance", "RE-2026-1001 u.a.");
    let linked = Cash.link(&[receipt("R1", 11, "500.00", &[one, NORDWIND])], &known);
    assert_eq!(payments(&linked), Vec::<String>::new());
    assert_eq!(in_ledger(&linked), ["500.00"]);
}

#[test]
fn a_payment_on_the_invoice_named_explains_one_receipt_of_its_amount_and_no_second() {
    let named = [("remittance", "RE-2026-1001"), NORDWIND];
    let records = [
        receipt("R1", 11, "400.00", &named),
        receipt("R2", 12, "400.00", &named),
    ];
    let linked = Cash.link(&records, &paid_in_part());
    assert_eq!(payments(&linked), ["R2 RE-2026-1001 400.00"]);
    assert_eq!(in_ledger(&linked), ["400.00", ""]);
}

#[test]
fn a_payment_on_another_invoice_does_not_explain_a_receipt_that_names_an_open_one() {
    let mut known = known();
    known.invoices[0].open_minor = 66_667;
    known.payments = vec![posted("ERP1", "RE-2026-1001", 33_333, 0)];
    let records = [
        receipt("R1", 11, "333.33", &[("remittance", "RE-2026-1003"), NORDWIND]),
        receipt("R2", 12, "333.33", &[NORDWIND]),
    ];
    let linked = Cash.link(&records, &known);
    assert_eq!(payments(&linked), ["R1 RE-2026-1003 333.33"]);
    assert_eq!(in_ledger(&linked), ["", "333.33"]);
}

#[test]
fn payments_of_several_days_explain_a_receipt_that_names_nothing() {
    let mut known = known();
    known.invoices[2].amount_minor = 101_075;
    known.invoices[2].open_minor = 101_075;
    known.payments = vec![
        posted("ERP1", "RE-2026-1001", 61_230, 0),
        posted("ERP2", "RE-2026-1002", 39_845, 2),
    ];
    let linked = Cash.link(&[receipt("R1", 11, "1010.75", &[NORDWIND])], &known);
    assert_eq!(payments(&linked), Vec::<String>::new());
    assert_eq!(in_ledger(&linked), ["1010.75"]);
}

#[test]
fn a_payment_of_more_than_five_days_before_explains_nothing() {
    let named = [("remittance", "RE-2026-1001"), NORDWIND];
    let on = |day: u32| Cash.link(&[receipt("R1", day, "400.00", &named)], &paid_in_part());
    assert_eq!(in_ledger(&on(15)), ["400.00"]);
    assert_eq!(payments(&on(16)), ["R1 RE-2026-1001 400.00"]);
}

#[test]
fn a_receipt_of_the_ledger_leaves_the_payment_that_another_names_if_it_may_be_a_second_one() {
    let mut known = paid_in_part();
    known.invoices[1].amount_minor = 100_000;
    known.invoices[1].open_minor = 60_000;
    known.payments.push(posted("ERP2", "RE-2026-1002", 40_000, 0));
    let mut earlier = known_receipt("R1", 40_000);
    earlier.customer_id = Some("C1".to_owned());
    earlier.in_ledger_minor = 40_000;
    known.receipts = vec![earlier];
    let records = [
        receipt("R2", 11, "400.00", &[("remittance", "RE-2026-1001"), NORDWIND]),
        receipt("R3", 12, "400.00", &[("remittance", "RE-2026-1002"), NORDWIND]),
    ];
    let linked = Cash.link(&records, &known);
    assert_eq!(in_ledger(&linked), ["400.00", ""]);
    assert_eq!(payments(&linked), ["R3 RE-2026-1002 400.00"]);
}
