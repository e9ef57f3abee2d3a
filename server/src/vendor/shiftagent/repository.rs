//! Repositories: they refer to credentials that exist within the same root, for as long as they do.

use serde_json::{Value, json};

use super::credential::{METADATA, metadata, no_metadata};
use super::kept::Kept;
use super::problem::{Trouble, absent};
use super::sync::{entering, progress};
use super::{Caller, ShiftAgent, page, records};
use crate::generated::shiftagent::request::{
    ListRepositoriesRequest, RegisterRepositoryRequest, UpdateRepositoryRequest,
};
use crate::generated::shiftagent::response::{
    DeleteRepositoryResponse, RegisterRepositoryResponse, UpdateRepositoryResponse,
};
use crate::generated::shiftagent::types::{
    RegisterRepositoryRequestProvider, Repository, RepositoryList, RepositoryListObject, RepositoryObject,
    RepositorySyncState,
};
use crate::runtime::{Failure, Nullable};
use crate::store::{Attributes, NewResource, Pointing, Registered, Resource, ResourceChange, Updated};

/// The name once more, because lists are filtered by attributes.
const NAME: &str = "name";
const URL: &str = "repo_url";
const BRANCH: &str = "branch";
const PROVIDER: &str = "provider";
/// The id of a credential that is referred to although it is gone. No promise that is kept comes to this.
pub(super) const DANGLING: &str = "dangling";

impl ShiftAgent {
    /// Adds a repository. A credential that is unknown, foreign or deleted cannot be referred to.
    /// Sources: shiftagent/R20, R21.
    pub(super) async fn register(
        &self,
        caller: &Caller,
        request: RegisterRepositoryRequest,
    ) -> Result<RegisterRepositoryResponse, Failure> {
        let RegisterRepositoryRequest { idempotency_key, body, context } = request;
        let collection = records::REPOSITORIES;
        let slot = self.slot(collection, caller, "registerRepository", idempotency_key.as_ref(), &body)?;
        let now = self.state.clock().now();
        let id = self.state.ids().make(&records::REPOSITORY_ID);
        let provider = body.provider.unwrap_or(RegisterRepositoryRequestProvider::Generic);
        let mut attributes = entering(RepositorySyncState::Pending, None, now);
        attributes.extend([
            (NAME.to_owned(), body.name.as_str().into()),
            (URL.to_owned(), body.repo_url.as_str().into()),
            (BRANCH.to_owned(), body.branch.as_deref().unwrap_or("main").into()),
            (PROVIDER.to_owned(), json!(provider)),
            (METADATA.to_owned(), json!(body.metadata.unwrap_or_else(no_metadata))),
        ]);
        let mut credential_id = body.credential_id.as_deref().map(String::as_str);
        if let Some(dead) = self.dead_where_referable(credential_id) {
            attributes.insert(DANGLING.to_owned(), dead.into());
            credential_id = None;
        }
        let resource = Resource {
            id,
            tenant: caller.root.clone(),
            name: body.name.to_string(),
            credential_id: credential_id.map(ToOwned::to_owned),
            attributes: attributes.clone(),
            created_at: now,
            updated_at: now,
        };
        let done = Kept::Done(self.shown(&resource)?);
        let new = NewResource {
            id: &resource.id,
            name: &body.name,
            credential: credential_id.map(|id| (records::CREDENTIALS, id)),
            attributes,
            created_at: now,
        };
        let answer = slot.keeping(&done)?;
        let realm = collection.of(&caller.root);
        let issue = match self.state.store().register(realm, new, answer).await? {
            Registered::Issue(issue) => issue,
            Registered::IdTaken => return Err(Failure::Internal("a new repository's id was taken".into())),
            Registered::CredentialUnknown => return Err(absent()),
        };
        self.remember_reference(&resource);
        let (answer, time) = self.conclude(issue, done, &slot, &context).await?;
        let headers = time.header();
        Ok(match answer {
            Kept::Done(body) => RegisterRepositoryResponse::Created { body, headers },
            Kept::Conflict(body) => RegisterRepositoryResponse::Conflict { body, headers },
        })
    }

    /// A page of the repositories in the caller's root.
    pub(super) async fn repositories(
        &self,
        caller: &Caller,
        request: &ListRepositoriesRequest,
    ) -> Result<RepositoryList, Failure> {
        let page =
            page::wanted(request.limit, request.starting_after.as_deref(), request.ending_before.as_deref())?;
        let filter = request.name.as_deref().map(|name| (NAME, name));
        let realm = records::REPOSITORIES.of(&caller.root);
        let listing = self.state.store().resources(realm, filter, page).await?;
        let (items, has_more) = page::found(listing, page)?;
        let next_cursor = page::next(page, has_more, items.last().map(|last| last.id.as_str()));
        let data = items.iter().map(|item| self.shown(item)).collect::<Result<_, _>>()?;
        Ok(RepositoryList { object: RepositoryListObject::List, data, has_more, next_cursor })
    }

    /// Changes what the request names. Another branch or credential sends the repository back to its first sync.
    /// Sources: shiftagent/R6, R8, R20.
    pub(super) async fn change(
        &self,
        caller: &Caller,
        request: UpdateRepositoryRequest,
    ) -> Result<UpdateRepositoryResponse, Failure> {
        let UpdateRepositoryRequest { repository_id, body, context } = request;
        let now = self.state.clock().now();
        let before = self.repository(caller, &repository_id).await?;
        let mut pointing = match &body.credential_id {
            Nullable::Value(id) => Pointing::At(records::CREDENTIALS, id),
            Nullable::Null => Pointing::Clear,
            Nullable::Absent => Pointing::Keep,
        };
        let mut attributes = Attributes::new();
        if let Some(dead) = self.dead_where_referable(body.credential_id.value().map(|id| id.as_str())) {
            attributes.insert(DANGLING.to_owned(), dead.into());
            pointing = Pointing::Clear;
        }
        let is_pointed_elsewhere = match pointing {
            Pointing::Keep => false,
            Pointing::Clear => before.credential_id.is_some(),
            Pointing::At(_, id) => before.credential_id.as_deref() != Some(id),
        };
        let is_on_other_branch = body
            .branch
            .as_deref()
            .is_some_and(|branch| before.attributes.get(BRANCH) != Some(&branch.into()));
        if is_pointed_elsewhere || is_on_other_branch {
            let last = progress(&before.attributes, now)?.last_synced_at;
            attributes.extend(entering(RepositorySyncState::Pending, last, now));
        }
        if let Some(branch) = &body.branch {
            attributes.insert(BRANCH.to_owned(), branch.as_str().into());
        }
        if let Some(metadata) = &body.metadata {
            attributes.insert(METADATA.to_owned(), json!(metadata));
        }
        if let Some(name) = &body.name {
            attributes.insert(NAME.to_owned(), name.as_str().into());
        }
        let name = body.name.as_deref().map(String::as_str);
        let change = ResourceChange { name, credential: pointing, attributes, ..ResourceChange::default() };
        let realm = records::REPOSITORIES.of(&caller.root);
        match self.state.store().update(realm, &repository_id, change, now).await? {
            Updated::Updated(resource) => {
                self.remember_reference(&resource);
                Ok(UpdateRepositoryResponse::Ok(self.shown(&resource)?))
            }
            Updated::NameTaken(id) => {
                let problem = self.conflict(Trouble::NameConflict, Some(id), &context);
                Ok(UpdateRepositoryResponse::Conflict(problem))
            }
            Updated::Unknown
            | Updated::CredentialUnknown
            | Updated::Refused
            | Updated::Replayed(_)
            | Updated::KeyReused => Err(absent()),
        }
    }

    /// Deletes a repository, and its reference with it. Nothing refers to repositories here. Source: shiftagent/R7.
    pub(super) async fn unregister(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<DeleteRepositoryResponse, Failure> {
        let realm = records::REPOSITORIES.of(&caller.root);
        if self.state.store().remove(realm, id).await? {
            Ok(DeleteRepositoryResponse::NoContent)
        } else {
            Err(absent())
        }
    }

    /// A repository as it is at this time.
    pub(super) fn shown(&self, resource: &Resource) -> Result<Repository, Failure> {
        let attributes = &resource.attributes;
        let text = |name: &str| attributes.get(name).and_then(Value::as_str);
        let credential_id = resource.credential_id.as_deref().or_else(|| text(DANGLING));
        let provider = attributes.get(PROVIDER).cloned().unwrap_or_default();
        Ok(Repository {
            object: RepositoryObject::Repository,
            id: resource.id.parse()?,
            name: resource.name.parse()?,
            repo_url: text(URL).unwrap_or_default().to_owned(),
            branch: text(BRANCH).unwrap_or_default().to_owned(),
            provider: serde_json::from_value(provider)?,
            credential_id: credential_id.map(str::parse).transpose()?,
            sync: progress(attributes, self.state.clock().now())?,
            metadata: metadata(attributes)?,
            created_at: resource.created_at,
            updated_at: resource.updated_at,
        })
    }
}
