//! Columns to values and back: times, attributes, hashes.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::secret::SecretHash;
use crate::store::{Attributes, StoreError};

/// A time as it is stored.
pub(super) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// The time in a column.
pub(super) fn time(
    row: &SqliteRow,
    table: &'static str,
    column: &'static str,
) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(row.try_get(column)?).map_err(|_| StoreError::Corrupt { table, column })
}

/// The time in a column that may be empty.
pub(super) fn optional_time(
    row: &SqliteRow,
    table: &'static str,
    column: &'static str,
) -> Result<Option<Timestamp>, StoreError> {
    let micros: Option<i64> = row.try_get(column)?;
    micros.map(Timestamp::from_microsecond).transpose().map_err(|_| StoreError::Corrupt { table, column })
}

/// The attributes of a row.
pub(super) fn attributes(row: &SqliteRow, table: &'static str) -> Result<Attributes, StoreError> {
    let text: &str = row.try_get("attributes")?;
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt { table, column: "attributes" })
}

/// Attributes as they are stored.
pub(super) fn attributes_text(attributes: &Attributes) -> Result<String, StoreError> {
    serde_json::to_string(attributes).map_err(|error| StoreError::Unavailable(Box::new(error)))
}

/// The secret's hash in a row.
pub(super) fn secret_hash(row: &SqliteRow, table: &'static str) -> Result<SecretHash, StoreError> {
    let bytes: &[u8] = row.try_get("secret_hash")?;
    SecretHash::from_bytes(bytes).ok_or(StoreError::Corrupt { table, column: "secret_hash" })
}

/// Cuts a page that was read with one row too many, and puts it oldest first.
pub(super) fn cut<T>(mut items: Vec<T>, limit: u32, backwards: bool) -> (Vec<T>, bool) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = items.len() > limit;
    items.truncate(limit);
    if backwards {
        items.reverse();
    }
    (items, has_more)
}
