//! Idempotency keys.

use jiff::Timestamp;

use super::text::indexed;
use super::{Change as _, Connection, Engine, SqlStore, Statement, change, read, values};
use crate::store::{
    Answers, Collection, Fingerprint, Issue, NewAnswer, Pending, Recalled, StoreError, StoredAnswer,
};

impl<E: Engine> SqlStore<E> {
    async fn look_up(
        &self,
        connection: &mut impl Connection,
        collection: Collection,
        place: [&str; 3],
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Result<Recalled, StoreError> {
        let [principal, operation, key] = place;
        let row = connection
            .row(
                "SELECT fingerprint, sealed FROM answer
                 WHERE collection = $1 AND principal = $2 AND operation = $3 AND key = $4 AND forget_at > $5",
                values![collection, principal, operation, &*indexed(key), now],
            )
            .await?;
        let Some(row) = row else { return Ok(Recalled::Unused) };
        if !fingerprint.matches(row.bytes("fingerprint")?) {
            return Ok(Recalled::OtherRequest);
        }
        let answer = self.sealer.open(&context(collection, place), row.bytes("sealed")?)?;
        Ok(Recalled::Replay(StoredAnswer::new(answer)))
    }

    /// Stores an answer, unless its key is taken. Who comes second waits here until the first has ended.
    pub(super) async fn claim(
        &self,
        change: &mut E::Change,
        collection: Collection,
        answer: &NewAnswer<'_>,
        now: Timestamp,
    ) -> Result<Recalled, StoreError> {
        let forget = Statement::joined(&[
            "DELETE FROM answer WHERE (collection, principal, operation, key) IN
             (SELECT collection, principal, operation, key FROM answer WHERE forget_at <= $1",
            E::SKIP_LOCKED,
            ")",
        ]);
        change.run(forget, values![now]).await?;
        let place = [answer.principal, answer.operation, answer.key];
        let forget_at = now.checked_add(answer.keep).unwrap_or(Timestamp::MAX);
        let sealed = self.seal(&context(collection, place), &answer.answer)?;
        let stored = change
            .run(
                "INSERT INTO answer
                 (collection, principal, operation, key, fingerprint, sealed, stored_at, forget_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                 ON CONFLICT (collection, principal, operation, key) DO UPDATE SET
                 fingerprint = excluded.fingerprint, sealed = excluded.sealed,
                 stored_at = excluded.stored_at, forget_at = excluded.forget_at
                 WHERE answer.forget_at <= excluded.stored_at",
                values![
                    collection,
                    answer.principal,
                    answer.operation,
                    &*indexed(answer.key),
                    answer.fingerprint.as_bytes(),
                    &*sealed,
                    now,
                    forget_at,
                ],
            )
            .await?;
        match stored {
            0 => self.look_up(change, collection, place, answer.fingerprint, now).await,
            _ => Ok(Recalled::Unused),
        }
    }

    /// As [`claim`](Self::claim), for a creation: `Some` if it must not happen.
    pub(super) async fn claim_creation(
        &self,
        change: &mut E::Change,
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

    async fn try_remember(
        &self,
        collection: Collection,
        answer: &NewAnswer<'_>,
        now: Timestamp,
    ) -> Result<Recalled, StoreError> {
        let mut change = self.engine.begin().await?;
        let known = self.claim(&mut change, collection, answer, now).await?;
        change.commit().await?;
        Ok(known)
    }
}

/// What a sealed answer is bound to. Lengths come first, so that no two places share a text.
fn context(collection: Collection, [principal, operation, key]: [&str; 3]) -> String {
    format!("answer {collection} {} {} {principal}{operation}{key}", principal.len(), operation.len())
}

impl<E: Engine> Answers for SqlStore<E> {
    fn recall<'a>(
        &'a self,
        collection: Collection,
        principal: &'a str,
        operation: &'a str,
        key: &'a str,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Pending<'a, Recalled> {
        read!(async {
            let mut connection = self.engine.reader().await?;
            self.look_up(&mut connection, collection, [principal, operation, key], fingerprint, now).await
        })
    }

    fn remember<'a>(
        &'a self,
        collection: Collection,
        answer: NewAnswer<'a>,
        now: Timestamp,
    ) -> Pending<'a, Recalled> {
        change!(self.try_remember(collection, &answer, now))
    }
}
