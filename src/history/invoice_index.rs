//! The invoices that other rows hang on, and the rows that do not belong to theirs.

use polars::prelude::DataFrame;

use super::error::Error;
use super::keyed_rows::{KeyedRows, hash_text};
use super::report::Reject;
use super::row_values::RowValues;
use super::versions::last_versions;

/// Why a row does not belong to its invoice.
#[derive(Clone, Copy)]
pub(super) enum Misfit<'a> {
    Orphan,
    Currency { given: &'a str, of_invoice: &'a str },
}

impl<'a> Misfit<'a> {
    pub(super) fn of(invoice: Option<FoundInvoice<'a>>, currency: Option<&'a str>) -> Option<Self> {
        let Some(invoice) = invoice else {
            return Some(Self::Orphan);
        };
        let of_invoice = invoice.currency;
        currency
            .filter(|&given| given != of_invoice)
            .map(|given| Self::Currency { given, of_invoice })
    }

    pub(super) fn reject(self, file: &str, line: u64, invoice_id: &str) -> Reject {
        let (column, value, reason) = match self {
            Self::Orphan => ("invoice_id", invoice_id, "no such invoice".to_owned()),
            Self::Currency { given, of_invoice } => (
                "currency",
                given,
                format!("not the currency of its invoice, which is {of_invoice}"),
            ),
        };
        Reject {
            file: file.to_owned(),
            line,
            column: column.to_owned(),
            value: value.to_owned(),
            reason,
        }
    }
}

/// The invoices of a ledger by their id, each in its last version.
pub(super) struct InvoiceIndex<'a> {
    ids: RowValues<'a>,
    customers: RowValues<'a>,
    currencies: RowValues<'a>,
    keyed: KeyedRows,
}

/// What other tables need of an invoice.
#[derive(Clone, Copy)]
pub(super) struct FoundInvoice<'a> {
    pub(super) customer: &'a str,
    currency: &'a str,
}

impl<'a> InvoiceIndex<'a> {
    pub(super) fn of(frame: &'a DataFrame) -> Result<Self, Error> {
        let ids = RowValues::of(frame, "invoice_id")?;
        Ok(Self {
            customers: RowValues::of(frame, "customer_id")?,
            currencies: RowValues::of(frame, "currency")?,
            keyed: keyed_texts(
                &ids,
                frame.height(),
                last_versions(frame, "invoice_id")?.as_deref(),
            ),
            ids,
        })
    }

    /// Returns the invoice each row names, by the number of its row.
    pub(super) fn partners(&self, ids: &RowValues<'_>, height: usize) -> Vec<Option<usize>> {
        let mut partners = vec![None; height];
        let is_same = |row: usize, invoice: usize| ids.text(row) == self.ids.text(invoice);
        self.keyed
            .find_all(&keyed_texts(ids, height, None), is_same, |row, invoice| {
                partners[row] = Some(invoice)
            });
        partners
    }

    pub(super) fn facts(&self, row: usize) -> Option<FoundInvoice<'a>> {
        Some(FoundInvoice {
            customer: self.customers.text(row)?,
            currency: self.currencies.text(row)?,
        })
    }
}

/// Sorts the rows that have a text by its hash; all rows, or those that are wanted.
fn keyed_texts(texts: &RowValues<'_>, height: usize, wanted: Option<&[bool]>) -> KeyedRows {
    let mut keyed = KeyedRows::with_capacity(height);
    texts.for_each_text(height, |row, text| {
        if let Some(text) = text.filter(|_| wanted.is_none_or(|wanted| wanted[row])) {
            keyed.push(hash_text(text), row);
        }
    });
    keyed.sort();
    keyed
}
