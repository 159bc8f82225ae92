//! What can go wrong between a snapshot and its features.

use crate::domain::MoneyError;
use crate::history;

/// Why features could not be computed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// polars could not read or transform a table.
    #[error("cannot compute features from the ledger tables")]
    Table(#[from] polars::prelude::PolarsError),
    /// A currency is not in ISO 4217.
    #[error("cannot choose the bank calendar of an invoice's currency")]
    Currency(#[from] MoneyError),
    /// The history could not answer.
    #[error("cannot read the snapshot")]
    History(#[from] history::Error),
    /// A required value is missing in a table that was checked on reading.
    #[error("column {column} must not be null after reading; given a null")]
    Null {
        /// Column name.
        column: &'static str,
    },
    /// A cut-off lies after the snapshot.
    #[error("features can be computed up to the snapshot's cut-off {snapshot}; given {cutoff}")]
    CutoffAfterSnapshot {
        /// Cut-off of the snapshot.
        snapshot: crate::domain::Date,
        /// Cut-off asked for.
        cutoff: crate::domain::Date,
    },
    /// A live book is asked for a customer that has no invoice.
    #[error("customer is unknown; allowed one with an invoice known on {cutoff}; given {customer_id:?}")]
    UnknownCustomer {
        /// Cut-off of the book.
        cutoff: crate::domain::Date,
        /// Customer asked for.
        customer_id: String,
    },
    /// A new payment names an invoice that a live book does not hold.
    #[error("invoice of the payment is unknown; allowed one known on {cutoff}; given {invoice_id:?}")]
    UnknownInvoice {
        /// Cut-off of the book.
        cutoff: crate::domain::Date,
        /// Invoice of the payment.
        invoice_id: String,
    },
    /// A new payment lies in the future of a live book.
    #[error(
        "payment of invoice {invoice_id:?} must be made by the book's cut-off {cutoff}; given {paid_date}"
    )]
    PaidAfterCutoff {
        /// Cut-off of the book.
        cutoff: crate::domain::Date,
        /// Invoice of the payment.
        invoice_id: String,
        /// Date of the payment.
        paid_date: crate::domain::Date,
    },
    /// A new payment is of nothing.
    #[error("payment of invoice {invoice_id:?} must not be zero, negative takes one back; given 0")]
    ZeroPayment {
        /// Invoice of the payment.
        invoice_id: String,
    },
}
