//! What can go wrong with a model.

use std::path::PathBuf;

use crate::domain::{Date, MoneyError};
use crate::{features, history};

/// Why a model could not be fitted, used, saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too little has happened to learn from.
    #[error(
        "too little history to train at {as_of}: a model needs at least {needed} payments of invoices that were open at an \
         earlier week's end; given {given}"
    )]
    TooLittleHistory {
        /// Cut-off of the training set.
        as_of: Date,
        /// Payments needed.
        needed: usize,
        /// Payments found.
        given: usize,
    },
    /// A hyperparameter is out of its range.
    #[error("{name} must be {allowed}, got {given}")]
    Parameter {
        /// Which.
        name: &'static str,
        /// Its range.
        allowed: &'static str,
        /// The value.
        given: f64,
    },
    /// A feature is not a number.
    #[error("feature {column} must be finite in every row, got {value} in row {row}")]
    NotFinite {
        /// Feature.
        column: String,
        /// Row of the table, from 0.
        row: usize,
        /// The value.
        value: f64,
    },
    /// Probabilities that are no distribution.
    #[error("a payment distribution {reason}")]
    Distribution {
        /// What was expected and what was given.
        reason: String,
    },
    /// The model was trained with other features.
    #[error(
        "the model in {} was trained with another feature list (hash {model}); this version of duecast computes {code}: train it again",
        path.display()
    )]
    OtherFeatures {
        /// Model folder.
        path: PathBuf,
        /// Hash in the model.
        model: String,
        /// Hash of this code.
        code: String,
    },
    /// The folder is no model, or damaged.
    #[error("cannot load the model in {}: {reason}", path.display())]
    Damaged {
        /// Model folder.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The folder for a model holds something else.
    #[error(
        "cannot save the model in {}: it holds other files; a new or empty folder, or an earlier model's, is allowed",
        path.display()
    )]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// A file could not be read or written.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// `read` or `write`.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No model has that name.
    #[error("model must be one of {allowed}, got {given}")]
    UnknownModel {
        /// Names there are.
        allowed: String,
        /// Name given.
        given: String,
    },
    /// polars could not read a table.
    #[error("cannot read the feature table")]
    Table(#[from] polars::prelude::PolarsError),
    /// Features could not be computed.
    #[error("cannot compute the features")]
    Features(#[from] features::Error),
    /// The history could not answer.
    #[error("cannot read the snapshot")]
    History(#[from] history::Error),
    /// A currency is not in ISO 4217.
    #[error("cannot read an amount")]
    Money(#[from] MoneyError),
    /// linfa refused.
    #[error("the estimator refused the training data: {0}")]
    Linfa(String),
}

impl From<linfa::Error> for Error {
    fn from(error: linfa::Error) -> Self {
        Self::Linfa(error.to_string())
    }
}
