//! One credential takes the place of another: register, repoint, delete.

use std::collections::BTreeMap;
use std::error::Error as StdError;

use reqwest::StatusCode;
use serde::{Deserialize, Serialize};

use super::step::Step;
use super::types::{
    CreateCredentialRequest, Credential, CredentialId, CredentialSecret, Metadata, MetadataValue,
    RepositoryId, UpdateRepositoryRequest,
};
use super::{
    Client, CreateCredentialError, DeleteCredentialError, GetRepositoryError, ListCredentialsError,
    ListRepositoriesError, UpdateRepositoryError,
};
use crate::{Error, Repeat, Settings};

/// Items of a page.
const PAGE: i64 = 100;

/// The member of the metadata of a new credential that holds the key of its rotation.
const MARK: &str = "rotation";

/// Most times that one resource is made to let go of the old credential. Whoever keeps taking it up again wants it.
const STUBBORN: u32 = 3;

/// Puts a new credential in the place of an old one.
///
/// It holds no secret, and can be kept as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    old: CredentialId,
    name: String,
    kind: String,
    key: String,
    #[serde(flatten)]
    step: Step,
}

/// Why a rotation stopped. It can be run again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RotationError {
    /// The credentials could not be listed.
    #[error("the credentials were not listed")]
    Look(#[source] Error<ListCredentialsError>),
    /// There is no such credential to replace.
    #[error("there is no credential {old} within reach of this service key")]
    Unknown {
        /// What should be replaced.
        old: CredentialId,
    },
    /// The new credential could not be registered, or it is not known.
    #[error("the new credential was not registered")]
    Register(#[source] Error<CreateCredentialError>),
    /// Another credential has the name, and it is none of this rotation.
    #[error(
        "`{name}` is the name of another credential, {by}; choose a name that is used for this rotation alone"
    )]
    NameTaken {
        /// The name.
        name: String,
        /// Which one has it.
        by: String,
    },
    /// The repositories could not be listed.
    #[error("the repositories were not listed")]
    List(#[source] Error<ListRepositoriesError>),
    /// What is in the way of the deletion could not be read.
    #[error("{resource} refers to the old credential and was not read")]
    Read {
        /// Which resource.
        resource: String,
        /// Why.
        source: Error<GetRepositoryError>,
    },
    /// A repository could not be changed.
    #[error("{repository} still refers to the old credential")]
    Repoint {
        /// Which one.
        repository: String,
        /// Why.
        source: Error<UpdateRepositoryError>,
    },
    /// Something refers to the old credential that does not let go of it.
    #[error(
        "{resource} refers to the old credential, and goes on to; make it refer to {new}, then run this again"
    )]
    InUse {
        /// What.
        resource: String,
        /// The new credential.
        new: CredentialId,
    },
    /// The old credential is not known to be deleted. A `404` that does not settle it is among the reasons: where the new
    /// one is out of reach too, this is another service key or deployment than the rotation began with.
    #[error("the old credential is not known to be deleted")]
    Delete(#[source] Error<DeleteCredentialError>),
    /// The state could not be kept, so nothing further was sent.
    #[error("the rotation was not saved")]
    Save(#[source] Box<dyn StdError + Send + Sync>),
}

impl Rotation {
    /// A rotation of `old`, of which nothing is done yet.
    ///
    /// The new credential is called `name` and is of that `kind`, such as `git_pat`. `key` is its `Idempotency-Key`: any
    /// text of up to 255 characters, which also stands as `rotation` in its metadata and so tells it from others. Name and
    /// key are used for this rotation alone.
    pub fn new(
        old: CredentialId,
        name: impl Into<String>,
        kind: impl Into<String>,
        key: impl Into<String>,
    ) -> Self {
        Self { old, name: name.into(), kind: kind.into(), key: key.into(), step: Step::Start }
    }

    /// What is replaced.
    pub fn old(&self) -> &CredentialId {
        &self.old
    }

    /// What is done next.
    pub fn step(&self) -> &Step {
        &self.step
    }

    /// Goes on to the end, and returns the new credential. `secret` is what the new one holds; a rotation that goes on
    /// needs the same one again.
    ///
    /// `save` is called before each step: what it keeps is what can be taken up after a crash.
    ///
    /// # Errors
    /// It stopped. The rotation is where it stopped and can be run again.
    pub async fn run<E>(
        &mut self,
        client: &Client,
        secret: &CredentialSecret,
        mut save: impl FnMut(&Self) -> Result<(), E>,
    ) -> Result<CredentialId, RotationError>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        loop {
            save(self).map_err(|error| RotationError::Save(error.into()))?;
            if let Step::Done { new } = &self.step {
                return Ok(new.clone());
            }
            self.step = self.next(client, secret).await?;
        }
    }

    /// Does what is next, and returns what comes after it.
    async fn next(&self, client: &Client, secret: &CredentialSecret) -> Result<Step, RotationError> {
        match &self.step {
            Step::Start => {
                self.look(client).await?;
                Ok(Step::Register)
            }
            Step::Register => Ok(Step::Repoint { new: self.register(client, secret).await? }),
            Step::Repoint { new } => {
                self.repoint_all(client, new).await?;
                Ok(Step::Delete { new: new.clone() })
            }
            Step::Delete { new } => {
                self.delete(client, new).await?;
                Ok(Step::Done { new: new.clone() })
            }
            Step::Done { new } => Ok(Step::Done { new: new.clone() }),
        }
    }

    /// Makes sure that the old credential is there and that nothing has the name of the new one.
    async fn look(&self, client: &Client) -> Result<(), RotationError> {
        if self.key.is_empty() {
            let reason = "the idempotency key is empty".into();
            return Err(RotationError::Register(Error::InvalidRequest(reason)));
        }
        let credentials = all_credentials(client).await?;
        if let Some(taken) = credentials.iter().find(|credential| *credential.name == self.name) {
            return Err(self.name_taken(&taken.id));
        }
        if !credentials.iter().any(|credential| credential.id == self.old) {
            return Err(RotationError::Unknown { old: self.old.clone() });
        }
        Ok(())
    }

    fn name_taken(&self, by: impl Into<String>) -> RotationError {
        RotationError::NameTaken { name: self.name.clone(), by: by.into() }
    }

    /// Registers the new credential, or finds that it was done before.
    async fn register(
        &self,
        client: &Client,
        secret: &CredentialSecret,
    ) -> Result<CredentialId, RotationError> {
        let mark = MetadataValue::try_from(self.key.as_str());
        let mark = mark.map_err(|error| RotationError::Register(Error::InvalidRequest(error.to_string())))?;
        let request = CreateCredentialRequest::builder()
            .name(self.name.as_str())
            .type_(self.kind.as_str())
            .metadata(Metadata::from(BTreeMap::from([(MARK.to_owned(), mark)])))
            .secret(secret);
        let call = client.create_credential().idempotency_key(self.key.as_str()).body(request);
        let error = match call.send().await {
            Ok(credential) => return Ok(credential.into_inner().id),
            Err(error) => error,
        };
        // After the idempotency window only the name tells that it is there, and the mark whose it is.
        let taken = match error.documented() {
            Some(CreateCredentialError::Conflict { body, .. }) if body.type_.ends_with("/name-conflict") => {
                body.conflicting_resource_id.as_deref()
            }
            _ => None,
        };
        let Some(taken) = taken else { return Err(RotationError::Register(error)) };
        let credentials = all_credentials(client).await?;
        let found = credentials.into_iter().find(|credential| credential.id.as_str() == taken);
        match found.filter(|found| found.metadata.get(MARK).is_some_and(|mark| **mark == self.key)) {
            Some(ours) => Ok(ours.id),
            None => Err(self.name_taken(taken)),
        }
    }

    /// Makes every listed repository that refers to the old credential refer to the new one.
    async fn repoint_all(&self, client: &Client, new: &CredentialId) -> Result<(), RotationError> {
        let mut cursor: Option<String> = None;
        loop {
            let mut call = client.list_repositories().limit(PAGE);
            if let Some(cursor) = &cursor {
                call = call.starting_after(cursor.as_str());
            }
            let page = call.send().await.map_err(RotationError::List)?.into_inner();
            for repository in page.data {
                if repository.credential_id.as_ref() == Some(&self.old) {
                    repoint(client, &repository.id, new).await?;
                }
            }
            match further(cursor.as_deref(), page.next_cursor, page.has_more) {
                Some(next) => cursor = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Whether the new credential is listed and the old one is not.
    async fn is_gone(&self, client: &Client, new: &CredentialId) -> Result<bool, RotationError> {
        let credentials = all_credentials(client).await?;
        let is_listed = |id: &CredentialId| credentials.iter().any(|credential| credential.id == *id);
        Ok(is_listed(new) && !is_listed(&self.old))
    }

    /// Deletes the old credential. Whatever turns out to refer to it is made to let go.
    async fn delete(&self, client: &Client, new: &CredentialId) -> Result<(), RotationError> {
        let mut conflicts: BTreeMap<String, u32> = BTreeMap::new();
        loop {
            let Err(error) = client.delete_credential().credential_id(&self.old).send().await else {
                return Ok(());
            };
            let resource = match error.documented() {
                // It is gone, or never was within reach of this service key, which the answer does not tell apart.
                Some(DeleteCredentialError::NotFound(_)) if self.is_gone(client, new).await? => return Ok(()),
                Some(DeleteCredentialError::Conflict(problem)) => problem.conflicting_resource_id.clone(),
                _ => None,
            };
            let Some(resource) = resource else { return Err(RotationError::Delete(error)) };
            let times = conflicts.entry(resource.clone()).or_default();
            *times += 1;
            let in_use = || RotationError::InUse { resource: resource.clone(), new: new.clone() };
            if *times > STUBBORN {
                return Err(in_use());
            }
            // What is no repository lets go by other means than these.
            let repository: RepositoryId = resource.parse().map_err(|_| in_use())?;
            let read = match client.get_repository().repository_id(&repository).send().await {
                Ok(read) => read,
                // It is gone, and its reference with it.
                Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => continue,
                Err(source) => return Err(RotationError::Read { resource, source }),
            };
            // It may have let go by itself.
            if read.credential_id.as_ref() == Some(&self.old) {
                repoint(client, &repository, new).await?;
            }
        }
    }
}

/// All credentials within reach.
async fn all_credentials(client: &Client) -> Result<Vec<Credential>, RotationError> {
    let mut credentials = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut call = client.list_credentials().limit(PAGE);
        if let Some(cursor) = &cursor {
            call = call.starting_after(cursor.as_str());
        }
        let page = call.send().await.map_err(RotationError::Look)?.into_inner();
        credentials.extend(page.data);
        match further(cursor.as_deref(), page.next_cursor, page.has_more) {
            Some(next) => cursor = Some(next),
            None => return Ok(credentials),
        }
    }
}

/// Where the next page begins. A deployment that names the same place again would do so for ever.
fn further(cursor: Option<&str>, next: Option<String>, has_more: bool) -> Option<String> {
    next.filter(|next| has_more && cursor != Some(next))
}

/// Makes a repository refer to `new`. To say so twice does no harm.
async fn repoint(
    client: &Client,
    repository: &RepositoryId,
    new: &CredentialId,
) -> Result<(), RotationError> {
    let client = client.clone().with_settings(Settings::new().repeat(Repeat::Everything));
    let change = UpdateRepositoryRequest::builder().credential_id(new.clone());
    let changed = client.update_repository().repository_id(repository).body(change).send().await;
    match changed {
        Ok(_) => Ok(()),
        Err(source) => Err(RotationError::Repoint { repository: repository.into(), source }),
    }
}
