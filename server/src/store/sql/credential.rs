//! Credentials.

use jiff::Timestamp;

use super::row::{Lists, lists};
use super::text::indexed;
use super::{Change as _, Connection, Engine, Row, SqlStore, Statement, Value, change, read, values};
use crate::secret::SecretHash;
use crate::store::{
    Collection, Credential, Credentials, Deletion, Exchange, Guard, Issue, Listing, Names, NewAnswer,
    NewCredential, Page, Pending, Realm, References, Revocation, State, StoreError,
};

const TABLE: &str = "credential";

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, tenant, name, secret_hash, attributes, created_at, updated_at, last_used_at, expires_at, ",
            "revoked_at FROM credential WHERE collection = $1 AND ",
            $condition
        )
    };
}

pub(super) fn parsed(row: &Row) -> Result<Credential, StoreError> {
    Ok(Credential {
        id: row.text("id")?,
        tenant: row.text("tenant")?,
        name: row.text("name")?,
        secret_hash: row.secret_hash(TABLE)?,
        attributes: row.attributes(TABLE)?,
        created_at: row.time(TABLE, "created_at")?,
        updated_at: row.time(TABLE, "updated_at")?,
        last_used_at: row.optional_time(TABLE, "last_used_at")?,
        expires_at: row.optional_time(TABLE, "expires_at")?,
        revoked_at: row.optional_time(TABLE, "revoked_at")?,
    })
}

/// The credential with this id, locked as the words behind the query say.
pub(super) async fn find(
    connection: &mut impl Connection,
    collection: Collection,
    id: &str,
    lock: &'static str,
) -> Result<Option<Credential>, StoreError> {
    let statement = Statement::with(select!("id = $2"), lock);
    connection.row(statement, values![collection, id]).await?.as_ref().map(parsed).transpose()
}

/// Keeps the place in its list of a record that was deleted.
pub(super) async fn bury(
    change: &mut impl Connection,
    realm: Realm<'_>,
    id: &str,
    seq: i64,
) -> Result<(), StoreError> {
    let statement = "INSERT INTO deleted (collection, tenant, id, seq) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (collection, tenant, id) DO UPDATE SET seq = excluded.seq";
    change.run(statement, values![realm.collection, realm.tenant, id, seq]).await?;
    Ok(())
}

impl<E: Engine> SqlStore<E> {
    /// Runs a change of one statement, and says whether it changed a row.
    pub(super) async fn touch(
        &self,
        statement: &'static str,
        values: &[Value<'_>],
    ) -> Result<bool, StoreError> {
        let mut change = self.engine.begin().await?;
        let changed = change.run(statement, values).await?;
        change.commit().await?;
        Ok(changed == 1)
    }

    async fn try_issue(
        &self,
        realm: Realm<'_>,
        credential: &NewCredential<'_>,
        answer: Option<&NewAnswer<'_>>,
    ) -> Result<Issue, StoreError> {
        let Realm { collection, tenant } = realm;
        let now = credential.created_at;
        let mut change = self.engine.begin().await?;
        // A refusal takes everything back, the claimed key included.
        if let Some(refused) = self.claim_creation(&mut change, collection, answer, now).await? {
            return change.refused(refused).await;
        }
        let unique_name = (credential.names != Names::Shared).then(|| indexed(credential.name));
        let unique_name = unique_name.as_deref();
        if let Some(name) = unique_name {
            let statement = "SELECT id, revoked_at FROM credential
                             WHERE collection = $1 AND tenant = $2 AND unique_name = $3";
            if let Some(row) = change.row(statement, values![collection, tenant, name]).await? {
                let id = row.text("id")?;
                let is_revoked = row.optional_time(TABLE, "revoked_at")?.is_some();
                if !is_revoked || credential.names == Names::Unique {
                    return change.refused(Issue::NameTaken(id)).await;
                }
                let statement = "UPDATE credential SET unique_name = NULL WHERE collection = $1 AND id = $2";
                change.run(statement, values![collection, &*id]).await?;
            }
        }
        if let Some(known) = find(&mut change, collection, credential.id, "").await? {
            return change.refused(Issue::IdTaken(known.state(now))).await;
        }
        let context = format!("credential {collection} {}", credential.id);
        let sealed = credential.material.map(|text| self.seal(&context, text.as_bytes())).transpose()?;
        // Who lost a race for the id or the name breaks a constraint here, and finds it taken at the next attempt.
        change
            .run(
                "INSERT INTO credential (collection, id, tenant, name, unique_name, secret_hash,
                 sealed_secret, attributes, created_at, updated_at, expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)",
                values![
                    collection,
                    credential.id,
                    tenant,
                    credential.name,
                    unique_name,
                    &credential.secret_hash,
                    sealed.as_deref(),
                    &credential.attributes,
                    now,
                    credential.expires_at,
                ],
            )
            .await?;
        change.commit().await?;
        Ok(Issue::Issued)
    }

    async fn try_exchange(
        &self,
        collection: Collection,
        id: &str,
        secret: &SecretHash,
        now: Timestamp,
    ) -> Result<Exchange, StoreError> {
        let mut change = self.engine.begin().await?;
        let Some(mut credential) = find(&mut change, collection, id, E::FOR_UPDATE).await? else {
            return change.refused(Exchange::Unknown).await;
        };
        if credential.secret_hash != *secret {
            return change.refused(Exchange::WrongSecret).await;
        }
        match credential.state(now) {
            State::Active => {}
            state @ (State::Expired | State::Revoked) => {
                return change.refused(Exchange::Refused(state)).await;
            }
        }
        let statement = "UPDATE credential SET last_used_at = $3 WHERE collection = $1 AND id = $2";
        change.run(statement, values![collection, id, now]).await?;
        change.commit().await?;
        credential.last_used_at = Some(now);
        Ok(Exchange::Accepted(credential))
    }

    async fn try_revoke(
        &self,
        realm: Realm<'_>,
        id: &str,
        guard: Guard,
        now: Timestamp,
    ) -> Result<Revocation, StoreError> {
        let Realm { collection, tenant } = realm;
        let mut change = self.engine.begin().await?;
        if guard == Guard::KeepOneActive {
            // Of two that revoke the last two at once, the second has to see what the first did.
            E::hold(&mut change, || format!("active {collection} {tenant}")).await?;
        }
        let found = find(&mut change, collection, id, E::FOR_UPDATE).await?;
        let Some(credential) = found.filter(|credential| credential.tenant == tenant) else {
            return change.refused(Revocation::Unknown).await;
        };
        if let Some(at) = credential.revoked_at {
            return change.refused(Revocation::AlreadyRevoked { at }).await;
        }
        if guard == Guard::KeepOneActive && credential.state(now) == State::Active {
            let another = "SELECT id FROM credential WHERE collection = $1 AND tenant = $2 AND id <> $3
                           AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $4) LIMIT 1";
            if change.row(another, values![collection, tenant, id, now]).await?.is_none() {
                return change.refused(Revocation::LastActive).await;
            }
        }
        let statement =
            "UPDATE credential SET revoked_at = $3, updated_at = $3 WHERE collection = $1 AND id = $2";
        change.run(statement, values![collection, id, now]).await?;
        change.commit().await?;
        Ok(Revocation::Revoked)
    }

    async fn try_delete(
        &self,
        realm: Realm<'_>,
        id: &str,
        references: References,
    ) -> Result<Deletion, StoreError> {
        let Realm { collection, tenant } = realm;
        let mut change = self.engine.begin().await?;
        // Whoever wants to refer to it locks it first, so nobody does until this is through.
        let statement = Statement::with(
            "SELECT seq FROM credential WHERE collection = $1 AND tenant = $2 AND id = $3",
            E::FOR_UPDATE,
        );
        let Some(row) = change.row(statement, values![collection, tenant, id]).await? else {
            return change.refused(Deletion::Unknown).await;
        };
        let seq = row.number("seq")?;
        match references {
            References::Prevent => {
                let dependents =
                    "SELECT id FROM resource WHERE credential_collection = $1 AND credential_id = $2
                                  ORDER BY seq LIMIT 1";
                if let Some(row) = change.row(dependents, values![collection, id]).await? {
                    return change.refused(Deletion::InUse { dependent: row.text("id")? }).await;
                }
            }
            References::Clear => {
                let statement = "UPDATE resource SET credential_collection = NULL, credential_id = NULL
                                 WHERE credential_collection = $1 AND credential_id = $2";
                change.run(statement, values![collection, id]).await?;
            }
        }
        change.run("DELETE FROM credential WHERE seq = $1", values![seq]).await?;
        bury(&mut change, realm, id, seq).await?;
        change.commit().await?;
        Ok(Deletion::Deleted)
    }
}

impl<E: Engine> Credentials for SqlStore<E> {
    fn issue<'a>(
        &'a self,
        realm: Realm<'a>,
        credential: NewCredential<'a>,
        answer: Option<NewAnswer<'a>>,
    ) -> Pending<'a, Issue> {
        change!(self.try_issue(realm, &credential, answer.as_ref()))
    }

    fn credential<'a>(&'a self, collection: Collection, id: &'a str) -> Pending<'a, Option<Credential>> {
        read!(async { find(&mut self.engine.reader().await?, collection, id, "").await })
    }

    fn was_deleted<'a>(&'a self, realm: Realm<'a>, id: &'a str) -> Pending<'a, bool> {
        read!(async {
            let statement = "SELECT seq FROM deleted WHERE collection = $1 AND tenant = $2 AND id = $3";
            let values = values![realm.collection, realm.tenant, id];
            Ok(self.engine.reader().await?.row(statement, values).await?.is_some())
        })
    }

    fn credential_by_secret<'a>(
        &'a self,
        collection: Collection,
        secret: &'a SecretHash,
    ) -> Pending<'a, Option<Credential>> {
        read!(async {
            // The index compares hashes, not secrets; what its timing tells about a hash is of no use.
            let mut connection = self.engine.reader().await?;
            let row = connection.row(select!("secret_hash = $2"), values![collection, secret]).await?;
            row.as_ref().map(parsed).transpose()
        })
    }

    fn exchange<'a>(
        &'a self,
        collection: Collection,
        id: &'a str,
        secret: &'a SecretHash,
        now: Timestamp,
    ) -> Pending<'a, Exchange> {
        change!(self.try_exchange(collection, id, secret, now))
    }

    fn revoke<'a>(
        &'a self,
        realm: Realm<'a>,
        id: &'a str,
        guard: Guard,
        now: Timestamp,
    ) -> Pending<'a, Revocation> {
        change!(self.try_revoke(realm, id, guard, now))
    }

    fn delete<'a>(&'a self, realm: Realm<'a>, id: &'a str, references: References) -> Pending<'a, Deletion> {
        change!(self.try_delete(realm, id, references))
    }

    fn credentials<'a>(
        &'a self,
        realm: Realm<'a>,
        filter: Option<(&'a str, &'a str)>,
        page: Page<'a>,
    ) -> Pending<'a, Listing<Credential>> {
        let lists: fn() -> Lists = || lists!("credential", E::ATTRIBUTES, select);
        read!(async { lists().page(&mut self.engine.reader().await?, realm, filter, page, parsed).await })
    }

    fn revive<'a>(&'a self, collection: Collection, id: &'a str) -> Pending<'a, bool> {
        change!(async {
            let statement = "UPDATE credential SET revoked_at = NULL
                             WHERE collection = $1 AND id = $2 AND revoked_at IS NOT NULL";
            self.touch(statement, values![collection, id]).await
        })
    }
}
