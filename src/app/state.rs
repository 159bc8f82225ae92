//! What a running service holds; every handler and every job has a share of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::access::OidcError;
use crate::app::actions::{self, Desk};
use crate::app::book::Book;
use crate::app::clock::Clock;
use crate::app::config::ServerConfig;
use crate::app::events::Events;
use crate::app::jobs::Shadow;
use crate::app::ledger::{self, Ledger};
use crate::app::operations::{self, Operations};
use crate::app::registry::{self, Registry};
use crate::app::service::gate::Gate;
use crate::app::store::{self, Store};

/// Folders of the cache for work under way: a service that begins has none.
const LEFT_BEHIND: [&str; 2] = ["uploads", "training"];

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
    /// What should be done for each customer: policy, effects, advice.
    pub actions: Arc<Desk>,
    /// Long work.
    pub operations: Operations,
    /// What others want to hear of.
    pub events: Events,
    /// Answers that are scored once more by the challenger.
    pub shadow: Shadow,
    /// Who is let in, how often, and what was answered before.
    pub gate: Gate,
    /// Signs the cursors of lists.
    pub cursor_key: [u8; 32],
}

/// Why the state could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The cache cannot be used.
    #[error("cannot make the folder {}", .folder.display())]
    Cache {
        /// Its folder.
        folder: PathBuf,
        /// The refusal.
        source: std::io::Error,
    },
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// The models cannot be read.
    #[error(transparent)]
    Registry(#[from] registry::Error),
    /// The policy or the effects in force cannot be used.
    #[error(transparent)]
    Actions(#[from] actions::Error),
    /// The operations cannot be read.
    #[error(transparent)]
    Operations(#[from] operations::Error),
    /// The identity provider cannot be used.
    #[error(transparent)]
    Oidc(#[from] OidcError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl AppState {
    /// Opens everything but the book, which is built afterwards: that takes a while.
    ///
    /// # Errors
    ///
    /// See [`OpenError`].
    pub async fn open(config: ServerConfig, store: Store, clock: Clock) -> Result<App, OpenError> {
        let cache = &config.store.cache;
        std::fs::create_dir_all(cache).map_err(|source| OpenError::Cache {
            folder: cache.clone(),
            source,
        })?;
        let ledger = Arc::new(Ledger::open(store.clone(), cache).await?);
        // The ledger has locked the cache: whoever used these folders before was killed.
        for folder in LEFT_BEHIND {
            remove_left(&cache.join(folder));
        }
        let registry = Arc::new(Registry::open(store.clone(), cache).await?);
        let book = Book::new(Arc::clone(&ledger), Arc::clone(&registry), clock.clone());
        let actions = Desk::open(&store, &clock, &ledger, &book).await?;
        let operations = Operations::new(store.clone(), clock.clone());
        operations.recover().await?;
        let events = Events::new(store.clone(), clock.clone());
        let gate = Gate::open(&config, &store, &clock)?;
        let cursor_key = store.cursor_key().await?;
        Ok(Arc::new(Self {
            config: Arc::new(config),
            clock,
            store,
            ledger,
            registry,
            book: Arc::new(book),
            actions,
            operations,
            events,
            shadow: Shadow::default(),
            gate,
            cursor_key,
        }))
    }
}

/// Removes a folder of work that a killed process left; it is made again when it is needed.
fn remove_left(folder: &Path) {
    if let Err(error) = std::fs::remove_dir_all(folder)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(
            path = %folder.display(),
            error = &error as &(dyn std::error::Error + 'static),
            "what a killed process left could not be removed"
        );
    }
}
