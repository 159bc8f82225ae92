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
    /// A live book is given what is known on another day.
    #[error("facts for a live book must be those known on {cutoff}; given those known on {given}")]
    OtherCutoff {
        /// Cut-off of the book.
        cutoff: crate::domain::Date,
        /// Cut-off of the facts.
        given: crate::domain::Date,
    },
    /// A live book is given facts of another customer than the one to renew.
    #[error("facts must be of customer {customer_id:?} alone; given some of {given:?}")]
    OtherCustomer {
        /// Customer to renew.
        customer_id: String,
        /// Customer that the facts are of.
        given: String,
    },
}
