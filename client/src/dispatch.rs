//! What every generated client holds, and the short way of a request through it.

mod exchange;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Request;

use crate::credential::Credentials;
use crate::error::{Attempts, Error, NoCredentials, TransportError};
use crate::hook::Hook;
use crate::received::Received;
use crate::request::Base;
use crate::retry::{Repeat, Retry};
use crate::settings::{Retrying, Settings};
use crate::source::CredentialSource;
use crate::support::Scheme;
use crate::trace;
use crate::transport::Carrier;

/// Longest time to connect, longest silence, and longest time for a whole call that is no stream, of a client made by
/// `Client::new`.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What every generated client holds.
#[derive(Clone)]
pub struct Core {
    base: Arc<Base>,
    carrier: Carrier,
    /// Longest time for a whole call, where the HTTP client has no limit of its own.
    timeout: Option<Duration>,
    credentials: Credentials,
    /// Where credentials come from instead.
    source: Option<Arc<dyn CredentialSource>>,
    retry: Option<Retry>,
    repeat: Repeat,
    hooks: Vec<Arc<dyn Hook>>,
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("credentials", &self.credentials)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

/// Why there is no answer.
enum NoAnswer {
    /// The request cannot be sent.
    Invalid(String),
    /// There is nothing to present.
    Credentials(Box<NoCredentials>),
    /// It got lost, or its answer did.
    Transport(TransportError),
}

impl From<TransportError> for NoAnswer {
    fn from(error: TransportError) -> Self {
        if error.is_invalid_request() { Self::Invalid(error.to_string()) } else { Self::Transport(error) }
    }
}

impl<E> From<NoAnswer> for Error<E> {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::Invalid(reason) => Self::InvalidRequest(reason),
            NoAnswer::Credentials(missing) => Self::Credentials(missing),
            NoAnswer::Transport(error) => Self::Transport(error),
        }
    }
}

impl Core {
    /// A core with an HTTP client of its own: no redirects, a time limit.
    pub fn new(base_url: &str) -> Self {
        let builder = reqwest::Client::builder();
        // A browser follows redirects as it sees fit, and has its own time limits.
        #[cfg(not(target_arch = "wasm32"))]
        let builder = builder
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(TIMEOUT)
            .read_timeout(TIMEOUT);
        let carrier = match builder.build() {
            Ok(http) => Carrier::Http(http),
            Err(error) => Carrier::Missing(error.to_string()),
        };
        Self::over(base_url, carrier, Some(TIMEOUT))
    }

    /// A core that sends over `http`.
    pub fn with_client(base_url: &str, http: reqwest::Client) -> Self {
        Self::over(base_url, Carrier::Http(http), None)
    }

    fn over(base_url: &str, carrier: Carrier, timeout: Option<Duration>) -> Self {
        Self {
            base: Arc::new(Base::new(base_url)),
            carrier,
            timeout,
            credentials: Credentials::new(),
            source: None,
            retry: None,
            repeat: Repeat::default(),
            hooks: Vec::new(),
        }
    }

    /// What is presented from now on.
    pub fn set_credentials(&mut self, credentials: Credentials) {
        self.credentials = credentials;
        self.source = None;
    }

    /// How requests are sent from now on.
    pub fn set(&mut self, settings: Settings) {
        let Settings { timeout, most, retry, repeat, hooks, transport, source } = settings;
        self.timeout = timeout.or(self.timeout);
        if let Some(most) = most {
            self.timeout = Some(self.timeout.map_or(most, |timeout| timeout.min(most)));
        }
        match retry {
            Retrying::Unchanged => {}
            Retrying::Never => self.retry = None,
            Retrying::With(retry) => self.retry = Some(*retry),
        }
        self.repeat = repeat.unwrap_or(self.repeat);
        self.hooks.extend(hooks);
        if let Some(transport) = transport {
            self.carrier = Carrier::Own(transport);
        }
        if source.is_some() {
            self.source = source;
        }
    }

    /// The base URL, without a slash at its end.
    pub fn base_url(&self) -> &str {
        self.base.text()
    }

    pub(crate) fn base(&self) -> &Arc<Base> {
        &self.base
    }

    /// Sends the request of `operation` with the credentials that it asks for, and reads the head of the answer.
    pub async fn send<E>(
        &self,
        operation: &'static str,
        request: Request,
        schemes: &[&[Scheme]],
    ) -> Result<Received, Error<E>> {
        Ok(self.call(operation, request, schemes, Body::Whole).await?)
    }

    /// The same for a body that may take its time: it may not fall silent, but it may go on.
    pub async fn send_streaming<E>(
        &self,
        operation: &'static str,
        request: Request,
        schemes: &[&[Scheme]],
    ) -> Result<Received, Error<E>> {
        Ok(self.call(operation, request, schemes, Body::Streams).await?)
    }

    /// Sends `request` the shortest way that there is.
    ///
    /// What most calls need is done before the future is made, which has to hold no more than the answer to come: it is
    /// moved several times before it is polled.
    fn call(
        &self,
        operation: &'static str,
        mut request: Request,
        schemes: &[&[Scheme]],
        body: Body,
    ) -> impl Future<Output = Result<Received, NoAnswer>> {
        let way = match &self.carrier {
            Carrier::Http(http) if self.retry.is_none() && self.source.is_none() && self.hooks.is_empty() => {
                self.limit(&mut request, body);
                let presented = present(&self.credentials, &mut request, schemes);
                Way::Straight(presented.map(|()| http.execute(request)))
            }
            _ => Way::Round(Box::pin(self.exchange(operation, request, schemes, body))),
        };
        async move {
            match way {
                Way::Straight(sent) => {
                    let answer = match sent?.await {
                        Ok(response) => Ok(Received::new(response, Attempts::FIRST)),
                        Err(error) => Err(error.into()),
                    };
                    trace::ended(&answer, Attempts::FIRST);
                    answer.map_err(NoAnswer::from)
                }
                Way::Round(exchange) => exchange.await,
            }
        }
    }

    /// Sets the time limit of the client, where `request` has none.
    fn limit(&self, request: &mut Request, body: Body) {
        if let (Some(timeout), Body::Whole) = (self.timeout, body) {
            request.timeout_mut().get_or_insert(timeout);
        }
    }
}

/// Puts on `request` what `schemes` ask for.
fn present(credentials: &Credentials, request: &mut Request, schemes: &[&[Scheme]]) -> Result<(), NoAnswer> {
    credentials.apply(request, schemes).map_err(|error| NoAnswer::Invalid(error.to_string()))
}

/// Whether the body of an answer is read at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    Whole,
    Streams,
}

/// The ways of a request.
enum Way<S, R> {
    /// Once, with nothing around it: what most calls are.
    Straight(S),
    /// With all that settings may ask for.
    Round(R),
}
