//! What every generated client holds, and the way of a request through it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Request, Response, StatusCode};

use crate::clock::Stopwatch;
use crate::credential::{Credentials, NotSendable};
use crate::error::{Attempts, Error, Fate, TransportError};
use crate::hook::{Hook, Outcome, Sending, Sent};
use crate::received::Received;
use crate::retry::{Repeat, Retry, Subject};
use crate::settings::{Retrying, Settings};
use crate::source::{CredentialSource, SourceError};
use crate::support::Scheme;
use crate::trace;
use crate::transport::Carrier;

/// Longest time to connect, longest silence, and longest time for a whole call that is no stream, of a client made by
/// `Client::new`.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What every generated client holds.
#[derive(Clone)]
pub struct Core {
    base_url: String,
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
    Credentials(SourceError),
    /// It got lost, or its answer did.
    Transport(TransportError),
}

impl<E> From<NoAnswer> for Error<E> {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::Invalid(reason) => Self::InvalidRequest(reason),
            NoAnswer::Credentials(error) => Self::Credentials(error),
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
            base_url: base_url.trim_end_matches('/').to_owned(),
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
        let Settings { timeout, retry, repeat, hooks, transport, source } = settings;
        self.timeout = timeout.or(self.timeout);
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
        &self.base_url
    }

    /// Sends the request of `operation` with the credentials that it asks for, and reads the head of the answer.
    pub async fn send<E>(
        &self,
        operation: &'static str,
        mut request: Request,
        schemes: &[&[Scheme]],
    ) -> Result<Received, Error<E>> {
        if let Some(timeout) = self.timeout {
            request.timeout_mut().get_or_insert(timeout);
        }
        Ok(self.exchange(operation, request, schemes, Body::Whole).await?)
    }

    /// The same for a body that may take its time: it may not fall silent, but it may go on.
    pub async fn send_streaming<E>(
        &self,
        operation: &'static str,
        request: Request,
        schemes: &[&[Scheme]],
    ) -> Result<Received, Error<E>> {
        Ok(self.exchange(operation, request, schemes, Body::Streams).await?)
    }

    /// Sends `request` until it is answered for good, or must not be sent again.
    async fn exchange(
        &self,
        operation: &'static str,
        mut request: Request,
        schemes: &[&[Scheme]],
        body: Body,
    ) -> Result<Received, NoAnswer> {
        let mut attempts = Attempts::FIRST;
        // An operation that asks for nothing is presented nothing.
        let mut source = self.source.as_ref().filter(|_| !schemes.is_empty());
        loop {
            let retry = self.retry.as_ref().filter(|retry| retry.goes_on(attempts));
            let subject = Subject::of(&request);
            // A body that streams is there once.
            let copy = (retry.is_some() || source.is_some()).then(|| request.try_clone()).flatten();
            let (answer, ticket) = self.attempt(operation, request, schemes, attempts).await?;
            let mut answer = answer.map(|response| Received::new(response, attempts));
            // A body that breaks off is a reason to ask again, so it has to be here before the answer is handed over.
            if copy.is_some() && body == Body::Whole {
                answer = match answer {
                    Ok(received) => received.read().await,
                    lost => lost,
                };
            }
            if let (Some(copy), Some(then)) = (copy, self.next(&subject, retry, source, &answer, attempts)) {
                // Frees the connection.
                drop(answer);
                let fate = match then {
                    Next::Renewed => {
                        // Once: a second refusal is not about the age of what was presented.
                        if let (Some(source), Some(ticket)) = (source.take(), ticket) {
                            source.refused(ticket);
                        }
                        Fate::NotDone
                    }
                    Next::After(retry, wait, fate) => {
                        retry.wait(wait).await;
                        fate
                    }
                };
                (attempts, request) = (attempts.after(fate), copy);
                continue;
            }
            trace::ended(&answer, attempts);
            return answer.map_err(NoAnswer::Transport);
        }
    }

    /// How a request goes on that was answered so, if it is sent again.
    fn next<'r>(
        &self,
        subject: &Subject,
        retry: Option<&'r Retry>,
        source: Option<&Arc<dyn CredentialSource>>,
        answer: &Result<Received, TransportError>,
        attempts: Attempts,
    ) -> Option<Next<'r>> {
        let refused =
            answer.as_ref().is_ok_and(|answer| answer.status() == StatusCode::UNAUTHORIZED.as_u16());
        if refused && source.is_some() {
            return Some(Next::Renewed);
        }
        let retry = retry?;
        let (wait, fate) = retry.after(subject, self.repeat, answer, attempts)?;
        Some(Next::After(retry, wait, fate))
    }

    /// Sends `request` once; also tells the ticket of what was presented, where a source granted it.
    async fn attempt(
        &self,
        operation: &'static str,
        mut request: Request,
        schemes: &[&[Scheme]],
        attempts: Attempts,
    ) -> Result<(Result<Response, TransportError>, Option<u64>), NoAnswer> {
        let attempt = attempts.sent();
        // What only hooks want to know is not found out without them.
        let watch = (!self.hooks.is_empty()).then(|| (request.method().clone(), Stopwatch::start()));
        if let Some((method, _)) = &watch {
            for hook in &self.hooks {
                hook.before(&mut Sending { operation, method, attempt, headers: request.headers_mut() });
            }
        }
        let ticket = self.present(&mut request, schemes).await?;
        let answer = match &self.carrier {
            Carrier::Http(http) => http.execute(request).await.map_err(TransportError::from),
            Carrier::Own(transport) => transport.send(request).await,
            Carrier::Missing(reason) => {
                return Err(NoAnswer::Invalid(format!("there is no HTTP client: {reason}")));
            }
        };
        if let Some((method, stopwatch)) = &watch {
            let elapsed = stopwatch.elapsed();
            for hook in &self.hooks {
                let outcome = match &answer {
                    Ok(answer) => Outcome::Answered { status: answer.status(), headers: answer.headers() },
                    Err(error) => Outcome::Failed(error),
                };
                hook.after(&Sent { operation, method, attempt, outcome, elapsed });
            }
        }
        match answer {
            Err(error) if error.is_invalid_request() => Err(NoAnswer::Invalid(error.to_string())),
            answer => Ok((answer, ticket)),
        }
    }

    /// Puts on `request` what the operation asks for.
    async fn present(&self, request: &mut Request, schemes: &[&[Scheme]]) -> Result<Option<u64>, NoAnswer> {
        let not_sendable = |NotSendable(scheme): NotSendable| {
            NoAnswer::Invalid(format!("the credential for `{scheme}` holds characters that cannot be sent"))
        };
        let Some(source) = self.source.as_ref().filter(|_| !schemes.is_empty()) else {
            self.credentials.apply(request, schemes).map_err(not_sendable)?;
            return Ok(None);
        };
        let granted = source.credentials().await.map_err(NoAnswer::Credentials)?;
        granted.credentials.apply(request, schemes).map_err(not_sendable)?;
        Ok(Some(granted.ticket))
    }
}

/// Whether the body of an answer is read at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    Whole,
    Streams,
}

/// How a request is sent again.
enum Next<'r> {
    /// At once, with other credentials.
    Renewed,
    /// After a time.
    After(&'r Retry, Duration, Fate),
}
