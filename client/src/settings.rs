//! How a client sends: time limits, retries, hooks, what it sends over.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::hook::Hook;
use crate::retry::{Repeat, Retry};
use crate::source::CredentialSource;
use crate::transport::Transport;

/// How a client sends. What is not said here stays as it is.
///
/// ```
/// use std::time::Duration;
///
/// use rescind_client::{Retry, Settings};
///
/// # #[cfg(all(feature = "dinie", feature = "tokio"))]
/// let client = rescind_client::dinie::Client::new("https://sandbox.api.dinie.com.br/v3")
///     .with_settings(Settings::new().timeout(Duration::from_secs(5)).retry(Retry::default()));
/// ```
#[derive(Clone, Default)]
#[must_use = "settings do nothing until a client has them"]
pub struct Settings {
    pub(crate) timeout: Option<Duration>,
    /// No timeout is longer than that.
    pub(crate) most: Option<Duration>,
    pub(crate) retry: Retrying,
    pub(crate) repeat: Option<Repeat>,
    pub(crate) hooks: Vec<Arc<dyn Hook>>,
    pub(crate) transport: Option<Arc<dyn Transport>>,
    pub(crate) source: Option<Arc<dyn CredentialSource>>,
}

/// What settings say of retries.
#[derive(Clone, Debug, Default)]
pub(crate) enum Retrying {
    /// As before.
    #[default]
    Unchanged,
    /// Everything is sent once.
    Never,
    /// As this says.
    With(Box<Retry>),
}

impl Settings {
    /// Nothing changes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Longest time for one attempt at a call, body included. Calls whose answers stream are not bound by it.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Shortens the longest time for one attempt at a call to this one, if it is longer. For calls that have a deadline
    /// whatever else was set.
    pub fn timeout_at_most(mut self, most: Duration) -> Self {
        self.most = Some(most);
        self
    }

    /// Sends requests again that failed and may succeed later.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Retrying::With(Box::new(retry));
        self
    }

    /// Sends every request once, apart from the one repeat after a `401` that a [`CredentialSource`] brings.
    pub fn no_retry(mut self) -> Self {
        self.retry = Retrying::Never;
        self
    }

    /// Which requests may be sent again, where there is a [`Retry`].
    pub fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = Some(repeat);
        self
    }

    /// Asks `hook` before every request and tells it after, besides the hooks that there are.
    pub fn hook(mut self, hook: impl Hook + 'static) -> Self {
        self.hooks.push(Arc::new(hook));
        self
    }

    /// Presents with each request what `source` grants then, in place of fixed credentials.
    pub fn source(mut self, source: impl CredentialSource + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Sends over `transport`.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sends over a service of tower, with whatever layers it has. `reqwest::Client` is one at its base.
    #[cfg(feature = "tower")]
    pub fn service<S>(self, service: S) -> Self
    where
        S: tower_service::Service<reqwest::Request, Response = reqwest::Response>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        S::Future: crate::future::MaybeSend,
    {
        self.transport(crate::transport::ServiceTransport(service))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .field("repeat", &self.repeat)
            .field("hooks", &self.hooks.len())
            .finish_non_exhaustive()
    }
}
