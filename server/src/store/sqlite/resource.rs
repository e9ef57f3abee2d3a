//! Resources in SQLite.

use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Row, Sqlite, Transaction};

use super::SqliteStore;
use super::credential::{bury, find as find_credential, position};
use super::row::{attributes, attributes_text, cut, micros, time};
use crate::store::{
    Collection, Issue, Listing, NewAnswer, NewResource, Page, Pending, Pointing, Realm, Registered, Resource,
    ResourceChange, Resources, StoreError, Updated,
};

const TABLE: &str = "resource";

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, tenant, name, credential_id, attributes, created_at, updated_at FROM resource ",
            "WHERE collection = $1 AND tenant = $2 AND ",
            $condition
        )
    };
}

fn read(row: &SqliteRow) -> Result<Resource, StoreError> {
    Ok(Resource {
        id: row.try_get("id")?,
        tenant: row.try_get("tenant")?,
        name: row.try_get("name")?,
        credential_id: row.try_get("credential_id")?,
        attributes: attributes(row, TABLE)?,
        created_at: time(row, TABLE, "created_at")?,
        updated_at: time(row, TABLE, "updated_at")?,
    })
}

async fn find(
    connection: &mut SqliteConnection,
    statement: &'static str,
    realm: Realm<'_>,
    id_or_name: &str,
) -> Result<Option<Resource>, StoreError> {
    let row = sqlx::query(statement)
        .bind(realm.collection.to_string())
        .bind(realm.tenant)
        .bind(id_or_name)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The id that has this name, unless it is the one that may keep it.
async fn name_taken(
    change: &mut Transaction<'_, Sqlite>,
    realm: Realm<'_>,
    name: &str,
    own: Option<&str>,
) -> Result<Option<String>, StoreError> {
    let taken = find(change, select!("name = $3"), realm, name).await?;
    Ok(taken.map(|resource| resource.id).filter(|id| Some(&**id) != own))
}

/// Whether a tenant may point at this credential.
async fn can_point(
    change: &mut Transaction<'_, Sqlite>,
    tenant: &str,
    (collection, id): (Collection, &str),
) -> Result<bool, StoreError> {
    let credential = find_credential(change, collection, id).await?;
    Ok(credential.is_some_and(|credential| credential.tenant == tenant && credential.revoked_at.is_none()))
}

impl Resources for SqliteStore {
    fn register<'a>(
        &'a self,
        realm: Realm<'a>,
        resource: NewResource<'a>,
        answer: Option<NewAnswer<'a>>,
    ) -> Pending<'a, Registered> {
        Box::pin(async move {
            let now = resource.created_at;
            let mut change = self.begin().await?;
            // Dropping the transaction takes everything back, the claimed key included.
            if let Some(refused) =
                self.claim_creation(&mut change, realm.collection, answer.as_ref(), now).await?
            {
                return Ok(Registered::Issue(refused));
            }
            if let Some(id) = name_taken(&mut change, realm, resource.name, None).await? {
                return Ok(Registered::Issue(Issue::NameTaken(id)));
            }
            if let Some(credential) = resource.credential
                && !can_point(&mut change, realm.tenant, credential).await?
            {
                return Ok(Registered::CredentialUnknown);
            }
            sqlx::query(
                "INSERT INTO resource (collection, id, tenant, name, credential_collection, credential_id,
                 attributes, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
            )
            .bind(realm.collection.to_string())
            .bind(resource.id)
            .bind(realm.tenant)
            .bind(resource.name)
            .bind(resource.credential.map(|(collection, _)| collection.to_string()))
            .bind(resource.credential.map(|(_, id)| id))
            .bind(attributes_text(&resource.attributes)?)
            .bind(micros(now))
            .execute(&mut *change)
            .await?;
            change.commit().await?;
            Ok(Registered::Issue(Issue::Issued))
        })
    }

    fn resource<'a>(&'a self, realm: Realm<'a>, id: &'a str) -> Pending<'a, Option<Resource>> {
        Box::pin(async move { find(&mut *self.reader.acquire().await?, select!("id = $3"), realm, id).await })
    }

    fn resource_named<'a>(&'a self, realm: Realm<'a>, name: &'a str) -> Pending<'a, Option<Resource>> {
        Box::pin(
            async move { find(&mut *self.reader.acquire().await?, select!("name = $3"), realm, name).await },
        )
    }

    fn resources<'a>(
        &'a self,
        realm: Realm<'a>,
        filter: Option<(&'a str, &'a str)>,
        page: Page<'a>,
    ) -> Pending<'a, Listing<Resource>> {
        Box::pin(async move {
            let mut connection = self.reader.acquire().await?;
            let found = position(
                &mut connection,
                "SELECT seq FROM resource WHERE collection = $1 AND tenant = $2 AND id = $3
                 UNION ALL SELECT seq FROM deleted WHERE collection = $1 AND tenant = $2 AND id = $3",
                realm,
                page.start,
            );
            let Some((seq, backwards)) = found.await? else { return Ok(Listing::UnknownStart) };
            let statement = if backwards {
                select!("seq < $3 AND ($4 IS NULL OR attributes ->> $4 = $5) ORDER BY seq DESC LIMIT $6")
            } else {
                select!("seq > $3 AND ($4 IS NULL OR attributes ->> $4 = $5) ORDER BY seq LIMIT $6")
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

    fn update<'a>(
        &'a self,
        realm: Realm<'a>,
        id: &'a str,
        change: ResourceChange<'a>,
        now: Timestamp,
    ) -> Pending<'a, Updated> {
        Box::pin(async move {
            let ResourceChange { name, credential, attributes, unless } = change;
            let mut change = self.begin().await?;
            let Some(mut resource) = find(&mut change, select!("id = $3"), realm, id).await? else {
                return Ok(Updated::Unknown);
            };
            if unless.is_some_and(|(name, value)| resource.attributes.get(name) == Some(&value)) {
                return Ok(Updated::Refused);
            }
            if let Some(name) = name {
                if let Some(id) = name_taken(&mut change, realm, name, Some(id)).await? {
                    return Ok(Updated::NameTaken(id));
                }
                name.clone_into(&mut resource.name);
            }
            match credential {
                Pointing::Keep => {}
                Pointing::Clear => {
                    point(&mut change, realm, id, None).await?;
                    resource.credential_id = None;
                }
                Pointing::At(collection, target) => {
                    if !can_point(&mut change, realm.tenant, (collection, target)).await? {
                        return Ok(Updated::CredentialUnknown);
                    }
                    point(&mut change, realm, id, Some((collection, target))).await?;
                    resource.credential_id = Some(target.to_owned());
                }
            }
            resource.attributes.extend(attributes);
            resource.updated_at = now;
            sqlx::query(
                "UPDATE resource SET name = $3, attributes = $4, updated_at = $5 WHERE collection = $1 AND id = $2",
            )
            .bind(realm.collection.to_string())
            .bind(id)
            .bind(&resource.name)
            .bind(attributes_text(&resource.attributes)?)
            .bind(micros(now))
            .execute(&mut *change)
            .await?;
            change.commit().await?;
            Ok(Updated::Updated(resource))
        })
    }

    fn remove<'a>(&'a self, realm: Realm<'a>, id: &'a str) -> Pending<'a, bool> {
        Box::pin(async move {
            let mut change = self.begin().await?;
            let row = sqlx::query(
                "DELETE FROM resource WHERE collection = $1 AND tenant = $2 AND id = $3 RETURNING seq",
            )
            .bind(realm.collection.to_string())
            .bind(realm.tenant)
            .bind(id)
            .fetch_optional(&mut *change)
            .await?;
            let Some(row) = row else { return Ok(false) };
            bury(&mut change, realm, id, row.try_get("seq")?).await?;
            change.commit().await?;
            Ok(true)
        })
    }
}

async fn point(
    change: &mut Transaction<'_, Sqlite>,
    realm: Realm<'_>,
    id: &str,
    target: Option<(Collection, &str)>,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE resource SET credential_collection = $3, credential_id = $4 WHERE collection = $1 AND id = $2",
    )
    .bind(realm.collection.to_string())
    .bind(id)
    .bind(target.map(|(collection, _)| collection.to_string()))
    .bind(target.map(|(_, id)| id))
    .execute(&mut **change)
    .await?;
    Ok(())
}
