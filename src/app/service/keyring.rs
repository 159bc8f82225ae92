//! The keys as a request needs them: in memory for a few seconds, so that no request reads the store for its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::app::access::{KeySecret, Principal, Refusal};
use crate::app::clock::{Clock, Timestamp};
use crate::app::store::{self, ApiKey, Store};

use super::gate::Denied;

/// Age up to which keys are taken from memory: a key that another process revokes works that much longer.
const FRESH: Duration = Duration::from_secs(5);
/// Age up to which they are taken from memory while the store is away.
const STALE_MAX: Duration = Duration::from_secs(60);
/// Seconds between two notes that a key was used.
const USE_NOTED_S: i64 = 60;

type Keys = Arc<BTreeMap<String, ApiKey>>;

/// The keys of the store, held for a while.
#[derive(Debug)]
pub struct KeyRing {
    store: Store,
    clock: Clock,
    held: Mutex<Held>,
    /// Held by the one who reads the store; the others go on with what there is.
    turn: tokio::sync::Mutex<()>,
    used: Mutex<BTreeMap<String, Timestamp>>,
}

#[derive(Debug, Default)]
struct Held {
    keys: Option<(Keys, Instant)>,
    /// Counts the changes made here, so that a read which began before one is not held after it.
    generation: u64,
}

impl KeyRing {
    /// Returns a ring that reads the keys when the first is asked for.
    #[must_use]
    pub fn new(store: Store, clock: Clock) -> Self {
        Self {
            store,
            clock,
            held: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            used: Mutex::default(),
        }
    }

    /// Returns whose key a text is.
    ///
    /// # Errors
    ///
    /// [`Denied::Refused`] when it is no valid key, [`Denied::Store`] when that cannot be found out.
    pub async fn authenticate(&self, text: &str) -> Result<Principal, Denied> {
        let secret = KeySecret::parse(text).ok_or(Refusal::Malformed)?;
        let keys = self.keys().await?;
        let key = keys.get(&secret.key_id).ok_or(Refusal::UnknownKey)?;
        if !secret.is_of(&key.secret_hash) {
            return Err(Refusal::WrongSecret.into());
        }
        if key.revoked_at.is_some() {
            return Err(Refusal::Revoked.into());
        }
        if !key.is_active(self.clock.now()) {
            return Err(Refusal::Expired.into());
        }
        self.note_use(&key.key_id);
        Ok(Principal {
            actor: format!("key:{}", key.key_id),
            roles: key.roles.clone(),
            scope: key.scope.clone(),
        })
    }

    /// Forgets the keys that are held: one of them was changed.
    pub fn forget(&self) {
        let mut held = self.held();
        held.keys = None;
        held.generation += 1;
    }

    async fn keys(&self) -> Result<Keys, store::Error> {
        let (kept, generation) = {
            let held = self.held();
            (held.keys.clone(), held.generation)
        };
        if let Some((keys, at)) = &kept
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(keys));
        }
        let usable = kept
            .filter(|(_, at)| at.elapsed() < STALE_MAX)
            .map(|(keys, _)| keys);
        let turn = self.turn.try_lock();
        if turn.is_err()
            && let Some(keys) = &usable
        {
            return Ok(Arc::clone(keys));
        }
        match self.store.api_keys().await {
            Ok(rows) => {
                let by_id = rows.into_iter().map(|key| (key.key_id.clone(), key));
                let keys: Keys = Arc::new(by_id.collect());
                self.hold(&keys, generation);
                Ok(keys)
            }
            Err(error) => usable.filter(|_| error.is_away()).ok_or(error),
        }
    }

    fn hold(&self, keys: &Keys, generation: u64) {
        let mut held = self.held();
        if held.generation == generation {
            held.keys = Some((Arc::clone(keys), Instant::now()));
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a key was used, at most once a minute and beside the request.
    fn note_use(&self, key_id: &str) {
        let now = self.clock.now();
        {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            let is_noted = used
                .get(key_id)
                .is_some_and(|at| (now - *at).num_seconds() < USE_NOTED_S);
            if is_noted {
                return;
            }
            used.insert(key_id.to_owned(), now);
        }
        let store = self.store.clone();
        let key_id = key_id.to_owned();
        tokio::spawn(async move {
            if let Err(error) = store.set_key_used(&key_id, now).await {
                tracing::debug!(key_id, %error, "the use of a key was not noted");
            }
        });
    }
}
