//! What generated clients stand on. Generated code calls it; other code has no need to.
//!
//! Generated code outside of this crate names these further crates: `jiff`, `regress`, `serde`, `serde_json`, and
//! `uuid` where the document has strings of `format: uuid`.

use std::fmt;
use std::time::Duration;

pub use bytes::Bytes;
pub use reqwest;
pub use reqwest::Method;
pub use reqwest::header::HeaderMap;

pub use crate::request::{Argument, File, Outgoing, Parts, Style, as_is};

pub use crate::header::{Members, Shape, optional as optional_header, required as required_header};
pub use crate::media_type::Form;
pub use crate::received::{Decoded, Failed, Received};
pub use crate::secret::Secret;
pub use crate::stream::ByteStream;

use crate::credential::{Credential, Credentials, NotSendable};
use crate::error::Error;
use reqwest::Request;

/// Longest time to connect, longest silence, and longest time for a whole call that is no stream, of a client made by
/// `Client::new`.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A security scheme that an operation asks for.
#[derive(Clone, Copy, Debug)]
pub enum Scheme {
    /// `Authorization: Basic`.
    Basic {
        /// Name of the scheme.
        name: &'static str,
    },
    /// `Authorization: Bearer`.
    Bearer {
        /// Name of the scheme.
        name: &'static str,
    },
    /// An API key in a header.
    Header {
        /// Name of the scheme.
        name: &'static str,
        /// Name of the header.
        key: &'static str,
    },
    /// An API key in the query.
    Query {
        /// Name of the scheme.
        name: &'static str,
        /// Name of the query parameter.
        key: &'static str,
    },
    /// An API key in a cookie.
    Cookie {
        /// Name of the scheme.
        name: &'static str,
        /// Name of the cookie.
        key: &'static str,
    },
    /// A scheme that this crate cannot fill.
    Other {
        /// Name of the scheme.
        name: &'static str,
    },
}

impl Scheme {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Basic { name }
            | Self::Bearer { name }
            | Self::Header { name, .. }
            | Self::Query { name, .. }
            | Self::Cookie { name, .. }
            | Self::Other { name } => name,
        }
    }

    /// Whether `credential` is of the kind that the scheme takes.
    pub(crate) fn takes(&self, credential: &Credential) -> bool {
        matches!(
            (self, credential),
            (Self::Basic { .. }, Credential::Basic { .. })
                | (Self::Bearer { .. }, Credential::Bearer(_))
                | (Self::Header { .. } | Self::Query { .. } | Self::Cookie { .. }, Credential::ApiKey(_))
        )
    }
}

/// What every generated client holds.
#[derive(Clone)]
pub struct Core {
    base_url: String,
    http: Result<reqwest::Client, String>,
    /// Longest time for a whole call, where the HTTP client has no limit of its own.
    timeout: Option<Duration>,
    credentials: Credentials,
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

impl Core {
    /// A core with an HTTP client of its own: no redirects, a time limit.
    pub fn new(base_url: &str) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(TIMEOUT)
            .read_timeout(TIMEOUT)
            .build()
            .map_err(|error| error.to_string());
        Self { base_url: trimmed(base_url), http, timeout: Some(TIMEOUT), credentials: Credentials::new() }
    }

    /// A core that sends over `http`.
    pub fn with_client(base_url: &str, http: reqwest::Client) -> Self {
        Self { base_url: trimmed(base_url), http: Ok(http), timeout: None, credentials: Credentials::new() }
    }

    /// What is presented from now on.
    pub fn set_credentials(&mut self, credentials: Credentials) {
        self.credentials = credentials;
    }

    /// The base URL, without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The HTTP client, unless this machine cannot make one.
    pub fn http<E>(&self) -> Result<&reqwest::Client, Error<E>> {
        self.http
            .as_ref()
            .map_err(|reason| Error::InvalidRequest(format!("there is no HTTP client: {reason}")))
    }

    /// Sends `request` with the credentials that it asks for, and reads the head of the answer.
    pub async fn send<E>(&self, mut request: Request, schemes: &[&[Scheme]]) -> Result<Received, Error<E>> {
        if let Some(timeout) = self.timeout {
            request.timeout_mut().get_or_insert(timeout);
        }
        self.send_streaming(request, schemes).await
    }

    /// The same for a body that may take its time: it may not fall silent, but it may go on.
    pub async fn send_streaming<E>(
        &self,
        mut request: Request,
        schemes: &[&[Scheme]],
    ) -> Result<Received, Error<E>> {
        self.credentials.apply(&mut request, schemes).map_err(|NotSendable(scheme)| {
            Error::InvalidRequest(format!(
                "the credential for `{scheme}` holds characters that cannot be sent"
            ))
        })?;
        Ok(Received::new(self.http()?.execute(request).await?))
    }
}

fn trimmed(base_url: &str) -> String {
    base_url.trim_end_matches('/').to_owned()
}
