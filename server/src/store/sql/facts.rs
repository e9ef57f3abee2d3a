//! All facts at once, in and out.

use super::text::indexed;
use super::{Change as _, Connection, Engine, Row, SqlStore, clear, read, values};
use crate::store::facts::{
    AnswerFact, CredentialFact, DeletedFact, Facts, PairFact, Reference, ResourceFact, Sealed, Transfer,
    VERSION,
};
use crate::store::{Pending, StoreError};

fn credential(row: &Row) -> Result<CredentialFact, StoreError> {
    const TABLE: &str = "credential";
    Ok(CredentialFact {
        collection: row.text("collection")?,
        id: row.text("id")?,
        tenant: row.text("tenant")?,
        name: row.text("name")?,
        name_is_unique: row.optional_text("unique_name")?.is_some(),
        secret_hash: row.secret_hash(TABLE)?,
        sealed_secret: row.optional_bytes("sealed_secret")?.map(|bytes| Sealed(bytes.to_vec())),
        attributes: row.attributes(TABLE)?,
        created_at: row.time(TABLE, "created_at")?,
        updated_at: Some(row.time(TABLE, "updated_at")?),
        last_used_at: row.optional_time(TABLE, "last_used_at")?,
        expires_at: row.optional_time(TABLE, "expires_at")?,
        revoked_at: row.optional_time(TABLE, "revoked_at")?,
        place: Some(row.number("seq")?),
    })
}

fn resource(row: &Row) -> Result<ResourceFact, StoreError> {
    const TABLE: &str = "resource";
    let credential = row.optional_text("credential_collection")?.zip(row.optional_text("credential_id")?);
    Ok(ResourceFact {
        collection: row.text("collection")?,
        id: row.text("id")?,
        tenant: row.text("tenant")?,
        name: row.text("name")?,
        credential: credential.map(|(collection, id)| Reference { collection, id }),
        attributes: row.attributes(TABLE)?,
        created_at: row.time(TABLE, "created_at")?,
        updated_at: Some(row.time(TABLE, "updated_at")?),
        place: Some(row.number("seq")?),
    })
}

fn deleted(row: &Row) -> Result<DeletedFact, StoreError> {
    Ok(DeletedFact {
        collection: row.text("collection")?,
        id: row.text("id")?,
        tenant: row.text("tenant")?,
        place: row.number("seq")?,
    })
}

fn pair(row: &Row) -> Result<PairFact, StoreError> {
    const TABLE: &str = "api_credential";
    Ok(PairFact {
        api_key: row.text("api_key")?,
        secret_hash: row.secret_hash(TABLE)?,
        active: row.truth("active")?,
        created_at: row.time(TABLE, "created_at")?,
        revoked_at: row.optional_time(TABLE, "revoked_at")?,
    })
}

fn answer(row: &Row) -> Result<AnswerFact, StoreError> {
    const TABLE: &str = "answer";
    Ok(AnswerFact {
        collection: row.text("collection")?,
        principal: row.text("principal")?,
        operation: row.text("operation")?,
        key: row.text("key")?,
        fingerprint: Sealed(row.bytes("fingerprint")?.to_vec()),
        sealed: Sealed(row.bytes("sealed")?.to_vec()),
        stored_at: row.time(TABLE, "stored_at")?,
        forget_at: row.time(TABLE, "forget_at")?,
    })
}

async fn all<T>(
    connection: &mut impl Connection,
    statement: &'static str,
    parsed: impl Fn(&Row) -> Result<T, StoreError> + Send,
) -> Result<Vec<T>, StoreError> {
    connection.rows(statement, &[]).await?.iter().map(parsed).collect()
}

async fn put_records(
    change: &mut impl Connection,
    facts: &Facts,
    (mut credential_place, mut resource_place): (i64, i64),
) -> Result<(), StoreError> {
    for fact in &facts.credentials {
        let place = fact.place.unwrap_or(credential_place);
        credential_place = credential_place.max(place) + 1;
        change
            .run(
                "INSERT INTO credential (seq, collection, id, tenant, name, unique_name, secret_hash, sealed_secret,
                 attributes, created_at, updated_at, last_used_at, expires_at, revoked_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
                values![
                    place,
                    &*fact.collection,
                    &*fact.id,
                    &*fact.tenant,
                    &*fact.name,
                    fact.name_is_unique.then(|| indexed(&fact.name)).as_deref(),
                    &fact.secret_hash,
                    fact.sealed_secret.as_ref().map(|sealed| &*sealed.0),
                    &fact.attributes,
                    fact.created_at,
                    fact.updated_at.unwrap_or(fact.created_at),
                    fact.last_used_at,
                    fact.expires_at,
                    fact.revoked_at,
                ],
            )
            .await?;
    }
    for fact in &facts.resources {
        let place = fact.place.unwrap_or(resource_place);
        resource_place = resource_place.max(place) + 1;
        change
            .run(
                "INSERT INTO resource (seq, collection, id, tenant, name, credential_collection, credential_id,
                 attributes, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                values![
                    place,
                    &*fact.collection,
                    &*fact.id,
                    &*fact.tenant,
                    &*fact.name,
                    fact.credential.as_ref().map(|credential| &*credential.collection),
                    fact.credential.as_ref().map(|credential| &*credential.id),
                    &fact.attributes,
                    fact.created_at,
                    fact.updated_at.unwrap_or(fact.created_at),
                ],
            )
            .await?;
    }
    Ok(())
}

async fn put_others(change: &mut impl Connection, facts: &Facts) -> Result<(), StoreError> {
    for fact in &facts.deleted {
        let statement = "INSERT INTO deleted (collection, tenant, id, seq) VALUES ($1, $2, $3, $4)";
        let values = values![&*fact.collection, &*fact.tenant, &*fact.id, fact.place];
        change.run(statement, values).await?;
    }
    for fact in &facts.pairs {
        let statement = "INSERT INTO api_credential (api_key, secret_hash, active, created_at, revoked_at)
                         VALUES ($1, $2, $3, $4, $5)";
        let values =
            values![&*fact.api_key, &fact.secret_hash, fact.active, fact.created_at, fact.revoked_at];
        change.run(statement, values).await?;
    }
    for fact in &facts.answers {
        let statement = "INSERT INTO answer
                         (collection, principal, operation, key, fingerprint, sealed, stored_at, forget_at)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let values = values![
            &*fact.collection,
            &*fact.principal,
            &*fact.operation,
            &*fact.key,
            &*fact.fingerprint.0,
            &*fact.sealed.0,
            fact.stored_at,
            fact.forget_at,
        ];
        change.run(statement, values).await?;
    }
    Ok(())
}

impl<E: Engine> SqlStore<E> {
    async fn try_export(&self) -> Result<Facts, StoreError> {
        let mut snapshot = self.engine.snapshot().await?;
        Ok(Facts {
            version: VERSION,
            key: Some(self.sealer.fingerprint()),
            credentials: all(&mut snapshot, "SELECT * FROM credential ORDER BY seq", credential).await?,
            resources: all(&mut snapshot, "SELECT * FROM resource ORDER BY seq", resource).await?,
            deleted: all(&mut snapshot, "SELECT * FROM deleted ORDER BY collection, seq, id", deleted)
                .await?,
            pairs: all(&mut snapshot, "SELECT * FROM api_credential ORDER BY api_key", pair).await?,
            answers: all(
                &mut snapshot,
                "SELECT * FROM answer ORDER BY collection, principal, operation, key",
                answer,
            )
            .await?,
        })
    }

    async fn try_import(&self, facts: &Facts) -> Result<(), StoreError> {
        let mut change = self.engine.begin().await?;
        E::hold_all(&mut change).await?;
        clear(&mut change).await?;
        let deleted = facts.deleted.iter().map(|fact| fact.place).max().unwrap_or(0);
        let behind =
            |places: &mut dyn Iterator<Item = Option<i64>>| places.flatten().fold(deleted, i64::max) + 1;
        let places = (
            behind(&mut facts.credentials.iter().map(|fact| fact.place)),
            behind(&mut facts.resources.iter().map(|fact| fact.place)),
        );
        put_records(&mut change, facts, places).await?;
        put_others(&mut change, facts).await?;
        E::renumber(&mut change).await?;
        change.commit().await
    }
}

impl<E: Engine> Transfer for SqlStore<E> {
    fn export(&self) -> Pending<'_, Facts> {
        read!(self.try_export())
    }

    fn import<'a>(&'a self, facts: &'a Facts) -> Pending<'a, ()> {
        Box::pin(async move {
            if let Some(reason) = facts.refusal(self.sealer.fingerprint()) {
                return Err(StoreError::Facts(reason));
            }
            let mut attempts = super::Attempts::default();
            loop {
                match self.try_import(facts).await {
                    Err(error) if attempts.deadlock_again(&error) => {}
                    Err(error) if error.is_contradiction() => {
                        let reason = "an id, a name or a place is there twice, or a reference leads nowhere";
                        return Err(StoreError::Facts(reason.to_owned()));
                    }
                    done => return done,
                }
            }
        })
    }
}
