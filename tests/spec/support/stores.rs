//! Stores of both kinds, each empty and for one test alone.

use std::path::Path;

use duecast::app::store::Store;
use sqlx::{AssertSqlSafe, Connection, Executor};
use tempfile::TempDir;
use uuid::Uuid;

/// The cluster that `scripts/postgres` starts; without it the tests run on SQLite alone.
const CLUSTER: &str = "DUECAST_TEST_POSTGRES";

/// `postgres` where the tests that need one store, of whatever kind, are to take that of the cluster.
const USUAL: &str = "DUECAST_TEST_STORE";

/// A store with what it needs to be opened again.
pub(crate) struct TestStore {
    pub(crate) store: Store,
    pub(crate) url: String,
    /// For the caches and files of the test; on SQLite the store is in it, too.
    pub(crate) folder: TempDir,
}

impl TestStore {
    /// The kind that the run asks for: SQLite, unless it says otherwise.
    pub(crate) async fn usual() -> Self {
        if std::env::var_os(USUAL).is_some_and(|kind| kind == "postgres") {
            Self::postgres()
                .await
                .expect("a cluster is there: scripts/postgres")
        } else {
            Self::sqlite().await
        }
    }

    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("duecast.db").display());
        Self::open(url, folder).await
    }

    /// A new database of the cluster, if there is one.
    pub(crate) async fn postgres() -> Option<Self> {
        let cluster = std::env::var_os(CLUSTER)?.into_string().unwrap();
        let name = format!("test_{}", Uuid::now_v7().simple());
        let mut admin = sqlx::PgConnection::connect(&cluster).await.unwrap();
        admin
            .execute(AssertSqlSafe(format!("create database {name}")))
            .await
            .unwrap();
        admin.close().await.unwrap();
        let (server, _) = cluster.rsplit_once('/').unwrap();
        Some(Self::open(format!("{server}/{name}"), tempfile::tempdir().unwrap()).await)
    }

    /// One of each kind.
    pub(crate) async fn of_each_kind() -> Vec<Self> {
        let mut stores = vec![Self::sqlite().await];
        stores.extend(Self::postgres().await);
        stores
    }

    async fn open(url: String, folder: TempDir) -> Self {
        Self {
            store: Store::connect(&url).await.unwrap(),
            url,
            folder,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}
