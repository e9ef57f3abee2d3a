//! Credentials that change while a client is in use.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::credential::Credentials;
use crate::error::RetryAfter;
use crate::future::{BoxFuture, MaybeSend, MaybeSync};

/// Gives credentials for each request, such as a token that is renewed in time.
pub trait CredentialSource: MaybeSend + MaybeSync {
    /// What is presented now.
    ///
    /// # Errors
    /// There is nothing to present; the request is not sent.
    fn credentials(&self) -> BoxFuture<'_, Result<Granted, SourceError>>;

    /// What was granted under `ticket` was answered with `401`; of one call the first time is told.
    ///
    /// The request is sent once more with what is granted then, with or without a [`Retry`](crate::Retry). One whose body
    /// streams cannot be: it ends with the `401`, and the next one presents what is granted then.
    fn refused(&self, ticket: u64) {
        let _ = ticket;
    }
}

/// Why a source has nothing to present.
#[derive(Clone, Debug)]
pub struct SourceError {
    cause: Arc<dyn StdError + Send + Sync>,
    outlook: Outlook,
}

/// What is to be expected of a source that has nothing to present.
#[derive(Clone, Copy, Debug)]
enum Outlook {
    /// It will have nothing later either.
    Lasting,
    /// It may have something later, perhaps from a time on that it was told.
    Passing(Option<RetryAfter>),
}

impl SourceError {
    /// There will be nothing to present later either, such as where the credential is revoked.
    pub fn lasting(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { cause: cause.into().into(), outlook: Outlook::Lasting }
    }

    /// There may be something to present later, such as where an exchange was not answered; `retry_after` is when to ask
    /// again, if that is known.
    pub fn passing(
        cause: impl Into<Box<dyn StdError + Send + Sync>>,
        retry_after: impl Into<Option<RetryAfter>>,
    ) -> Self {
        Self { cause: cause.into().into(), outlook: Outlook::Passing(retry_after.into()) }
    }

    /// What the source says of it: an error of its own type, to be had by downcasting.
    pub fn cause(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self.cause.as_ref()
    }

    /// Whether there may be something to present later.
    pub fn is_retryable(&self) -> bool {
        matches!(self.outlook, Outlook::Passing(_))
    }

    /// When to ask again, if that is known.
    pub fn retry_after(&self) -> Option<RetryAfter> {
        match self.outlook {
            Outlook::Lasting => None,
            Outlook::Passing(retry_after) => retry_after,
        }
    }
}

impl StdError for SourceError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // `Display` tells the cause itself; what lies below it is the source.
        self.cause.source()
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

/// Credentials from a [`CredentialSource`].
#[derive(Clone, Debug)]
pub struct Granted {
    /// What is presented.
    pub credentials: Credentials,
    /// Tells the source which they were, if they are refused.
    pub ticket: u64,
}
