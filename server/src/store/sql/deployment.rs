//! What a deployment knows of itself: which root key its facts belong to, and how often it was started.

use super::{Change as _, Connection, Engine, SqlStore, StoreError, values};
use crate::id::Ids;
use crate::secret::Sealer;
use crate::store::Pending;

impl<E: Engine> SqlStore<E> {
    /// The store in a database whose schema is up to date. The first start on it notes the key; a later one with
    /// another key is refused, because it could open nothing, and would make other callers and tokens.
    pub(in crate::store) async fn start(engine: E, sealer: Sealer, ids: Ids) -> Result<Self, StoreError> {
        let store = Self { engine, sealer, ids };
        // Of servers that are given the same seed, no two make the same ids.
        store.ids.branch(store.count_start().await?);
        Ok(store)
    }

    /// How many times the database was opened before. One statement, so there is no race to lose.
    fn count_start(&self) -> Pending<'_, u32> {
        Box::pin(async move {
            let own = self.sealer.fingerprint();
            let mut change = self.engine.begin().await?;
            let row = change
                .row(
                    "UPDATE deployment SET starts = starts + 1, key_fingerprint = COALESCE(key_fingerprint, $1)
                     RETURNING starts - 1 AS starts, key_fingerprint",
                    values![own.as_bytes()],
                )
                .await?
                .ok_or(StoreError::Corrupt { table: "deployment", column: "only row" })?;
            if row.bytes("key_fingerprint")? != own.as_bytes() {
                return Err(StoreError::OtherKey);
            }
            let starts = row.number("starts")?;
            change.commit().await?;
            Ok(u32::try_from(starts.rem_euclid(i64::from(u32::MAX))).unwrap_or_default())
        })
    }
}
