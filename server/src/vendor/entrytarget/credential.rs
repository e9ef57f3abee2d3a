//! Registering a pair that its vendor made, and revoking it.

use super::metrics::Event;
use super::refusal::{Code, envelope};
use super::{Caller, EntryTarget};
use crate::fault::Fault;
use crate::generated::entrytarget::response::{RegisterCredentialResponse, RevokeCredentialResponse};
use crate::generated::entrytarget::types::{RegisteredCredential, RevokedCredential};
use crate::runtime::{Failure, Secret};
use crate::secret::SecretHash;
use crate::store::{PairState, Registration};

impl EntryTarget {
    /// Registers a pair that proves itself.
    ///
    /// The derivation is checked first, so that an anonymous caller with a wrong secret does not learn which keys
    /// exist. A row that is there stays as it is, whether live, revoked or made inactive by hand.
    pub(super) async fn register(
        &self,
        api_key: &str,
        secret: &Secret,
    ) -> Result<RegisterCredentialResponse, Failure> {
        if !self.derivation.verify(api_key, secret.expose()) {
            let exists = self.exists_where_told(api_key).await?;
            if exists && self.state.faults().is_on(Fault::ExistingKeySaysSo) {
                return Ok(self.duplicate());
            }
            if exists || !self.state.faults().is_on(Fault::UnverifiedRegistration) {
                self.metrics.count(Event::RegistrationInvalid);
                return Ok(RegisterCredentialResponse::Forbidden(envelope(Code::InvalidCredential)));
            }
        }
        let now = self.state.clock().now();
        let hash = SecretHash::of(secret.expose());
        let registration = self.store()?.register_pair(api_key, hash, now).await?;
        let created = match registration {
            Registration::Registered => true,
            Registration::Duplicate(PairState::Active) => {
                self.state.faults().is_on(Fault::RepeatedRegistrationSucceeds)
            }
            Registration::Duplicate(PairState::Revoked { at }) => {
                self.revives_on_registration(at) && self.store()?.revive_pair(api_key, hash).await?
            }
        };
        if !created {
            return Ok(self.duplicate());
        }
        self.metrics.count(Event::Registered);
        self.remember_registration(api_key, hash, now);
        Ok(RegisterCredentialResponse::Created(RegisteredCredential { api_key: api_key.try_into()? }))
    }

    fn duplicate(&self) -> RegisterCredentialResponse {
        self.metrics.count(Event::RegistrationDuplicate);
        RegisterCredentialResponse::Conflict(envelope(Code::DuplicateApiKey))
    }

    /// Revokes a pair, whoever calls, itself and the last active one included. The table decides, never the cache: of
    /// several revocations one is told that it was done, and a repeated one is answered like one of an unknown key.
    pub(super) async fn revoke(
        &self,
        caller: &Caller,
        api_key: &str,
    ) -> Result<RevokeCredentialResponse, Failure> {
        if let Some(answer) = self.breach_before_revocation(caller, api_key).await? {
            return Ok(answer);
        }
        let revoked = self.store()?.revoke_pair(api_key, self.state.clock().now()).await?;
        if let Some(answer) = self.breach_after_revocation(caller, api_key, revoked).await? {
            return Ok(answer);
        }
        if revoked { self.confirmed(api_key) } else { Ok(self.not_found()) }
    }

    pub(super) fn confirmed(&self, api_key: &str) -> Result<RevokeCredentialResponse, Failure> {
        self.metrics.count(Event::Revoked);
        let faults = self.state.faults();
        let named = if faults.is_on(Fault::EchoWrongId) { "ak_another" } else { api_key };
        Ok(RevokeCredentialResponse::Ok(RevokedCredential { api_key: named.try_into()?, revoked: true }))
    }

    pub(super) fn not_found(&self) -> RevokeCredentialResponse {
        self.metrics.count(Event::RevocationOfNothing);
        RevokeCredentialResponse::NotFound(envelope(Code::CredentialNotFound))
    }
}
