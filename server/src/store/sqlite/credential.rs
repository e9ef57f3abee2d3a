//! Credentials in SQLite.

use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Row, Sqlite, Transaction};

use super::SqliteStore;
use super::row::{attributes, attributes_text, cut, micros, optional_time, secret_hash, time};
use crate::secret::SecretHash;
use crate::store::{
    Collection, Credential, Credentials, Deletion, Exchange, Guard, Issue, Listing, Names, NewAnswer,
    NewCredential, Page, Pending, Realm, References, Revocation, Start, State, StoreError,
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

fn read(row: &SqliteRow) -> Result<Credential, StoreError> {
    Ok(Credential {
        id: row.try_get("id")?,
        tenant: row.try_get("tenant")?,
        name: row.try_get("name")?,
        secret_hash: secret_hash(row, TABLE)?,
        attributes: attributes(row, TABLE)?,
        created_at: time(row, TABLE, "created_at")?,
        updated_at: time(row, TABLE, "updated_at")?,
        last_used_at: optional_time(row, TABLE, "last_used_at")?,
        expires_at: optional_time(row, TABLE, "expires_at")?,
        revoked_at: optional_time(row, TABLE, "revoked_at")?,
    })
}

/// The credential with this id, as seen by the transaction or connection.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    collection: Collection,
    id: &str,
) -> Result<Option<Credential>, StoreError> {
    let row = sqlx::query(select!("id = $2"))
        .bind(collection.to_string())
        .bind(id)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Whether a tenant has another active credential than this.
async fn another_is_active(
    change: &mut Transaction<'_, Sqlite>,
    realm: Realm<'_>,
    id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT 1 FROM credential WHERE collection = $1 AND tenant = $2 AND id <> $3
         AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $4) LIMIT 1",
    )
    .bind(realm.collection.to_string())
    .bind(realm.tenant)
    .bind(id)
    .bind(micros(now))
    .fetch_optional(&mut **change)
    .await?;
    Ok(row.is_some())
}

impl Credentials for SqliteStore {
    fn issue<'a>(
        &'a self,
        realm: Realm<'a>,
        credential: NewCredential<'a>,
        answer: Option<NewAnswer<'a>>,
    ) -> Pending<'a, Issue> {
        Box::pin(async move {
            let collection = realm.collection.to_string();
            let now = credential.created_at;
            let mut change = self.begin().await?;
            // Dropping the transaction takes everything back, the claimed key included.
            if let Some(refused) =
                self.claim_creation(&mut change, realm.collection, answer.as_ref(), now).await?
            {
                return Ok(refused);
            }
            let unique_name = (credential.names == Names::Unique).then_some(credential.name);
            if let Some(name) = unique_name {
                let taken = sqlx::query(
                    "SELECT id FROM credential WHERE collection = $1 AND tenant = $2 AND unique_name = $3",
                )
                .bind(&collection)
                .bind(realm.tenant)
                .bind(name)
                .fetch_optional(&mut *change)
                .await?;
                if let Some(row) = taken {
                    return Ok(Issue::NameTaken(row.try_get("id")?));
                }
            }
            let context = format!("credential {collection} {}", credential.id);
            let sealed = credential.material.map(|text| self.seal(&context, text.as_bytes())).transpose()?;
            sqlx::query(
                "INSERT INTO credential (collection, id, tenant, name, unique_name, secret_hash, sealed_secret,
                 attributes, created_at, updated_at, expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)",
            )
            .bind(&collection)
            .bind(credential.id)
            .bind(realm.tenant)
            .bind(credential.name)
            .bind(unique_name)
            .bind(credential.secret_hash.as_bytes())
            .bind(sealed)
            .bind(attributes_text(&credential.attributes)?)
            .bind(micros(now))
            .bind(credential.expires_at.map(micros))
            .execute(&mut *change)
            .await?;
            change.commit().await?;
            Ok(Issue::Issued)
        })
    }

    fn credential<'a>(&'a self, collection: Collection, id: &'a str) -> Pending<'a, Option<Credential>> {
        Box::pin(async move { find(&mut *self.reader.acquire().await?, collection, id).await })
    }

    fn credential_by_secret<'a>(
        &'a self,
        collection: Collection,
        secret: &'a SecretHash,
    ) -> Pending<'a, Option<Credential>> {
        Box::pin(async move {
            // The index compares hashes, not secrets; what its timing tells about a hash is of no use.
            let row = sqlx::query(select!("secret_hash = $2"))
                .bind(collection.to_string())
                .bind(secret.as_bytes())
                .fetch_optional(&self.reader)
                .await?;
            row.as_ref().map(read).transpose()
        })
    }

    fn exchange<'a>(
        &'a self,
        collection: Collection,
        id: &'a str,
        secret: &'a SecretHash,
        now: Timestamp,
    ) -> Pending<'a, Exchange> {
        Box::pin(async move {
            let mut change = self.begin().await?;
            let Some(mut credential) = find(&mut change, collection, id).await? else {
                return Ok(Exchange::Unknown);
            };
            if credential.secret_hash != *secret {
                return Ok(Exchange::WrongSecret);
            }
            match credential.state(now) {
                State::Active => {}
                state @ (State::Expired | State::Revoked) => return Ok(Exchange::Refused(state)),
            }
            sqlx::query("UPDATE credential SET last_used_at = $3 WHERE collection = $1 AND id = $2")
                .bind(collection.to_string())
                .bind(id)
                .bind(micros(now))
                .execute(&mut *change)
                .await?;
            change.commit().await?;
            credential.last_used_at = Some(now);
            Ok(Exchange::Accepted(credential))
        })
    }

    fn revoke<'a>(
        &'a self,
        realm: Realm<'a>,
        id: &'a str,
        guard: Guard,
        now: Timestamp,
    ) -> Pending<'a, Revocation> {
        Box::pin(async move {
            let mut change = self.begin().await?;
            let found = find(&mut change, realm.collection, id).await?;
            let Some(credential) = found.filter(|credential| credential.tenant == realm.tenant) else {
                return Ok(Revocation::Unknown);
            };
            if let Some(at) = credential.revoked_at {
                return Ok(Revocation::AlreadyRevoked { at });
            }
            if guard == Guard::KeepOneActive
                && credential.state(now) == State::Active
                && !another_is_active(&mut change, realm, id, now).await?
            {
                return Ok(Revocation::LastActive);
            }
            sqlx::query(
                "UPDATE credential SET revoked_at = $3, updated_at = $3 WHERE collection = $1 AND id = $2",
            )
            .bind(realm.collection.to_string())
            .bind(id)
            .bind(micros(now))
            .execute(&mut *change)
            .await?;
            change.commit().await?;
            Ok(Revocation::Revoked)
        })
    }

    fn delete<'a>(&'a self, realm: Realm<'a>, id: &'a str, references: References) -> Pending<'a, Deletion> {
        Box::pin(async move {
            let collection = realm.collection.to_string();
            let mut change = self.begin().await?;
            let row =
                sqlx::query("SELECT seq FROM credential WHERE collection = $1 AND tenant = $2 AND id = $3")
                    .bind(&collection)
                    .bind(realm.tenant)
                    .bind(id)
                    .fetch_optional(&mut *change)
                    .await?;
            let Some(row) = row else { return Ok(Deletion::Unknown) };
            let seq: i64 = row.try_get("seq")?;
            match references {
                References::Prevent => {
                    let dependent = sqlx::query(
                        "SELECT id FROM resource WHERE credential_collection = $1 AND credential_id = $2
                         ORDER BY seq LIMIT 1",
                    )
                    .bind(&collection)
                    .bind(id)
                    .fetch_optional(&mut *change)
                    .await?;
                    if let Some(row) = dependent {
                        return Ok(Deletion::InUse { dependent: row.try_get("id")? });
                    }
                }
                References::Clear => {
                    sqlx::query(
                        "UPDATE resource SET credential_collection = NULL, credential_id = NULL
                         WHERE credential_collection = $1 AND credential_id = $2",
                    )
                    .bind(&collection)
                    .bind(id)
                    .execute(&mut *change)
                    .await?;
                }
            }
            sqlx::query("DELETE FROM credential WHERE seq = $1").bind(seq).execute(&mut *change).await?;
            bury(&mut change, realm, id, seq).await?;
            change.commit().await?;
            Ok(Deletion::Deleted)
        })
    }

    fn credentials<'a>(
        &'a self,
        realm: Realm<'a>,
        filter: Option<(&'a str, &'a str)>,
        page: Page<'a>,
    ) -> Pending<'a, Listing<Credential>> {
        Box::pin(async move {
            let mut connection = self.reader.acquire().await?;
            let found = position(
                &mut connection,
                "SELECT seq FROM credential WHERE collection = $1 AND tenant = $2 AND id = $3
                 UNION ALL SELECT seq FROM deleted WHERE collection = $1 AND tenant = $2 AND id = $3",
                realm,
                page.start,
            );
            let Some((seq, backwards)) = found.await? else { return Ok(Listing::UnknownStart) };
            let statement = if backwards {
                select!(
                    "tenant = $2 AND seq < $3 AND ($4 IS NULL OR attributes ->> $4 = $5) ORDER BY seq DESC LIMIT $6"
                )
            } else {
                select!(
                    "tenant = $2 AND seq > $3 AND ($4 IS NULL OR attributes ->> $4 = $5) ORDER BY seq LIMIT $6"
                )
            };
            let rows = sqlx::query(statement)
                .bind(realm.collection.to_string())
                .bind(realm.tenant)
                .bind(seq)
                .bind(filter.map(|(name, _)| name))
                .bind(filter.map(|(_, value)| value))
                .bind(i64::from(page.limit) + 1)
                .fetch_all(&mut *connection)
                .await?;
            let items = rows.iter().map(read).collect::<Result<_, _>>()?;
            let (items, has_more) = cut(items, page.limit, backwards);
            Ok(Listing::Page { items, has_more })
        })
    }

    fn revive<'a>(&'a self, collection: Collection, id: &'a str) -> Pending<'a, bool> {
        Box::pin(async move {
            let mut change = self.begin().await?;
            let revived = sqlx::query(
                "UPDATE credential SET revoked_at = NULL
                 WHERE collection = $1 AND id = $2 AND revoked_at IS NOT NULL",
            )
            .bind(collection.to_string())
            .bind(id)
            .execute(&mut *change)
            .await?;
            change.commit().await?;
            Ok(revived.rows_affected() == 1)
        })
    }
}

/// Keeps the place in its list of a record that was deleted.
pub(super) async fn bury(
    change: &mut Transaction<'_, Sqlite>,
    realm: Realm<'_>,
    id: &str,
    seq: i64,
) -> Result<(), StoreError> {
    sqlx::query("INSERT OR REPLACE INTO deleted (collection, tenant, id, seq) VALUES ($1, $2, $3, $4)")
        .bind(realm.collection.to_string())
        .bind(realm.tenant)
        .bind(id)
        .bind(seq)
        .execute(&mut **change)
        .await?;
    Ok(())
}

/// Where a page starts in its list, and whether it runs backwards; `None` if the id was never in the list.
pub(super) async fn position(
    connection: &mut SqliteConnection,
    statement: &'static str,
    realm: Realm<'_>,
    start: Start<'_>,
) -> Result<Option<(i64, bool)>, StoreError> {
    let (id, backwards) = match start {
        Start::Beginning => return Ok(Some((0, false))),
        Start::After(id) => (id, false),
        Start::Before(id) => (id, true),
    };
    let row = sqlx::query(statement)
        .bind(realm.collection.to_string())
        .bind(realm.tenant)
        .bind(id)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| row.try_get("seq").map(|seq| (seq, backwards))).transpose()?)
}
