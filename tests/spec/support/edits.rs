//! One more fact of any kind in a ledger.

use std::collections::BTreeMap;

use duecast::domain::date::add_days;
use duecast::features::{FeatureTable, column};
use duecast::history::{Cell, Table};
use polars::prelude::DataFrame;

use crate::support::feature_rows::{text_of, with_row};

/// Kinds of facts that [`edited`] knows.
pub(crate) const KINDS: usize = 11;

/// A fact about the open invoice of a row or about its customer, known on the cut-off; the customer it touches.
#[expect(clippy::too_many_lines, reason = "one arm a kind of fact, side by side")]
pub(crate) fn edited(
    frames: &BTreeMap<Table, DataFrame>,
    table: &FeatureTable,
    row: usize,
    (kind, quarters, days): (usize, i64, i64),
) -> (BTreeMap<Table, DataFrame>, String) {
    let cutoff = table.cutoff(row);
    let invoice_id = text_of(table, column::INVOICE_ID, row);
    let currency = text_of(table, column::CURRENCY, row);
    let customer_id = text_of(table, column::CUSTOMER_ID, row);
    let open_minor = table.integers(column::OPEN_MINOR).unwrap().get(row).unwrap();
    let id = format!(
        "new {kind} {}",
        frames.values().map(DataFrame::height).sum::<usize>()
    );
    let touched = if kind == 2 { format!("C {id}") } else { customer_id };
    let (id, customer, invoice) = (Cell::Text(&id), Cell::Text(&touched), Cell::Text(&invoice_id));
    let amount = Cell::Minor((open_minor * quarters / 4).max(1));
    let (today, earlier) = (Cell::Date(cutoff), Cell::Date(add_days(cutoff, -days)));
    let later = Cell::Date(add_days(cutoff, days));
    let (currency, recorded) = (("currency", Cell::Text(&currency)), ("recorded_at", today));
    let (of_customer, of_invoice) = (("customer_id", customer), ("invoice_id", invoice));
    let (table, cells) = match kind {
        0 => (
            Table::Payments,
            vec![
                ("payment_id", id),
                of_invoice,
                ("paid_date", earlier),
                ("amount", amount),
                currency,
            ],
        ),
        1 | 2 => (
            Table::Invoices,
            vec![
                ("invoice_id", id),
                ("invoice_date", earlier),
                ("due_date", later),
                ("amount", amount),
                currency,
            ],
        ),
        3 => (
            Table::CreditNotes,
            vec![
                ("credit_note_id", id),
                of_invoice,
                ("credit_date", earlier),
                ("amount", amount),
                currency,
            ],
        ),
        4 => (
            Table::WriteOffs,
            vec![
                ("write_off_id", id),
                of_invoice,
                ("write_off_date", earlier),
                ("amount", amount),
                currency,
            ],
        ),
        5 => (
            Table::Disputes,
            vec![("dispute_id", id), of_invoice, ("opened_on", earlier)],
        ),
        6 => (
            Table::Disputes,
            vec![
                ("dispute_id", id),
                of_invoice,
                ("opened_on", earlier),
                ("resolved_on", today),
            ],
        ),
        7 => (
            Table::Promises,
            vec![
                ("promise_id", id),
                of_invoice,
                ("created_on", earlier),
                ("promised_date", later),
            ],
        ),
        8 => (
            Table::InstalmentPlans,
            vec![
                ("plan_id", id),
                of_invoice,
                ("instalment_no", Cell::Integer(1)),
                ("agreed_on", earlier),
                ("due_date", later),
                ("amount", amount),
                currency,
            ],
        ),
        9 => (
            Table::Actions,
            vec![
                ("action_id", id),
                ("action_type", Cell::Text("call")),
                ("sent_on", earlier),
            ],
        ),
        _ => (
            Table::CreditRatings,
            vec![
                ("score_date", earlier),
                ("score", Cell::Number(0.5)),
                ("source", id),
            ],
        ),
    };
    let cells: Vec<(&str, Cell<'_>)> = cells.into_iter().chain([of_customer, recorded]).collect();
    (with_row(frames, table, &cells), touched.clone())
}
