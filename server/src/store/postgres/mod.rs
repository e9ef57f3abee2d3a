//! The engine for several servers: PostgreSQL.
//!
//! Changes run at READ COMMITTED and lock what they decide by, so that each statement after a lock sees what the change
//! before it did. What was committed is on the disk: a server that is told to acknowledge earlier
//! (`synchronous_commit = off`) is told otherwise for these connections.

mod url;

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, Transaction};

pub use self::url::PostgresUrl;
use super::StoreError;
use super::migration::{self, Migrations};
use super::sql::{Change, Connection, Engine, SqlStore, values};
use crate::id::Ids;
use crate::secret::Sealer;

/// The migrations, in order. A released one never changes; a change is a new file.
const MIGRATIONS: Migrations = &[
    (1, "facts", include_str!("../../../migrations/postgres/0001_facts.sql")),
    (2, "long names", include_str!("../../../migrations/postgres/0002_long_names.sql")),
];

/// The most connections of one server.
const CONNECTIONS: u32 = 16;

/// How long a call waits for a connection. Changes that lock each other out hold theirs for a second, each time that the
/// database finds that out (`deadlock_timeout`), and several times where many do.
const PATIENCE: Duration = Duration::from_secs(15);

/// A connection that was not used for so long is looked at before it is used.
const IDLE: Duration = Duration::from_secs(10);

/// The store in PostgreSQL.
pub type PostgresStore = SqlStore<Postgres>;

/// A PostgreSQL database.
#[derive(Clone, Debug)]
pub struct Postgres {
    pool: PgPool,
}

impl SqlStore<Postgres> {
    /// A store in the database at this URL. Its tables are made, in the first schema of the search path, if they are
    /// missing. Any number of processes may use it at once, all with one key.
    pub async fn connect(url: &PostgresUrl, sealer: Sealer, ids: Ids) -> Result<Self, StoreError> {
        if url.has_unknown() {
            tracing::warn!("the URL of the database has parameters that change nothing here");
        }
        let options = url.options()?.application_name("rescind").disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .before_acquire(|connection, used| {
                Box::pin(async move { Ok(used.idle_for < IDLE || connection.ping().await.is_ok()) })
            })
            .after_connect(|connection, _| {
                Box::pin(async move {
                    let durable = "SELECT set_config('synchronous_commit', 'on', FALSE)
                                   WHERE current_setting('synchronous_commit') = 'off'";
                    connection.execute(durable).await.map(|_| ())
                })
            })
            .connect_with(options)
            .await?;
        // One server at a time: the migrator holds an advisory lock meanwhile.
        migration::migrator(MIGRATIONS).run(&pool).await?;
        Self::start(Postgres { pool }, sealer, ids).await
    }
}

impl Engine for Postgres {
    type Reader = PoolConnection<sqlx::Postgres>;
    type Snapshot = Self::Change;
    type Change = Transaction<'static, sqlx::Postgres>;

    const FOR_UPDATE: &'static str = " FOR UPDATE";
    const FOR_SHARE: &'static str = " FOR SHARE";
    const SKIP_LOCKED: &'static str = " FOR UPDATE SKIP LOCKED";
    const ATTRIBUTES: &'static str = "attributes::json";

    async fn reader(&self) -> Result<Self::Reader, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    async fn begin(&self) -> Result<Self::Change, StoreError> {
        let mut left = CONNECTIONS;
        loop {
            // Nothing was done yet, so another connection may be tried if this one is dead.
            match self.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await {
                Ok(change) => return Ok(change),
                Err(error) => {
                    let error = StoreError::from(error);
                    left = left.saturating_sub(1);
                    if left == 0 || !error.is_lost_connection() {
                        return Err(error);
                    }
                }
            }
        }
    }

    async fn hold(change: &mut Self::Change, name: impl FnOnce() -> String + Send) -> Result<(), StoreError> {
        let name = name();
        let lock = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' ' || $1, 0))";
        change.run(lock, values![&*name]).await?;
        Ok(())
    }

    async fn snapshot(&self) -> Result<Self::Change, StoreError> {
        Ok(self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
    }

    async fn hold_all(change: &mut Self::Change) -> Result<(), StoreError> {
        // Readers go on.
        let lock = "LOCK TABLE answer, credential, resource, deleted, api_credential IN EXCLUSIVE MODE";
        change.run(lock, &[]).await?;
        Ok(())
    }

    async fn renumber(change: &mut Self::Change) -> Result<(), StoreError> {
        for statement in [
            "SELECT setval(pg_get_serial_sequence('credential', 'seq'), GREATEST((SELECT MAX(seq) FROM credential), (SELECT MAX(seq) FROM deleted), 1))",
            "SELECT setval(pg_get_serial_sequence('resource', 'seq'), GREATEST((SELECT MAX(seq) FROM resource), (SELECT MAX(seq) FROM deleted), 1))",
        ] {
            change.run(statement, &[]).await?;
        }
        Ok(())
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.pool.close().await;
        Ok(())
    }
}

impl Connection for PoolConnection<sqlx::Postgres> {
    type Driver = PgConnection;

    fn driver(&mut self) -> Result<&mut PgConnection, StoreError> {
        Ok(self)
    }
}

impl Connection for Transaction<'static, sqlx::Postgres> {
    type Driver = PgConnection;

    fn driver(&mut self) -> Result<&mut PgConnection, StoreError> {
        Ok(self)
    }
}

impl Change for Transaction<'static, sqlx::Postgres> {
    async fn commit(self) -> Result<(), StoreError> {
        Ok(Transaction::commit(self).await?)
    }

    async fn refused<T: Send>(self, answer: T) -> Result<T, StoreError> {
        // What others have not committed cannot be seen.
        Ok(self.rollback().await.map(|()| answer)?)
    }
}
