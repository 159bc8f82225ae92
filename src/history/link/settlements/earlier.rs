//! What earlier exports made of documents that have been used up or cancelled since.
//!
//! A credit note that stood on account and is now paid out, and a payment whose settlements went with its cancellation,
//! leave no row that would correct what the ledger has of them: those rows end.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::Date;
use crate::history::link::{Known, LedgerRow, Void};
use crate::history::schema::Table;

use super::document::{Document, Kind};
use super::documents::Documents;

/// Returns the rows of the ledger that hold no longer, given those of the import.
///
/// `used_on` is the last day each credit note was used.
pub(super) fn voids(
    documents: &Documents<'_>,
    known: &Known,
    rows: &[LedgerRow],
    used_on: &BTreeMap<&str, Date>,
) -> Vec<Void> {
    let given: BTreeSet<(Table, &str)> = rows
        .iter()
        .filter_map(|row| Some((row.table, row.cells.first()?.1.as_str())))
        .collect();
    let mut voids = Vec::new();
    for credit in &known.credits {
        let is_on_account = credit.table == Table::CreditNotes && credit.invoice_id.is_none();
        if !is_on_account || given.contains(&(credit.table, credit.id.as_str())) {
            continue;
        }
        if let Some(note) = note_of(&credit.id, documents) {
            voids.push(Void {
                table: credit.table,
                id: credit.id.clone(),
                on: used_on.get(note.id).copied().max(note.cancelled_on),
            });
        }
    }
    for payment in &known.payments {
        let is_matched = payment.confidence.is_some();
        if is_matched || given.contains(&(Table::Payments, payment.payment_id.as_str())) {
            continue;
        }
        let document = payment.receipt_id.as_deref().and_then(|id| documents.get(id));
        if let Some(day) = document.and_then(|document| document.cancelled_on) {
            voids.push(Void {
                table: Table::Payments,
                id: payment.payment_id.clone(),
                on: Some(day),
            });
        }
    }
    voids
}

/// The credit note that a row is a part of: its id is the note's own, or that and a number.
fn note_of<'d, 'a>(id: &str, documents: &'d Documents<'a>) -> Option<&'d Document<'a>> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let document = documents.get(id).or_else(|| {
        let (note, part) = id.rsplit_once('-')?;
        documents.get(note).filter(|_| is_number(part))
    });
    document.filter(|document| document.kind == Kind::CreditNote)
}
