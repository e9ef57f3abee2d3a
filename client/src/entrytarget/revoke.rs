//! A pair is revoked, and may be accepted for a while.

use std::time::Duration;

use jiff::Timestamp;

use super::types::ApiKey;
use super::{Client, Pair, RevokeCredentialError};
use crate::{Acknowledged, Attempts, Clock, Error};

/// Longest time that a revoked pair may be accepted, counted from the answer to its revocation.
pub const WINDOW: Duration = Duration::from_mins(5);

/// A revocation that is known to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// What was revoked.
    pub api_key: ApiKey,
    /// How that is known.
    pub acknowledged: Acknowledged,
    /// From this instant on it is refused everywhere; before, an instance that remembers it may accept it.
    pub accepted_until: Timestamp,
}

impl Revocation {
    /// How much of the window is left at `now`.
    pub fn remaining(&self, now: Timestamp) -> Duration {
        Duration::try_from(self.accepted_until.duration_since(now)).unwrap_or_default()
    }
}

impl Client {
    /// Revokes `api_key` with the pair that this client presents.
    ///
    /// A `404` to a repeat is taken for success: the first time, whose answer was lost or told of a failure, has done it. A
    /// `404` to the first attempt is an error: the key is unknown or was revoked before. The deployment tells neither apart
    /// from the other, nor from success, so that `api_key` should be known to be right.
    ///
    /// # Errors
    /// It is not known to be revoked.
    pub async fn revoke(
        &self,
        api_key: &ApiKey,
        clock: &impl Clock,
    ) -> Result<Revocation, Error<RevokeCredentialError>> {
        let gone = |error: &RevokeCredentialError| matches!(error, RevokeCredentialError::NotFound(_));
        self.revoke_unless(api_key, clock, gone).await
    }

    /// Revokes `pair` with itself. Here a `401` to a repeat is success as well: the pair is refused already, as it would be
    /// if its secret had been wrong from the start.
    ///
    /// # Errors
    /// It is not known to be revoked.
    pub async fn revoke_itself(
        &self,
        pair: &Pair,
        clock: &impl Clock,
    ) -> Result<Revocation, Error<RevokeCredentialError>> {
        let gone = |error: &RevokeCredentialError| {
            matches!(error, RevokeCredentialError::NotFound(_) | RevokeCredentialError::Unauthorized(_))
        };
        self.acting_as(pair).revoke_unless(&pair.api_key, clock, gone).await
    }

    /// Revokes, and takes for success what `gone` says of a repeat.
    async fn revoke_unless(
        &self,
        api_key: &ApiKey,
        clock: &impl Clock,
        gone: impl Fn(&RevokeCredentialError) -> bool,
    ) -> Result<Revocation, Error<RevokeCredentialError>> {
        let repeated =
            |error: &Error<RevokeCredentialError>| error.attempts().is_some_and(Attempts::may_have_happened);
        let acknowledged = match self.revoke_credential().api_key(api_key).send().await {
            Ok(_) => Acknowledged::Now,
            Err(error) if repeated(&error) && error.documented().is_some_and(gone) => Acknowledged::Earlier,
            Err(error) => return Err(error),
        };
        // Counted from here also where an earlier answer was lost: nobody knows when that one was given.
        let accepted_until = clock.now().checked_add(WINDOW).unwrap_or(Timestamp::MAX);
        Ok(Revocation { api_key: api_key.clone(), acknowledged, accepted_until })
    }
}
