//! Long work beside serving: training, imports, forecasts, scenarios.
//!
//! An operation is queued, running, then succeeded, failed or cancelled; its end never changes. What it is at is
//! in memory, what it was and became is in the store: after a crash those that had not ended are failed, with the
//! code `interrupted`. Work of one kind waits for its turn, so that any number of requests takes bounded memory
//! and leaves the processor to answers.

mod error;
mod live;
mod operation;
mod work;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::app::access::Principal;
use crate::app::clock::{Clock, Timestamp, micros};
use crate::app::store::{OperationWindow, Store};

use live::Shared;

pub use error::Error;
pub use operation::{Kind, Operation, OperationProblem, Progress, Status};
pub use work::{Done, Failure, Ticket};

/// Operations that may wait at once.
pub const QUEUED_MAX: usize = 100;
/// How long work that was told to end gets for it when the service stops.
const INTERRUPT_GRACE: Duration = Duration::from_secs(5);
/// Rows read at once when a client may not see all of them.
const SCAN_ROWS: i64 = 200;

/// Long work; cheap to clone.
#[derive(Clone, Debug)]
pub struct Operations {
    shared: Arc<Shared>,
}

/// Which operations are listed, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationFilter {
    /// What they do; `None` for every kind.
    pub kind: Option<Kind>,
    /// Where they are in their life; `None` for all.
    pub status: Option<Status>,
    /// Instant and id of the one to begin behind.
    pub before: Option<(Timestamp, String)>,
    /// Largest number.
    pub limit: usize,
}

impl Operations {
    /// Returns operations that are kept in a store.
    #[must_use]
    pub fn new(store: Store, clock: Clock) -> Self {
        Self {
            shared: Arc::new(Shared::new(store, clock)),
        }
    }

    /// Fails what a process left unfinished when it was killed; called at start, before anything is started.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the store fails.
    pub async fn recover(&self) -> Result<(), Error> {
        let now = micros(self.shared.clock.now());
        let problem = serde_json::json!(OperationProblem::interrupted()).to_string();
        let failed = self.shared.store.fail_unended_operations(now, &problem).await?;
        if failed > 0 {
            tracing::warn!(
                operations = failed,
                "operations were interrupted by the end of the service"
            );
        }
        Ok(())
    }

    /// Queues work and returns at once; it runs to its end even when the client goes away.
    ///
    /// # Errors
    ///
    /// [`Error::QueueFull`], [`Error::Stopping`], and [`Error::Store`] when the store fails.
    pub async fn start<W, F>(
        &self,
        kind: Kind,
        by: &Principal,
        request: serde_json::Value,
        work: W,
    ) -> Result<Operation, Error>
    where
        W: FnOnce(Ticket) -> F + Send + 'static,
        F: Future<Output = Result<Done, Failure>> + Send + 'static,
    {
        let live = self.shared.enqueue(Operation {
            operation_id: uuid::Uuid::now_v7().to_string(),
            kind,
            status: Status::Queued,
            created_at: self.shared.clock.now(),
            created_by: by.actor.clone(),
            started_at: None,
            ended_at: None,
            progress: Progress::default(),
            request,
            result: None,
            problem: None,
            has_file: false,
            file: None,
            scope: by.scope.clone(),
        })?;
        // A client that hangs up drops this future, and not what is spawned.
        let accepted = tokio::spawn(live::accept(Arc::clone(&self.shared), live, work)).await;
        accepted.unwrap_or(Err(Error::Stopping))
    }

    /// Returns an operation that the client may know of.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`], and [`Error::Store`] when the store fails.
    pub async fn get(&self, operation_id: &str, by: &Principal) -> Result<Operation, Error> {
        let operation = self.read(operation_id).await?;
        if operation.is_visible_to(by) {
            Ok(operation)
        } else {
            Err(unknown(operation_id))
        }
    }

    async fn read(&self, operation_id: &str) -> Result<Operation, Error> {
        if let Some(live) = self.shared.find(operation_id) {
            return Ok(live.operation());
        }
        let row = self.shared.store.operation(operation_id).await?;
        Ok(Operation::from_row(row.ok_or_else(|| unknown(operation_id))?)?)
    }

    /// Returns the file that an operation has as its result.
    ///
    /// # Errors
    ///
    /// [`Error::NotEnded`] while it has not ended, [`Error::NoFile`] when it never has one, and those of
    /// [`get`](Self::get).
    pub async fn file(&self, operation_id: &str, by: &Principal) -> Result<PathBuf, Error> {
        let operation = self.get(operation_id, by).await?;
        if !operation.status.is_ended() {
            return Err(Error::NotEnded {
                operation_id: operation.operation_id,
                status: operation.status,
            });
        }
        operation.file.ok_or(Error::NoFile {
            operation_id: operation.operation_id,
        })
    }

    /// Lists the operations that the client may know of, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the store fails.
    pub async fn list(&self, filter: &OperationFilter, by: &Principal) -> Result<Vec<Operation>, Error> {
        let before = filter.before.clone();
        let mut window = OperationWindow {
            kind: filter.kind.map_or("", Kind::name).to_owned(),
            status: filter.status.map_or("", Status::name).to_owned(),
            before: before.map_or((i64::MAX, String::new()), |(at, id)| (micros(at), id)),
            limit: SCAN_ROWS,
        };
        let mut found = Vec::new();
        loop {
            let rows = self.shared.store.operations(&window).await?;
            let is_last = i64::try_from(rows.len()).is_ok_and(|rows| rows < SCAN_ROWS);
            for row in rows {
                window.before = (row.created_at, row.operation_id.clone());
                let live = self.shared.find(&row.operation_id);
                let operation = match live {
                    Some(live) => live.operation(),
                    None => Operation::from_row(row)?,
                };
                if operation.is_visible_to(by) {
                    found.push(operation);
                }
                if found.len() == filter.limit {
                    return Ok(found);
                }
            }
            if is_last {
                return Ok(found);
            }
        }
    }

    /// Tells an operation to stop; what waits ends at once, what runs ends soon.
    ///
    /// # Errors
    ///
    /// [`Error::NotAllowed`], [`Error::AlreadyEnded`], and those of [`get`](Self::get).
    pub async fn cancel(&self, operation_id: &str, by: &Principal) -> Result<Operation, Error> {
        let operation = self.get(operation_id, by).await?;
        let workers = operation.kind.workers();
        if !by.has_any(workers) {
            let names: Vec<&str> = workers.iter().map(|role| role.name()).collect();
            return Err(Error::NotAllowed {
                kind: operation.kind,
                allowed: names.join(", "),
            });
        }
        let live = self.shared.find(operation_id);
        match live {
            Some(live) if !live.operation().status.is_ended() => {
                live.cancel.cancel();
                Ok(live.operation())
            }
            Some(_) | None => {
                let ended = self.read(operation_id).await?;
                Err(Error::AlreadyEnded {
                    operation_id: ended.operation_id,
                    status: ended.status,
                })
            }
        }
    }

    /// Waits for the end of an operation, at most so long, and returns it as it is then.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`], and [`Error::Store`] when the store fails.
    pub async fn wait(&self, operation_id: &str, at_most: Duration) -> Result<Operation, Error> {
        let Some(live) = self.shared.find(operation_id) else {
            return self.read(operation_id).await;
        };
        let mut changes = live.changes();
        let end = async {
            loop {
                let is_ended = changes.borrow_and_update().status.is_ended();
                if is_ended || changes.changed().await.is_err() {
                    break;
                }
            }
        };
        // That the time is up is no error: the operation says for itself that it has not ended.
        let _ = tokio::time::timeout(at_most, end).await;
        Ok(live.operation())
    }

    /// Ends with the service: starts nothing more, gives work in hand so long to end, then tells it to stop.
    pub async fn drain(&self, grace: Duration) {
        self.shared.stop();
        self.shared.tasks.close();
        if tokio::time::timeout(grace, self.shared.tasks.wait())
            .await
            .is_ok()
        {
            return;
        }
        self.shared.interrupt();
        let ended = tokio::time::timeout(INTERRUPT_GRACE, self.shared.tasks.wait()).await;
        if ended.is_err() {
            tracing::warn!("operations did not end when told to; the next start fails them as interrupted");
        }
    }
}

fn unknown(operation_id: &str) -> Error {
    Error::Unknown {
        operation_id: operation_id.to_owned(),
    }
}
