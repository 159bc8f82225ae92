//! Records of a foreign system into rows of the ledger, where one row alone does not say enough.
//!
//! A profile maps foreign columns onto the *records* of a linker, as it maps them onto our tables; when every file has
//! been read, the linker joins the records (settlements to documents, clearings to invoices, receipts to open
//! invoices) and gives rows of the ledger. A linker is pure: records and the ledger before the import in, rows out, in
//! an order that depends on nothing else. It borrows the texts of its records, which lie in blocks ([`Records`]).

mod cash;
mod known;
mod open_items;
mod payment_lines;
mod record;
mod rows;
mod settlements;
mod void;

pub(crate) use known::{Known, KnownCredit, KnownInvoice};
pub(crate) use record::{
    Fault, Field, FieldKind, LedgerRow, Linked, Origin, Record, RecordKind, Records, Void, may, must,
};
pub(crate) use rows::Draft;

/// Joins the records of one way of keeping books.
pub(crate) trait Linker: Sync {
    /// The word a profile has in `linker`.
    fn name(&self) -> &'static str;

    /// The records that a profile fills.
    fn kinds(&self) -> &'static [RecordKind];

    /// Whether [`link`](Self::link) looks at the ledger as it was before the import.
    fn reads_ledger(&self) -> bool {
        false
    }

    /// Turns the records, in the order they were read, into rows of the ledger.
    fn link(&self, records: &[Record], known: &Known) -> Linked;
}

/// Every linker.
const LINKERS: &[&dyn Linker] = &[
    &cash::Cash,
    &open_items::OpenItems,
    &payment_lines::PaymentLines,
    &settlements::Settlements,
    &void::Voids,
];

/// Returns every linker.
pub(crate) fn all() -> &'static [&'static dyn Linker] {
    LINKERS
}

/// Returns the linker of that name.
pub(crate) fn named(name: &str) -> Option<&'static dyn Linker> {
    LINKERS.iter().copied().find(|linker| linker.name() == name)
}

/// Returns the names of all linkers.
pub(crate) fn names() -> Vec<&'static str> {
    LINKERS.iter().map(|linker| linker.name()).collect()
}
