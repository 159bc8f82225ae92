//! Why the store did not do what it was asked.

/// Codes of PostgreSQL (its manual, appendix A) under which a server ends, or does not take, a connection.
const AWAY_CODES: [&str; 5] = ["53300", "57P01", "57P02", "57P03", "57P05"];
/// Codes for want of room: of SQLite, and of PostgreSQL.
const FULL_CODES: [&str; 2] = ["13", "53100"];

/// Code of PostgreSQL for a text that it cannot hold: one with U+0000.
const UNFIT_CODE: &str = "22021";

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL names no store that is known.
    #[error("a store is `sqlite:PATH` or `postgres://USER@HOST/DATABASE`, got a URL of the kind {scheme:?}")]
    Url {
        /// What stands before the colon.
        scheme: String,
    },
    /// The tables could not be brought up to date.
    #[error("the tables of the store could not be brought up to date")]
    Migrate {
        /// The refusal.
        source: sqlx::migrate::MigrateError,
    },
    /// A statement failed, or the store cannot be reached.
    #[error("{doing} failed")]
    Sql {
        /// What was tried.
        doing: &'static str,
        /// The refusal.
        source: sqlx::Error,
    },
    /// A row is not what this version writes.
    #[error("{table} in the store has the {column} {value:?}, which this version does not know")]
    Unreadable {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// What it holds.
        value: String,
    },
}

impl Error {
    /// Says what was tried when a statement failed, for `map_err`.
    pub(crate) fn sql(doing: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Sql { doing, source }
    }

    /// Returns whether the store cannot be reached at present, so that trying again may help.
    #[must_use]
    pub fn is_away(&self) -> bool {
        match self {
            Self::Sql { source, .. } => {
                matches!(
                    source,
                    sqlx::Error::Io(_)
                        | sqlx::Error::PoolTimedOut
                        | sqlx::Error::PoolClosed
                        | sqlx::Error::WorkerCrashed
                        | sqlx::Error::Tls(_)
                        // A connection that ends in the middle of a word, such as the first one of PostgreSQL.
                        | sqlx::Error::Protocol(_)
                ) || self.has_code(&AWAY_CODES)
            }
            Self::Url { .. } | Self::Migrate { .. } | Self::Unreadable { .. } => false,
        }
    }

    /// Returns whether there is no room for what was to be written.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.has_code(&FULL_CODES)
    }

    /// Returns whether a text that was asked for or sent can be in no store.
    #[must_use]
    pub fn is_unfit_text(&self) -> bool {
        self.has_code(&[UNFIT_CODE])
    }

    fn has_code(&self, codes: &[&str]) -> bool {
        match self {
            Self::Sql { source, .. } => source
                .as_database_error()
                .and_then(sqlx::error::DatabaseError::code)
                .is_some_and(|code| codes.contains(&&*code)),
            Self::Url { .. } | Self::Migrate { .. } | Self::Unreadable { .. } => false,
        }
    }

    /// Returns whether a unique key was there already.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        match self {
            Self::Sql { source, .. } => source
                .as_database_error()
                .is_some_and(sqlx::error::DatabaseError::is_unique_violation),
            Self::Url { .. } | Self::Migrate { .. } | Self::Unreadable { .. } => false,
        }
    }
}
