//! What the engines have in common for the statements of the store: a connection that runs them, values, rows.

use std::borrow::Cow;
use std::future::Future;

use jiff::Timestamp;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Row as _, SqlStr};

use super::text::{escaped, escaped_members, unescaped, unescaped_members};
use crate::secret::SecretHash;
use crate::store::{Attributes, Collection, StoreError};

/// A value for a placeholder.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    Text(Option<Cow<'a, str>>),
    Bytes(Option<Cow<'a, [u8]>>),
    Number(Option<i64>),
    Truth(bool),
    Attributes(&'a Attributes),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(Cow::Borrowed(text)))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::Text(text.map(Cow::Borrowed))
    }
}

impl From<Collection> for Value<'_> {
    fn from(collection: Collection) -> Self {
        Some(collection).into()
    }
}

impl From<Option<Collection>> for Value<'_> {
    fn from(collection: Option<Collection>) -> Self {
        Self::Text(collection.map(|collection| Cow::Owned(collection.to_string())))
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(Some(Cow::Borrowed(bytes)))
    }
}

impl<'a> From<Option<&'a [u8]>> for Value<'a> {
    fn from(bytes: Option<&'a [u8]>) -> Self {
        Self::Bytes(bytes.map(Cow::Borrowed))
    }
}

impl<'a> From<&'a SecretHash> for Value<'a> {
    fn from(hash: &'a SecretHash) -> Self {
        hash.as_bytes().into()
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<bool> for Value<'_> {
    fn from(truth: bool) -> Self {
        Self::Truth(truth)
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(time: Timestamp) -> Self {
        time.as_microsecond().into()
    }
}

impl From<Option<Timestamp>> for Value<'_> {
    fn from(time: Option<Timestamp>) -> Self {
        Self::Number(time.map(Timestamp::as_microsecond))
    }
}

impl<'a> From<&'a Attributes> for Value<'a> {
    fn from(attributes: &'a Attributes) -> Self {
        Self::Attributes(attributes)
    }
}

/// The values of a statement, in the order of its placeholders.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::store::sql::Value::from($value)),*] };
}
pub(in crate::store) use values;

/// What has a connection, for as long as it is there: one to read with, a change.
pub trait Connection: Send {
    /// The engine's own.
    type Driver: Driver;

    /// The connection.
    fn driver(&mut self) -> Result<&mut Self::Driver, StoreError>;

    /// The rows that a statement returns.
    fn rows(
        &mut self,
        statement: impl Into<Statement> + Send,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send {
        async move { self.driver()?.all(statement.into(), values).await }
    }

    /// The first row that a statement returns, if it returns any.
    fn row(
        &mut self,
        statement: impl Into<Statement> + Send,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Option<Row>, StoreError>> + Send {
        async move { self.driver()?.first(statement.into(), values).await }
    }

    /// Runs a statement and says how many rows it changed.
    fn run(
        &mut self,
        statement: impl Into<Statement> + Send,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<u64, StoreError>> + Send {
        async move { self.driver()?.changed(statement.into(), values).await }
    }
}

/// A connection to one of the engines. Both read the placeholders `$1`, `$2`, ….
pub trait Driver: Send {
    fn all(
        &mut self,
        statement: Statement,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send;

    fn first(
        &mut self,
        statement: Statement,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Option<Row>, StoreError>> + Send;

    fn changed(
        &mut self,
        statement: Statement,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

/// The text of a statement; made of constants only, never of values.
#[derive(Debug)]
pub struct Statement(SqlStr);

impl From<&'static str> for Statement {
    fn from(text: &'static str) -> Self {
        Self(sqlx::SqlSafeStr::into_sql_str(text))
    }
}

impl Statement {
    /// A text with another constant behind it, such as the words that lock what it reads.
    pub(in crate::store) fn with(text: &'static str, more: &'static str) -> Self {
        if more.is_empty() { text.into() } else { Self::joined(&[text, more]) }
    }

    /// Constants, one behind the other.
    pub(in crate::store) fn joined(parts: &[&'static str]) -> Self {
        Self(sqlx::SqlSafeStr::into_sql_str(sqlx::AssertSqlSafe(parts.concat())))
    }
}

macro_rules! driver {
    ($connection:ty, $row:path, $text:expr, $attributes:expr) => {
        impl Driver for $connection {
            async fn all(
                &mut self,
                statement: Statement,
                values: &[Value<'_>],
            ) -> Result<Vec<Row>, StoreError> {
                let query = driver!(query, statement, values, $text, $attributes);
                Ok(query.fetch_all(self).await?.into_iter().map($row).collect())
            }

            async fn first(
                &mut self,
                statement: Statement,
                values: &[Value<'_>],
            ) -> Result<Option<Row>, StoreError> {
                let query = driver!(query, statement, values, $text, $attributes);
                Ok(query.fetch_optional(self).await?.map($row))
            }

            async fn changed(
                &mut self,
                statement: Statement,
                values: &[Value<'_>],
            ) -> Result<u64, StoreError> {
                let query = driver!(query, statement, values, $text, $attributes);
                Ok(query.execute(self).await?.rows_affected())
            }
        }
    };
    (query, $statement:ident, $values:ident, $text:expr, $attributes:expr) => {{
        let mut query = sqlx::query($statement.0);
        for value in $values {
            query = match value {
                Value::Text(text) => query.bind(text.as_deref().map($text)),
                Value::Bytes(bytes) => query.bind(bytes.as_deref()),
                Value::Number(number) => query.bind(*number),
                Value::Truth(truth) => query.bind(*truth),
                Value::Attributes(attributes) => query.bind($attributes(attributes)?),
            };
        }
        query
    }};
}

driver!(SqliteConnection, Row::Sqlite, str::to_owned, written);
driver!(PgConnection, Row::Postgres, |text: &str| escaped(text).into_owned(), written_escaped);

fn written_escaped(attributes: &Attributes) -> Result<String, StoreError> {
    escaped_members(attributes).map_or_else(|| written(attributes), |escaped| written(&escaped))
}

fn written(attributes: &Attributes) -> Result<String, StoreError> {
    serde_json::to_string(attributes).map_err(|error| StoreError::Unavailable(Box::new(error)))
}

/// A row that a statement returned. Columns are read by name.
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! get {
    ($row:expr, $column:expr) => {
        match $row {
            Row::Sqlite(row) => row.try_get($column)?,
            Row::Postgres(row) => row.try_get($column)?,
        }
    };
}

impl Row {
    pub(in crate::store) fn text(&self, column: &str) -> Result<String, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => unescaped(row.try_get(column)?),
        })
    }

    pub(in crate::store) fn optional_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get::<Option<String>, _>(column)?.map(unescaped),
        })
    }

    pub(in crate::store) fn bytes(&self, column: &str) -> Result<&[u8], StoreError> {
        Ok(get!(self, column))
    }

    pub(in crate::store) fn optional_bytes(&self, column: &str) -> Result<Option<&[u8]>, StoreError> {
        Ok(get!(self, column))
    }

    pub(in crate::store) fn number(&self, column: &str) -> Result<i64, StoreError> {
        Ok(get!(self, column))
    }

    pub(in crate::store) fn optional_number(&self, column: &str) -> Result<Option<i64>, StoreError> {
        Ok(get!(self, column))
    }

    pub(in crate::store) fn truth(&self, column: &str) -> Result<bool, StoreError> {
        Ok(get!(self, column))
    }

    /// The attributes of a row of this table.
    pub(in crate::store) fn attributes(&self, table: &'static str) -> Result<Attributes, StoreError> {
        let text: &str = get!(self, "attributes");
        let mut attributes: Attributes =
            serde_json::from_str(text).map_err(|_| StoreError::Corrupt { table, column: "attributes" })?;
        if matches!(self, Self::Postgres(_)) {
            unescaped_members(&mut attributes);
        }
        Ok(attributes)
    }
}
