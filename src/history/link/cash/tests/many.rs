//! Many receipts, or many invoices, that look alike.

use super::{Cash, NORDWIND, cell, invoice, known, payments, receipt};
use crate::history::Table;
use crate::history::link::Linker;

#[test]
fn of_receipts_that_look_alike_the_last_is_undone_first() {
    let mut known = known();
    known.invoices[0].open_minor = 25_050;
    let trace = ("end_to_end_id", "E-1");
    let records = [
        receipt("R1", 10, "250.50", &[trace, ("remittance", "RE-2026-1001")]),
        receipt("R2", 11, "250.50", &[trace, ("remittance", "RE-2026-1002")]),
        receipt("R3", 12, "-250.50", &[trace]),
        receipt("R4", 13, "-250.50", &[trace]),
        receipt("R5", 14, "-250.50", &[trace]),
    ];
    let linked = Cash.link(&records, &known);
    let undone: Vec<&str> = linked
        .rows
        .iter()
        .filter(|row| row.table == Table::Receipts)
        .map(|row| cell(row, "reversal_of"))
        .collect();
    assert_eq!(undone, ["", "", "R2", "R1", ""]);
}

#[test]
fn an_amount_tells_the_invoice_of_a_customer_with_thousands_of_open_ones() {
    let mut known = known();
    known.invoices = (0..3_000)
        .map(|number| {
            invoice(
                &format!("I{number:05}"),
                "C1",
                100_000 + 7 * number,
                100_000 + 7 * number,
            )
        })
        .collect();
    // The last of them: 100000 + 7 * 2999 = 120993.
    let exact = receipt("R1", 10, "1209.93", &[NORDWIND]);
    // Between two of them.
    let other = receipt("R2", 10, "1209.92", &[NORDWIND]);
    assert_eq!(
        payments(&Cash.link(&[exact, other], &known)),
        ["R1 I02999 1209.93"]
    );
}
