//! Receipts and what is allocated of them, as rows of the ledger.

use crate::domain::{Date, format_minor};
use crate::history::Table;
use crate::history::link::LedgerRow;

use super::decision::Decision;
use super::desk::Desk;
use super::receipt::{COPIED, Receipt};

/// Cells of a receipt that are not copied: amount, currency, customer, day, part in the ledger, receipt undone.
const ADDED_CELLS_MAX: usize = 6;

/// The last day of an import: what was found only with its help was not known before.
pub(super) fn last_day(receipts: &[Receipt<'_>]) -> Option<Date> {
    let days = receipts
        .iter()
        .map(|receipt| receipt.known_on.unwrap_or(receipt.value_date));
    days.max()
}

/// The row of a receipt.
pub(super) fn of_receipt(receipt: &Receipt<'_>, decision: &Decision, desk: &Desk<'_>) -> LedgerRow {
    let exponent = receipt.currency.exponent();
    let copied = COPIED.map(|name| receipt.text(name));
    let count = copied.iter().flatten().count().saturating_add(ADDED_CELLS_MAX);
    let mut cells: Vec<(&'static str, String)> = Vec::with_capacity(count);
    for (name, text) in COPIED.into_iter().zip(copied) {
        cells.extend(text.map(|text| (name, text.to_owned())));
    }
    cells.push(("amount", format_minor(receipt.amount_minor, exponent)));
    cells.push(("currency", receipt.currency.code().to_owned()));
    let found = decision
        .customer
        .and_then(|customer| desk.book.customer_id(customer));
    let customer = found.or(receipt.customer_id);
    cells.extend(customer.map(|id| ("customer_id", id.to_owned())));
    cells.extend(receipt.known_on.map(|day| ("recorded_at", day.to_string())));
    if decision.in_ledger_minor > 0 {
        cells.push(("in_ledger", format_minor(decision.in_ledger_minor, exponent)));
    }
    if receipt.reversal_of.is_none() {
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
        let recorded_at = found_on.or(receipt.known_on);
        cells.extend(recorded_at.map(|day| ("recorded_at", day.to_string())));
        rows.push(LedgerRow {
            table: Table::Payments,
            origin: receipt.record.origin(),
            cells,
        });
    }
    rows
}
