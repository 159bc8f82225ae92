//! What can go wrong while a ledger is simulated.

use std::path::{Path, PathBuf};

use polars::prelude::PolarsError;

/// Why a simulation was refused or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A parameter of the plan is outside its range.
    #[error("{name} must be {allowed}, got {given}")]
    Plan {
        /// Field of [`SimulationPlan`](super::SimulationPlan).
        name: &'static str,
        /// Values that are allowed.
        allowed: String,
        /// Value that was given.
        given: String,
    },
    /// The output folder already holds a ledger, which is never overwritten.
    #[error("output folder must hold no ledger, found {}", path.display())]
    Occupied {
        /// The file that is in the way.
        path: PathBuf,
    },
    /// A file or folder could not be made or written.
    #[error("cannot write {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A CSV file could not be written.
    #[error("cannot write {}", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: csv::Error,
    },
    /// The plan could not be written as JSON.
    #[error("cannot write {}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
    /// A table could not be made or encoded.
    #[error("cannot {doing}")]
    Frame {
        /// What was being done.
        doing: String,
        /// The cause.
        source: Box<PolarsError>,
    },
}

impl Error {
    /// Wraps a file system error with its path.
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io {
            path: path.to_path_buf(),
            source,
        }
    }

    /// Wraps a CSV error with its path.
    pub(crate) fn csv(path: &Path, source: csv::Error) -> Self {
        Self::Csv {
            path: path.to_path_buf(),
            source,
        }
    }

    /// Wraps a polars error with what was being done.
    pub(crate) fn frame(doing: impl Into<String>, source: PolarsError) -> Self {
        Self::Frame {
            doing: doing.into(),
            source: Box::new(source),
        }
    }
}
