//! What advice rests on at present: the policy in force with its law, the effects, the rates.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::Mutex as AsyncMutex;

use super::Error;
use super::cache::{Cache, Unwritten};
use super::plan::Plan;
use crate::action::law::Law;
use crate::action::{Effects, Exchange, Policy};
use crate::app::book::Book;
use crate::app::clock::{Clock, micros};
use crate::app::ledger::Ledger;
use crate::app::store::{self, EffectsRow, PolicyRow, Store};
use crate::domain::{Currency, Date};
use crate::history::Table;

/// Names the effects that nobody has learned.
const ASSUMED: &str = "assumed";
/// Who keeps the policy that ships.
const SHIPPED_BY: &str = "system";
/// Plans that are kept in memory, of scopes and days.
const PLANS_MAX: usize = 4;

/// The running action desk.
#[derive(Debug)]
pub struct Desk {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) ledger: Arc<Ledger>,
    pub(super) book: Book,
    in_force: RwLock<Arc<InForce>>,
    exchange: Mutex<Option<KeptExchange>>,
    cache: Mutex<Cache>,
    pub(super) unwritten: Unwritten,
    plans: Mutex<VecDeque<Arc<Plan>>>,
    /// One plan of a whole book at a time.
    pub(super) planning: AsyncMutex<()>,
    /// One change of policy or effects at a time.
    pub(super) changing: AsyncMutex<()>,
    /// One piece of feedback at a time: what was decided first stays.
    pub(super) deciding: AsyncMutex<()>,
}

/// What decides, until it is changed.
#[derive(Debug)]
pub struct InForce {
    /// The policy.
    pub policy: Policy,
    /// The law, with what the policy switches on.
    pub law: Law,
    /// What actions do.
    pub effects: Effects,
    /// Names the effects; `assumed` for those of the policy.
    pub effects_id: String,
    /// As they were learned: another policy completes them with its own assumptions.
    learned: Option<Effects>,
}

/// What rates depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ExchangeKey {
    as_of: Date,
    base: Currency,
    /// Number of the last rate.
    sequence: i64,
}

/// Rates that were read.
#[derive(Clone, Debug)]
struct KeptExchange {
    key: ExchangeKey,
    /// Every fact up to this number was read; a day without a new one has no new rate.
    head: i64,
    exchange: Arc<Exchange>,
}

impl KeptExchange {
    /// Whether these are the rates of a day into a currency as long as the ledger is no further than it was.
    fn is_newest(&self, (as_of, base): (Date, Currency), head: i64) -> bool {
        (self.key.as_of, self.key.base) == (as_of, base) && self.head == head
    }

    /// Whether these are the rates up to the one that was recorded last: it may be in the store before it can be read.
    fn has_all(&self, key: ExchangeKey) -> bool {
        self.key == key && self.head >= key.sequence
    }
}

impl InForce {
    /// Puts together what decides; without learned effects those that the policy assumes.
    #[must_use]
    pub fn new(policy: Policy, learned: Option<(String, Effects)>) -> Self {
        let law = policy.law();
        let (effects_id, effects, learned) = match learned {
            // Learned under another policy, perhaps, with other actions.
            Some((id, learned)) => (id, learned.clone().completed(&policy), Some(learned)),
            None => (ASSUMED.to_owned(), Effects::assumed(&policy), None),
        };
        Self {
            policy,
            law,
            effects,
            effects_id,
            learned,
        }
    }

    /// Returns the learned effects with their name; nothing where they are assumed.
    pub(super) fn learned(&self) -> Option<(String, Effects)> {
        let learned = self.learned.clone()?;
        Some((self.effects_id.clone(), learned))
    }
}

impl Desk {
    /// Opens the desk with the policy activated last, else the one that ships, and the effects learned last.
    ///
    /// # Errors
    ///
    /// [`Error::Policy`] when the policy in force is not one that this version reads, [`Error::Store`].
    pub async fn open(
        store: &Store,
        clock: &Clock,
        ledger: &Arc<Ledger>,
        book: &Book,
    ) -> Result<Arc<Self>, Error> {
        let policy = match store.policy_in_force().await? {
            Some(row) => Policy::from_toml(&row.document, &place_of(&row.version))?,
            None => shipped(store, clock).await?,
        };
        let learned = store.latest_effects().await?.map(learned_of).transpose()?;
        Ok(Arc::new(Self {
            store: store.clone(),
            clock: clock.clone(),
            ledger: Arc::clone(ledger),
            book: book.clone(),
            in_force: RwLock::new(Arc::new(InForce::new(policy, learned))),
            exchange: Mutex::default(),
            cache: Mutex::default(),
            unwritten: Unwritten::default(),
            plans: Mutex::default(),
            planning: AsyncMutex::default(),
            changing: AsyncMutex::default(),
            deciding: AsyncMutex::default(),
        }))
    }

    /// Returns what decides at present.
    #[must_use]
    pub fn in_force(&self) -> Arc<InForce> {
        Arc::clone(&self.in_force.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn bring_into_force(&self, next: InForce) {
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
    }

    pub(super) fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a plan that is kept and fits.
    pub(super) fn plan_that(&self, fits: impl Fn(&Plan) -> bool) -> Option<Arc<Plan>> {
        let plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.iter().find(|plan| fits(plan)).cloned()
    }

    /// Keeps a plan as the newest, in the place of the one of the same question.
    pub(super) fn keep_plan(&self, plan: Arc<Plan>) {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.retain(|kept| kept.question() != plan.question());
        plans.push_front(plan);
        plans.truncate(PLANS_MAX);
    }

    /// Returns the rates of a day into a currency; read again when a rate was recorded.
    pub(super) async fn exchange(&self, as_of: Date, base: Currency) -> Result<Arc<Exchange>, Error> {
        let head = self.ledger.head().sequence;
        let kept = self.kept_exchange();
        // Most questions come while nothing is recorded: the store need not be asked.
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_newest((as_of, base), head)) {
            return Ok(Arc::clone(&kept.exchange));
        }
        let key = ExchangeKey {
            as_of,
            base,
            sequence: self.store.last_sequence(Table::FxRates).await?,
        };
        if let Some(kept) = kept.filter(|kept| kept.has_all(key)) {
            self.keep_exchange(KeptExchange { head, ..kept.clone() });
            return Ok(kept.exchange);
        }
        let ledger = Arc::clone(&self.ledger);
        let read =
            move || -> Result<Exchange, Error> { Ok(Exchange::read(&ledger.history()?.as_of(as_of), base)?) };
        let exchange = Arc::new(tokio::task::spawn_blocking(read).await??);
        self.keep_exchange(KeptExchange {
            key,
            head,
            exchange: Arc::clone(&exchange),
        });
        Ok(exchange)
    }

    fn kept_exchange(&self) -> Option<KeptExchange> {
        let kept = self.exchange.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone()
    }

    fn keep_exchange(&self, exchange: KeptExchange) {
        let mut kept = self.exchange.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(exchange);
    }
}

/// Names a kept policy in what is wrong with it.
pub(super) fn place_of(version: &str) -> String {
    format!("policy {version}")
}

/// Returns the policy that ships, and keeps it so that it can be read and activated as any other.
async fn shipped(store: &Store, clock: &Clock) -> Result<Policy, Error> {
    let policy = Policy::default_policy();
    let row = PolicyRow {
        version: policy.version.clone(),
        name: policy.name.clone(),
        document: Policy::DEFAULT_TEXT.to_owned(),
        created_at: micros(clock.now()),
        created_by: SHIPPED_BY.to_owned(),
    };
    store.insert_policy(&row).await?;
    Ok(policy)
}

/// Reads effects that were kept.
fn learned_of(row: EffectsRow) -> Result<(String, Effects), Error> {
    let unreadable = |_| store::Error::Unreadable {
        table: "action_effects",
        column: "document",
        value: row.effects_id.clone(),
    };
    let document: serde_json::Value = serde_json::from_str(&row.document).map_err(unreadable)?;
    let effects = serde_json::from_value(document["effects"].clone()).map_err(unreadable)?;
    Ok((row.effects_id, effects))
}
