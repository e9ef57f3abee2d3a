//! Who is accepted: the store is asked each time, so a revocation takes effect with its answer.

use super::refusal::reason;
use super::{Caller, WattShift, records};
use crate::fault::Fault;
use crate::generated::wattshift::{Credentials, Operation};
use crate::runtime::{Context, Presented, Refused};
use crate::secret::SecretHash;
use crate::store::State;

impl WattShift {
    /// Accepts a live key. A refusal tells an unknown key, an expired one and a revoked one apart; one that was revoked
    /// stays so past its expiry.
    pub(super) async fn accept(
        &self,
        operation: Operation,
        presented: &Presented<Credentials>,
        context: &Context,
    ) -> Result<Caller, Refused> {
        let Credentials::XWsApiKey(key) = presented.first();
        if let Some(anybody) = self.anybody(key, context) {
            return Ok(anybody);
        }
        let secret = SecretHash::of(key.expose());
        let found = self.state.store().credential_by_secret(records::CREDENTIALS, &secret).await?;
        let Some(credential) = found else { return Err(Refused::because(reason::INVALID)) };
        self.hold_use(operation, &credential.id).await;
        let now = self.state.clock().now();
        let faults = self.state.faults();
        let refused = match credential.state(now) {
            State::Active => self.is_held_back(&credential, now).then_some(reason::INVALID),
            State::Expired => (!faults.is_on(Fault::ExpiredStillAccepted)).then_some(reason::EXPIRED),
            State::Revoked => {
                self.breach_for_revoked(operation, &credential).await?;
                let is_generic = faults.is_on(Fault::RevocationCodeIsGeneric);
                let word = if is_generic { reason::INVALID } else { reason::REVOKED };
                (!self.accepts_revoked(&credential, now)).then_some(word)
            }
        };
        match refused {
            None => Ok(Caller { id: credential.id, key: key.clone() }),
            Some(reason) => Err(Refused::because(reason)),
        }
    }
}
