//! Table `api_credential`. The API reads it anew for each answer, so a hand-made change counts at once here; what
//! delays it is the authentication cache alone.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::SqliteStore;
use super::row::{micros, optional_time, secret_hash, time};
use crate::secret::SecretHash;
use crate::store::{Pair, PairState, Pairs, Pending, Registration, StoreError};

const TABLE: &str = "api_credential";

fn read(row: &SqliteRow) -> Result<Pair, StoreError> {
    let at = optional_time(row, TABLE, "revoked_at")?;
    let active: bool = row.try_get("active")?;
    Ok(Pair {
        api_key: row.try_get("api_key")?,
        secret_hash: secret_hash(row, TABLE)?,
        state: if active && at.is_none() { PairState::Active } else { PairState::Revoked { at } },
        created_at: time(row, TABLE, "created_at")?,
    })
}

async fn find(connection: &mut SqliteConnection, api_key: &str) -> Result<Option<Pair>, StoreError> {
    let row = sqlx::query(
        "SELECT api_key, secret_hash, active, created_at, revoked_at FROM api_credential WHERE api_key = $1",
    )
    .bind(api_key)
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(read).transpose()
}

impl SqliteStore {
    async fn count(&self, statement: &'static str) -> Result<u64, StoreError> {
        let row = sqlx::query(statement).fetch_one(&self.reader).await?;
        let count: i64 = row.try_get(0)?;
        Ok(count.unsigned_abs())
    }
}

impl Pairs for SqliteStore {
    fn register_pair<'a>(
        &'a self,
        api_key: &'a str,
        secret: SecretHash,
        now: Timestamp,
    ) -> Pending<'a, Registration> {
        Box::pin(async move {
            let mut change = self.begin().await?;
            if let Some(pair) = find(&mut change, api_key).await? {
                return Ok(Registration::Duplicate(pair.state));
            }
            sqlx::query("INSERT INTO api_credential (api_key, secret_hash, created_at) VALUES ($1, $2, $3)")
                .bind(api_key)
                .bind(secret.as_bytes())
                .bind(micros(now))
                .execute(&mut *change)
                .await?;
            change.commit().await?;
            Ok(Registration::Registered)
        })
    }

    fn pair<'a>(&'a self, api_key: &'a str) -> Pending<'a, Option<Pair>> {
        Box::pin(async move { find(&mut *self.reader.acquire().await?, api_key).await })
    }

    fn revoke_pair<'a>(&'a self, api_key: &'a str, now: Timestamp) -> Pending<'a, bool> {
        Box::pin(async move {
            let mut change = self.begin().await?;
            let revoked = sqlx::query(
                "UPDATE api_credential SET active = 0, revoked_at = $2
                 WHERE api_key = $1 AND active = 1 AND revoked_at IS NULL",
            )
            .bind(api_key)
            .bind(micros(now))
            .execute(&mut *change)
            .await?;
            change.commit().await?;
            Ok(revoked.rows_affected() == 1)
        })
    }

    fn deactivate_pair<'a>(&'a self, api_key: &'a str) -> Pending<'a, bool> {
        Box::pin(async move {
            let mut change = self.begin().await?;
            let changed = sqlx::query("UPDATE api_credential SET active = 0 WHERE api_key = $1")
                .bind(api_key)
                .execute(&mut *change)
                .await?;
            change.commit().await?;
            Ok(changed.rows_affected() == 1)
        })
    }

    fn edited_pairs(&self) -> Pending<'_, u64> {
        Box::pin(self.count("SELECT COUNT(*) FROM api_credential WHERE active = 0 AND revoked_at IS NULL"))
    }

    fn active_pairs(&self) -> Pending<'_, u64> {
        Box::pin(self.count("SELECT COUNT(*) FROM api_credential WHERE active = 1 AND revoked_at IS NULL"))
    }

    fn revive_pair<'a>(&'a self, api_key: &'a str, secret: SecretHash) -> Pending<'a, bool> {
        Box::pin(async move {
            let mut change = self.begin().await?;
            let revived = sqlx::query(
                "UPDATE api_credential SET active = 1, revoked_at = NULL, secret_hash = $2 WHERE api_key = $1",
            )
            .bind(api_key)
            .bind(secret.as_bytes())
            .execute(&mut *change)
            .await?;
            change.commit().await?;
            Ok(revived.rows_affected() == 1)
        })
    }
}
