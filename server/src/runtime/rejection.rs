//! Why a request was not answered by its operation: one variant a reason, each with what an answer needs.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use http::{Method, StatusCode};
use rescind_specs::{MediaType, Pointer, SchemeName};

/// An error of any kind, for the log; no answer shows it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a request did not get an answer from its operation.
#[derive(Debug)]
pub enum Rejection {
    /// No documented path matches.
    UnknownPath,
    /// The path is documented, but not with this method.
    MethodNotAllowed {
        /// The documented methods. The answer gets an `Allow` header of them, unless it has one.
        allowed: Vec<Method>,
    },
    /// A credential is required and none of the documented sets of schemes is complete.
    MissingCredential {
        /// The schemes of the alternative that came nearest and that the request lacks.
        schemes: Vec<SchemeName>,
    },
    /// A credential was presented and is not accepted.
    InvalidCredential {
        /// Why, in a word of the implementation's own (see [`Refused::Credential`]); [`Refused::MALFORMED`] when the
        /// header could not be read.
        reason: Cow<'static, str>,
    },
    /// The body is longer than what is read.
    TooLarge {
        /// The bound, in bytes.
        limit: usize,
    },
    /// The body is of a media type that is not documented, or of none.
    UnsupportedMediaType {
        /// The documented media types.
        documented: Vec<MediaType>,
    },
    /// The body is no text of its media type.
    MalformedBody {
        /// What is wrong and where, without any of the text.
        reason: String,
    },
    /// Parameters or body break the contract; never empty.
    Violations(Vec<RequestViolation>),
    /// The operation has no implementation.
    NotImplemented,
    /// It took too long.
    Timeout {
        /// What took too long.
        phase: Phase,
        /// The bound.
        limit: Duration,
    },
    /// The server failed; for the log only.
    Internal(BoxError),
}

/// Which part of an exchange took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Reading the request.
    Request,
    /// Making the answer.
    Answer,
}

impl Rejection {
    /// The status that RFC 9110 has for this; a contract may document another one.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::UnknownPath => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::MissingCredential { .. } | Self::InvalidCredential { .. } => StatusCode::UNAUTHORIZED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::MalformedBody { .. } | Self::Violations(_) => StatusCode::BAD_REQUEST,
            Self::NotImplemented => StatusCode::NOT_IMPLEMENTED,
            Self::Timeout { phase: Phase::Request, .. } => StatusCode::REQUEST_TIMEOUT,
            Self::Timeout { phase: Phase::Answer, .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Nobody authenticated where somebody has to; the gate excludes it.
    pub fn nobody() -> Self {
        Self::MissingCredential { schemes: Vec::new() }
    }

    /// An internal failure with a text for the log.
    pub fn internal(text: impl Into<String>) -> Self {
        Self::Internal(text.into().into())
    }
}

impl fmt::Display for Rejection {
    /// One sentence without any submitted value, fit to be shown to the caller.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownPath => f.write_str("there is no such path"),
            Self::MethodNotAllowed { allowed } => {
                write!(f, "the path does not take this method; it takes {}", list(allowed))
            }
            Self::MissingCredential { schemes } => write!(f, "a credential is missing: {}", list(schemes)),
            Self::InvalidCredential { .. } => f.write_str("the credential is not accepted"),
            Self::TooLarge { limit } => write!(f, "the body is longer than {limit} bytes"),
            Self::UnsupportedMediaType { documented } => {
                write!(f, "the media type of the body must be {}", list(documented))
            }
            Self::MalformedBody { reason } => write!(f, "the body cannot be read: {reason}"),
            Self::Violations(violations) => f.write_str(&list(violations)),
            Self::NotImplemented => f.write_str("the operation is not implemented"),
            Self::Timeout { phase: Phase::Request, limit } => {
                write!(f, "the request was not complete within {limit:?}")
            }
            Self::Timeout { phase: Phase::Answer, .. } => f.write_str("the answer took too long"),
            Self::Internal(_) => f.write_str("the server failed"),
        }
    }
}

fn list(items: &[impl fmt::Display]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The part of a request that a violation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Location {
    /// A parameter within the path.
    Path,
    /// A parameter of the query string.
    Query,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
    /// The body.
    Body,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Body => "body",
        })
    }
}

/// One way in which a request breaks the contract. It never repeats a submitted value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestViolation {
    /// Which part of the request.
    pub location: Location,
    /// The name of the parameter; `None` for the body.
    pub parameter: Option<String>,
    /// Where within the parameter's value or the body.
    pub pointer: Pointer,
    /// The broken keyword, such as `maxLength`; `required` for what is missing, `encoding` for what cannot be read.
    pub keyword: String,
    /// What is documented, as a phrase: `must have at most 255 characters`.
    pub message: String,
}

impl RequestViolation {
    /// The member at fault in dotted form, as envelopes name it: `limit`, `name`, `items.0.id`; empty for the whole body.
    pub fn subject(&self) -> String {
        let mut steps: Vec<String> = self.parameter.iter().cloned().collect();
        steps.extend(self.pointer.tokens().map(Cow::into_owned));
        steps.join(".")
    }
}

impl fmt::Display for RequestViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.location)?;
        if let Some(parameter) = &self.parameter {
            write!(f, " {parameter}")?;
        }
        write!(f, "{} {}", self.pointer, self.message)
    }
}

/// Why presented credentials do not let a request pass.
#[derive(Debug)]
pub enum Refused {
    /// They are not accepted. The reason is a word that the implementation's `reject` understands.
    Credential(Cow<'static, str>),
    /// The server could not tell.
    Internal(BoxError),
}

impl Refused {
    /// The reason when an `Authorization` header has the right scheme and cannot be read.
    pub const MALFORMED: &'static str = "malformed";

    /// Not accepted, for `reason`.
    pub fn because(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Credential(reason.into())
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl From<Refused> for Rejection {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Credential(reason) => Self::InvalidCredential { reason },
            Refused::Internal(error) => Self::Internal(error),
        }
    }
}

/// Why an operation gave none of its documented responses. Any error becomes [`Failure::Internal`] by `?`.
#[derive(Debug)]
pub enum Failure {
    /// There is no implementation.
    NotImplemented,
    /// The input is refused for a reason that only the implementation could see; answered by the same hook.
    Rejected(Rejection),
    /// The server failed; for the log only.
    Internal(BoxError),
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Failure> for Rejection {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotImplemented => Self::NotImplemented,
            Failure::Rejected(rejection) => rejection,
            Failure::Internal(error) => Self::Internal(error),
        }
    }
}
