//! What can go wrong while a foreign file is read.

use std::path::{Path, PathBuf};

/// A foreign file that cannot be read as what it is taken for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system refused.
    #[error("cannot read {}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The content is not what the format asks for.
    #[error("{}, {at}: {reason}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where in it: "line 12", "statement 3, entry 7", "sheet Items, row 4".
        at: String,
        /// What is wrong, what is allowed and what was given.
        reason: String,
    },
    /// The content would take more memory or work than a file of its size may.
    #[error("{}: {what} of at most {allowed} expected, got {given}", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What is too large: "columns", "bytes unpacked", "depth of nesting".
        what: &'static str,
        /// The bound.
        allowed: u64,
        /// What the file has, or at least has.
        given: u64,
    },
}

impl Error {
    /// Says that the file system refused.
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io {
            path: path.to_path_buf(),
            source,
        }
    }

    /// Says that something is larger than a file may ask for.
    pub(crate) fn too_large(path: &Path, what: &'static str, allowed: u64, given: u64) -> Self {
        Self::TooLarge {
            path: path.to_path_buf(),
            what,
            allowed,
            given,
        }
    }

    /// The same error under the name that people know the file by.
    pub(crate) fn named(mut self, label: impl AsRef<Path>) -> Self {
        match &mut self {
            Self::Io { path, .. } | Self::Malformed { path, .. } | Self::TooLarge { path, .. } => {
                *path = label.as_ref().to_path_buf();
            }
        }
        self
    }

    /// Says what is malformed, and where.
    pub(crate) fn malformed(path: &Path, at: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Malformed {
            path: path.to_path_buf(),
            at: at.into(),
            reason: reason.into(),
        }
    }
}
