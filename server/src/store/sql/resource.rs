//! Resources.

use jiff::Timestamp;

use super::credential::{bury, find as find_credential};
use super::row::{Lists, lists};
use super::{Change as _, Connection, Engine, Row, SqlStore, Statement, change, read, values};
use crate::store::{
    Collection, Condition, Issue, Listing, NewAnswer, NewResource, Page, Pending, Pointing, Realm, Recalled,
    Registered, Resource, ResourceChange, Resources, StoreError, Updated,
};

const TABLE: &str = "resource";

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, tenant, name, credential_id, attributes, created_at, updated_at FROM resource ",
            "WHERE collection = $1 AND ",
            $condition
        )
    };
}

fn parsed(row: &Row) -> Result<Resource, StoreError> {
    Ok(Resource {
        id: row.text("id")?,
        tenant: row.text("tenant")?,
        name: row.text("name")?,
        credential_id: row.optional_text("credential_id")?,
        attributes: row.attributes(TABLE)?,
        created_at: row.time(TABLE, "created_at")?,
        updated_at: row.time(TABLE, "updated_at")?,
    })
}

async fn find(
    connection: &mut impl Connection,
    statement: impl Into<Statement> + Send,
    realm: Realm<'_>,
    id_or_name: &str,
) -> Result<Option<Resource>, StoreError> {
    let values = values![realm.collection, realm.tenant, id_or_name];
    connection.row(statement, values).await?.as_ref().map(parsed).transpose()
}

/// The id that has this name, unless it is the one that may keep it. Who loses a race for a name breaks a constraint,
/// and finds it taken at the next attempt.
async fn name_taken(
    change: &mut impl Connection,
    realm: Realm<'_>,
    name: &str,
    own: Option<&str>,
) -> Result<Option<String>, StoreError> {
    let taken = find(change, select!("tenant = $2 AND name = $3"), realm, name).await?;
    Ok(taken.map(|resource| resource.id).filter(|id| Some(&**id) != own))
}

impl<E: Engine> SqlStore<E> {
    /// Whether a tenant may point at this credential, which stays as it is until the change has ended.
    async fn can_point(
        change: &mut E::Change,
        tenant: &str,
        (collection, id): (Collection, &str),
    ) -> Result<bool, StoreError> {
        let credential = find_credential(change, collection, id, E::FOR_SHARE).await?;
        Ok(credential
            .is_some_and(|credential| credential.tenant == tenant && credential.revoked_at.is_none()))
    }

    async fn try_register_resource(
        &self,
        realm: Realm<'_>,
        resource: &NewResource<'_>,
        answer: Option<&NewAnswer<'_>>,
    ) -> Result<Registered, StoreError> {
        let now = resource.created_at;
        let mut change = self.engine.begin().await?;
        // A refusal takes everything back, the claimed key included.
        if let Some(refused) = self.claim_creation(&mut change, realm.collection, answer, now).await? {
            return change.refused(Registered::Issue(refused)).await;
        }
        if let Some(id) = name_taken(&mut change, realm, resource.name, None).await? {
            return change.refused(Registered::Issue(Issue::NameTaken(id))).await;
        }
        let same_id = "SELECT seq FROM resource WHERE collection = $1 AND id = $2";
        if change.row(same_id, values![realm.collection, resource.id]).await?.is_some() {
            return change.refused(Registered::IdTaken).await;
        }
        if let Some(credential) = resource.credential
            && !Self::can_point(&mut change, realm.tenant, credential).await?
        {
            return change.refused(Registered::CredentialUnknown).await;
        }
        let (collection, id) = resource.credential.unzip();
        change
            .run(
                "INSERT INTO resource (collection, id, tenant, name, credential_collection, credential_id,
                 attributes, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
                values![
                    realm.collection,
                    resource.id,
                    realm.tenant,
                    resource.name,
                    collection,
                    id,
                    &resource.attributes,
                    now,
                ],
            )
            .await?;
        change.commit().await?;
        Ok(Registered::Issue(Issue::Issued))
    }

    async fn try_update(
        &self,
        realm: Realm<'_>,
        id: &str,
        wanted: &ResourceChange<'_>,
        now: Timestamp,
    ) -> Result<Updated, StoreError> {
        let mut change = self.engine.begin().await?;
        if let Some(answer) = &wanted.answer {
            let refused = match self.claim(&mut change, realm.collection, answer, now).await? {
                Recalled::Unused => None,
                Recalled::Replay(answer) => Some(Updated::Replayed(answer)),
                Recalled::OtherRequest => Some(Updated::KeyReused),
            };
            if let Some(refused) = refused {
                return change.refused(refused).await;
            }
        }
        let own = Statement::with(select!("tenant = $2 AND id = $3"), E::FOR_UPDATE);
        let Some(mut resource) = find(&mut change, own, realm, id).await? else {
            return change.refused(Updated::Unknown).await;
        };
        match wanted.condition {
            Condition::Still(read) if resource != *read => return change.refused(Updated::Refused).await,
            Condition::Still(_) | Condition::None => {}
        }
        if let Some(name) = wanted.name {
            if let Some(id) = name_taken(&mut change, realm, name, Some(id)).await? {
                return change.refused(Updated::NameTaken(id)).await;
            }
            name.clone_into(&mut resource.name);
        }
        let target = match wanted.credential {
            Pointing::Keep => None,
            Pointing::Clear => Some(None),
            Pointing::At(collection, target) => Some(Some((collection, target))),
        };
        if let Some(target) = target {
            if let Some(target) = target
                && !Self::can_point(&mut change, realm.tenant, target).await?
            {
                return change.refused(Updated::CredentialUnknown).await;
            }
            let (collection, credential) = target.unzip();
            let statement = "UPDATE resource SET credential_collection = $3, credential_id = $4
                             WHERE collection = $1 AND id = $2";
            change.run(statement, values![realm.collection, id, collection, credential]).await?;
            resource.credential_id = credential.map(str::to_owned);
        }
        resource.attributes.extend(wanted.attributes.clone());
        resource.updated_at = now;
        let statement = "UPDATE resource SET name = $3, attributes = $4, updated_at = $5
                         WHERE collection = $1 AND id = $2";
        let values = values![realm.collection, id, &*resource.name, &resource.attributes, now];
        change.run(statement, values).await?;
        change.commit().await?;
        Ok(Updated::Updated(resource))
    }

    async fn try_remove(&self, realm: Realm<'_>, id: &str) -> Result<bool, StoreError> {
        let mut change = self.engine.begin().await?;
        let statement =
            "DELETE FROM resource WHERE collection = $1 AND tenant = $2 AND id = $3 RETURNING seq";
        let Some(row) = change.row(statement, values![realm.collection, realm.tenant, id]).await? else {
            return change.refused(false).await;
        };
        bury(&mut change, realm, id, row.number("seq")?).await?;
        change.commit().await?;
        Ok(true)
    }
}

impl<E: Engine> Resources for SqlStore<E> {
    fn register<'a>(
        &'a self,
        realm: Realm<'a>,
        resource: NewResource<'a>,
        answer: Option<NewAnswer<'a>>,
    ) -> Pending<'a, Registered> {
        change!(self.try_register_resource(realm, &resource, answer.as_ref()))
    }

    fn resource<'a>(&'a self, realm: Realm<'a>, id: &'a str) -> Pending<'a, Option<Resource>> {
        read!(async {
            let mut connection = self.engine.reader().await?;
            find(&mut connection, select!("tenant = $2 AND id = $3"), realm, id).await
        })
    }

    fn resource_named<'a>(&'a self, realm: Realm<'a>, name: &'a str) -> Pending<'a, Option<Resource>> {
        read!(async {
            let mut connection = self.engine.reader().await?;
            find(&mut connection, select!("tenant = $2 AND name = $3"), realm, name).await
        })
    }

    fn resources<'a>(
        &'a self,
        realm: Realm<'a>,
        filter: Option<(&'a str, &'a str)>,
        page: Page<'a>,
    ) -> Pending<'a, Listing<Resource>> {
        let lists: fn() -> Lists = || lists!("resource", E::ATTRIBUTES, select);
        read!(async { lists().page(&mut self.engine.reader().await?, realm, filter, page, parsed).await })
    }

    fn update<'a>(
        &'a self,
        realm: Realm<'a>,
        id: &'a str,
        change: ResourceChange<'a>,
        now: Timestamp,
    ) -> Pending<'a, Updated> {
        change!(self.try_update(realm, id, &change, now))
    }

    fn remove<'a>(&'a self, realm: Realm<'a>, id: &'a str) -> Pending<'a, bool> {
        change!(self.try_remove(realm, id))
    }
}
