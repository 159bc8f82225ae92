//! Why the book has no answer.

use crate::app::ledger;
use crate::domain::Date;
use crate::{features, history, model};

/// Why the book has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No model is in use.
    #[error("no model is the champion; train one and promote it")]
    NoChampion,
    /// A day that has not come is asked for.
    #[error("as_of must be {today} at the latest, which is today; given {given}")]
    AsOfAhead {
        /// The business day.
        today: Date,
        /// The day asked for.
        given: Date,
    },
    /// An invoice that is only thought of cannot be: a cell of it is wrong.
    #[error("the invoice cannot be: {column}: {reason}; given {value:?}")]
    Impossible {
        /// The column that is at fault.
        column: String,
        /// What is wrong, and what is allowed.
        reason: String,
        /// Its value.
        value: String,
    },
    /// The ledger did not answer.
    #[error("the facts of a customer cannot be had")]
    Ledger(#[from] ledger::Error),
    /// Stage 1 failed.
    #[error("the facts cannot be read")]
    History(#[from] history::Error),
    /// Stage 2 failed.
    #[error("the features cannot be computed")]
    Features(#[from] features::Error),
    /// Stage 3 failed.
    #[error("the predictions cannot be made")]
    Model(#[from] model::Error),
    /// A table cannot be read.
    #[error("a table of facts cannot be read")]
    Table(#[from] polars::prelude::PolarsError),
    /// Work that was handed to another thread ended without a result.
    #[error("the work on the book was broken off")]
    Stopped(#[from] tokio::task::JoinError),
}
