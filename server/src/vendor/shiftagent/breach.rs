//! Broken promises that only this contract makes, and what the server has to remember to break them.
//!
//! Each does nothing unless its fault is on.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::credential::MAKER;
use super::exchange::ROOT;
use super::layer::ANYBODY;
use super::problem::{Trouble, forbidden};
use super::repository::DANGLING;
use super::{Caller, ShiftAgent, records};
use crate::fault::Fault;
use crate::generated::shiftagent::Operation;
use crate::generated::shiftagent::response::DeleteCredentialResponse;
use crate::generated::shiftagent::types::Credential as Shown;
use crate::runtime::{Context, Failure, Rejection, Secret};
use crate::secret::SecretHash;
use crate::store::{
    Credential, Deletion, Issue, Listing, Names, NewCredential, Page, Pointing, References, Resource,
    ResourceChange, Start, StoreError,
};
use crate::vendor::load::wait;

/// How long a deletion waits for others to come in, in real time.
const RACE: Duration = Duration::from_millis(50);

/// More references than are made while a deletion waits.
const MOST_DEPENDENTS: usize = 1000;

/// More records than a run makes.
const ALL: Page<'static> = Page { start: Start::Beginning, limit: 10_000 };

/// What a server that keeps its promises need not remember.
#[derive(Debug, Default)]
pub(super) struct Memory {
    secrets: Mutex<HashMap<String, Secret>>,
    /// Credentials that were deleted.
    graves: Mutex<Vec<Credential>>,
    /// By credential: a repository that referred to it.
    references: Mutex<HashMap<String, String>>,
}

impl Memory {
    /// Forgets everything.
    pub(super) fn clear(&self) {
        lock(&self.secrets).clear();
        lock(&self.graves).clear();
        lock(&self.references).clear();
    }

    /// The secrets of the credentials that were registered, by id.
    pub(super) fn secrets(&self) -> HashMap<String, Secret> {
        lock(&self.secrets).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ShiftAgent {
    pub(super) fn is_broken(&self) -> bool {
        self.state.faults().on().next().is_some()
    }

    /// Who presents something that is no service key, if that is let through.
    pub(super) async fn holder_without_key(
        &self,
        operation: Operation,
        presented: &Secret,
    ) -> Result<Option<Caller>, StoreError> {
        let now = self.state.clock().now();
        let root = if self.is_on(Fault::MissingCredentialAccepted) && presented.expose() == ANYBODY {
            let [operator, _] = records::ROOT_TENANTS;
            Some(operator.to_owned())
        } else if self.is_on(Fault::TokenMayDelete) && operation == Operation::DeleteCredential {
            let claims = self.tokens.read(presented.expose(), now).ok();
            claims.and_then(|claims| Some(claims.rest.get(ROOT)?.as_str()?.to_owned()))
        } else {
            None
        };
        let Some(root) = root else { return Ok(None) };
        let keys = self.state.store().credentials(records::SERVICE_KEYS.of(&root), None, ALL).await?;
        let Listing::Page { items, .. } = keys else { return Ok(None) };
        Ok(items.into_iter().next().map(Caller::of))
    }

    /// The id of a new credential.
    pub(super) fn new_id(&self, caller: &Caller, name: &str) -> String {
        if self.is_on(Fault::SameIdReissued) {
            let purpose = format!("shiftagent same id {} {name}", caller.root);
            return self.state.keys().text(&purpose, &records::CREDENTIAL_ID);
        }
        self.state.ids().make(&records::CREDENTIAL_ID)
    }

    /// The refusal of a name that a deleted credential had.
    pub(super) fn name_of_the_dead(&self, caller: &Caller, name: &str) -> Option<Issue> {
        if !self.is_on(Fault::NameStaysTaken) {
            return None;
        }
        let graves = lock(&self.memory.graves);
        let dead = graves.iter().find(|dead| dead.tenant == caller.root && dead.name == name)?;
        Some(Issue::NameTaken(dead.id.clone()))
    }

    /// What the refusal of a taken name names.
    pub(super) fn breach_name(&self, id: String) -> String {
        if self.is_on(Fault::NameConflictNamesAnother) {
            return self.state.ids().make(&records::CREDENTIAL_ID);
        }
        id
    }

    /// What else comes of issuing.
    pub(super) async fn breach_issue(
        &self,
        caller: &Caller,
        issue: &Issue,
        id: &str,
        secret: &Secret,
    ) -> Result<(), Failure> {
        match issue {
            Issue::Issued if self.is_on(Fault::SecretEchoedInList) => {
                lock(&self.memory.secrets).insert(id.to_owned(), secret.clone());
            }
            Issue::Replayed(stored) if self.is_on(Fault::ReplayRevives) => {
                let stored: Value = serde_json::from_slice(stored.as_bytes())?;
                let Ok(shown) = serde_json::from_value::<Shown>(stored["Done"].clone()) else {
                    return Ok(());
                };
                let dead =
                    lock(&self.memory.graves).iter().find(|dead| dead.id == shown.id.as_str()).cloned();
                let Some(dead) = dead else { return Ok(()) };
                let revived = NewCredential {
                    id: &dead.id,
                    name: &dead.name,
                    names: Names::Unique,
                    secret_hash: SecretHash::of(&dead.id),
                    material: Some(secret.expose()),
                    attributes: dead.attributes,
                    created_at: dead.created_at,
                    expires_at: None,
                };
                self.state.store().issue(records::CREDENTIALS.of(&caller.root), revived, None).await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Spoils a page of the list.
    pub(super) async fn breach_list(
        &self,
        caller: &Caller,
        page: Page<'_>,
        has_more: bool,
        items: &mut Vec<Credential>,
    ) -> Result<(), StoreError> {
        if self.is_on(Fault::ListSkipsAtPageEnd) && page.start != Start::Beginning && !items.is_empty() {
            items.remove(0);
        }
        if self.is_on(Fault::ListKeepsDeleted) && !has_more {
            let graves = lock(&self.memory.graves);
            items.extend(graves.iter().filter(|dead| dead.tenant == caller.root).cloned());
        }
        if self.is_on(Fault::ListShowsForeign) && !has_more {
            for root in records::ROOT_TENANTS.into_iter().filter(|root| *root != caller.root) {
                let foreign = records::CREDENTIALS.of(root);
                if let Listing::Page { items: found, .. } =
                    self.state.store().credentials(foreign, None, ALL).await?
                {
                    items.extend(found);
                }
            }
        }
        Ok(())
    }

    /// The credential that a deletion is about, whoever's it is, where a fault may want to know.
    pub(super) async fn known_where_broken(&self, id: &str) -> Result<Option<Credential>, StoreError> {
        if !self.is_broken() {
            return Ok(None);
        }
        self.state.store().credential(records::CREDENTIALS, id).await
    }

    /// Remembers a credential that was deleted.
    pub(super) fn bury(&self, dead: Option<Credential>) {
        lock(&self.memory.graves).extend(dead);
    }

    /// A repository of this root that refers to a credential.
    async fn dependent(&self, root: &str, id: &str) -> Result<Option<String>, StoreError> {
        let realm = records::REPOSITORIES.of(root);
        let Listing::Page { items, .. } = self.state.store().resources(realm, None, ALL).await? else {
            return Ok(None);
        };
        let refers = |item: &Resource| item.credential_id.as_deref() == Some(id);
        Ok(items.into_iter().find(refers).map(|item| item.id))
    }

    /// An answer in place of deleting.
    pub(super) async fn breach_before_deletion(
        &self,
        caller: &Caller,
        id: &str,
        known: Option<&Credential>,
        context: &Context,
    ) -> Result<Option<DeleteCredentialResponse>, Failure> {
        let Some(own) = known.filter(|known| known.tenant == caller.root) else { return Ok(None) };
        let maker = own.attributes.get(MAKER).and_then(Value::as_str);
        if self.is_on(Fault::RevocationNeedsOwner)
            && maker.is_some_and(|maker| maker != caller.key_id)
            && self.dependent(&caller.root, id).await?.is_none()
        {
            let problem = self.problem(Trouble::NotFound, context);
            return Ok(Some(DeleteCredentialResponse::NotFound(problem)));
        }
        if self.is_on(Fault::GuardRaces) && self.dependent(&caller.root, id).await?.is_none() {
            return self.delete_late(caller, own, context).await.map(Some);
        }
        let pretends = self.is_on(Fault::RevocationNotStored);
        let waits = self.is_on(Fault::ConcurrentRevocationsAllSucceed);
        if (pretends || waits) && self.dependent(&caller.root, id).await?.is_none() {
            if waits {
                // Everybody who comes in meanwhile finds the credential alive, too.
                wait(RACE).await;
                let realm = records::CREDENTIALS.of(&caller.root);
                if let Deletion::InUse { .. } =
                    self.state.store().delete(realm, id, References::Prevent).await?
                {
                    return Ok(None);
                }
                self.bury(Some(own.clone()));
            }
            return Ok(Some(DeleteCredentialResponse::NoContent));
        }
        let referred = lock(&self.memory.references).get(id).cloned();
        if self.is_on(Fault::GuardOutlivesReference) && referred.is_some() {
            let problem = self.conflict(Trouble::InUse, referred, context);
            return Ok(Some(DeleteCredentialResponse::Conflict(problem)));
        }
        Ok(None)
    }

    /// Deletes a credential some time after the guard was asked. What refers to it by now keeps the id of nothing.
    async fn delete_late(
        &self,
        caller: &Caller,
        own: &Credential,
        context: &Context,
    ) -> Result<DeleteCredentialResponse, Failure> {
        wait(RACE).await;
        let store = self.state.store();
        let realm = records::CREDENTIALS.of(&caller.root);
        for _ in 0..MOST_DEPENDENTS {
            let dependent = match store.delete(realm, &own.id, References::Prevent).await? {
                Deletion::Deleted => {
                    self.bury(Some(own.clone()));
                    return Ok(DeleteCredentialResponse::NoContent);
                }
                Deletion::Unknown => {
                    let problem = self.problem(Trouble::NotFound, context);
                    return Ok(DeleteCredentialResponse::NotFound(problem));
                }
                Deletion::InUse { dependent } => dependent,
            };
            let change = ResourceChange {
                credential: Pointing::Clear,
                attributes: [(DANGLING.to_owned(), own.id.as_str().into())].into_iter().collect(),
                ..ResourceChange::default()
            };
            let repositories = records::REPOSITORIES.of(&caller.root);
            store.update(repositories, &dependent, change, self.state.clock().now()).await?;
        }
        Err(Failure::Rejected(Rejection::internal("more and more refers to a credential")))
    }

    /// What the guard's refusal names, and does.
    pub(super) async fn breach_guard(
        &self,
        caller: &Caller,
        dependent: String,
    ) -> Result<Option<String>, StoreError> {
        if self.is_on(Fault::RefusedDeleteClearsReference) {
            let change = ResourceChange { credential: Pointing::Clear, ..ResourceChange::default() };
            let realm = records::REPOSITORIES.of(&caller.root);
            self.state.store().update(realm, &dependent, change, self.state.clock().now()).await?;
        }
        if self.is_on(Fault::GuardNamesNothing) {
            return Ok(None);
        }
        if self.is_on(Fault::GuardNamesWrongDependent) {
            return Ok(Some(self.state.ids().make(&records::REPOSITORY_ID)));
        }
        Ok(Some(dependent))
    }

    /// An answer for an id that the caller cannot reach.
    pub(super) async fn breach_unknown(
        &self,
        caller: &Caller,
        id: &str,
        known: Option<Credential>,
        context: &Context,
    ) -> Result<Option<DeleteCredentialResponse>, Failure> {
        if !self.is_broken() {
            return Ok(None);
        }
        let store = self.state.store();
        // Whoever came too late still saw it.
        let foreign = known.filter(|known| known.tenant != caller.root);
        let was_deleted =
            lock(&self.memory.graves).iter().any(|dead| dead.id == id && dead.tenant == caller.root);
        match foreign {
            Some(_) if self.is_on(Fault::ForeignIdForbidden) => Err(forbidden()),
            Some(foreign) if self.is_on(Fault::ForeignRevocationSucceeds) => {
                store.delete(records::CREDENTIALS.of(&foreign.tenant), id, References::Clear).await?;
                Ok(Some(DeleteCredentialResponse::NoContent))
            }
            Some(_) if self.is_on(Fault::ForeignIdHasAMember) => {
                let mut problem = self.problem(Trouble::NotFound, context);
                problem.conflicting_resource_id = Some(id.to_owned());
                Ok(Some(DeleteCredentialResponse::NotFound(problem)))
            }
            Some(foreign) if self.is_on(Fault::ForeignIdNamesDependent) => {
                let dependent = self.dependent(&foreign.tenant, id).await?;
                Ok(dependent.map(|dependent| {
                    DeleteCredentialResponse::Conflict(self.conflict(
                        Trouble::InUse,
                        Some(dependent),
                        context,
                    ))
                }))
            }
            None if was_deleted && self.is_on(Fault::RepeatRevocationServerError) => {
                Err(Failure::Rejected(Rejection::internal("a promise is broken on request")))
            }
            None if was_deleted && self.is_on(Fault::RepeatRevocationSucceeds) => {
                Ok(Some(DeleteCredentialResponse::NoContent))
            }
            None if !was_deleted && self.is_on(Fault::UnknownIdSuccess) => {
                Ok(Some(DeleteCredentialResponse::NoContent))
            }
            _ => Ok(None),
        }
    }

    /// The id to refer to, if it is that of a deleted credential and may be referred to all the same.
    pub(super) fn dead_where_referable(&self, credential_id: Option<&str>) -> Option<String> {
        if !self.is_on(Fault::DeletedStaysReferable) {
            return None;
        }
        let graves = lock(&self.memory.graves);
        graves.iter().map(|dead| &dead.id).find(|dead| Some(dead.as_str()) == credential_id).cloned()
    }

    /// Remembers that a repository referred to its credential.
    pub(super) fn remember_reference(&self, resource: &Resource) {
        if self.is_on(Fault::GuardOutlivesReference)
            && let Some(credential_id) = &resource.credential_id
        {
            lock(&self.memory.references).insert(credential_id.clone(), resource.id.clone());
        }
    }

    /// Deletes a credential, whoever asks.
    pub(super) async fn delete_for_anybody(&self, id: &str) -> Result<(), StoreError> {
        let store = self.state.store();
        if let Some(known) = store.credential(records::CREDENTIALS, id).await? {
            store.delete(records::CREDENTIALS.of(&known.tenant), id, References::Clear).await?;
        }
        Ok(())
    }
}
