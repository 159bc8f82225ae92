//! Ledgers of several row groups: Parquet, to the byte.

use std::fmt::Write as _;

use super::{Limits, Twins};
use crate::history::Table;

/// More than two row groups, and more than a new ledger has as CSV.
const INVOICES: u32 = 2 * (1 << 17) + 17;

#[test]
fn a_parquet_ledger_of_several_row_groups_and_its_corrections_are_the_same_bytes() {
    let limits = Limits {
        whole_bytes: 1 << 20,
        part_bytes: 1 << 22,
        chunk_rows: 50_000,
        run_rows: 16_384,
        ..Limits::default()
    };
    let twins = Twins::new();
    let header = "invoice_id,customer_id,invoice_date,due_date,amount,currency,payment_terms\n";
    let mut text = header.to_owned();
    let mut more = header.to_owned();
    for number in 0..INVOICES {
        let (day, terms) = (number % 28 + 1, if number % 7 == 0 { "NET30" } else { "" });
        let customer = number.wrapping_mul(2_654_435_761) % 9_000;
        let line = |text: &mut String, cents: u32| {
            writeln!(
                text,
                "INV{number:07},C{customer:04},2025-01-{day:02},2025-03-{day:02},{}.{cents:02},EUR,{terms}",
                number % 900 + 1
            )
            .expect("a text takes every line");
        };
        line(&mut text, number % 100);
        if number % 1_000 == 0 {
            line(&mut more, (number + 1) % 100);
        }
    }
    let mut payments = "payment_id,invoice_id,paid_date,amount,currency\n".to_owned();
    for number in 0..30_000_u32 {
        let invoice = number.wrapping_mul(7) % INVOICES;
        writeln!(
            payments,
            "P{number},INV{invoice:07},2025-02-{:02},1.00,EUR",
            number % 28 + 1
        )
        .expect("a text takes every line");
    }
    let first = [
        twins.put("invoices.csv", &text),
        twins.put("payments.csv", &payments),
    ];
    let outcome = twins
        .agree(&first, 0.0, None, &limits)
        .expect("every row is valid");
    assert_eq!(outcome.added[&Table::Invoices], u64::from(INVOICES));
    assert!(twins.files("parts").contains_key("ledger/invoices.parquet"));
    let second = [twins.put("invoices-2.csv", &more)];
    let outcome = twins
        .agree(&second, 0.0, None, &limits)
        .expect("every row is valid");
    assert_eq!(outcome.corrected[&Table::Invoices], 263);
}
