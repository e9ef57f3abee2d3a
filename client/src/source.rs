//! Credentials that change while a client is in use.

use std::error::Error as StdError;
use std::sync::Arc;

use crate::credential::Credentials;
use crate::future::{BoxFuture, MaybeSend, MaybeSync};

/// Gives credentials for each request, such as a token that is renewed in time.
pub trait CredentialSource: MaybeSend + MaybeSync {
    /// What is presented now.
    ///
    /// # Errors
    /// There is nothing to present; the request is not sent.
    fn credentials(&self) -> BoxFuture<'_, Result<Granted, SourceError>>;

    /// What was granted under `ticket` was answered with `401`. The request is sent once more with what is granted then.
    fn refused(&self, ticket: u64) {
        let _ = ticket;
    }
}

/// Why a source has nothing to present.
pub type SourceError = Arc<dyn StdError + Send + Sync>;

/// Credentials from a [`CredentialSource`].
#[derive(Clone, Debug)]
pub struct Granted {
    /// What is presented.
    pub credentials: Credentials,
    /// Tells the source which they were, if they are refused.
    pub ticket: u64,
}
