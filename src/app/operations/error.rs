//! Why an operation was not started, found or cancelled.

use super::{Kind, QUEUED_MAX, Status};
use crate::app::store;

/// Why an operation was not started, found or cancelled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too many operations wait.
    #[error("{max} operations are waiting, which is the most; try again when one has ended", max = QUEUED_MAX)]
    QueueFull,
    /// The service is about to end.
    #[error("the service is stopping and starts nothing new")]
    Stopping,
    /// There is none, or the client may not know of it.
    #[error("there is no operation {operation_id:?}")]
    Unknown {
        /// The id asked for.
        operation_id: String,
    },
    /// The client may see it and not change it.
    #[error("an operation of the kind {kind} may be cancelled by {allowed}")]
    NotAllowed {
        /// What it does.
        kind: Kind,
        /// Roles that may.
        allowed: String,
    },
    /// There is nothing left to cancel.
    #[error("operation {operation_id} has ended already, as {status}")]
    AlreadyEnded {
        /// The operation.
        operation_id: String,
        /// How it ended.
        status: Status,
    },
    /// Its file is not made yet.
    #[error("operation {operation_id} is {status}; its file is there when it has succeeded")]
    NotEnded {
        /// The operation.
        operation_id: String,
        /// What it does at present.
        status: Status,
    },
    /// It has no file.
    #[error("operation {operation_id} has no file")]
    NoFile {
        /// The operation.
        operation_id: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}
