//! Why the ledger did not take facts, or could not give them.

use std::path::PathBuf;

use crate::app::store;
use crate::history;

/// Why the ledger did not take facts, or could not give them. Single bad rows are no error: see
/// [`Outcome`](super::Outcome).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store did not do its part.
    #[error("the store did not do its part for the ledger")]
    Store {
        /// The refusal.
        #[from]
        source: store::Error,
    },
    /// The columns did not do their part.
    #[error("the facts could not be put in columns or read from them")]
    Columns {
        /// The refusal.
        #[from]
        source: history::Error,
    },
    /// The folder of the columns could not be used.
    #[error("{path} could not be used")]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// The refusal.
        source: std::io::Error,
    },
    /// The store has not every fact that its head counts.
    #[error("the store has {found} facts from {after} to {until}, where there must be one a number")]
    Incomplete {
        /// Facts after this number.
        after: i64,
        /// Facts up to this number.
        until: i64,
        /// Facts that are there.
        found: usize,
    },
    /// The hash over all facts is not the one that the head of the ledger has.
    #[error("the facts up to {sequence} are not those that were recorded: their fingerprint is another one")]
    Altered {
        /// Number of the last fact.
        sequence: i64,
    },
    /// Work on a thread of its own ended in a panic or with the process.
    #[error("work on a batch of rows ended before its time")]
    Interrupted,
}
