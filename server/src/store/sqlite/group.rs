//! Group commit: changes that come at the same time share a transaction, and so the one wait for the disk.
//!
//! A change runs alone, with the only connection that writes. The first one opens a transaction and asks for its
//! commit; those that were waiting for the connection by then come before that commit, each behind a savepoint of its
//! own, and all are acknowledged after it. A change that fails or is dropped takes back what it did and nothing else.

use std::sync::Arc;

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::QUEUE;
use crate::store::StoreError;

/// The connection that writes to a file. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Group {
    writer: Arc<Mutex<Writer>>,
    runtime: Handle,
}

#[derive(Debug)]
struct Writer {
    /// Nothing after the end.
    connection: Option<SqliteConnection>,
    batch: Option<Batch>,
    left: Left,
}

/// An open transaction.
#[derive(Debug, Default)]
struct Batch {
    /// Who is told how its commit went.
    waiting: Vec<oneshot::Sender<Result<(), NotCommitted>>>,
    /// The number of the last savepoint.
    savepoint: u64,
}

/// What has to be taken back before anything else is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    /// The whole transaction, in which there is nothing else yet.
    Batch,
    /// What was done since this savepoint.
    Since(u64),
    /// As before, but it is not known whether there is such a savepoint. If there is none, nothing was done.
    Perhaps(u64),
}

/// The transaction that a change belonged to was not committed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the commit failed: {0}")]
struct NotCommitted(Arc<str>);

/// The connection was not free in time, or is closed.
#[derive(Debug, thiserror::Error)]
enum Unwritable {
    #[error("other changes took too long")]
    Busy,
    #[error("the store was closed")]
    Closed,
}

impl From<Unwritable> for StoreError {
    fn from(reason: Unwritable) -> Self {
        Self::Unavailable(Box::new(reason))
    }
}

impl Group {
    /// Writes with this connection from now on.
    pub(super) fn new(connection: SqliteConnection) -> Self {
        let writer = Writer { connection: Some(connection), batch: None, left: Left::Nothing };
        Self { writer: Arc::new(Mutex::new(writer)), runtime: Handle::current() }
    }

    /// A change that has just begun.
    pub(super) async fn begin(&self) -> Result<Grouped, StoreError> {
        let writer = tokio::time::timeout(QUEUE, self.writer.clone().lock_owned());
        let mut change = Grouped { writer: writer.await.map_err(|_| Unwritable::Busy)?, group: self.clone() };
        let writer = &mut *change.writer;
        writer.settle().await;
        // What is left is noted before each statement, because this may be dropped while it runs.
        match &mut writer.batch {
            None => {
                writer.left = Left::Batch;
                writer.batch = Some(Batch::default());
                if let Err(error) = writer.run("BEGIN IMMEDIATE").await {
                    (writer.left, writer.batch) = (Left::Nothing, None);
                    return Err(error);
                }
            }
            Some(batch) => {
                batch.savepoint += 1;
                let number = batch.savepoint;
                writer.left = Left::Perhaps(number);
                writer.run_numbered("SAVEPOINT change", number).await?;
                writer.left = Left::Since(number);
            }
        }
        Ok(change)
    }

    /// Ends the transaction that is open, and tells everybody who waits for it.
    async fn end(self) {
        let mut writer = self.writer.lock().await;
        writer.settle().await;
        let Some(batch) = writer.batch.take() else { return };
        let done = writer.run("COMMIT").await;
        if done.is_err() {
            // If there is nothing to take back, this fails, and that is as good.
            let _ = writer.run("ROLLBACK").await;
        }
        batch.tell(done);
    }

    /// Ends the connection, after what is under way.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        self.clone().end().await;
        let connection = self.writer.lock().await.connection.take();
        match connection {
            Some(connection) => Ok(connection.close().await?),
            None => Ok(()),
        }
    }
}

impl Batch {
    fn tell(self, done: Result<(), StoreError>) {
        let done = done.map_err(|error| {
            let cause =
                std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            NotCommitted(cause.into())
        });
        for waiting in self.waiting {
            // Who does not wait any more does not need to know.
            let _ = waiting.send(done.clone());
        }
    }
}

impl Writer {
    fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        Ok(self.connection.as_mut().ok_or(Unwritable::Closed)?)
    }

    async fn run(&mut self, statement: &'static str) -> Result<(), StoreError> {
        self.connection()?.execute(statement).await?;
        Ok(())
    }

    async fn run_numbered(&mut self, statement: &'static str, number: u64) -> Result<(), StoreError> {
        let statement = sqlx::query(AssertSqlSafe(format!("{statement}_{number}"))).persistent(false);
        statement.execute(self.connection()?).await?;
        Ok(())
    }

    /// Takes back what is left of a change that did not come to its end.
    async fn settle(&mut self) {
        match self.left {
            Left::Nothing => return,
            Left::Batch => {
                // It may not even have begun.
                let _ = self.run("ROLLBACK").await;
                self.batch = None;
            }
            Left::Perhaps(number) => {
                let _ = self.run_numbered("ROLLBACK TO change", number).await;
            }
            Left::Since(number) => {
                if let Err(error) = self.run_numbered("ROLLBACK TO change", number).await {
                    // Better all are told that they failed than a half is kept.
                    let _ = self.run("ROLLBACK").await;
                    if let Some(batch) = self.batch.take() {
                        batch.tell(Err(error));
                    }
                }
            }
        }
        self.left = Left::Nothing;
    }
}

/// A part of a transaction. Dropping it takes back what it did.
#[derive(Debug)]
pub struct Grouped {
    writer: OwnedMutexGuard<Writer>,
    group: Group,
}

impl Grouped {
    /// What it runs its statements on.
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.writer.connection()
    }

    /// Keeps what it did; durable when this returns.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        self.writer.left = Left::Nothing;
        self.wait().await
    }

    /// Takes back what it did; what was done before it is durable when this returns.
    pub(super) async fn take_back(self) -> Result<(), StoreError> {
        match &self.writer.batch {
            Some(batch) if !batch.waiting.is_empty() => self.wait().await,
            _ => Ok(()),
        }
    }

    /// Waits for the commit of the transaction, which the first who waits asks for.
    async fn wait(mut self) -> Result<(), StoreError> {
        let (sender, told) = oneshot::channel();
        let Some(batch) = &mut self.writer.batch else { return Err(Unwritable::Closed.into()) };
        batch.waiting.push(sender);
        if batch.waiting.len() == 1 {
            self.group.runtime.spawn(self.group.clone().end());
        }
        drop(self);
        let done = told.await.map_err(|_| Unwritable::Closed)?;
        done.map_err(|error| StoreError::Unavailable(Box::new(error)))
    }
}

impl Drop for Grouped {
    fn drop(&mut self) {
        // If others wait, the commit is on its way and takes back what is left. Otherwise nobody may come for a while,
        // and other processes wait for the lock of the file.
        let is_awaited = self.writer.batch.as_ref().is_some_and(|batch| !batch.waiting.is_empty());
        if self.writer.left != Left::Nothing && !is_awaited {
            self.group.runtime.spawn(self.group.clone().end());
        }
    }
}
