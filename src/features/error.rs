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
}
