//! Advice that was told: in memory at once, in the store a moment later.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Mutex as AsyncMutex;

use super::told::Kept;
use super::{Desk, Error, InForce};
use crate::app::book::CustomerOutlook;
use crate::app::clock::micros;
use crate::app::store::RecommendationRow;
use crate::domain::Date;

/// Advice that is held in memory; each takes some kilobytes.
const HELD_MAX: usize = 20_000;

/// Advice by customer and by its name.
#[derive(Debug, Default)]
pub(super) struct Cache {
    by_customer: BTreeMap<(String, String), (Stamp, Arc<Kept>)>,
    by_id: BTreeMap<String, Arc<Kept>>,
}

/// What advice was made from; as long as it is the same, so is the advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    as_of: Date,
    day: Date,
    policy: String,
    effects_id: String,
    model: String,
    /// Number of a fact up to which all facts of the customer are in it.
    sequence: i64,
    invoices: usize,
}

impl Stamp {
    pub(super) fn of(outlook: &CustomerOutlook, in_force: &InForce, day: Date) -> Self {
        let first = outlook.invoices.first();
        Self {
            as_of: outlook.as_of,
            day,
            policy: in_force.policy.version.clone(),
            effects_id: in_force.effects_id.clone(),
            model: first.map_or_else(String::new, |one| one.model_version().to_owned()),
            sequence: outlook
                .invoices
                .iter()
                .map(|one| one.sequence())
                .max()
                .unwrap_or(0),
            invoices: outlook.invoices.len(),
        }
    }
}

impl Cache {
    /// Returns what was told of a customer from the same facts.
    pub(super) fn of_customer(&self, customer_id: &str, scope: &str, stamp: &Stamp) -> Option<Arc<Kept>> {
        let key = (customer_id.to_owned(), scope.to_owned());
        let (known, kept) = self.by_customer.get(&key)?;
        (known == stamp).then(|| Arc::clone(kept))
    }

    pub(super) fn of_id(&self, recommendation_id: &str) -> Option<Arc<Kept>> {
        self.by_id.get(recommendation_id).cloned()
    }

    pub(super) fn put(&mut self, kept: &Arc<Kept>) {
        if self.by_id.len() >= HELD_MAX {
            self.by_id.clear();
            self.by_customer.clear();
        }
        self.by_id
            .insert(kept.decision.decision_id.clone(), Arc::clone(kept));
    }

    pub(super) fn put_of_customer(&mut self, scope: String, stamp: Stamp, kept: &Arc<Kept>) {
        self.put(kept);
        let key = (kept.decision.customer_id.clone(), scope);
        self.by_customer.insert(key, (stamp, Arc::clone(kept)));
    }
}

/// Advice on its way into the store.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    rows: Mutex<Vec<RecommendationRow>>,
    /// One batch at a time, so that whoever waits for its turn knows that all before it is written.
    writing: AsyncMutex<()>,
}

impl Unwritten {
    fn rows(&self) -> MutexGuard<'_, Vec<RecommendationRow>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Vec<RecommendationRow> {
        std::mem::take(&mut *self.rows())
    }
}

impl Desk {
    /// Keeps advice in the store without anybody waiting for it.
    pub(super) fn write_behind(self: &Arc<Self>, kept: &Kept) -> Result<(), Error> {
        let row = self.row_of(kept)?;
        self.unwritten.rows().push(row);
        let desk = Arc::clone(self);
        tokio::spawn(async move { desk.flush().await });
        Ok(())
    }

    /// Writes what waits, after whoever is writing; what cannot be written waits for the next time.
    pub async fn flush(&self) {
        let _writing = self.unwritten.writing.lock().await;
        let rows = self.unwritten.take();
        if rows.is_empty() {
            return;
        }
        let Err(error) = self.store.insert_recommendations(&rows).await else {
            return;
        };
        tracing::error!(
            error = &error as &(dyn std::error::Error + 'static),
            recommendations = rows.len(),
            "recommendations could not be kept; it is tried again with the next one"
        );
        let mut waiting = self.unwritten.rows();
        if waiting.len() < HELD_MAX {
            waiting.extend(rows);
        }
    }

    pub(super) fn row_of(&self, kept: &Kept) -> Result<RecommendationRow, Error> {
        Ok(RecommendationRow {
            recommendation_id: kept.decision.decision_id.clone(),
            customer_id: kept.decision.customer_id.clone(),
            as_of: kept.decision.as_of.to_string(),
            created_at: micros(self.clock.now()),
            document: serde_json::to_string(kept)?,
        })
    }
}
