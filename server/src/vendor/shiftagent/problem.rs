//! The envelope of every error: problem details whose type ends in a slug. No sentence repeats what was sent.

use http::StatusCode;

use super::{ShiftAgent, records};
use crate::fault::Fault;
use crate::generated::shiftagent::types::{FieldProblem, Problem};
use crate::runtime::{Answer, Context, Failure, Location, Rejection, RequestViolation};

const MEDIA_TYPE: &str = "application/problem+json";
const TYPES: &str = "https://shiftagent.example.com/problems/";

/// Why a caller is refused: no live key is like this one.
pub(super) const UNKNOWN: &str = "unknown";
/// Why a caller is refused: too many calls. The seconds to wait follow.
pub(super) const RATE_LIMITED: &str = "rate-limited ";
/// Why a caller is refused: the credential is outside of its subtree. The contract never says so.
const FORBIDDEN: &str = "forbidden";

/// The keyword of the violation that consists in naming what does not exist.
const EXISTS: &str = "exists";

/// What went wrong, as the contract tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    Unauthorized,
    Forbidden,
    TenantSuspended,
    UserDeactivated,
    NotFound,
    MethodNotAllowed,
    NameConflict,
    InUse,
    Syncing,
    KeyConflict,
    Invalid,
    TooLarge,
    RateLimited,
    TimedOut,
    Internal,
    NotImplemented,
    Unavailable,
}

/// A trouble in the words of the contract.
struct Words {
    status: StatusCode,
    slug: &'static str,
    title: &'static str,
    detail: &'static str,
}

impl Trouble {
    #[rustfmt::skip]
    fn words(self) -> Words {
        let (status, slug, title, detail) = match self {
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "insufficient-scope", "Unauthorized", "The call presents no valid key or token."),
            Self::Forbidden => (StatusCode::FORBIDDEN, "insufficient-scope", "Insufficient scope", "The key does not reach this."),
            Self::TenantSuspended => (StatusCode::FORBIDDEN, "tenant-suspended", "Tenant suspended", "The tenant is suspended."),
            Self::UserDeactivated => (StatusCode::FORBIDDEN, "insufficient-scope", "Insufficient scope", "The user is deactivated."),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found", "There is no such resource within reach of the key."),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed", "The path does not take this method."),
            Self::NameConflict => (StatusCode::CONFLICT, "name-conflict", "Name conflict", "The name is taken."),
            Self::InUse => (StatusCode::CONFLICT, "resource-in-use", "Resource in use", "A repository refers to this credential."),
            Self::Syncing => (StatusCode::CONFLICT, "resource-in-use", "Resource in use", "A sync of this repository is in flight."),
            Self::KeyConflict => (StatusCode::CONFLICT, "idempotency-key-conflict", "Idempotency key conflict", "The key was used with another payload."),
            Self::Invalid => (StatusCode::BAD_REQUEST, "validation-error", "Validation error", "The request is malformed."),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "validation-error", "Validation error", "The body is too long."),
            Self::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "rate-limited", "Rate limited", "Call again after the delay."),
            Self::TimedOut => (StatusCode::REQUEST_TIMEOUT, "validation-error", "Validation error", "The request was not complete in time."),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal-error", "Internal error", "The call could not be completed."),
            Self::NotImplemented => (StatusCode::NOT_IMPLEMENTED, "internal-error", "Not implemented", "The operation is not implemented."),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "internal-error", "Unavailable", "The call could not be completed in time."),
        };
        Words { status, slug, title, detail }
    }
}

/// Which trouble a rejection is. An id in a path that cannot be one names nothing that exists.
fn trouble(rejection: &Rejection) -> Trouble {
    match rejection {
        Rejection::UnknownPath => Trouble::NotFound,
        Rejection::MethodNotAllowed { .. } => Trouble::MethodNotAllowed,
        Rejection::InvalidCredential { reason } if reason.starts_with(RATE_LIMITED) => Trouble::RateLimited,
        Rejection::InvalidCredential { reason } if *reason == FORBIDDEN => Trouble::Forbidden,
        Rejection::MissingCredential { .. } | Rejection::InvalidCredential { .. } => Trouble::Unauthorized,
        Rejection::TooLarge { .. } => Trouble::TooLarge,
        Rejection::Violations(found)
            if found.iter().any(|one| one.location == Location::Path || one.keyword == EXISTS) =>
        {
            Trouble::NotFound
        }
        Rejection::UnsupportedMediaType { .. }
        | Rejection::MalformedBody { .. }
        | Rejection::Violations(_) => Trouble::Invalid,
        Rejection::NotImplemented => Trouble::NotImplemented,
        Rejection::Timeout { .. } if rejection.status() == StatusCode::REQUEST_TIMEOUT => Trouble::TimedOut,
        Rejection::Timeout { .. } => Trouble::Unavailable,
        Rejection::Internal(_) => Trouble::Internal,
    }
}

fn violation(location: Location, parameter: Option<&str>, keyword: &str, message: &str) -> Failure {
    Failure::Rejected(Rejection::Violations(vec![RequestViolation {
        location,
        parameter: parameter.map(ToOwned::to_owned),
        pointer: rescind_specs::Pointer::root(),
        keyword: keyword.to_owned(),
        message: message.to_owned(),
    }]))
}

/// The failure of a call that names what does not exist within reach: unknown, foreign or deleted, all one to the
/// caller. Sources: shiftagent/R12, R20.
pub(super) fn absent() -> Failure {
    violation(Location::Body, None, EXISTS, "names nothing that exists")
}

/// The failure of a call with a query parameter that cannot be obeyed.
pub(super) fn unusable(parameter: &str, message: &str) -> Failure {
    violation(Location::Query, Some(parameter), "", message)
}

/// The failure of a call on somebody else's credential. No promise that is kept comes to this.
pub(super) fn forbidden() -> Failure {
    Failure::Rejected(Rejection::InvalidCredential { reason: FORBIDDEN.into() })
}

impl ShiftAgent {
    /// The envelope of a trouble met by this request.
    pub(super) fn problem(&self, trouble: Trouble, context: &Context) -> Problem {
        let Words { status, slug, title, detail } = trouble.words();
        let mut told = i32::from(status.as_u16());
        if self.is_on(Fault::ProblemStatusMismatch) {
            told += 1;
        }
        let is_named = !self.is_on(Fault::WrongProblemType);
        Problem {
            type_: if is_named { format!("{TYPES}{slug}") } else { "about:blank".to_owned() },
            title: title.to_owned(),
            status: told,
            detail: Some(detail.to_owned()),
            instance: Some(context.path().to_owned()),
            request_id: Some(self.state.ids().make(&records::REQUEST_ID)),
            conflicting_resource_id: None,
            errors: None,
        }
    }

    /// The envelope of a trouble that a resource is the reason of.
    pub(super) fn conflict(&self, trouble: Trouble, with: Option<String>, context: &Context) -> Problem {
        Problem { conflicting_resource_id: with, ..self.problem(trouble, context) }
    }

    /// The answer to a request that got none of its operation's own.
    pub(super) fn refuse(&self, context: &Context, rejection: &Rejection) -> Answer {
        let trouble = trouble(rejection);
        let mut problem = self.problem(trouble, context);
        if trouble == Trouble::Invalid {
            if let Rejection::Violations(found) = rejection {
                problem.errors = Some(found.iter().map(field).collect());
            } else {
                let whole = FieldProblem { pointer: String::new(), message: rejection.to_string() };
                problem.errors = Some(vec![whole]);
            }
        }
        let answer = Answer::json(trouble.words().status, MEDIA_TYPE, &problem);
        match rejection {
            Rejection::InvalidCredential { reason } => match reason.strip_prefix(RATE_LIMITED) {
                Some(seconds) => answer.with_header("retry-after", seconds),
                None => answer,
            },
            _ => answer,
        }
    }
}

/// A parameter is named as if it were a member of the request.
fn field(violation: &RequestViolation) -> FieldProblem {
    let pointer = match &violation.parameter {
        Some(parameter) => format!("/{parameter}{}", violation.pointer),
        None => violation.pointer.to_string(),
    };
    FieldProblem { pointer, message: violation.message.clone() }
}
