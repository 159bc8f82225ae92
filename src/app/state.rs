//! What a running service holds; every handler and every job has a share of it.

use std::sync::Arc;

use crate::app::book::Book;
use crate::app::clock::Clock;
use crate::app::config::ServerConfig;
use crate::app::events::Events;
use crate::app::ledger::Ledger;
use crate::app::operations::Operations;
use crate::app::registry::Registry;
use crate::app::service::gate::Gate;
use crate::app::store::Store;

/// The state, shared.
pub type App = Arc<AppState>;

/// What a running service holds.
#[derive(Debug)]
pub struct AppState {
    /// What it was told.
    pub config: Arc<ServerConfig>,
    /// The instant and the business day.
    pub clock: Clock,
    /// Facts and operational state, durable.
    pub store: Store,
    /// The way in for facts, and all of them in columns.
    pub ledger: Arc<Ledger>,
    /// The models and which of them is in use.
    pub registry: Arc<Registry>,
    /// The open book with its predictions, up to date with every fact.
    pub book: Arc<Book>,
    /// Long work.
    pub operations: Operations,
    /// What others want to hear of.
    pub events: Events,
    /// Who may come in, how often, and what was answered already.
    pub gate: Gate,
    /// Signs the cursors of lists; kept in the store, so that they outlive the process.
    pub cursor_key: [u8; 32],
}
