//! Vaulted credentials: registered under a name, listed without their secret, deleted unless something refers to them.

use serde_json::{Map, json};

use super::kept::Kept;
use super::problem::Trouble;
use super::{Caller, ShiftAgent, page, records};
use crate::fault::Fault;
use crate::generated::shiftagent::request::{CreateCredentialRequest, ListCredentialsRequest};
use crate::generated::shiftagent::response::{CreateCredentialResponse, DeleteCredentialResponse};
use crate::generated::shiftagent::types::{
    Credential as Shown, CredentialList, CredentialListObject, CredentialObject, CredentialType, Metadata,
};
use crate::runtime::{Context, Failure};
use crate::secret::SecretHash;
use crate::store::{Attributes, Credential, Deletion, Names, NewCredential, References};

/// The attribute that says what the secret is.
const TYPE: &str = "type";
/// The attribute that names the service key that asked for it. No promise that is kept depends on it.
pub(super) const MAKER: &str = "maker";
/// The attribute with the notes of the caller.
pub(super) const METADATA: &str = "metadata";

impl ShiftAgent {
    /// Puts a secret into the vault. It is in no answer. Sources: shiftagent/R17, R18.
    pub(super) async fn vault(
        &self,
        caller: &Caller,
        request: CreateCredentialRequest,
    ) -> Result<CreateCredentialResponse, Failure> {
        let CreateCredentialRequest { idempotency_key, body, context } = request;
        let collection = records::CREDENTIALS;
        let slot = self.slot(collection, caller, "createCredential", idempotency_key.as_ref(), &body)?;
        let now = self.state.clock().now();
        let id = self.new_id(caller, &body.name);
        let attributes = Map::from_iter([
            (MAKER.to_owned(), caller.key_id.as_str().into()),
            (TYPE.to_owned(), body.type_.0.as_str().into()),
            (METADATA.to_owned(), json!(body.metadata.unwrap_or_else(no_metadata))),
        ]);
        let credential = NewCredential {
            id: &id,
            name: &body.name,
            names: if self.is_on(Fault::DuplicateNameAccepted) { Names::Shared } else { Names::Unique },
            // Nobody presents this secret here, so the vault keeps no hash of it.
            secret_hash: SecretHash::of(&id),
            material: Some(body.secret.expose()),
            attributes: attributes.clone(),
            created_at: now,
            expires_at: None,
        };
        let done = Kept::Done(Shown {
            object: CredentialObject::Credential,
            id: id.parse()?,
            name: body.name.parse()?,
            type_: body.type_.clone(),
            metadata: metadata(&attributes)?,
            created_at: now,
            updated_at: now,
        });
        let issue = if let Some(taken) = self.name_of_the_dead(caller, &body.name) {
            taken
        } else {
            let answer = slot.keeping(&done)?;
            self.state.store().issue(collection.of(&caller.root), credential, answer).await?
        };
        self.breach_issue(caller, &issue, &id, &body.secret).await?;
        let (answer, time) = self.conclude(issue, done, &slot, &context).await?;
        let headers = time.header();
        Ok(match answer {
            Kept::Done(body) => CreateCredentialResponse::Created { body, headers },
            Kept::Conflict(body) => CreateCredentialResponse::Conflict { body, headers },
        })
    }

    /// A page of the handles in the caller's root.
    pub(super) async fn credentials(
        &self,
        caller: &Caller,
        request: &ListCredentialsRequest,
    ) -> Result<CredentialList, Failure> {
        let page =
            page::wanted(request.limit, request.starting_after.as_deref(), request.ending_before.as_deref())?;
        let filter = request.r#type.as_deref().map(|kind| (TYPE, kind));
        let realm = records::CREDENTIALS.of(&caller.root);
        let listing = self.state.store().credentials(realm, filter, page).await?;
        let (mut items, has_more) = page::found(listing, page)?;
        let next_cursor = page::next(page, has_more, items.last().map(|last| last.id.as_str()));
        self.breach_list(caller, page, has_more, &mut items).await?;
        let data = items.iter().map(shown).collect::<Result<_, _>>()?;
        Ok(CredentialList { object: CredentialListObject::List, data, has_more, next_cursor })
    }

    /// Deletes a credential with its secret. Whether it exists within reach is asked before whether it is in use.
    /// Sources: shiftagent/R1, R3 to R5, R10 to R13.
    pub(super) async fn destroy(
        &self,
        caller: &Caller,
        id: &str,
        context: &Context,
    ) -> Result<DeleteCredentialResponse, Failure> {
        let before = self.known_where_broken(id).await?;
        if let Some(answer) = self.breach_before_deletion(caller, id, before.as_ref(), context).await? {
            return Ok(answer);
        }
        let references =
            if self.is_on(Fault::GuardIgnored) { References::Clear } else { References::Prevent };
        let realm = records::CREDENTIALS.of(&caller.root);
        match self.state.store().delete(realm, id, references).await? {
            Deletion::Deleted => {
                self.bury(before);
                Ok(DeleteCredentialResponse::NoContent)
            }
            Deletion::InUse { dependent } => {
                let named = self.breach_guard(caller, dependent).await?;
                Ok(DeleteCredentialResponse::Conflict(self.conflict(Trouble::InUse, named, context)))
            }
            Deletion::Unknown => match self.breach_unknown(caller, id, before, context).await? {
                Some(answer) => Ok(answer),
                None => Ok(DeleteCredentialResponse::NotFound(self.problem(Trouble::NotFound, context))),
            },
        }
    }
}

/// The handle of a credential.
fn shown(credential: &Credential) -> Result<Shown, Failure> {
    let kind = credential.attributes.get(TYPE).and_then(serde_json::Value::as_str).unwrap_or_default();
    Ok(Shown {
        object: CredentialObject::Credential,
        id: credential.id.parse()?,
        name: credential.name.parse()?,
        type_: CredentialType(kind.to_owned()),
        metadata: metadata(&credential.attributes)?,
        created_at: credential.created_at,
        updated_at: credential.updated_at,
    })
}

/// The notes that were stored with a record.
pub(super) fn metadata(attributes: &Attributes) -> Result<Metadata, serde_json::Error> {
    match attributes.get(METADATA) {
        Some(stored) => serde_json::from_value(stored.clone()),
        None => Ok(no_metadata()),
    }
}

pub(super) fn no_metadata() -> Metadata {
    Metadata(std::collections::BTreeMap::new())
}
