//! What a settlement settles: a document of the import, or an invoice that the ledger has already.

use crate::domain::Currency;
use crate::history::link::Known;

use super::document::{Kind, Side};
use super::documents::Documents;

/// The document that is settled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Debit<'a> {
    pub(super) id: &'a str,
    pub(super) kind: Kind,
    pub(super) customer: Option<&'a str>,
    pub(super) currency: Currency,
}

/// The side a document is known to stand on.
pub(super) fn side_of(id: &str, documents: &Documents<'_>, known: &Known) -> Option<Side> {
    match documents.get(id) {
        Some(document) => document.side,
        None => known_at(id, known).map(|_| Side::Debit),
    }
}

impl<'a> Debit<'a> {
    /// Finds the document; nothing when nobody knows it, or its currency.
    ///
    /// A journal entry has the currency of what it settles with, `of_credit`.
    pub(super) fn find(
        id: &'a str,
        documents: &Documents<'a>,
        known: &'a Known,
        of_credit: Option<Currency>,
    ) -> Option<Self> {
        if let Some(document) = documents.get(id) {
            return Some(Self {
                id,
                kind: document.kind,
                customer: document.customer(),
                currency: document.currency.or(of_credit)?,
            });
        }
        let invoice = known_at(id, known).and_then(|place| known.invoices.get(place))?;
        Some(Self {
            id,
            kind: Kind::Invoice,
            customer: Some(invoice.customer_id.as_str()),
            currency: invoice.currency,
        })
    }
}

/// The place of an invoice of the ledger, whose invoices are sorted.
fn known_at(id: &str, known: &Known) -> Option<usize> {
    known
        .invoices
        .binary_search_by(|invoice| invoice.invoice_id.as_str().cmp(id))
        .ok()
}
