//! What can go wrong while a ledger is read, written or imported.

use std::path::{Path, PathBuf};

use polars::prelude::PolarsError;

use super::report::Reject;
use super::schema::Table;
use crate::source;

/// A ledger that cannot be read or written as a whole. Single bad rows are no error: see [`Reject`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system refused.
    #[error("cannot read or write {}", .path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A required table has no file.
    #[error(
        "table {table} is missing in {}: a ledger needs {table}.csv or {table}.parquet, found {}",
        .folder.display(), listed(.found)
    )]
    MissingTable {
        /// The table.
        table: Table,
        /// The ledger's folder.
        folder: PathBuf,
        /// The files that are there.
        found: Vec<String>,
    },
    /// A table has two files, and nothing says which one counts.
    #[error("table {table} is there twice in {}: keep either {table}.csv or {table}.parquet", .folder.display())]
    TwoFiles {
        /// The table.
        table: Table,
        /// The ledger's folder.
        folder: PathBuf,
    },
    /// A file has not even a header.
    #[error("{} is empty: its first line must name the columns {}", .path.display(), listed(.allowed))]
    EmptyFile {
        /// The file.
        path: PathBuf,
        /// The columns it may have.
        allowed: Vec<String>,
    },
    /// Required columns are missing.
    #[error(
        "{file} lacks the columns {}: found {}; allowed are {}",
        listed(.missing), listed(.found), listed(.allowed)
    )]
    MissingColumns {
        /// The file or frame.
        file: String,
        /// Every missing column.
        missing: Vec<String>,
        /// The columns that are there.
        found: Vec<String>,
        /// The columns that may be there.
        allowed: Vec<String>,
    },
    /// A column is there twice.
    #[error("{file} names the column {column} twice: each column may appear once")]
    RepeatedColumn {
        /// The file.
        file: String,
        /// The column.
        column: String,
    },
    /// A typed column holds the wrong type.
    #[error("{file}, column {column}: {allowed} expected, got {given}")]
    ColumnType {
        /// The file or frame.
        file: String,
        /// The column.
        column: String,
        /// What may be there.
        allowed: String,
        /// What is there.
        given: String,
    },
    /// Too large a share of the rows is bad: more likely the file is not what it is taken for.
    #[error(
        "{rejected} of {read} rows rejected; at most {:.1} % are tolerated; the first: {}",
        100.0 * .allowed_share, quoted(.first)
    )]
    TooManyRejects {
        /// Rows rejected.
        rejected: u64,
        /// Rows read.
        read: u64,
        /// Largest share tolerated.
        allowed_share: f64,
        /// The first rejects.
        first: Vec<Reject>,
    },
    /// Frames handed over in memory hold rows that a file could not hold either.
    #[error("{rejected} rows of the frames are invalid; the first: {}", quoted(.first))]
    InvalidFrames {
        /// Rows rejected.
        rejected: u64,
        /// The first rejects.
        first: Vec<Reject>,
    },
    /// A file cannot be parsed as comma separated values.
    #[error("cannot parse {}", .path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        source: csv::Error,
    },
    /// A table operation failed.
    #[error("{doing} failed")]
    Polars {
        /// What was attempted.
        doing: String,
        /// What polars said.
        source: PolarsError,
    },
    /// An import profile is not usable.
    #[error("import profile {profile}: {reason}")]
    Profile {
        /// Name or path of the profile.
        profile: String,
        /// What is wrong, what is allowed, what was given.
        reason: String,
    },
    /// An import has too large a share of bad rows; nothing was changed.
    #[error(
        "import refused, the ledger is as it was: {rejected} of {read} rows rejected, at most {:.1} % are \
         tolerated; every one is in {}",
        100.0 * .allowed_share, .rejects.display()
    )]
    ImportRefused {
        /// Rows rejected.
        rejected: u64,
        /// Rows read.
        read: u64,
        /// Largest share tolerated.
        allowed_share: f64,
        /// The file that lists them.
        rejects: PathBuf,
    },
    /// A foreign file is not what its format asks for.
    #[error(transparent)]
    Source(source::Error),
    /// An input file cannot be used as a whole.
    #[error("{}: {reason}", .path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// What is wrong, what is allowed, what was given.
        reason: String,
    },
}

impl Error {
    /// Returns the error of a file-system call on `path`.
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io {
            path: path.to_path_buf(),
            source,
        }
    }

    /// Returns the error of a polars call, saying what was attempted.
    pub(crate) fn polars(doing: &str, source: PolarsError) -> Self {
        Self::Polars {
            doing: doing.to_owned(),
            source,
        }
    }
}

impl From<source::Error> for Error {
    fn from(error: source::Error) -> Self {
        match error {
            source::Error::Io { path, source } => Self::Io { path, source },
            other => Self::Source(other),
        }
    }
}

/// Joins items for a message; nothing is "nothing".
fn listed<T: ToString>(items: &[T]) -> String {
    if items.is_empty() {
        return "nothing".to_owned();
    }
    items
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Joins rejects for a message; they have commas of their own.
fn quoted(rejects: &[Reject]) -> String {
    rejects
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}
