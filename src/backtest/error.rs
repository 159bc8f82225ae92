//! What can go wrong in a backtest.

use std::path::PathBuf;

use crate::chart::NotDrawn;
use crate::domain::Date;
use crate::model::ModelName;

use super::canary::{self, LeakSuspicion};

/// A backtest that cannot be run or whose report cannot be written.
///
/// A model that cannot be trained at a cut-off is no error: it is reported as skipped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The plan ends before it begins.
    #[error("first cut-off must not be after the last cut-off {last}, got {first}")]
    FirstAfterLast {
        /// The first cut-off of the plan.
        first: Date,
        /// The last cut-off of the plan.
        last: Date,
    },
    /// The plan does not move forward.
    #[error("stride must be at least 1 day, got {given}")]
    StrideTooSmall {
        /// The stride of the plan, in days.
        given: u32,
    },
    /// The plan never fits a model.
    #[error("refit interval must be at least 1 fold, got {given}")]
    RefitTooSmall {
        /// The refit interval of the plan, in folds.
        given: u32,
    },
    /// The plan names no model.
    #[error("at least one model must be replayed, got none")]
    NoModels,
    /// The ledger has no dated fact.
    #[error("a backtest needs a ledger with invoices, got an empty one")]
    LedgerEmpty,
    /// A cut-off lies where the ledger has nothing to learn from or nothing to compare with.
    #[error(
        "cut-offs must lie within the ledger, on or after {first} and before {last} \
         (at least one day must follow), got {cutoff}"
    )]
    CutoffOutsideLedger {
        /// The offending cut-off.
        cutoff: Date,
        /// First invoice date of the ledger.
        first: Date,
        /// Last day of which the ledger knows anything.
        last: Date,
    },
    /// No model could be trained at any cut-off.
    #[error("no model could be trained at any of the {folds} cut-offs; the first reason was: {reason}")]
    NothingReplayed {
        /// How many cut-offs were tried.
        folds: usize,
        /// Why the first of them was skipped.
        reason: String,
    },
    /// Two models did not answer for the same open book.
    #[error("{model} answered for another set of invoices at {cutoff} than the models before it")]
    BooksDiffer {
        /// The model that differs.
        model: ModelName,
        /// The cut-off at which it differs.
        cutoff: Date,
    },
    /// There is no past forecast to calibrate a band on.
    #[error(
        "too little history to calibrate the band at {as_of}: at least one past weekly forecast must be \
         comparable with what arrived; {reason}"
    )]
    NotCalibrated {
        /// The day of the calibration.
        as_of: Date,
        /// Why there is none.
        reason: String,
    },
    /// A model is too good to be true, so that its scores prove nothing.
    #[error("{}", canary::words(.suspicions))]
    LeakSuspected {
        /// The models, with what they scored.
        suspicions: Vec<LeakSuspicion>,
    },
    /// A distribution does not cover the horizon.
    #[error("a distribution must give {expected} days, got {given} for invoice {invoice_id}")]
    HorizonDiffers {
        /// Days of the horizon.
        expected: usize,
        /// Days that were given.
        given: usize,
        /// The invoice of the distribution.
        invoice_id: String,
    },
    /// Stage 1 failed.
    #[error("the ledger could not be read at a past cut-off")]
    History(#[from] crate::history::Error),
    /// Stage 2 failed.
    #[error("features could not be computed at a past cut-off")]
    Features(#[from] crate::features::Error),
    /// Stage 3 failed for another reason than too little history.
    #[error("a fitted model could not predict at a past cut-off")]
    Model(#[from] crate::model::Error),
    /// Stage 4 failed.
    #[error("cash could not be forecast at a past cut-off")]
    Forecast(#[from] crate::forecast::Error),
    /// A table could not be evaluated.
    #[error("the payments after a cut-off could not be read")]
    Table(#[from] polars::prelude::PolarsError),
    /// A file of the report could not be written.
    #[error("{} could not be written", .path.display())]
    FileNotWritten {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A table of the report could not be written.
    #[error("{} could not be written as csv", .path.display())]
    TableNotWritten {
        /// The file.
        path: PathBuf,
        /// What the writer said.
        source: csv::Error,
    },
    /// The scorecard could not be written as JSON.
    #[error("the scorecard could not be written as json")]
    ScorecardNotWritten(#[from] serde_json::Error),
    /// A picture could not be drawn.
    #[error("a picture could not be drawn: {reason}")]
    NotDrawn {
        /// What the drawing library said.
        reason: String,
    },
}

impl From<NotDrawn> for Error {
    fn from(refusal: NotDrawn) -> Self {
        Self::NotDrawn {
            reason: refusal.reason,
        }
    }
}
