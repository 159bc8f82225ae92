//! Items of customer accounts, open and cleared, as SAP keeps them.
//!
//! An account is a list of items; an item is open until a document clears it together with others. That document's
//! date is not the day of the cash, and what it clears an invoice with may be cash, a credit note or a write-off. A
//! part payment is an open credit that names its invoice; a rest is a new debit in the document that cleared the
//! invoice, and is still that invoice. `profiles/README.md` has the rules in order.

mod amount;
mod book;
mod earlier;
mod emit;
mod fields;
mod group;
mod item;
mod piece;
#[cfg(test)]
mod properties;
mod reversed;
mod role;
mod settle;

use super::{Known, Linked, Linker, Record, RecordKind};

use book::{Book, Seen};
use earlier::Earlier;
use piece::Tally;
use role::Roles;

/// Makes invoices, payments, credit notes and write-offs of items.
#[derive(Debug)]
pub(super) struct OpenItems;

impl Linker for OpenItems {
    fn name(&self) -> &'static str {
        "open_items"
    }

    fn kinds(&self) -> &'static [RecordKind] {
        fields::KINDS
    }

    fn reads_ledger(&self) -> bool {
        true
    }

    fn link(&self, records: &[Record], known: &Known) -> Linked {
        let mut book = Book::read(records, known);
        let roles = Roles::of(&book, known);
        let earlier = Earlier::of(&book, known);
        let settled = settle::settle(&book, &roles, known, &earlier);
        let rows = emit::rows(&book, &roles, &settled, known);
        let voids = earlier.voids(&book, &rows);
        let notes = notes(
            book.seen,
            settled.tally,
            roles.orphans,
            emit::blocked_items(&book, &roles),
        );
        Linked {
            rows,
            voids,
            faults: std::mem::take(&mut book.faults),
            passed_over: book.passed_over,
            notes,
        }
    }
}

/// What a person should know, each with its number.
fn notes(seen: Seen, tally: Tally, orphans: u64, blocked: u64) -> Vec<String> {
    [
        (
            tally.absent,
            "items were cleared by a document that is not in the export: paid on the clearing date",
        ),
        (
            tally.in_ledger,
            "items were cleared by a document that is not in the export, but in the ledger: nothing is inferred",
        ),
        (
            tally.without_cash,
            "clearings without cash are credit notes and write-offs",
        ),
        (
            tally.outside,
            "credits cleared something that is not in the export: not taken as cash on account",
        ),
        (
            tally.across,
            "invoices were cleared by a credit in another currency: settled in their own",
        ),
        (
            tally.reopened,
            "invoices are open here and settled further in the ledger: a clearing was reset, or is not posted yet",
        ),
        (orphans, "rests name an invoice that is not in the export: taken as invoices"),
        (
            seen.open_and_cleared,
            "items came both open and cleared: the cleared ones are taken",
        ),
        (seen.reversed, "items of reversed documents are left out"),
        (
            seen.guessed,
            "items have a document type and a posting key that the profile does not map: debits are taken as invoices, \
             credits as credit notes",
        ),
        (
            blocked,
            "open invoices have a dunning block; a customer is blocked when all of its open invoices are",
        ),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, text)| format!("{count} {text}"))
    .collect()
}
