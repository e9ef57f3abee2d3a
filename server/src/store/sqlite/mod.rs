//! The embedded engine: SQLite, in a file or in memory.
//!
//! One connection writes, each change in a transaction that holds the write lock from its first statement on
//! (`BEGIN IMMEDIATE`), so what a change reads cannot be outdated when it writes. A file is in WAL mode with
//! `synchronous = FULL`: a commit is on the disk before it is acknowledged, and readers do not wait for writers.

mod answer;
mod credential;
mod pair;
mod resource;
mod row;

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, SqlSafeStr, Sqlite, Transaction};

use super::{Pending, Store, StoreError};
use crate::id::Ids;
use crate::secret::Sealer;

/// The migrations, in order. A released one never changes; a change is a new file.
const MIGRATIONS: [(i64, &str, &str); 1] = [(1, "facts", include_str!("../../../migrations/0001_facts.sql"))];

/// Connections that only read.
const READERS: u32 = 4;

/// How long a change waits for the write lock of another process, and a call for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// The store in SQLite. Clones share it.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    reader: SqlitePool,
    sealer: Sealer,
    ids: Ids,
    /// Keeps a database in memory alive, should the pool ever replace its connection.
    _keeper: Option<Arc<std::sync::Mutex<SqliteConnection>>>,
}

impl SqliteStore {
    /// A store in the file at `path`, which is made if it is missing. Several processes may use it at once.
    pub async fn open(path: &Path, sealer: Sealer, ids: Ids) -> Result<Self, StoreError> {
        let options = common(SqliteConnectOptions::new().filename(path))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let writer = pool(1).connect_with(options.clone()).await?;
        migrate(&writer).await?;
        ids.branch(count_start(&writer).await?);
        let reader = pool(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, reader, sealer, ids, _keeper: None })
    }

    /// An empty store in memory, gone with its last clone.
    pub async fn in_memory(sealer: Sealer, ids: Ids) -> Result<Self, StoreError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("/rescind-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        // This VFS shares one database between connections that name it, with the locks of a file.
        let options = common(SqliteConnectOptions::new().filename(name).vfs("memdb")).create_if_missing(true);
        let keeper = options.connect().await?;
        let writer = pool(1).connect_with(options).await?;
        migrate(&writer).await?;
        Ok(Self {
            reader: writer.clone(),
            writer,
            sealer,
            ids,
            _keeper: Some(Arc::new(std::sync::Mutex::new(keeper))),
        })
    }

    /// A transaction that holds the write lock.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        Ok(self.sealer.seal(self.ids.bytes(), context, plain)?)
    }
}

impl Store for SqliteStore {
    fn ping(&self) -> Pending<'_, ()> {
        Box::pin(async { Ok(self.reader.acquire().await?.ping().await?) })
    }

    fn clear(&self) -> Pending<'_, ()> {
        Box::pin(async {
            let mut change = self.begin().await?;
            // Dependents first, because references are enforced.
            for statement in [
                "DELETE FROM resource",
                "DELETE FROM credential",
                "DELETE FROM deleted",
                "DELETE FROM api_credential",
                "DELETE FROM answer",
            ] {
                sqlx::query(statement).execute(&mut *change).await?;
            }
            Ok(change.commit().await?)
        })
    }

    fn close(&self) -> Pending<'_, ()> {
        Box::pin(async {
            self.reader.close().await;
            self.writer.close().await;
            Ok(())
        })
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
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// How many times the file was opened before, in the number that SQLite keeps for its users.
async fn count_start(pool: &SqlitePool) -> Result<u32, StoreError> {
    let mut change = pool.begin_with("BEGIN IMMEDIATE").await?;
    let row = sqlx::query("PRAGMA user_version").fetch_one(&mut *change).await?;
    let starts = row.try_get::<i32, _>(0)?.max(0);
    let next = starts.checked_add(1).unwrap_or_default();
    sqlx::raw_sql(AssertSqlSafe(format!("PRAGMA user_version = {next}"))).execute(&mut *change).await?;
    change.commit().await?;
    Ok(starts.unsigned_abs())
}

async fn migrate(pool: &SqlitePool) -> Result<(), StoreError> {
    let migrations = MIGRATIONS.map(|(version, description, sql)| {
        let description = Cow::Borrowed(description);
        Migration::new(version, description, MigrationType::Simple, sql.into_sql_str(), false)
    });
    let migrator = Migrator::with_migrations(migrations.into());
    // Of several servers that start at once on a new file, one migrates; the others fail, and then find it done.
    match migrator.run(pool).await {
        Ok(()) => Ok(()),
        Err(_) => Ok(migrator.run(pool).await?),
    }
}
