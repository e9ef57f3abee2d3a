//! A credential revokes itself, and nothing else.

use std::borrow::Cow;

use super::breach::REPETITION_FAILS;
use super::refusal::reason;
use super::{Caller, WattShift, realm, records};
use crate::fault::Fault;
use crate::generated::wattshift::types::{
    AgentCredentialRevocationResponseDto as Confirmation,
    AgentCredentialRevocationResponseDtoOutcome as Outcome,
};
use crate::runtime::{Failure, Rejection};
use crate::store::{Guard, Revocation};

impl WattShift {
    /// Revokes the caller. The id of somebody else and one that does not exist are refused alike, so that nobody
    /// learns which ids exist. Who comes second of several at a time finds the key dead.
    pub(super) async fn revoke(&self, caller: &Caller, id: &str) -> Result<Confirmation, Failure> {
        if let Some(confirmation) = self.breach_before_revocation(caller, id).await? {
            return Ok(confirmation);
        }
        if caller.id != id {
            return Err(refused(reason::ANOTHER));
        }
        let now = self.state.clock().now();
        match self.state.store().revoke(realm(), id, Guard::None, now).await? {
            Revocation::Revoked => {
                self.remember_revoked(caller);
                Ok(self.confirmed(caller, id))
            }
            Revocation::AlreadyRevoked { .. }
                if self.state.faults().is_on(Fault::RepeatRevocationServerError) =>
            {
                Err(Failure::Rejected(Rejection::internal(REPETITION_FAILS)))
            }
            Revocation::AlreadyRevoked { .. } | Revocation::Unknown | Revocation::LastActive => {
                Err(refused(reason::REVOKED))
            }
        }
    }

    pub(super) fn confirmed(&self, caller: &Caller, id: &str) -> Confirmation {
        let (ids, faults) = (self.state.ids(), self.state.faults());
        let mut next_steps = "The credential is dead for good. Request a new one to go on.".to_owned();
        if faults.is_on(Fault::SecretEchoedInList) {
            next_steps.push(' ');
            next_steps.push_str(caller.key.expose());
        }
        let is_wrong = faults.is_on(Fault::EchoWrongId);
        let named = if is_wrong { ids.make(&records::CREDENTIAL_ID) } else { id.to_owned() };
        Confirmation {
            outcome: Outcome::Revoked,
            credential_id: named,
            request_id: ids.make(&records::REQUEST_ID),
            production_access: faults.is_on(Fault::ProductionAccessClaimed),
            next_steps,
        }
    }
}

/// A refusal in the usual envelope; the document has a 403 without describing its body.
pub(super) fn refused(reason: &'static str) -> Failure {
    Failure::Rejected(Rejection::InvalidCredential { reason: Cow::Borrowed(reason) })
}
