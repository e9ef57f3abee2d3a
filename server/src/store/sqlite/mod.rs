//! The embedded engine: SQLite, in a file or in memory.
//!
//! One connection writes, in transactions that hold the write lock from their first statement on (`BEGIN IMMEDIATE`),
//! so what a change reads cannot be outdated when it writes. A file is in WAL mode with `synchronous = FULL`: a commit
//! is on the disk before it is acknowledged, and readers do not wait for writers. Changes of a file that come at the
//! same time share a transaction ([`group`]).

mod group;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Transaction};

use self::group::{Group, Grouped};
use super::StoreError;
use super::migration::{self, Migrations};
use super::sql::{Change, Connection, Engine, SqlStore};
use crate::id::Ids;
use crate::secret::Sealer;

/// The migrations, in order. A released one never changes; a change is a new file.
const MIGRATIONS: Migrations = &[
    (1, "facts", include_str!("../../../migrations/sqlite/0001_facts.sql")),
    (2, "deployment", include_str!("../../../migrations/sqlite/0002_deployment.sql")),
];

/// Connections that only read.
const READERS: u32 = 4;

/// How long a change waits for the write lock of another process.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a call waits for a connection. Only other calls of this process have them, and those go on as soon as the
/// machine lets them, so this ends later than the time that a request has.
const QUEUE: Duration = Duration::from_mins(1);

/// The store in SQLite.
pub type SqliteStore = SqlStore<Sqlite>;

/// A SQLite database.
#[derive(Clone, Debug)]
pub struct Sqlite {
    writer: Writer,
    reader: SqlitePool,
}

#[derive(Clone, Debug)]
enum Writer {
    /// In a file.
    Group(Group),
    /// In memory, where a commit costs nothing: the connection that everybody uses, and one that keeps the database
    /// alive, should the pool ever replace it.
    Alone(
        SqlitePool,
        #[expect(dead_code, reason = "it is only kept")] Arc<std::sync::Mutex<SqliteConnection>>,
    ),
}

/// Readers look at so many bytes of a file, the most that SQLite maps, where they lie, so that a lookup among millions of
/// credentials, few of which are in the cache of a connection, costs about as much as one among a thousand. More than
/// that is read in copies.
const MAPPED: &str = "2147418112";

impl SqlStore<Sqlite> {
    /// A store in the file at `path`, which is made if it is missing. Several processes may use it at once.
    pub async fn open(path: &Path, sealer: Sealer, ids: Ids) -> Result<Self, StoreError> {
        let options = common(SqliteConnectOptions::new().filename(path))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let mut writer = options.connect().await?;
        migrate(&mut writer).await?;
        let reader = options.read_only(true).pragma("mmap_size", MAPPED);
        let reader = pool(READERS).connect_with(reader).await?;
        Self::start(Sqlite { writer: Writer::Group(Group::new(writer)), reader }, sealer, ids).await
    }

    /// An empty store in memory, gone with its last clone.
    pub async fn in_memory(sealer: Sealer, ids: Ids) -> Result<Self, StoreError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("/rescind-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        // This VFS shares one database between connections that name it, with the locks of a file.
        let options = common(SqliteConnectOptions::new().filename(name).vfs("memdb")).create_if_missing(true);
        let keeper = Arc::new(std::sync::Mutex::new(options.connect().await?));
        let reader = pool(1).connect_with(options).await?;
        migrate(&mut *reader.acquire().await?).await?;
        Self::start(Sqlite { writer: Writer::Alone(reader.clone(), keeper), reader }, sealer, ids).await
    }
}

/// Brings the schema up to date.
async fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let migrator = migration::migrator(MIGRATIONS);
    // Of several servers that start at once on a new file, one migrates; the others fail, and then find it done.
    // Not `run`: the compiler cannot tell of its future that it may change threads.
    match migrator.run_direct(None, connection, false).await {
        Ok(()) => Ok(()),
        Err(_) => Ok(migrator.run_direct(None, connection, false).await?),
    }
}

impl Engine for Sqlite {
    type Reader = PoolConnection<sqlx::Sqlite>;
    type Snapshot = Transaction<'static, sqlx::Sqlite>;
    type Change = SqliteChange;

    const FOR_UPDATE: &'static str = "";
    const FOR_SHARE: &'static str = "";
    const SKIP_LOCKED: &'static str = "";
    const ATTRIBUTES: &'static str = "attributes";

    async fn reader(&self) -> Result<Self::Reader, StoreError> {
        Ok(self.reader.acquire().await?)
    }

    async fn begin(&self) -> Result<Self::Change, StoreError> {
        Ok(match &self.writer {
            Writer::Group(group) => SqliteChange::Grouped(group.begin().await?),
            Writer::Alone(pool, _) => SqliteChange::Alone(pool.begin_with("BEGIN IMMEDIATE").await?),
        })
    }

    async fn hold(_: &mut SqliteChange, _: impl FnOnce() -> String + Send) -> Result<(), StoreError> {
        // A change has the lock of the whole database.
        Ok(())
    }

    async fn snapshot(&self) -> Result<Self::Snapshot, StoreError> {
        Ok(self.reader.begin().await?)
    }

    async fn hold_all(_: &mut SqliteChange) -> Result<(), StoreError> {
        Ok(())
    }

    async fn renumber(change: &mut SqliteChange) -> Result<(), StoreError> {
        // By itself SQLite goes on behind the highest number of the table; the places of what was deleted are taken too.
        for statement in [
            "DELETE FROM sqlite_sequence WHERE name IN ('credential', 'resource')",
            "INSERT INTO sqlite_sequence (name, seq) SELECT 'credential', MAX(seq)
             FROM (SELECT 0 AS seq UNION ALL SELECT seq FROM credential UNION ALL SELECT seq FROM deleted)",
            "INSERT INTO sqlite_sequence (name, seq) SELECT 'resource', MAX(seq)
             FROM (SELECT 0 AS seq UNION ALL SELECT seq FROM resource UNION ALL SELECT seq FROM deleted)",
        ] {
            change.run(statement, &[]).await?;
        }
        Ok(())
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.reader.close().await;
        if let Writer::Group(group) = &self.writer {
            group.close().await?;
        }
        Ok(())
    }
}

/// A transaction of its own, or a part of one.
#[derive(Debug)]
pub enum SqliteChange {
    Alone(Transaction<'static, sqlx::Sqlite>),
    Grouped(Grouped),
}

impl Connection for PoolConnection<sqlx::Sqlite> {
    type Driver = SqliteConnection;

    fn driver(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        Ok(self)
    }
}

impl Connection for Transaction<'static, sqlx::Sqlite> {
    type Driver = SqliteConnection;

    fn driver(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        Ok(self)
    }
}

impl Connection for SqliteChange {
    type Driver = SqliteConnection;

    fn driver(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        match self {
            Self::Alone(change) => Ok(change),
            Self::Grouped(change) => change.connection(),
        }
    }
}

impl Change for SqliteChange {
    async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Alone(change) => Ok(change.commit().await?),
            Self::Grouped(change) => change.commit().await,
        }
    }

    async fn refused<T: Send>(self, answer: T) -> Result<T, StoreError> {
        match self {
            Self::Alone(change) => change.rollback().await?,
            Self::Grouped(change) => change.take_back().await?,
        }
        Ok(answer)
    }
}

fn common(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        // What is deleted is overwritten, because it may be secret material.
        .pragma("secure_delete", "ON")
        .statement_cache_capacity(200)
        .disable_statement_logging()
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(connections)
        .acquire_timeout(QUEUE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}
