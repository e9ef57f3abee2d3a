//! Who is accepted: looked up in the table, or remembered from at most five minutes ago.

use super::metrics::Event;
use super::{Caller, EntryTarget};
use crate::fault::Fault;
use crate::generated::entrytarget::{Credentials, Operation};
use crate::runtime::{Presented, Refused};
use crate::secret::SecretHash;
use crate::store::PairState;

/// Why a pair is refused. One word for every cause, because the contract has one code for them.
const REFUSED: &str = "refused";

impl EntryTarget {
    /// Accepts an active pair with the right secret.
    ///
    /// The bound of the cache is hard: an entry dies five minutes after the table was read, however often it is used,
    /// so a pair is refused five minutes after its revocation at the latest. Refusals are not remembered, so a pair
    /// works as soon as it is registered. A database failure says nothing about the pair and is no refusal.
    pub(super) async fn accept(
        &self,
        operation: Operation,
        presented: &Presented<Credentials>,
    ) -> Result<Caller, Refused> {
        let Credentials::ApiKeyAndApiSecret { api_key, api_secret: secret } = presented.first();
        let caller = Caller { api_key: api_key.expose().to_owned() };
        if self.lets_anybody_in(&caller) {
            return Ok(caller);
        }
        self.hold_use(operation, &caller.api_key).await;
        let (faults, cache) = (self.state.faults(), self.state.cache());
        let secret = SecretHash::of(secret.expose());
        // Read before the table is, so that the time in between does not stretch the bound.
        let now = self.state.clock().now();
        if cache.get(&*caller.api_key, cache.bound(), now) == Some(secret) {
            if faults.is_on(Fault::SlidingCache) {
                cache.renew(&*caller.api_key, now);
            }
            self.metrics.count(Event::AcceptedFromCache);
            return Ok(caller);
        }
        let asked = cache.asking(now);
        let pair = self.look_up(&caller.api_key).await?;
        let Some(pair) =
            pair.filter(|pair| pair.secret_hash == secret || faults.is_on(Fault::HalfCredentialAccepted))
        else {
            self.remember_refusal(&caller.api_key, now);
            return Err(self.refused());
        };
        let accepted = match pair.state {
            PairState::Active => !self.is_held_back(&caller.api_key, now),
            PairState::Revoked { at } => self.accepts_revoked(operation, &caller.api_key, at, now),
        };
        if !accepted {
            return Err(self.refused());
        }
        if pair.state == PairState::Active && pair.secret_hash == secret {
            cache.remember(caller.api_key.clone(), secret, asked);
        }
        self.metrics.count(Event::AcceptedFromTable);
        Ok(caller)
    }

    fn refused(&self) -> Refused {
        self.metrics.count(Event::Refused);
        Refused::because(REFUSED)
    }
}
