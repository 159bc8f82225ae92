//! The use cases of treasury in a running service: forecasts as records, scenarios, variance and key figures.
//!
//! They are those of the command line, fed from the ledger of the service and the champion among the models. What
//! is heavy blocks and asks between its steps whether to go on; [`blocking`] takes it off the async threads.

mod error;
mod forecast;
mod question;
mod reading;
mod scenario;

use std::sync::Arc;

use crate::app::access::Scope;
use crate::app::config::Alias;
use crate::app::ledger::Ledger;
use crate::app::output::{self, Document, Format};
use crate::app::registry::{Registry, ServedModel};
use crate::app::service;
use crate::history::History;

pub use error::Error;
pub use forecast::{Made, keep, make};
pub use question::{Parameters, Question};
pub use reading::{Explained, KeyFigures, export, find, find_record, key_figures, list, variance};
pub use scenario::{Compared, SCENARIOS_MAX, compare, parse};

/// Is told the steps done, their number and what comes next, and says whether to go on.
pub type Watch<'a> = &'a dyn Fn(u64, u64, &str) -> bool;

/// What an answer is made from.
#[derive(Clone, Debug)]
pub struct Sources {
    /// The facts.
    pub ledger: Arc<Ledger>,
    /// The model that predicts.
    pub model: Arc<ServedModel>,
    /// Whose facts count: nothing of other legal entities enters the answer.
    pub scope: Scope,
}

/// Returns the model in use.
///
/// # Errors
///
/// [`Error::NoChampion`] when there is none.
pub fn champion(registry: &Registry) -> Result<Arc<ServedModel>, Error> {
    registry.alias(Alias::Champion).ok_or(Error::NoChampion)
}

/// Runs heavy work beside the async threads.
///
/// # Errors
///
/// Those of the work, and [`Error::Stopped`] when it panicked or the process ends.
pub async fn blocking<T, W>(work: W) -> Result<T, Error>
where
    T: Send + 'static,
    W: FnOnce() -> Result<T, Error> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(stopped) => Err(Error::Stopped {
            reason: stopped.to_string(),
        }),
    }
}

/// Returns the facts that a scope sees.
fn history(ledger: &Ledger, scope: &Scope) -> Result<History, Error> {
    let whole = ledger.history()?;
    match scope {
        Scope::All => Ok(whole),
        Scope::Entities(entities) => Ok(whole.of_entities(entities).map_err(service::Error::from)?),
    }
}

/// Goes on to the next step unless told to stop.
fn step(watch: Watch<'_>, done: u64, total: u64, note: &str) -> Result<(), Error> {
    if watch(done, total, note) {
        Ok(())
    } else {
        Err(Error::Cancelled)
    }
}

/// Returns the JSON form of a document as a value.
fn json(document: &Document) -> Result<serde_json::Value, Error> {
    let bytes = output::bytes(document, Format::Json).map_err(service::Error::from)?;
    serde_json::from_slice(&bytes).map_err(|source| Error::Json { source })
}
