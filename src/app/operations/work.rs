//! What the work is given and what it gives back.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::Progress;

/// What the work is given: its name, where it says how far it is, and how it hears that it should stop.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// The operation.
    pub operation_id: String,
    /// Cancelled when somebody stops the operation; the work looks at it and ends soon.
    pub cancel: CancellationToken,
    progress: Shown,
}

impl Ticket {
    pub(super) fn new(operation_id: &str, cancel: &CancellationToken, progress: &Shown) -> Self {
        Self {
            operation_id: operation_id.to_owned(),
            cancel: cancel.clone(),
            progress: progress.clone(),
        }
    }

    /// Says how far the work is; cheap, so that it may be called for every row. A total of 0 is unknown.
    pub fn progress(&self, done: u64, total: u64, note: &str) {
        self.progress.set(done, total, note);
    }

    /// Returns how the work ends when it has heard that it should stop.
    ///
    /// # Errors
    ///
    /// [`Failure::cancelled`] when it should, for `?` between two steps.
    pub fn check(&self) -> Result<(), Failure> {
        if self.cancel.is_cancelled() {
            Err(Failure::cancelled())
        } else {
            Ok(())
        }
    }
}

/// What came of work that succeeded.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// What is told of it.
    pub result: serde_json::Value,
    /// A file that is its result, kept in the cache.
    pub file: Option<PathBuf>,
}

/// Why work failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Stable, for programs.
    pub code: String,
    /// What is wrong.
    pub detail: String,
    /// Whether it ended because it was told to.
    pub is_cancelled: bool,
}

impl Failure {
    /// Returns the end of work that was told to stop.
    #[must_use]
    pub fn cancelled() -> Self {
        Self {
            code: "cancelled".to_owned(),
            detail: "it was cancelled".to_owned(),
            is_cancelled: true,
        }
    }

    /// Returns a fault of the service; its cause belongs into the log.
    #[must_use]
    pub fn internal() -> Self {
        Self {
            code: "internal".to_owned(),
            detail: "the cause is in the log of the service, under this operation".to_owned(),
            is_cancelled: false,
        }
    }
}

/// How far the work is, as the work sets it and readers see it.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    progress: Arc<Mutex<Progress>>,
}

impl Shown {
    fn set(&self, done: u64, total: u64, note: &str) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.done = done;
        progress.total = total;
        if progress.note.as_deref() != Some(note) {
            progress.note = (!note.is_empty()).then(|| note.to_owned());
        }
    }

    pub(super) fn get(&self) -> Progress {
        self.progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::{Shown, Ticket};
    use crate::app::operations::Progress;
    use tokio_util::sync::CancellationToken;

    #[test]
    fn what_the_work_says_is_what_readers_see() {
        let shown = Shown::default();
        let ticket = Ticket::new("o1", &CancellationToken::new(), &shown);
        ticket.progress(2, 5, "fitting");
        ticket.progress(3, 5, "fitting");
        let expected = Progress {
            done: 3,
            total: 5,
            note: Some("fitting".to_owned()),
        };
        assert_eq!(shown.get(), expected);
        ticket.progress(4, 5, "");
        assert_eq!(shown.get().note, None);
    }

    #[test]
    fn cancelled_work_hears_of_it() {
        let cancel = CancellationToken::new();
        let ticket = Ticket::new("o1", &cancel, &Shown::default());
        assert_eq!(ticket.check(), Ok(()));
        cancel.cancel();
        assert!(ticket.check().is_err_and(|failure| failure.is_cancelled));
    }
}
