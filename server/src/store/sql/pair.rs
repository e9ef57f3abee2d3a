//! Table `api_credential`. The API reads it anew for each answer, so a hand-made change counts at once here; what
//! delays it is the authentication cache alone.

use jiff::Timestamp;

use super::{Change as _, Connection, Engine, Row, SqlStore, change, read, values};
use crate::secret::SecretHash;
use crate::store::{Pair, PairState, Pairs, Pending, Registration, StoreError};

const TABLE: &str = "api_credential";

pub(super) fn parsed(row: &Row) -> Result<Pair, StoreError> {
    let at = row.optional_time(TABLE, "revoked_at")?;
    let active = row.truth("active")?;
    Ok(Pair {
        api_key: row.text("api_key")?,
        secret_hash: row.secret_hash(TABLE)?,
        state: if active && at.is_none() { PairState::Active } else { PairState::Revoked { at } },
        created_at: row.time(TABLE, "created_at")?,
    })
}

async fn find(connection: &mut impl Connection, api_key: &str) -> Result<Option<Pair>, StoreError> {
    let statement =
        "SELECT api_key, secret_hash, active, created_at, revoked_at FROM api_credential WHERE api_key = $1";
    connection.row(statement, values![api_key]).await?.as_ref().map(parsed).transpose()
}

impl<E: Engine> SqlStore<E> {
    async fn count(&self, statement: &'static str) -> Result<u64, StoreError> {
        let row = self.engine.reader().await?.row(statement, &[]).await?;
        Ok(row.map_or(Ok(0), |row| row.number("pairs"))?.unsigned_abs())
    }

    async fn try_register(
        &self,
        api_key: &str,
        secret: &SecretHash,
        now: Timestamp,
    ) -> Result<Registration, StoreError> {
        let mut change = self.engine.begin().await?;
        if let Some(pair) = find(&mut change, api_key).await? {
            return change.refused(Registration::Duplicate(pair.state)).await;
        }
        let statement = "INSERT INTO api_credential (api_key, secret_hash, created_at) VALUES ($1, $2, $3)";
        change.run(statement, values![api_key, secret, now]).await?;
        change.commit().await?;
        Ok(Registration::Registered)
    }
}

impl<E: Engine> Pairs for SqlStore<E> {
    fn register_pair<'a>(
        &'a self,
        api_key: &'a str,
        secret: SecretHash,
        now: Timestamp,
    ) -> Pending<'a, Registration> {
        change!(self.try_register(api_key, &secret, now))
    }

    fn pair<'a>(&'a self, api_key: &'a str) -> Pending<'a, Option<Pair>> {
        read!(async { find(&mut self.engine.reader().await?, api_key).await })
    }

    fn revoke_pair<'a>(&'a self, api_key: &'a str, now: Timestamp) -> Pending<'a, bool> {
        change!(self.touch(
            "UPDATE api_credential SET active = FALSE, revoked_at = $2
             WHERE api_key = $1 AND active AND revoked_at IS NULL",
            values![api_key, now],
        ))
    }

    fn deactivate_pair<'a>(&'a self, api_key: &'a str) -> Pending<'a, bool> {
        change!(self.touch("UPDATE api_credential SET active = FALSE WHERE api_key = $1", values![api_key]))
    }

    fn edited_pairs(&self) -> Pending<'_, u64> {
        read!(
            self.count(
                "SELECT COUNT(*) AS pairs FROM api_credential WHERE NOT active AND revoked_at IS NULL"
            )
        )
    }

    fn active_pairs(&self) -> Pending<'_, u64> {
        read!(self.count("SELECT COUNT(*) AS pairs FROM api_credential WHERE active AND revoked_at IS NULL"))
    }

    fn revive_pair<'a>(&'a self, api_key: &'a str, secret: SecretHash) -> Pending<'a, bool> {
        change!(self.touch(
            "UPDATE api_credential SET active = TRUE, revoked_at = NULL, secret_hash = $2 WHERE api_key = $1",
            values![api_key, &secret],
        ))
    }
}
