//! Which book is in use, and how the next one takes its place.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use crate::app::book::Error;
use crate::app::book::marks::Marks;
use crate::app::book::past::Past;
use crate::app::book::state::State;
use crate::app::clock::Clock;
use crate::app::ledger::Ledger;
use crate::app::registry::{Alias, Registry, ServedModel};

/// Customers that are renewed one by one; with more of them the whole book is built anew.
const RENEWED_ONE_BY_ONE_MAX: usize = 1_000;
/// How long no bulk must have come in before the book is built anew because of it.
const QUIET: Duration = Duration::from_secs(2);
/// How long a rebuild that failed beside the answers is not tried again.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// What the book is made from, and the book in use.
#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) ledger: Arc<Ledger>,
    registry: Arc<Registry>,
    pub(super) clock: Clock,
    pub(super) past: Past,
    held: RwLock<Held>,
    /// One rebuild at a time.
    building: tokio::sync::Mutex<()>,
    /// Whether a rebuild beside the answers is due or under way.
    is_rebuild_due: AtomicBool,
    bulks: AtomicU64,
    /// One renewal beside the answers at a time.
    renewing: tokio::sync::Mutex<()>,
}

/// The book in use, and the marks of the one that is being built.
#[derive(Debug, Default)]
struct Held {
    state: Option<Arc<State>>,
    next: Option<Arc<Marks>>,
}

impl Shelf {
    pub(super) fn new(ledger: Arc<Ledger>, registry: Arc<Registry>, clock: Clock) -> Self {
        Self {
            ledger,
            registry,
            clock,
            past: Past::default(),
            held: RwLock::default(),
            building: tokio::sync::Mutex::default(),
            is_rebuild_due: AtomicBool::new(false),
            bulks: AtomicU64::new(0),
            renewing: tokio::sync::Mutex::default(),
        }
    }

    /// Returns the model in use.
    pub(super) fn champion(&self) -> Result<Arc<ServedModel>, Error> {
        self.registry.alias(Alias::Champion).ok_or(Error::NoChampion)
    }

    /// Returns the book in use, of whatever day and model, if there is one.
    pub(super) fn state(&self) -> Option<Arc<State>> {
        self.held().state.clone()
    }

    /// Returns the book of today; waits where there is none yet, or only that of an earlier day or of a ledger that
    /// was a fraction of what it is.
    ///
    /// A book with an earlier champion answers, each answer with the version of its model, until the new one is there.
    pub(super) async fn present(self: &Arc<Self>) -> Result<Arc<State>, Error> {
        let champion = self.champion()?;
        let state = match self.of_today() {
            Some(state) => state,
            None => self.built().await?,
        };
        if state.model().version != champion.version {
            self.rebuild_beside(Duration::ZERO);
        }
        Ok(state)
    }

    /// Returns the book of today in which nobody waits to be renewed.
    pub(super) async fn settled(self: &Arc<Self>) -> Result<Arc<State>, Error> {
        let mut state = self.present().await?;
        if state.marks().count() > RENEWED_ONE_BY_ONE_MAX {
            state = self.rebuilt().await?;
        }
        for customer_id in state.marks().customers() {
            state.freshen(&self.ledger, &customer_id).await?;
        }
        Ok(state)
    }

    /// Marks customers in the book in use and in the one that is being built; returns the one in use.
    pub(super) fn mark(&self, customers: &BTreeSet<String>) -> Option<Arc<State>> {
        let held = self.held();
        if let Some(state) = &held.state {
            state.marks().set(customers);
        }
        if let Some(next) = &held.next {
            next.set(customers);
        }
        held.state.clone()
    }

    /// Renews customers beside the answers, before anybody asks about them.
    pub(super) fn renew_beside(self: &Arc<Self>, state: Arc<State>, customers: BTreeSet<String>) {
        let shelf = Arc::clone(self);
        tokio::spawn(async move {
            let _renewing = shelf.renewing.lock().await;
            for customer_id in customers {
                if let Err(error) = state.freshen(&shelf.ledger, &customer_id).await {
                    // The mark stays: the next question about the customer tries again, and says why it cannot.
                    tracing::warn!(%error, "a customer is renewed at the next question: it could not be now");
                }
            }
        });
    }

    /// Builds the book anew beside the answers when a bulk has left too many customers waiting, or so large a part
    /// of all that their priors have moved.
    pub(super) fn relieve(self: &Arc<Self>, state: &State) {
        self.bulks.fetch_add(1, Ordering::Relaxed);
        if state.marks().count() > RENEWED_ONE_BY_ONE_MAX || state.is_moved() {
            self.rebuild_beside(QUIET);
        }
    }

    /// Builds the book anew, also where there is one of today.
    pub(super) async fn rebuilt(self: &Arc<Self>) -> Result<Arc<State>, Error> {
        let shelf = Arc::clone(self);
        // A task of its own: whoever waits may go away, and the rebuild goes on for the others.
        tokio::spawn(async move {
            let _building = shelf.building.lock().await;
            shelf.build().await
        })
        .await?
    }

    /// Builds the book of today unless somebody else just has.
    async fn built(self: &Arc<Self>) -> Result<Arc<State>, Error> {
        let shelf = Arc::clone(self);
        tokio::spawn(async move {
            let _building = shelf.building.lock().await;
            match shelf.of_today() {
                Some(state) => Ok(state),
                None => shelf.build().await,
            }
        })
        .await?
    }

    /// Builds the book anew in a task of its own, once no bulk has come in for so long.
    fn rebuild_beside(self: &Arc<Self>, quiet: Duration) {
        if self.is_rebuild_due.swap(true, Ordering::AcqRel) {
            return;
        }
        let shelf = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                let before = shelf.bulks.load(Ordering::Relaxed);
                tokio::time::sleep(quiet).await;
                if shelf.bulks.load(Ordering::Relaxed) == before {
                    break;
                }
            }
            if let Err(error) = shelf.rebuilt().await {
                tracing::error!(?error, "the book could not be built anew");
                tokio::time::sleep(RETRY_AFTER).await;
            }
            shelf.is_rebuild_due.store(false, Ordering::Release);
        });
    }

    fn of_today(&self) -> Option<Arc<State>> {
        let today = self.clock.today();
        self.state()
            .filter(|state| state.as_of() == today && !state.is_outgrown())
    }

    /// Builds the book and swaps it in. What comes in meanwhile is marked for it, so nothing is lost.
    async fn build(&self) -> Result<Arc<State>, Error> {
        let model = self.champion()?;
        let as_of = self.clock.today();
        let marks = Arc::new(Marks::default());
        self.held_to_swap().next = Some(Arc::clone(&marks));
        let ledger = Arc::clone(&self.ledger);
        let computed = tokio::task::spawn_blocking(move || {
            let sequence = ledger.head().sequence;
            let history = ledger.history()?;
            State::build(&history, as_of, model, sequence, marks)
        });
        let built = match computed.await {
            Ok(built) => built,
            Err(stopped) => Err(Error::from(stopped)),
        };
        let old = self.swap(built)?;
        // The last of an old book takes a while to put away.
        tokio::task::spawn_blocking(move || drop(old.1));
        Ok(old.0)
    }

    /// Puts a new book in the place of the old one; returns both.
    fn swap(&self, built: Result<State, Error>) -> Result<(Arc<State>, Option<Arc<State>>), Error> {
        let mut held = self.held_to_swap();
        held.next = None;
        let state = Arc::new(built?);
        let old = held.state.replace(Arc::clone(&state));
        Ok((state, old))
    }

    fn held(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn held_to_swap(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }
}
