//! The store in SQL, once for both engines. An engine gives connections and changes; what it says differently from
//! the other is a constant of [`Engine`].
//!
//! A change reads what it depends on under a lock and writes in the same transaction. SQLite has one lock for all
//! changes. In PostgreSQL a change locks the rows that it decides by, and where it decides by rows that may not be
//! there (a free name, the last of several), by a constraint or by a lock of that name. A change that lost such a race
//! is taken back by the engine and run again from its start.

mod answer;
mod connection;
mod credential;
mod deployment;
mod facts;
mod overview;
mod pair;
mod resource;
mod row;
mod text;

use std::fmt;
use std::future::Future;

pub(super) use connection::{Connection, Row, Statement, Value, values};

use super::{Pending, Store, StoreError};
use crate::id::Ids;
use crate::secret::Sealer;

/// A database that the store can be kept in. Only the two engines of this crate are; the trait has no public name.
pub trait Engine: Clone + fmt::Debug + Send + Sync + 'static {
    /// A connection that sees what was committed.
    type Reader: Connection;
    /// A connection that sees what was committed before it began to read.
    type Snapshot: Connection;
    /// A transaction; dropping it takes everything back.
    type Change: Change;

    /// Behind a query in a change: nobody else changes, deletes or locks these rows until the change has ended.
    const FOR_UPDATE: &'static str;
    /// As [`FOR_UPDATE`](Self::FOR_UPDATE), for rows that several changes may rely on at once.
    const FOR_SHARE: &'static str;
    /// As [`FOR_UPDATE`](Self::FOR_UPDATE), but leaves out rows that others have locked.
    const SKIP_LOCKED: &'static str;
    /// The attributes of a row, as something that `->>` reads.
    const ATTRIBUTES: &'static str;

    /// A connection to read with.
    fn reader(&self) -> impl Future<Output = Result<Self::Reader, StoreError>> + Send;

    /// A change that has just begun.
    fn begin(&self) -> impl Future<Output = Result<Self::Change, StoreError>> + Send;

    /// Waits until no other change holds this name, and holds it until the change has ended.
    fn hold(
        change: &mut Self::Change,
        name: impl FnOnce() -> String + Send,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// A connection that sees everything as it is at one moment.
    fn snapshot(&self) -> impl Future<Output = Result<Self::Snapshot, StoreError>> + Send;

    /// Waits until no other change is under way, and lets none begin until this one has ended.
    fn hold_all(change: &mut Self::Change) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Numbers rows that are inserted from now on after all that are there.
    fn renumber(change: &mut Self::Change) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Ends all connections, after what is under way.
    fn close(&self) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A transaction.
pub trait Change: Connection {
    /// Makes it last; durable when this returns.
    fn commit(self) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Takes everything back and hands on the answer, when all that it was decided by is durable.
    fn refused<T: Send>(self, answer: T) -> impl Future<Output = Result<T, StoreError>> + Send;
}

/// The store in a database of this kind. Clones share it.
#[derive(Clone, Debug)]
pub struct SqlStore<E> {
    engine: E,
    sealer: Sealer,
    ids: Ids,
}

impl<E> SqlStore<E> {
    fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        Ok(self.sealer.seal(self.ids.bytes(), context, plain)?)
    }
}

/// How many times a change is run before it gives up. Who loses a race to another finds what that one did at the next
/// time, so more than two are needed only where the same rows change ever again.
const ATTEMPTS: u32 = 20;

/// Counts how often something was tried.
#[derive(Debug, Default)]
struct Attempts(u32);

impl Attempts {
    /// Whether it is worth to try again after this failure, for something that changes facts.
    fn change_again(&mut self, error: &StoreError) -> bool {
        self.0 += 1;
        self.0 < ATTEMPTS && error.is_lost_race()
    }

    /// Whether it is worth to try again after this failure, for something that may contradict what is there.
    fn deadlock_again(&mut self, error: &StoreError) -> bool {
        self.0 += 1;
        self.0 < ATTEMPTS && error.is_lost_race() && !error.is_contradiction()
    }

    /// Whether it is worth to try again after this failure, for something that only reads.
    fn read_again(&mut self, error: &StoreError) -> bool {
        self.0 += 1;
        self.0 < ATTEMPTS && error.is_lost_connection()
    }
}

/// Runs a change, and runs it again as often as it loses a race.
macro_rules! change {
    ($change:expr) => {
        Box::pin(async move {
            let mut attempts = $crate::store::sql::Attempts::default();
            loop {
                match $change.await {
                    Err(error) if attempts.change_again(&error) => {}
                    done => break done,
                }
            }
        })
    };
}
use change;

/// Reads, and reads again on another connection if the one that was taken turns out to be dead.
macro_rules! read {
    ($read:expr) => {
        Box::pin(async move {
            let mut attempts = $crate::store::sql::Attempts::default();
            loop {
                match $read.await {
                    Err(error) if attempts.read_again(&error) => {}
                    done => break done,
                }
            }
        })
    };
}
use read;

impl<E: Engine> Store for SqlStore<E> {
    fn ping(&self) -> Pending<'_, ()> {
        read!(async { self.engine.reader().await?.row("SELECT 1", &[]).await.map(|_| ()) })
    }

    fn clear(&self) -> Pending<'_, ()> {
        change!(async {
            let mut change = self.engine.begin().await?;
            clear(&mut change).await?;
            change.commit().await
        })
    }

    fn close(&self) -> Pending<'_, ()> {
        Box::pin(self.engine.close())
    }
}

async fn clear(change: &mut impl Connection) -> Result<(), StoreError> {
    // Dependents first, because references are enforced.
    for statement in [
        "DELETE FROM resource",
        "DELETE FROM credential",
        "DELETE FROM deleted",
        "DELETE FROM api_credential",
        "DELETE FROM answer",
    ] {
        change.run(statement, &[]).await?;
    }
    Ok(())
}
