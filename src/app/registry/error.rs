//! Why a model was not registered, served or promoted.

use std::path::PathBuf;

use crate::app::config::Alias;
use crate::app::store;
use crate::model;

/// Why a model was not registered, served or promoted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such model.
    #[error("there is no model version {version:?}")]
    UnknownVersion {
        /// The version asked for.
        version: String,
    },
    /// This version of the program cannot use the model.
    #[error("model version {version} cannot be used: {reason}")]
    Unusable {
        /// The model.
        version: String,
        /// Why, with what to do about it.
        reason: String,
    },
    /// The folder is no model that this version of the program can use.
    #[error(transparent)]
    Folder(model::Error),
    /// The copies of the models could not be written or read.
    #[error("the copy of a model in {} failed", .path.display())]
    Cache {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The champion changes by promotion or rollback alone.
    #[error("the champion is {champion}; another one comes by promotion, an earlier one by rollback")]
    ChampionIsThere {
        /// The champion.
        champion: String,
    },
    /// The alias was changed since the client read it.
    #[error("alias {} has another revision than {expected}", .alias.name())]
    OtherRevision {
        /// The alias.
        alias: Alias,
        /// The revision that the client knows.
        expected: i64,
    },
    /// The model is the champion.
    #[error("model version {version} is the champion already")]
    AlreadyChampion {
        /// The model.
        version: String,
    },
    /// The model waits for its second person.
    #[error("model version {version} waits for approval already, as promotion {promotion_id}")]
    AlreadyWaiting {
        /// The model.
        version: String,
        /// The promotion.
        promotion_id: String,
    },
    /// There is no such promotion.
    #[error("there is no promotion {promotion_id:?}")]
    UnknownPromotion {
        /// The promotion asked for.
        promotion_id: String,
    },
    /// The promotion does not wait.
    #[error("promotion {promotion_id} is {status}; only one that is waiting can be approved")]
    AlreadyDecided {
        /// The promotion.
        promotion_id: String,
        /// What it is.
        status: &'static str,
    },
    /// Nobody approves what he asked for.
    #[error("promotion {promotion_id} needs a second person: {actor} asked for it")]
    SamePerson {
        /// The promotion.
        promotion_id: String,
        /// Who asked for it and wants to approve it.
        actor: String,
    },
    /// No model was champion before.
    #[error("there is no earlier champion to go back to")]
    NothingBefore,
    /// The work broke off.
    #[error("reading a model broke off")]
    Task(#[from] tokio::task::JoinError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}
