//! The book of earlier days: computed whole from the ledger, and the last few kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::app::book::Error;
use crate::app::book::entries::Entries;
use crate::app::book::state::predicted;
use crate::app::ledger::Ledger;
use crate::app::registry::ServedModel;
use crate::domain::Date;

/// Books of earlier days that are kept.
const KEPT_MAX: usize = 2;

/// The books of earlier days that were asked for last.
#[derive(Debug, Default)]
pub(super) struct Past {
    kept: Mutex<VecDeque<(Key, Arc<Entries>)>>,
    /// One book is computed at a time.
    turn: tokio::sync::Mutex<()>,
}

/// What the book of an earlier day depends on: facts may become known late, but never change.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    as_of: Date,
    sequence: i64,
    model_version: String,
}

impl Past {
    /// Returns the book of a day as the model sees it, with every fact that the ledger has.
    pub(super) async fn on(
        &self,
        as_of: Date,
        ledger: &Arc<Ledger>,
        model: &Arc<ServedModel>,
    ) -> Result<Arc<Entries>, Error> {
        let key = |sequence: i64| Key {
            as_of,
            sequence,
            model_version: model.version.clone(),
        };
        if let Some(kept) = self.find(&key(ledger.head().sequence)) {
            return Ok(kept);
        }
        let _turn = self.turn.lock().await;
        let key = key(ledger.head().sequence);
        if let Some(kept) = self.find(&key) {
            return Ok(kept);
        }
        let (ledger, model, sequence) = (Arc::clone(ledger), Arc::clone(model), key.sequence);
        let computed = tokio::task::spawn_blocking(move || {
            let history = ledger.history()?;
            predicted(&history.as_of(as_of), &model, sequence)
        });
        let entries = Arc::new(computed.await??);
        let mut kept = self.kept();
        kept.push_front((key, Arc::clone(&entries)));
        kept.truncate(KEPT_MAX);
        Ok(entries)
    }

    fn find(&self, key: &Key) -> Option<Arc<Entries>> {
        let mut kept = self.kept();
        let place = kept.iter().position(|(known, _)| known == key)?;
        let found = kept.remove(place)?;
        let entries = Arc::clone(&found.1);
        kept.push_front(found);
        Some(entries)
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<(Key, Arc<Entries>)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
