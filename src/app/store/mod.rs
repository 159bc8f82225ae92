//! The SQL store: facts and operational state, in one SQLite file or in PostgreSQL.
//!
//! One set of migrations and queries serves both: text, `bigint` and `double precision` only, `$1` placeholders,
//! instants as microseconds, civil dates as `2026-01-31`, JSON as text. This is the only module that knows sqlx.

mod audit;
mod counts;
mod cursor_key;
mod dump;
mod effects;
mod error;
mod facts;
mod forecasts;
mod idempotency;
mod keys;
mod models;
mod monitors;
mod operations;
mod policies;
mod predictions;
mod promotions;
mod recommendations;
mod risks;
mod webhook_deliveries;
mod webhook_endpoints;

use std::sync::Arc;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{Any, AnyConnection, AnyPool, Connection, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard};

pub use audit::{AuditEntry, AuditEvent, AuditFault, AuditFilter, AuditProof};
pub use dump::{ColumnType, DumpColumn, DumpSink};
pub(crate) use effects::EffectsRow;
pub use error::Error;
pub use facts::InvoiceOwner;
pub(crate) use facts::{Fact, FactFilter, Value, Versions, layout};
pub use forecasts::{ForecastHead, ForecastWindow, RecordText, StoredForecast};
pub use idempotency::StoredAnswer;
pub use keys::ApiKey;
pub(crate) use models::{AliasChange, AliasRow, ModelVersionRow};
pub use monitors::{MonitorRow, MonitorWindow};
pub(crate) use operations::{OperationRow, OperationWindow};
pub(crate) use policies::PolicyRow;
pub use predictions::KeptPrediction;
pub(crate) use promotions::PromotionRow;
pub(crate) use recommendations::{DecidedRow, OutcomeRow, RecommendationRow, decided_id};
pub use risks::RiskRow;
pub use webhook_deliveries::{Attempt, DeliveryRow, DeliveryStatus, DueDelivery, NewEvent};
pub use webhook_endpoints::EndpointRow;

/// Largest number of parameters of one statement; SQLite allows 32,766, PostgreSQL 65,535.
pub(crate) const PARAMETERS_MAX: usize = 32_000;
/// Connections of the pool.
const CONNECTIONS_MAX: u32 = 8;
/// How long a query waits for a connection before the store counts as away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Which SQL is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// One file.
    Sqlite,
    /// A server.
    Postgres,
}

/// A store that is connected and migrated; cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    dialect: Dialect,
    /// SQLite has one writer; waiting for it here is fair, while its own waiting sleeps and may starve.
    writer: Arc<Mutex<()>>,
}

/// A transaction that writes; dropped without [`commit`](Self::commit) it changes nothing.
#[derive(Debug)]
pub struct Write {
    transaction: Transaction<'static, Any>,
    dialect: Dialect,
    _writer: Option<OwnedMutexGuard<()>>,
}

impl Store {
    /// Connects to `sqlite:PATH` or `postgres://...` and brings the tables up to date.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] for another kind of URL, [`Error::Sql`] when the store cannot be reached or was made by a
    /// newer version.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let dialect = dialect_of(url)?;
        let options = AnyPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // SQLite ends a transaction by itself when its commit fails, on a full disk for example. sqlx goes on
            // counting it as open, and the connection could never begin another one.
            .before_acquire(|connection, _| {
                let is_free = !connection.is_in_transaction();
                Box::pin(std::future::ready(Ok::<bool, sqlx::Error>(is_free)))
            });
        let (options, url) = match dialect {
            Dialect::Sqlite => (
                options.after_connect(|connection, _| Box::pin(prepare_sqlite(connection))),
                creating(url),
            ),
            Dialect::Postgres => (
                options.after_connect(|connection, _| Box::pin(prepare_postgres(connection))),
                url.to_owned(),
            ),
        };
        let pool = options
            .connect(&url)
            .await
            .map_err(Error::sql("connecting to the store"))?;
        MIGRATIONS
            .run(&pool)
            .await
            .map_err(|source| Error::Migrate { source })?;
        Ok(Self {
            pool,
            dialect,
            writer: Arc::default(),
        })
    }

    /// Returns which SQL is spoken.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns the pool, for queries that only read.
    pub(crate) const fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Begins a transaction that writes; on SQLite it waits for the writer before it.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store cannot be reached.
    pub async fn write(&self) -> Result<Write, Error> {
        let (writer, begin) = match self.dialect {
            Dialect::Sqlite => (
                Some(Arc::clone(&self.writer).lock_owned().await),
                "begin immediate",
            ),
            Dialect::Postgres => (None, "begin"),
        };
        let transaction = self
            .pool
            .begin_with(begin)
            .await
            .map_err(Error::sql("beginning to write"))?;
        Ok(Write {
            transaction,
            dialect: self.dialect,
            _writer: writer,
        })
    }

    /// Asks the store for an answer.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when there is none.
    pub async fn ping(&self) -> Result<(), Error> {
        sqlx::query("select 1")
            .execute(&self.pool)
            .await
            .map_err(Error::sql("asking the store for an answer"))?;
        Ok(())
    }

    /// Waits until every connection is closed; SQLite then folds its log into the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl Write {
    /// Returns which SQL is spoken.
    pub(crate) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns the connection, to run queries in the transaction.
    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }

    /// Makes what was written durable and visible.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store refuses; nothing was written then.
    pub async fn commit(self) -> Result<(), Error> {
        self.transaction
            .commit()
            .await
            .map_err(Error::sql("committing what was written"))
    }
}

fn dialect_of(url: &str) -> Result<Dialect, Error> {
    if url.starts_with("sqlite:") {
        Ok(Dialect::Sqlite)
    } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        Ok(Dialect::Postgres)
    } else {
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        Err(Error::Url {
            scheme: scheme.to_owned(),
        })
    }
}

/// Returns a URL that makes the file where there is none.
fn creating(url: &str) -> String {
    if url.contains("mode=") {
        url.to_owned()
    } else {
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}mode=rwc")
    }
}

/// Every query is by a key that is indexed. Of a table that grew since it was last analysed PostgreSQL believes that a
/// list of keys is most of it, and reads it whole: the millionth row would take a hundred times as long as the first.
async fn prepare_postgres(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("set enable_seqscan = off; set jit = off")
        .execute(&mut *connection)
        .await?;
    Ok(())
}

/// Full durability, readers beside the writer, and a second process waits instead of failing.
async fn prepare_sqlite(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    for pragma in [
        "pragma busy_timeout = 10000",
        "pragma journal_mode = wal",
        "pragma synchronous = full",
        "pragma foreign_keys = on",
        "pragma cache_size = -65536",
    ] {
        sqlx::raw_sql(pragma).execute(&mut *connection).await?;
    }
    Ok(())
}
