//! Operations of this process that have not ended: their queue, their turn and their end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::work::Shown;
use super::{Done, Error, Failure, Kind, Operation, OperationProblem, QUEUED_MAX, Status, Ticket};
use crate::app::clock::Clock;
use crate::app::store::Store;

/// A training run has all its threads to itself.
const TRAINING_MAX: usize = 1;
/// An import joins its rows with what the ledger has: the next one must see what this one brings.
const IMPORTS_MAX: usize = 1;
/// Training sets at once, and as many forecasts and scenarios: neither makes the other wait.
const OTHERS_MAX: usize = 2;
/// A plan of the whole book takes every processor for seconds.
const ACTIONS_MAX: usize = 1;
/// How often progress is written down, so that work may say it as often as it likes.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// How often the end of an operation is written again while the store is away, and the pause between.
const END_ATTEMPTS: u32 = 60;
const END_PAUSE: Duration = Duration::from_secs(1);

/// What all holders of the operations share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) clock: Clock,
    /// Queued and running ones, and those whose end could not be written.
    live: Mutex<BTreeMap<String, Arc<Live>>>,
    training: Arc<Semaphore>,
    imports: Arc<Semaphore>,
    data: Arc<Semaphore>,
    treasury: Arc<Semaphore>,
    actions: Arc<Semaphore>,
    pub(super) tasks: TaskTracker,
    is_stopping: AtomicBool,
    /// Whether what is cancelled is so because the service ends.
    is_interrupting: AtomicBool,
}

/// An operation that has not ended.
#[derive(Debug)]
pub(super) struct Live {
    state: watch::Sender<Operation>,
    shown: Shown,
    pub(super) cancel: CancellationToken,
}

impl Live {
    /// Returns the operation as it is at present.
    pub(super) fn operation(&self) -> Operation {
        let mut operation = self.state.borrow().clone();
        if !operation.status.is_ended() {
            operation.progress = self.shown.get();
        }
        operation
    }

    pub(super) fn changes(&self) -> watch::Receiver<Operation> {
        self.state.subscribe()
    }
}

impl Shared {
    pub(super) fn new(store: Store, clock: Clock) -> Self {
        Self {
            store,
            clock,
            live: Mutex::default(),
            training: Arc::new(Semaphore::new(TRAINING_MAX)),
            imports: Arc::new(Semaphore::new(IMPORTS_MAX)),
            data: Arc::new(Semaphore::new(OTHERS_MAX)),
            treasury: Arc::new(Semaphore::new(OTHERS_MAX)),
            actions: Arc::new(Semaphore::new(ACTIONS_MAX)),
            tasks: TaskTracker::new(),
            is_stopping: AtomicBool::new(false),
            is_interrupting: AtomicBool::new(false),
        }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn find(&self, operation_id: &str) -> Option<Arc<Live>> {
        self.all().get(operation_id).map(Arc::clone)
    }

    /// Takes a place in the queue.
    pub(super) fn enqueue(&self, operation: Operation) -> Result<Arc<Live>, Error> {
        if self.is_stopping.load(Ordering::SeqCst) {
            return Err(Error::Stopping);
        }
        let operation_id = operation.operation_id.clone();
        let live = Arc::new(Live {
            state: watch::Sender::new(operation),
            shown: Shown::default(),
            cancel: CancellationToken::new(),
        });
        let mut all = self.all();
        let queued = all
            .values()
            .filter(|live| live.state.borrow().status == Status::Queued)
            .count();
        if queued >= QUEUED_MAX {
            return Err(Error::QueueFull);
        }
        all.insert(operation_id, Arc::clone(&live));
        Ok(live)
    }

    fn forget(&self, operation_id: &str) {
        self.all().remove(operation_id);
    }

    /// Starts nothing from here on.
    pub(super) fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
    }

    /// Tells all work to end, because the service does.
    pub(super) fn interrupt(&self) {
        self.is_interrupting.store(true, Ordering::SeqCst);
        for live in self.all().values() {
            live.cancel.cancel();
        }
    }

    /// Waits for the turn of an operation; `None` when it is cancelled before.
    async fn turn(&self, kind: Kind, cancel: &CancellationToken) -> Option<OwnedSemaphorePermit> {
        let slots = match kind {
            Kind::Training => Arc::clone(&self.training),
            Kind::Import => Arc::clone(&self.imports),
            Kind::TrainingSet => Arc::clone(&self.data),
            Kind::Forecast | Kind::Scenario => Arc::clone(&self.treasury),
            Kind::ActionPlan | Kind::PolicyDryRun | Kind::PolicyRehearsal | Kind::EffectsLearning => {
                Arc::clone(&self.actions)
            }
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => None,
            permit = slots.acquire_owned() => permit.ok(),
        }
    }

    async fn begin(&self, live: &Live) {
        let started_at = self.clock.now();
        live.state.send_modify(|operation| {
            operation.status = Status::Running;
            operation.started_at = Some(started_at);
        });
        self.save(live).await;
    }

    /// Writes down how an operation is; its end will be written again, so a failure is only logged.
    async fn save(&self, live: &Live) {
        let operation = live.operation();
        if let Err(error) = self.store.update_operation(&operation.to_row()).await {
            tracing::warn!(
                operation_id = operation.operation_id,
                error = &error as &(dyn std::error::Error + 'static),
                "the state of an operation could not be written"
            );
        }
    }

    /// Writes the end of an operation, durable before anybody hears of it.
    async fn end(&self, live: &Live, outcome: Result<Done, Failure>) {
        let operation = self.ended(live, outcome);
        let row = operation.to_row();
        let mut is_saved = false;
        for attempt in 1..=END_ATTEMPTS {
            match self.store.update_operation(&row).await {
                Ok(()) => {
                    is_saved = true;
                    break;
                }
                Err(error) => {
                    tracing::warn!(
                        operation_id = operation.operation_id,
                        attempt,
                        error = &error as &(dyn std::error::Error + 'static),
                        "the end of an operation could not be written"
                    );
                    tokio::time::sleep(END_PAUSE).await;
                }
            }
        }
        tracing::info!(
            operation_id = operation.operation_id,
            kind = operation.kind.name(),
            status = operation.status.name(),
            "operation ended"
        );
        let operation_id = operation.operation_id.clone();
        live.state.send_replace(operation);
        if is_saved {
            self.forget(&operation_id);
        }
    }

    fn ended(&self, live: &Live, outcome: Result<Done, Failure>) -> Operation {
        let mut operation = live.operation();
        operation.ended_at = Some(self.clock.now());
        match outcome {
            Ok(done) => {
                operation.status = Status::Succeeded;
                operation.result = Some(done.result);
                operation.has_file = done.file.is_some();
                operation.file = done.file;
            }
            Err(failure) if failure.is_cancelled || live.cancel.is_cancelled() => {
                if self.is_interrupting.load(Ordering::SeqCst) {
                    operation.status = Status::Failed;
                    operation.problem = Some(OperationProblem::interrupted());
                } else {
                    operation.status = Status::Cancelled;
                }
            }
            Err(failure) => {
                operation.status = Status::Failed;
                operation.problem = Some(OperationProblem::new(&failure.code, &failure.detail));
            }
        }
        operation
    }
}

/// Writes a queued operation down and lets it take its turn.
pub(super) async fn accept<W, F>(shared: Arc<Shared>, live: Arc<Live>, work: W) -> Result<Operation, Error>
where
    W: FnOnce(Ticket) -> F + Send + 'static,
    F: Future<Output = Result<Done, Failure>> + Send + 'static,
{
    let operation = live.operation();
    if let Err(error) = shared.store.insert_operation(&operation.to_row()).await {
        shared.forget(&operation.operation_id);
        return Err(Error::Store(error));
    }
    let tasks = shared.tasks.clone();
    tasks.spawn(run(shared, live, work));
    Ok(operation)
}

async fn run<W, F>(shared: Arc<Shared>, live: Arc<Live>, work: W)
where
    W: FnOnce(Ticket) -> F + Send + 'static,
    F: Future<Output = Result<Done, Failure>> + Send + 'static,
{
    let operation = live.operation();
    let Some(turn) = shared.turn(operation.kind, &live.cancel).await else {
        shared.end(&live, Err(Failure::cancelled())).await;
        return;
    };
    shared.begin(&live).await;
    let ticket = Ticket::new(&operation.operation_id, &live.cancel, &live.shown);
    // A task of its own, so that a panic in the work is an answer here.
    let mut task = tokio::spawn(async move { work(ticket).await });
    let mut written = live.shown.get();
    let joined = loop {
        tokio::select! {
            joined = &mut task => break joined,
            () = tokio::time::sleep(PROGRESS_EVERY) => {
                let progress = live.shown.get();
                if progress != written {
                    shared.save(&live).await;
                    written = progress;
                }
            }
        }
    };
    drop(turn);
    let outcome = joined.unwrap_or_else(|error| {
        tracing::error!(
            operation_id = operation.operation_id,
            kind = operation.kind.name(),
            error = &error as &(dyn std::error::Error + 'static),
            "the work of an operation panicked"
        );
        Err(Failure::internal())
    });
    shared.end(&live, outcome).await;
}
