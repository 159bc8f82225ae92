//! Books that keep documents and settlements apart: Dynamics 365, Business Central, Odoo, ERPNext and their kin.
//!
//! A *document* is an invoice, a credit note, a payment, ...; a *settlement* says how much of a debit document (what a
//! customer owes) a credit document (what it gave) settles. Here they become allocations:
//!
//! - Cash has the date of the payment document. The day of the settlement is only when the allocation became known. Where
//!   the payment document is missing, the day of the settlement has to serve, and a note says how often.
//! - What a payment settles beyond its own amount is a deduction, not cash: a write-off.
//! - An undone settlement is a row of its own, known from the day it was undone. The cash stays where it came in, so the
//!   undoing has the date of the cash; only a cancelled payment takes the cash away, on the day of the cancellation.
//! - Credit notes, discounts and journal entries are no cash: they are rows of `credit_notes`. A credit that is withdrawn
//!   from an invoice is a negative write-off, because a credit note cannot be negative.
//! - Exchange differences are nothing at all.
//! - Every payment document is a row of `receipts`, so that what no settlement takes up stays in sight.
//! - What an earlier export brought of a document that is used up or cancelled by now, and no row of this one corrects,
//!   ends.
//! - An invoice with several due dates has a row of `instalment_plans` each and the last of them as its due date.
//!
//! Rows depend on what the records say, not on the order they come in.

mod book;
mod debit;
mod document;
mod documents;
mod earlier;
mod fields;
mod notes;
mod posting;
mod row;
mod tables;

use super::{Known, Linked, Linker, Record, RecordKind};

use book::Book;
use documents::Documents;
use notes::Notes;

/// Joins documents by their settlements.
#[derive(Debug)]
pub(crate) struct Settlements;

impl Linker for Settlements {
    fn name(&self) -> &'static str {
        "settlements"
    }

    fn kinds(&self) -> &'static [RecordKind] {
        fields::KINDS
    }

    /// A later export settles invoices that an earlier one brought.
    fn reads_ledger(&self) -> bool {
        true
    }

    fn link(&self, records: &[Record], known: &Known) -> Linked {
        let mut linked = Linked::default();
        let mut notes = Notes::default();
        let documents = Documents::read(records, &mut linked, &mut notes);
        let postings = posting::read(records, &documents, known, &mut linked, &mut notes);
        let mut book = Book::new(&documents);
        for posting in &postings {
            book.post(posting, &mut notes);
        }
        book.cancel(&mut notes);
        let closed = book.close(&mut notes);
        linked.rows = closed.rows;
        linked.voids = earlier::voids(&documents, known, &linked.rows, &closed.used_on);
        tables::customers(records, &documents, &mut linked);
        tables::invoices(&documents, &mut linked, &mut notes);
        tables::receipts(&documents, &closed.elsewhere, &mut linked);
        linked
            .rows
            .sort_by(|one, other| (one.table, &one.cells).cmp(&(other.table, &other.cells)));
        linked.faults.sort_by(|one, other| {
            (&one.origin, one.column, &one.reason).cmp(&(&other.origin, other.column, &other.reason))
        });
        linked.notes = notes.texts();
        linked
    }
}

#[cfg(test)]
mod tests;
