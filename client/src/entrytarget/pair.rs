//! Pairs, and how one is registered.

use uuid::Uuid;

use super::types::{ApiKey, ApiSecret, RegisterCredentialRequest};
use super::{Client, GetAccountError, RegisterCredentialError};
use crate::{Attempts, Credentials, Error, Repeat, Settings};

/// A key and the secret that the vendor derived from it.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Identifies it.
    pub api_key: ApiKey,
    /// Proves it.
    pub api_secret: ApiSecret,
}

/// How it is known that a pair is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Registered {
    /// The deployment said so.
    Now,
    /// The pair is accepted: an earlier attempt at the same call, whose answer was lost, has done it.
    Earlier,
}

impl Client {
    /// The same client, presenting `pair`.
    #[must_use]
    pub fn acting_as(&self, pair: &Pair) -> Self {
        let credentials = Credentials::new()
            .api_key("X-Api-Key", pair.api_key.as_str())
            .api_key("X-Api-Secret", &pair.api_secret);
        self.clone().with_credentials(credentials)
    }

    /// Registers `pair`. Where there is a [`Retry`](crate::Retry) it is repeated: a second time changes nothing.
    ///
    /// A `409` to a repeat is success where the pair is accepted, which one more call shows: nobody can have registered the
    /// key with another secret, but it may have been revoked before. Where that was within the last five minutes
    /// ([`WINDOW`](super::WINDOW)) nobody can tell. A `409` to the first attempt is an error: the key exists already.
    ///
    /// # Errors
    /// It is not known to be registered.
    pub async fn register(&self, pair: &Pair) -> Result<Registered, Error<RegisterCredentialError>> {
        let client = self.clone().with_settings(Settings::new().repeat(Repeat::Everything));
        let request =
            RegisterCredentialRequest::builder().api_key(&pair.api_key).api_secret(&pair.api_secret);
        match client.register_credential().body(request).send().await {
            Ok(_) => Ok(Registered::Now),
            Err(error) if may_be_done(&error) && client.acting_as(pair).is_accepted().await => {
                Ok(Registered::Earlier)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the deployment says that it takes the pair that this client presents.
    async fn is_accepted(&self) -> bool {
        // Who is refused never learns that there is no such account.
        match self.get_account().id(Uuid::nil()).send().await {
            Ok(_) => true,
            Err(error) => matches!(error.documented(), Some(GetAccountError::NotFound(_))),
        }
    }
}

fn may_be_done(error: &Error<RegisterCredentialError>) -> bool {
    matches!(error.documented(), Some(RegisterCredentialError::Conflict(_)))
        && error.attempts().is_some_and(Attempts::may_have_happened)
}
