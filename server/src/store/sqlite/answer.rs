//! Idempotency keys in SQLite.

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Row, Sqlite, Transaction};

use super::SqliteStore;
use super::row::micros;
use crate::store::{
    Answers, Collection, Fingerprint, Issue, NewAnswer, Pending, Recalled, StoreError, StoredAnswer,
};

impl SqliteStore {
    async fn look_up(
        &self,
        connection: &mut SqliteConnection,
        collection: Collection,
        place: [&str; 3],
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Result<Recalled, StoreError> {
        let [principal, operation, key] = place;
        let row = sqlx::query(
            "SELECT fingerprint, sealed FROM answer
             WHERE collection = $1 AND principal = $2 AND operation = $3 AND key = $4 AND forget_at > $5",
        )
        .bind(collection.to_string())
        .bind(principal)
        .bind(operation)
        .bind(key)
        .bind(micros(now))
        .fetch_optional(connection)
        .await?;
        let Some(row) = row else { return Ok(Recalled::Unused) };
        if !fingerprint.matches(row.try_get("fingerprint")?) {
            return Ok(Recalled::OtherRequest);
        }
        let sealed: &[u8] = row.try_get("sealed")?;
        let answer = self.sealer.open(&context(collection, place), sealed)?;
        Ok(Recalled::Replay(StoredAnswer::new(answer)))
    }

    /// Stores an answer, unless its key is taken.
    pub(super) async fn claim(
        &self,
        change: &mut Transaction<'_, Sqlite>,
        collection: Collection,
        answer: &NewAnswer<'_>,
        now: Timestamp,
    ) -> Result<Recalled, StoreError> {
        sqlx::query("DELETE FROM answer WHERE forget_at <= $1")
            .bind(micros(now))
            .execute(&mut **change)
            .await?;
        let place = [answer.principal, answer.operation, answer.key];
        let known = self.look_up(change, collection, place, answer.fingerprint, now).await?;
        if known != Recalled::Unused {
            return Ok(known);
        }
        let forget_at = now.checked_add(answer.keep).unwrap_or(Timestamp::MAX);
        sqlx::query(
            "INSERT INTO answer (collection, principal, operation, key, fingerprint, sealed, stored_at, forget_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(collection.to_string())
        .bind(answer.principal)
        .bind(answer.operation)
        .bind(answer.key)
        .bind(answer.fingerprint.as_bytes())
        .bind(self.seal(&context(collection, place), &answer.answer)?)
        .bind(micros(now))
        .bind(micros(forget_at))
        .execute(&mut **change)
        .await?;
        Ok(Recalled::Unused)
    }

    /// As [`claim`](Self::claim), for a creation: `Some` if it must not happen.
    pub(super) async fn claim_creation(
        &self,
        change: &mut Transaction<'_, Sqlite>,
        collection: Collection,
        answer: Option<&NewAnswer<'_>>,
        now: Timestamp,
    ) -> Result<Option<Issue>, StoreError> {
        let Some(answer) = answer else { return Ok(None) };
        Ok(match self.claim(change, collection, answer, now).await? {
            Recalled::Unused => None,
            Recalled::Replay(answer) => Some(Issue::Replayed(answer)),
            Recalled::OtherRequest => Some(Issue::KeyReused),
        })
    }
}

/// What a sealed answer is bound to. Lengths come first, so that no two places share a text.
fn context(collection: Collection, [principal, operation, key]: [&str; 3]) -> String {
    format!("answer {collection} {} {} {principal}{operation}{key}", principal.len(), operation.len())
}

impl Answers for SqliteStore {
    fn recall<'a>(
        &'a self,
        collection: Collection,
        principal: &'a str,
        operation: &'a str,
        key: &'a str,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Pending<'a, Recalled> {
        Box::pin(async move {
            let mut connection = self.reader.acquire().await?;
            self.look_up(&mut connection, collection, [principal, operation, key], fingerprint, now).await
        })
    }

    fn remember<'a>(
        &'a self,
        collection: Collection,
        answer: NewAnswer<'a>,
        now: Timestamp,
    ) -> Pending<'a, Recalled> {
        Box::pin(async move {
            let mut change = self.begin().await?;
            let known = self.claim(&mut change, collection, &answer, now).await?;
            change.commit().await?;
            Ok(known)
        })
    }
}
