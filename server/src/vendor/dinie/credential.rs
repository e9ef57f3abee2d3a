//! Credentials: issued with a secret that is shown once, listed for good, revoked for good.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, json};

use super::problem::{Trouble, key_reused};
use super::{Caller, Dinie, records};
use crate::fault::Fault;
use crate::generated::dinie::response::RevokeCredentialResponse;
use crate::generated::dinie::types::{
    CreateCredentialRequest, Credential as Listed, CredentialList, CredentialStatus, CredentialWithSecret,
};
use crate::runtime::{Context, Failure, Location, Rejection, RequestViolation, Secret};
use crate::secret::SecretHash;
use crate::store::{
    Credential, Fingerprint, Issue, Listing, Names, NewAnswer, NewCredential, Page, Revocation, Start,
};

/// How long an idempotency key is held.
const KEY_LIFETIME: Duration = Duration::from_hours(24);

/// The attribute that names the credential that asked for this one.
pub(super) const ISSUER: &str = "issuer";

impl Dinie {
    pub(super) async fn issue(
        &self,
        caller: &Caller,
        key: Option<&str>,
        wanted: &CreateCredentialRequest,
    ) -> Result<CredentialWithSecret, Failure> {
        let now = self.state.clock().now();
        let expires_at = wanted.expires_at.value().copied().map(whole_microseconds).transpose()?;
        let expires_at = expires_at.filter(|_| !self.is_on(Fault::ExpiryIsForgotten));
        let (id, secret) = self.new_pair(caller, &wanted.name).await?;
        let issued = CredentialWithSecret {
            client_id: id.as_str().parse()?,
            id,
            name: wanted.name.clone(),
            status: CredentialStatus::Active,
            expires_at,
            created_at: now,
            updated_at: now,
            last_used_at: None,
            client_secret: secret,
        };
        let credential = NewCredential {
            id: &issued.id,
            name: &issued.name,
            names: Names::Shared,
            secret_hash: SecretHash::of(issued.client_secret.expose()),
            material: None,
            attributes: Map::from_iter([(ISSUER.to_owned(), caller.client_id.as_str().into())]),
            created_at: now,
            expires_at,
        };
        let key = key.filter(|key| !key.is_empty() && !self.is_on(Fault::ReplayCreatesAnother));
        let payload = json!([wanted.name, wanted.expires_at]).to_string();
        let answer = match key {
            None => None,
            Some(key) => Some(NewAnswer {
                principal: &caller.partner,
                operation: "createCredential",
                key,
                fingerprint: Fingerprint::of(payload.as_bytes()),
                answer: serde_json::to_vec(&issued)?,
                keep: KEY_LIFETIME,
            }),
        };
        let realm = records::CREDENTIALS.of(&caller.partner);
        if self.revives_same(&issued.id).await? {
            return Ok(issued);
        }
        match self.state.store().issue(realm, credential, answer).await? {
            Issue::Issued => {
                self.remember_secret(&issued.id, &issued.client_secret);
                Ok(issued)
            }
            Issue::Replayed(stored) => {
                let stored: CredentialWithSecret = serde_json::from_slice(stored.as_bytes())?;
                if self.is_on(Fault::ReplayRevives) {
                    self.state.store().revive(records::CREDENTIALS, &stored.id).await?;
                }
                Ok(stored)
            }
            Issue::KeyReused => {
                Err(key_reused(violation(Location::Header, "Idempotency-Key", "belongs to another request")))
            }
            Issue::NameTaken(_) => Err(Failure::Rejected(Rejection::internal("names are shared"))),
            Issue::IdTaken(_) => Err(Failure::Rejected(Rejection::internal("an id was drawn twice"))),
        }
    }

    async fn new_pair(&self, caller: &Caller, name: &str) -> Result<(String, Secret), Failure> {
        if let Some(pair) = self.same_pair(caller, name).await? {
            return Ok(pair);
        }
        let ids = self.state.ids();
        Ok((ids.make(&records::CLIENT_ID), ids.make(&records::CLIENT_SECRET).into()))
    }

    /// A page of all credentials of the partner, oldest first, revoked ones among them. Source: dinie/R6.
    pub(super) async fn list(
        &self,
        caller: &Caller,
        limit: i64,
        starting_after: Option<&str>,
    ) -> Result<CredentialList, Failure> {
        let start = starting_after.map_or(Start::Beginning, Start::After);
        let page = Page { start, limit: u32::try_from(limit)? };
        let realm = records::CREDENTIALS.of(&caller.partner);
        let Listing::Page { items, has_more } = self.state.store().credentials(realm, None, page).await?
        else {
            let unknown =
                violation(Location::Query, "starting_after", "must be the id of an item of the list");
            return Err(Failure::Rejected(Rejection::Violations(vec![unknown])));
        };
        let mut data = items.iter().map(shown).collect::<Result<Vec<_>, _>>()?;
        self.breach_list(caller, starting_after.is_some(), has_more, &mut data).await?;
        Ok(CredentialList { data, has_more })
    }

    /// Revokes a credential of the partner, at once and for good. Sources: dinie/R1, R5, R11 to R14.
    pub(super) async fn revoke(
        &self,
        caller: &Caller,
        client_id: &str,
        context: &Context,
    ) -> Result<RevokeCredentialResponse, Failure> {
        let headers = self.headers(context);
        if let Some(trouble) = self.breach_before_revocation(caller, client_id).await? {
            return Ok(self.not_revoked(trouble, context));
        }
        if self.loses_revocation(caller, client_id).await? {
            return Ok(RevokeCredentialResponse::NoContent { headers });
        }
        let guard = self.guard(caller, client_id).await?;
        let realm = records::CREDENTIALS.of(&caller.partner);
        let now = self.state.clock().now();
        let trouble = match self.state.store().revoke(realm, client_id, guard, now).await? {
            Revocation::Revoked => {
                self.breach_after_revocation(caller, client_id).await?;
                None
            }
            Revocation::AlreadyRevoked { .. } => self.breach_repetition(client_id).await?,
            Revocation::Unknown => self.breach_unknown(client_id).await?,
            Revocation::LastActive => Some(Trouble::LastActive),
        };
        Ok(match trouble {
            None => RevokeCredentialResponse::NoContent { headers },
            Some(trouble) => self.not_revoked(trouble, context),
        })
    }

    fn not_revoked(&self, trouble: Trouble, context: &Context) -> RevokeCredentialResponse {
        let headers = self.headers(context);
        let body = self.problem(trouble, context);
        match trouble {
            Trouble::CredentialNotFound => RevokeCredentialResponse::NotFound { body, headers },
            Trouble::LastActive | Trouble::NotRevocable => {
                RevokeCredentialResponse::Conflict { body, headers }
            }
            _ => RevokeCredentialResponse::InternalServerError { body, headers },
        }
    }
}

/// A credential as lists show it. One that expired is as active as it was: the contract has no word for it.
pub(super) fn shown(credential: &Credential) -> Result<Listed, Failure> {
    Ok(Listed {
        id: credential.id.clone(),
        client_id: credential.id.parse()?,
        name: credential.name.clone(),
        status: match credential.revoked_at {
            None => CredentialStatus::Active,
            Some(_) => CredentialStatus::Revoked,
        },
        expires_at: credential.expires_at,
        created_at: credential.created_at,
        updated_at: credential.updated_at,
        last_used_at: credential.last_used_at,
    })
}

fn violation(location: Location, parameter: &str, message: &str) -> RequestViolation {
    RequestViolation {
        location,
        parameter: Some(parameter.to_owned()),
        pointer: rescind_specs::Pointer::root(),
        keyword: String::new(),
        message: message.to_owned(),
    }
}

/// As the store keeps it.
fn whole_microseconds(time: Timestamp) -> Result<Timestamp, jiff::Error> {
    Timestamp::from_microsecond(time.as_microsecond())
}
