//! Requests that are sent twice: acted on once, answered twice.
//!
//! A request in flight is known to this process alone, which is the only one on its store; an answer that was given is
//! in the store. A process that is killed in between has told nobody that the request was done: it may come again,
//! and facts know their natural key.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;

use crate::app::clock::Timestamp;
use crate::app::store::{self, Store, StoredAnswer};

/// Hours for which an answer is kept.
pub const KEPT_HOURS: i64 = 24;

type Names = Arc<Mutex<BTreeSet<(String, String)>>>;

/// The requests with a key that are being worked on.
#[derive(Debug, Default)]
pub(crate) struct Replays {
    in_flight: Names,
}

/// What a request with a key turned out to be.
#[derive(Debug)]
pub(crate) enum Begun {
    /// New: work on it while the claim is held.
    Fresh(Claim),
    /// Answered already.
    Answered(StoredAnswer),
    /// Another request under the same key.
    Reused,
    /// Being worked on.
    InFlight,
}

/// The right to work on a request; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    in_flight: Names,
    name: (String, String),
}

impl Replays {
    /// Finds out what a request is.
    pub(crate) async fn begin(
        &self,
        store: &Store,
        actor: &str,
        key: &str,
        request_hash: &str,
        now: Timestamp,
    ) -> Result<Begun, store::Error> {
        // The claim comes first: between a look into the store and the claim the other one could end.
        let Some(claim) = self.claim(actor, key) else {
            return Ok(Begun::InFlight);
        };
        let known = store
            .stored_answer(actor, key)
            .await?
            .filter(|answer| now - answer.created_at < TimeDelta::hours(KEPT_HOURS));
        Ok(match known {
            None => Begun::Fresh(claim),
            Some(answer) if answer.request_hash == request_hash => Begun::Answered(answer),
            Some(_) => Begun::Reused,
        })
    }

    fn claim(&self, actor: &str, key: &str) -> Option<Claim> {
        let name = (actor.to_owned(), key.to_owned());
        let mut in_flight = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        in_flight.insert(name.clone()).then(|| Claim {
            in_flight: Arc::clone(&self.in_flight),
            name,
        })
    }
}

impl Claim {
    /// Keeps the answer to the request.
    pub(crate) async fn keep(&self, store: &Store, answer: &StoredAnswer) -> Result<(), store::Error> {
        let (actor, key) = &self.name;
        store.store_answer(actor, key, answer).await
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut in_flight = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        in_flight.remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::Replays;

    #[test]
    fn a_request_is_worked_on_once_at_a_time() {
        let replays = Replays::default();
        let claim = replays.claim("key:a", "1").expect("nobody works on it");
        assert!(replays.claim("key:a", "1").is_none());
        assert!(replays.claim("key:b", "1").is_some(), "keys of others are others");
        drop(claim);
        assert!(replays.claim("key:a", "1").is_some());
    }
}
