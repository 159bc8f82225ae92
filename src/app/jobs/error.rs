//! Why a job was not done.

use crate::app::{book, events, ledger, operations, registry, service, store};
use crate::domain::Date;
use crate::{backtest, features, model};

/// Why a job was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no model of that name.
    #[error("model must be one of {allowed}, got {given:?}")]
    UnknownModel {
        /// The models there are.
        allowed: String,
        /// What was asked for.
        given: String,
    },
    /// A seed that the store cannot keep.
    #[error("seed must be from 0 to {max}, got {given}", max = i64::MAX)]
    Seed {
        /// What was asked for.
        given: u64,
    },
    /// The day has not come.
    #[error("as_of must be {today} at the latest, which is today, got {as_of}")]
    AsOfAhead {
        /// What was asked for.
        as_of: Date,
        /// The business day.
        today: Date,
    },
    /// A profile in the store is not what this version writes.
    #[error("the feature profile of model version {version} cannot be read")]
    Profile {
        /// The version.
        version: String,
        /// Why.
        source: serde_json::Error,
    },
    /// The work broke off.
    #[error("the work broke off")]
    Task(#[from] tokio::task::JoinError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// The models failed.
    #[error(transparent)]
    Registry(#[from] registry::Error),
    /// The book failed.
    #[error(transparent)]
    Book(#[from] book::Error),
    /// The operations failed.
    #[error(transparent)]
    Operations(#[from] operations::Error),
    /// An event could not be published.
    #[error(transparent)]
    Events(#[from] events::Error),
    /// A use case failed.
    #[error(transparent)]
    Service(Box<service::Error>),
    /// Features failed.
    #[error(transparent)]
    Features(#[from] features::Error),
    /// A model failed.
    #[error(transparent)]
    Model(#[from] model::Error),
    /// Measuring failed.
    #[error(transparent)]
    Backtest(#[from] backtest::Error),
}

impl From<service::Error> for Error {
    fn from(error: service::Error) -> Self {
        Self::Service(Box::new(error))
    }
}
