//! What rows hold beyond the plain types: times, hashes, pages.

use jiff::Timestamp;

use super::{Connection, Row, Statement, values};
use crate::secret::SecretHash;
use crate::store::{Listing, Page, Realm, Start, StoreError};

impl Row {
    /// The time in a column of this table.
    pub(super) fn time(&self, table: &'static str, column: &'static str) -> Result<Timestamp, StoreError> {
        Timestamp::from_microsecond(self.number(column)?).map_err(|_| StoreError::Corrupt { table, column })
    }

    /// The time in a column that may be empty.
    pub(super) fn optional_time(
        &self,
        table: &'static str,
        column: &'static str,
    ) -> Result<Option<Timestamp>, StoreError> {
        let micros = self.optional_number(column)?;
        micros.map(Timestamp::from_microsecond).transpose().map_err(|_| StoreError::Corrupt { table, column })
    }

    /// The secret's hash.
    pub(super) fn secret_hash(&self, table: &'static str) -> Result<SecretHash, StoreError> {
        SecretHash::from_bytes(self.bytes("secret_hash")?)
            .ok_or(StoreError::Corrupt { table, column: "secret_hash" })
    }
}

/// The statements that list one kind of record: where an id stands or stood, and the records before or after it.
pub(super) struct Lists {
    pub(super) position: &'static str,
    pub(super) after: [&'static str; 3],
    pub(super) before: [&'static str; 3],
}

/// The [`Lists`] of a table whose rows this macro selects.
macro_rules! lists {
    ($table:literal, $attributes:expr, $select:ident) => {
        $crate::store::sql::row::Lists {
            position: concat!(
                "SELECT seq FROM ",
                $table,
                " WHERE collection = $1 AND tenant = $2 AND id = $3 UNION ALL ",
                "SELECT seq FROM deleted WHERE collection = $1 AND tenant = $2 AND id = $3"
            ),
            after: [
                $select!("tenant = $2 AND seq > $3 AND ($4 IS NULL OR "),
                $attributes,
                " ->> $4 = $5) ORDER BY seq LIMIT $6",
            ],
            before: [
                $select!("tenant = $2 AND seq < $3 AND ($4 IS NULL OR "),
                $attributes,
                " ->> $4 = $5) ORDER BY seq DESC LIMIT $6",
            ],
        }
    };
}
pub(super) use lists;

impl Lists {
    /// A page of a list.
    pub(super) async fn page<T>(
        self,
        connection: &mut impl Connection,
        realm: Realm<'_>,
        filter: Option<(&str, &str)>,
        page: Page<'_>,
        read: impl Fn(&Row) -> Result<T, StoreError> + Send,
    ) -> Result<Listing<T>, StoreError> {
        let (start, is_backwards) = match page.start {
            Start::Beginning => (None, false),
            Start::After(id) => (Some(id), false),
            Start::Before(id) => (Some(id), true),
        };
        let mut seq = 0;
        if let Some(id) = start {
            let values = values![realm.collection, realm.tenant, id];
            let Some(row) = connection.row(self.position, values).await? else {
                return Ok(Listing::UnknownStart);
            };
            seq = row.number("seq")?;
        }
        let limit = i64::from(page.limit);
        let (name, value) = filter.unzip();
        let values = values![realm.collection, realm.tenant, seq, name, value, limit + 1];
        let statement = Statement::joined(if is_backwards { &self.before } else { &self.after });
        // One row too many tells whether there is more.
        let rows = connection.rows(statement, values).await?;
        let mut items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        if is_backwards {
            items.reverse();
        }
        Ok(Listing::Page { items, has_more })
    }
}
