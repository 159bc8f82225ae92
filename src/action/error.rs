//! Why no action could be planned.

use crate::domain::Date;

/// Why no action could be planned.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The ledger could not be read.
    #[error("reading the accounts")]
    History(#[from] crate::history::Error),
    /// A table of the ledger could not be queried.
    #[error("{doing}")]
    Table {
        /// What was done.
        doing: &'static str,
        /// What the table library says.
        source: polars::prelude::PolarsError,
    },
    /// Rates could not be read.
    #[error("reading exchange rates")]
    Rates(#[from] crate::forecast::Error),
    /// A prediction is of another day than the account.
    #[error("invoice {invoice_id} was predicted as of {given}, the accounts are of {as_of}")]
    AsOf {
        /// The invoice.
        invoice_id: String,
        /// The day of the accounts.
        as_of: Date,
        /// The day of the prediction.
        given: Date,
    },
    /// The linear programme has no solution.
    #[error("the plan could not be solved: {reason}")]
    Solver {
        /// What the solver says.
        reason: String,
    },
}
