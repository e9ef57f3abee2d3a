//! One view of a failed call: a documented failure, an answer beside the contract, or no answer at all.

mod attempts;
mod problem;
mod retry_after;
mod transport;

use std::fmt;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap};

pub use attempts::Attempts;
pub use problem::Problem;
pub use retry_after::RetryAfter;
pub use transport::TransportError;

pub(crate) use transport::Fate;

use crate::source::SourceError;

/// Why a call did not succeed. `E` has one variant for each documented failure of the operation.
///
/// Neither `Debug` nor `Display` prints a body or a header: an answer beside the contract may hold anything.
#[non_exhaustive]
pub enum Error<E> {
    /// The contract documents this status for a failure, and the answer is as documented.
    Documented(Box<Failure<E>>),
    /// The contract documents this status, but not such a body.
    Malformed(Box<Malformed>),
    /// The contract does not document this status.
    Unexpected(Box<Unexpected>),
    /// An argument cannot be sent; nothing was.
    InvalidRequest(String),
    /// There was nothing to present, so it was not sent, or not once more.
    Credentials(Box<NoCredentials>),
    /// No whole answer came back.
    Transport(TransportError),
}

/// Nothing to present.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NoCredentials {
    /// What the source of the credentials says of it.
    pub cause: SourceError,
    /// How often the request was sent before; `None` where it never was.
    pub attempts: Option<Attempts>,
}

/// A documented failure.
#[derive(Clone)]
pub struct Failure<E> {
    /// Which one, with its typed body.
    pub error: E,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as received, also where none is documented.
    pub body: Bytes,
    /// Whether that is all of it.
    pub extent: Extent,
    /// How often the request was sent.
    pub attempts: Attempts,
}

/// Whether a body that an error holds is all that the deployment sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// It is.
    Whole,
    /// It is the first mebibyte; the rest was not read.
    Cut,
}

/// An answer with a documented status and a body that is not as documented.
pub struct Malformed {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as received.
    pub body: Bytes,
    /// Whether that is all of it.
    pub extent: Extent,
    /// How often the request was sent.
    pub attempts: Attempts,
    /// What is wrong with it.
    pub cause: MalformedCause,
}

/// What is wrong with a body. None of it prints the body.
#[non_exhaustive]
pub enum MalformedCause {
    /// It is not JSON, or JSON of another shape.
    Json(serde_json::Error),
    /// It is not text of the charset that it claims to have.
    Text,
    /// The contract does not document its media type for the status.
    MediaType,
    /// It is a failure that is longer than anybody would read.
    TooLong {
        /// Most bytes that are read.
        limit: usize,
    },
}

/// An answer with a status that the contract does not document.
#[derive(Clone)]
pub struct Unexpected {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as received.
    pub body: Bytes,
    /// Whether that is all of it.
    pub extent: Extent,
    /// How often the request was sent.
    pub attempts: Attempts,
}

impl Malformed {
    /// The media type that the answer claims to have.
    pub fn content_type(&self) -> Option<&str> {
        content_type(&self.headers)
    }
}

impl<E> Error<E> {
    /// The documented failure, if it is one.
    pub fn documented(&self) -> Option<&E> {
        match self {
            Self::Documented(failure) => Some(&failure.error),
            _ => None,
        }
    }

    /// The documented failure by value.
    ///
    /// # Errors
    /// The error itself, where it is no documented failure.
    pub fn into_documented(self) -> Result<E, Self> {
        match self {
            Self::Documented(failure) => Ok(failure.error),
            other => Err(other),
        }
    }

    /// The status of the answer, if one came back.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Documented(failure) => Some(failure.status),
            Self::Malformed(malformed) => Some(malformed.status),
            Self::Unexpected(unexpected) => Some(unexpected.status),
            Self::InvalidRequest(_) | Self::Credentials(_) | Self::Transport(_) => None,
        }
    }

    /// The headers of the answer, if one came back.
    pub fn headers(&self) -> Option<&HeaderMap> {
        match self {
            Self::Documented(failure) => Some(&failure.headers),
            Self::Malformed(malformed) => Some(&malformed.headers),
            Self::Unexpected(unexpected) => Some(&unexpected.headers),
            Self::InvalidRequest(_) | Self::Credentials(_) | Self::Transport(_) => None,
        }
    }

    /// The body of the answer as received, if one came back.
    pub fn body(&self) -> Option<&Bytes> {
        match self {
            Self::Documented(failure) => Some(&failure.body),
            Self::Malformed(malformed) => Some(&malformed.body),
            Self::Unexpected(unexpected) => Some(&unexpected.body),
            Self::InvalidRequest(_) | Self::Credentials(_) | Self::Transport(_) => None,
        }
    }

    /// How often the request was sent; `None` where it never was.
    pub fn attempts(&self) -> Option<Attempts> {
        match self {
            Self::Documented(failure) => Some(failure.attempts),
            Self::Malformed(malformed) => Some(malformed.attempts),
            Self::Unexpected(unexpected) => Some(unexpected.attempts),
            Self::Transport(error) => Some(error.attempts()),
            Self::Credentials(missing) => missing.attempts,
            Self::InvalidRequest(_) => None,
        }
    }

    /// What the body says of the problem, whatever envelope it has: problem details (RFC 9457) and others.
    pub fn problem(&self) -> Option<Problem> {
        self.body().and_then(Problem::read)
    }

    /// The name that the deployment gave the request: `X-Request-Id` and the like, or `request_id` of the body.
    pub fn request_id(&self) -> Option<String> {
        let headers = self.headers()?;
        let header = REQUEST_ID.iter().find_map(|name| headers.get(*name)?.to_str().ok());
        header.map(str::to_owned).or_else(|| {
            let problem = self.problem()?;
            problem.members.get("request_id")?.as_str().map(str::to_owned)
        })
    }

    /// Whether the same call may succeed later: a status for overload or outage, no answer, or nothing to present for a
    /// reason that passes.
    ///
    /// A call whose answer was lost may have been carried out. Only repeat what may happen twice.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Transport(error) => error.is_retryable(),
            Self::Credentials(missing) => missing.cause.is_retryable(),
            _ => self.status().is_some_and(is_retryable),
        }
    }

    /// When the answer asks to be called again: `Retry-After` in seconds or as a date (RFC 9110 §10.2.3),
    /// `X-RateLimit-Reset` of a `429`, or `retry_after_seconds` of the body. Where there was nothing to present, when the
    /// source may be asked again.
    pub fn retry_after(&self) -> Option<RetryAfter> {
        if let Self::Credentials(missing) = self {
            return missing.cause.retry_after();
        }
        RetryAfter::read(self.status()?, self.headers()?).or_else(|| RetryAfter::in_body(self.body()?))
    }
}

/// The headers by which deployments name a request.
const REQUEST_ID: [&str; 3] = ["x-request-id", "request-id", "x-correlation-id"];

/// Whether the status tells of overload or outage.
pub(crate) fn is_retryable(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_TYPE)?.to_str().ok()
}

impl<E> From<TransportError> for Error<E> {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}

impl<E> From<reqwest::header::InvalidHeaderValue> for Error<E> {
    fn from(_: reqwest::header::InvalidHeaderValue) -> Self {
        Self::InvalidRequest("a header parameter holds characters that a header cannot carry".into())
    }
}

impl<E> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Documented(failure) => {
                write!(f, "the call was refused with the documented status {}", failure.status)
            }
            Self::Malformed(malformed) => write!(
                f,
                "the answer has the documented status {}, but a body that is not as documented ({}): {}",
                malformed.status,
                malformed.content_type().unwrap_or("no media type"),
                malformed.cause,
            ),
            Self::Unexpected(unexpected) => {
                write!(
                    f,
                    "the answer has the status {}, which the contract does not document",
                    unexpected.status
                )
            }
            Self::InvalidRequest(reason) => write!(f, "the request cannot be sent: {reason}"),
            Self::Credentials(missing) => {
                write!(f, "there are no credentials for the call: {}", missing.cause)
            }
            Self::Transport(error) => write!(f, "no answer: {error}"),
        }
    }
}

impl fmt::Display for MalformedCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => f.write_str(&place(error)),
            Self::Text => f.write_str("not text of its charset"),
            Self::MediaType => f.write_str("a media type that the contract does not document here"),
            Self::TooLong { limit } => write!(f, "longer than {limit} bytes"),
        }
    }
}

/// Where decoding stopped, without the value that it stopped at.
fn place(error: &serde_json::Error) -> String {
    let kind = match error.classify() {
        serde_json::error::Category::Data => "JSON of another shape",
        serde_json::error::Category::Eof => "JSON that ends early",
        serde_json::error::Category::Io | serde_json::error::Category::Syntax => "not JSON",
    };
    format!("{kind}, at line {} column {}", error.line(), error.column())
}

impl<E: fmt::Debug> fmt::Debug for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Documented(failure) => f.debug_tuple("Documented").field(failure).finish(),
            Self::Malformed(malformed) => f.debug_tuple("Malformed").field(malformed).finish(),
            Self::Unexpected(unexpected) => f.debug_tuple("Unexpected").field(unexpected).finish(),
            Self::InvalidRequest(reason) => f.debug_tuple("InvalidRequest").field(reason).finish(),
            Self::Credentials(missing) => f.debug_tuple("Credentials").field(missing).finish(),
            Self::Transport(error) => f.debug_tuple("Transport").field(error).finish(),
        }
    }
}

impl<E: fmt::Debug> fmt::Debug for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("status", &self.status.as_u16())
            // Of the typed body, what cannot quote the request.
            .field("problem", &Problem::read(&self.body))
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Malformed")
            .field("status", &self.status.as_u16())
            .field("content_type", &self.content_type())
            .field("length", &self.body.len())
            .field("cause", &format_args!("{}", self.cause))
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unexpected")
            .field("status", &self.status.as_u16())
            .field("content_type", &content_type(&self.headers))
            .field("length", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for MalformedCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MalformedCause({self})")
    }
}

impl<E: fmt::Debug> std::error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Transport(error) => Some(error),
            Self::Credentials(missing) => Some(missing.cause.cause()),
            _ => None,
        }
    }
}
