//! One credential takes the place of another: register, repoint, delete.

use std::collections::BTreeMap;
use std::error::Error as StdError;

use reqwest::StatusCode;
use serde::{Deserialize, Serialize};

use super::step::Step;
use super::types::{
    CreateCredentialRequest, CredentialId, CredentialSecret, RepositoryId, UpdateRepositoryRequest,
};
use super::{
    Client, CreateCredentialError, DeleteCredentialError, GetRepositoryError, ListCredentialsError,
    ListRepositoriesError, UpdateRepositoryError,
};
use crate::{Attempts, Error, Repeat, Settings};

/// Items of a page.
const PAGE: i64 = 100;

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

/// Whether an earlier run may have registered the new credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Earlier {
    Perhaps,
    Never,
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
    /// The old credential could not be deleted.
    #[error("the old credential was not deleted; everything refers to the new one")]
    Delete(#[source] Error<DeleteCredentialError>),
    /// The state could not be kept, so nothing further was sent.
    #[error("the rotation was not saved")]
    Save(#[source] Box<dyn StdError + Send + Sync>),
}

impl Rotation {
    /// A rotation of `old`, of which nothing is done yet.
    ///
    /// The new credential is called `name` and is of that `kind`, such as `git_pat`. `key` is its `Idempotency-Key`: any
    /// text of up to 255 characters. Name and key are used for this rotation alone.
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
        // An earlier run may have registered the new credential.
        let earlier = if matches!(self.step, Step::Register) { Earlier::Perhaps } else { Earlier::Never };
        loop {
            save(self).map_err(|error| RotationError::Save(error.into()))?;
            if let Step::Done { new } = &self.step {
                return Ok(new.clone());
            }
            self.step = self.next(client, secret, earlier).await?;
        }
    }

    /// Does what is next, and returns what comes after it.
    async fn next(
        &self,
        client: &Client,
        secret: &CredentialSecret,
        earlier: Earlier,
    ) -> Result<Step, RotationError> {
        match &self.step {
            Step::Start => {
                self.look(client).await?;
                Ok(Step::Register)
            }
            Step::Register => Ok(Step::Repoint { new: self.register(client, secret, earlier).await? }),
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
        let mut cursor: Option<String> = None;
        let mut is_known = false;
        loop {
            let mut call = client.list_credentials().limit(PAGE);
            if let Some(cursor) = cursor {
                call = call.starting_after(cursor);
            }
            let page = call.send().await.map_err(RotationError::Look)?.into_inner();
            if let Some(taken) = page.data.iter().find(|credential| *credential.name == self.name) {
                return Err(RotationError::NameTaken { name: self.name.clone(), by: (&taken.id).into() });
            }
            is_known |= page.data.iter().any(|credential| credential.id == self.old);
            match page.next_cursor.filter(|_| page.has_more) {
                Some(next) => cursor = Some(next),
                None if is_known => return Ok(()),
                None => return Err(RotationError::Unknown { old: self.old.clone() }),
            }
        }
    }

    /// Registers the new credential, or finds that an earlier run has done it.
    async fn register(
        &self,
        client: &Client,
        secret: &CredentialSecret,
        earlier: Earlier,
    ) -> Result<CredentialId, RotationError> {
        let request = CreateCredentialRequest::builder()
            .name(self.name.as_str())
            .type_(self.kind.as_str())
            .secret(secret);
        let call = client.create_credential().idempotency_key(self.key.as_str()).body(request);
        let error = match call.send().await {
            Ok(credential) => return Ok(credential.into_inner().id),
            Err(error) => error,
        };
        // After the idempotency window only the name tells that it is there.
        let taken = match error.documented() {
            Some(CreateCredentialError::Conflict { body, .. }) if body.type_.ends_with("/name-conflict") => {
                body.conflicting_resource_id.as_deref()
            }
            _ => None,
        };
        let Some(taken) = taken else { return Err(RotationError::Register(error)) };
        // Nobody has heard of the first request for it before: then it is somebody else's.
        let is_ours =
            earlier == Earlier::Perhaps || error.attempts().is_some_and(Attempts::may_have_happened);
        if !is_ours {
            return Err(RotationError::NameTaken { name: self.name.clone(), by: taken.to_owned() });
        }
        taken.parse().map_err(|_| RotationError::Register(error))
    }

    /// Makes every listed repository that refers to the old credential refer to the new one.
    async fn repoint_all(&self, client: &Client, new: &CredentialId) -> Result<(), RotationError> {
        let mut cursor: Option<String> = None;
        loop {
            let mut call = client.list_repositories().limit(PAGE);
            if let Some(cursor) = cursor {
                call = call.starting_after(cursor);
            }
            let page = call.send().await.map_err(RotationError::List)?.into_inner();
            for repository in page.data {
                if repository.credential_id.as_ref() == Some(&self.old) {
                    repoint(client, &repository.id, new).await?;
                }
            }
            match page.next_cursor.filter(|_| page.has_more) {
                Some(next) => cursor = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Deletes the old credential. Whatever turns out to refer to it is made to let go.
    async fn delete(&self, client: &Client, new: &CredentialId) -> Result<(), RotationError> {
        let mut conflicts: BTreeMap<String, u32> = BTreeMap::new();
        loop {
            let Err(error) = client.delete_credential().credential_id(&self.old).send().await else {
                return Ok(());
            };
            let resource = match error.documented() {
                // It was there when this rotation began.
                Some(DeleteCredentialError::NotFound(_)) => return Ok(()),
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
