//! Receipts and what is allocated of them, as rows of the ledger.

use crate::domain::{Date, format_minor};
use crate::history::Table;
use crate::history::link::LedgerRow;

use super::decision::Decision;
use super::desk::Desk;
use super::receipt::{COPIED, Receipt};

/// The day a receipt was known: as it says, else when the bank booked it, which may be after the value date.
fn known_on(receipt: &Receipt<'_>) -> Option<Date> {
    let record = receipt.record;
    record.date("recorded_at").or_else(|| record.date("booking_date"))
}

/// The last day of an import: what was found only with its help was not known before.
pub(super) fn last_day(receipts: &[Receipt<'_>]) -> Option<Date> {
    let days = receipts
        .iter()
        .map(|receipt| known_on(receipt).unwrap_or(receipt.value_date));
    days.max()
}

/// The row of a receipt.
pub(super) fn of_receipt(receipt: &Receipt<'_>, decision: &Decision, desk: &Desk<'_>) -> LedgerRow {
    let exponent = receipt.currency.exponent();
    let mut cells: Vec<(&'static str, String)> = COPIED
        .iter()
        .filter_map(|name| Some((*name, receipt.text(name)?.to_owned())))
        .collect();
    cells.push(("amount", format_minor(receipt.amount_minor, exponent)));
    cells.push(("currency", receipt.currency.code().to_owned()));
    let found = decision
        .customer
        .and_then(|customer| desk.book.customer_id(customer));
    let customer = found.or(receipt.text("customer_id"));
    cells.extend(customer.map(|id| ("customer_id", id.to_owned())));
    cells.extend(known_on(receipt).map(|day| ("recorded_at", day.to_string())));
    if decision.in_ledger_minor > 0 {
        cells.push(("in_ledger", format_minor(decision.in_ledger_minor, exponent)));
    }
    if receipt.text("reversal_of").is_none() {
        cells.extend(decision.reversal_of.clone().map(|id| ("reversal_of", id)));
    }
    LedgerRow {
        table: Table::Receipts,
        origin: receipt.record.origin(),
        cells,
    }
}

/// The payments of a receipt, in the order they were allocated; known from `found_on` where that is told.
pub(super) fn of_allocations(
    receipt: &Receipt<'_>,
    decision: &Decision,
    desk: &Desk<'_>,
    found_on: Option<Date>,
) -> Vec<LedgerRow> {
    let mut rows = Vec::with_capacity(decision.allocations.len());
    let mut number = 0_u64;
    for allocation in &decision.allocations {
        let Some(invoice) = desk.book.invoice(allocation.position) else {
            continue;
        };
        let payment_id = loop {
            number += 1;
            let id = format!("{}/{number}", receipt.id);
            if !desk.is_taken(&id) {
                break id;
            }
        };
        let mut cells = vec![
            ("payment_id", payment_id),
            ("invoice_id", invoice.invoice_id.clone()),
            ("paid_date", receipt.value_date.to_string()),
            (
                "amount",
                format_minor(allocation.minor, receipt.currency.exponent()),
            ),
            ("currency", receipt.currency.code().to_owned()),
            ("customer_id", invoice.customer_id.clone()),
            ("receipt_id", receipt.id.to_owned()),
            ("confidence", format!("{:.4}", allocation.confidence)),
        ];
        cells.extend(receipt.text("kind").map(|text| ("method", text.to_owned())));
        let recorded_at = found_on.or_else(|| known_on(receipt));
        cells.extend(recorded_at.map(|day| ("recorded_at", day.to_string())));
        rows.push(LedgerRow {
            table: Table::Payments,
            origin: receipt.record.origin(),
            cells,
        });
    }
    rows
}
