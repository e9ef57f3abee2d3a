//! The store could not do its work. Never an answer about a credential.

use std::error::Error;

/// Why a method of the store has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The engine cannot be reached, is full, or refused the statement.
    #[error("the database did not answer; check that its file is reachable and its disk not full")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The schema could not be brought up to date.
    #[error("the database could not be migrated; was it made by a newer version?")]
    Migration(#[source] Box<dyn Error + Send + Sync>),
    /// A row cannot be understood; somebody else wrote it.
    #[error("a row of table {table} has an unreadable {column}; repair or remove it")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A value cannot be sealed or opened.
    #[error(transparent)]
    Unsealable(#[from] crate::secret::Unsealable),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Migration(Box::new(error))
    }
}
