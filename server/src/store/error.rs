//! The store could not do its work. Never an answer about a credential.

use std::error::Error;

/// Why a method of the store has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The engine cannot be reached, is full, or refused the statement.
    #[error("the database did not answer; check that it is reachable and its disk not full")]
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
    /// The database was started with another root key before.
    #[error(
        "the database belongs to another key; name the key file that it was first started with \
         (--key-file), or start over with an empty database"
    )]
    OtherKey,
    /// Facts cannot be taken over.
    #[error("the facts cannot be taken over: {0}")]
    Facts(String),
    /// The URL of the database cannot be used.
    #[error("the URL of the database cannot be used: {0}; write postgres://USER@HOST:PORT/DATABASE")]
    Url(String),
}

/// What the database or the way to it said. Of what a server of a database says, the detail is left out: it holds
/// values of rows.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Cause {
    message: String,
    remedy: Remedy,
}

/// What may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remedy {
    /// Nothing here.
    None,
    /// To run the change again: another one was faster, or waited for this one.
    Again,
    /// As before, if another change was faster. It is nothing that helps a change that contradicts itself.
    Look,
    /// Another connection: this one is dead.
    Reconnect,
}

impl StoreError {
    /// Whether a change failed only because another was faster.
    pub(super) fn is_lost_race(&self) -> bool {
        matches!(self.remedy(), Remedy::Again | Remedy::Look)
    }

    /// Whether a row contradicts another: its id or name is taken, or what it refers to is not there.
    pub(super) fn is_contradiction(&self) -> bool {
        self.remedy() == Remedy::Look
    }

    /// Whether it was the connection that failed.
    pub(super) fn is_lost_connection(&self) -> bool {
        self.remedy() == Remedy::Reconnect
    }

    fn remedy(&self) -> Remedy {
        match self {
            Self::Unavailable(cause) => {
                cause.downcast_ref::<Cause>().map_or(Remedy::None, |cause| cause.remedy)
            }
            _ => Remedy::None,
        }
    }
}

impl Cause {
    fn of(error: &sqlx::Error) -> Self {
        let remedy = match error {
            sqlx::Error::Database(said) => {
                let is_contradiction = said.is_unique_violation() || said.is_foreign_key_violation();
                let is_postgres = said.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some();
                match said.code() {
                    _ if is_contradiction => Remedy::Look,
                    Some(code) if is_postgres => remedy(&code),
                    _ => Remedy::None,
                }
            }
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => Remedy::Reconnect,
            _ => Remedy::None,
        };
        let message = match error {
            sqlx::Error::Database(said) => match said.code() {
                // A complaint about a value quotes the value.
                Some(code) if code.starts_with("22") => format!("a value was refused ({code})"),
                Some(code) => format!("{} ({code})", said.message()),
                None => said.message().to_owned(),
            },
            other => other.to_string(),
        };
        Self { message, remedy }
    }
}

/// By the error codes of PostgreSQL (appendix A of its manual).
fn remedy(code: &str) -> Remedy {
    match code {
        // serialization_failure, deadlock_detected
        "40001" | "40P01" => Remedy::Again,
        // admin_shutdown, crash_shutdown, cannot_connect_now, idle_session_timeout
        "57P01" | "57P02" | "57P03" | "57P05" => Remedy::Reconnect,
        // connection_exception and its kind
        _ if code.starts_with("08") => Remedy::Reconnect,
        _ => Remedy::None,
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(Box::new(Cause::of(&error)))
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(error) => Self::Unavailable(Box::new(Cause::of(&error))),
            sqlx::migrate::MigrateError::ExecuteMigration(error, _) => {
                Self::Migration(Box::new(Cause::of(&error)))
            }
            other => Self::Migration(Box::new(other)),
        }
    }
}
