//! The envelope of every error: problem details with a code that clients branch on. No sentence repeats what was sent.

use http::StatusCode;

use super::{Dinie, quota};
use crate::fault::Fault;
use crate::generated::dinie::Operation;
use crate::generated::dinie::types::{Problem, ProblemItem};
use crate::runtime::{Answer, Context, Failure, Refused, Rejection, RequestViolation};

const MEDIA_TYPE: &str = "application/problem+json";
const TYPES: &str = "https://api.dinie.com.br/errors/";

/// Why a caller is refused: too many calls.
pub(super) const RATE_LIMITED: &str = "rate-limited";
/// Why a caller is refused: the token is past its end.
pub(super) const TOKEN_EXPIRED: &str = "token-expired";
/// Why a caller is refused: this token was never issued.
pub(super) const TOKEN_UNKNOWN: &str = "token-unknown";
/// Why a caller is refused: the pair is wrong, revoked or expired, which is all one to it.
pub(super) const PAIR_REFUSED: &str = "pair-refused";

/// Why a caller is refused: the credential is another partner's. The contract never says so.
const FORBIDDEN: &str = "forbidden";

/// The keyword of the violation that consists in using an idempotency key for two requests.
const KEY_REUSED: &str = "reused";

/// What went wrong, as the contract tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    InvalidRequest,
    MissingToken,
    InvalidToken,
    TokenExpired,
    PairRefused,
    Forbidden,
    PathUnknown,
    CredentialNotFound,
    MethodNotAllowed,
    LastActive,
    NotRevocable,
    TooLarge,
    KeyReused,
    RateLimited,
    TimedOut,
    Internal,
    NotImplemented,
    Unavailable,
}

/// A trouble in the words of the contract. Of its two styles of `type`, category and code, this is the one that the
/// document's examples use.
struct Words {
    status: StatusCode,
    slug: &'static str,
    title: &'static str,
    code: Option<&'static str>,
    detail: &'static str,
}

impl Trouble {
    #[rustfmt::skip]
    fn words(self) -> Words {
        let (status, slug, title, code, detail) = match self {
            Self::InvalidRequest => (StatusCode::BAD_REQUEST, "invalid-request", "Invalid Request", None, "The request is malformed."),
            Self::MissingToken => (StatusCode::UNAUTHORIZED, "missing_token", "Unauthorized", Some("missing_token"), "The call needs a bearer token in its Authorization header."),
            Self::InvalidToken => (StatusCode::UNAUTHORIZED, "invalid_token", "Unauthorized", Some("invalid_token"), "The token was not issued here."),
            Self::TokenExpired => (StatusCode::UNAUTHORIZED, "token_expired", "Unauthorized", Some("token_expired"), "The token is past its lifetime; exchange the credential for another."),
            Self::PairRefused => (StatusCode::UNAUTHORIZED, "authentication-failed", "Authentication Failed", None, "The client_id and client_secret are no active pair."),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Forbidden", Some("forbidden"), "The credential belongs to somebody else."),
            Self::PathUnknown => (StatusCode::NOT_FOUND, "not-found", "Not Found", None, "There is no such path."),
            Self::CredentialNotFound => (StatusCode::NOT_FOUND, "not-found", "Not Found", Some("credential_not_found"), "The partner has no credential with this client_id."),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method Not Allowed", None, "The path does not take this method."),
            Self::LastActive => (StatusCode::CONFLICT, "conflict", "Conflict", Some("last_active_credential"), "The partner would be left without an active credential."),
            Self::NotRevocable => (StatusCode::CONFLICT, "conflict", "Conflict", None, "The credential cannot be revoked in its present state."),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "invalid-request", "Invalid Request", None, "The body is too long."),
            Self::KeyReused => (StatusCode::UNPROCESSABLE_ENTITY, "validation-failed", "Validation Failed", None, "The idempotency key belongs to another request."),
            Self::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", "Too Many Requests", Some("rate_limit_exceeded"), "The limit of calls is used up until the window ends."),
            Self::TimedOut => (StatusCode::REQUEST_TIMEOUT, "invalid-request", "Invalid Request", None, "The request was not complete in time."),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal Server Error", None, "The call could not be completed."),
            Self::NotImplemented => (StatusCode::NOT_IMPLEMENTED, "internal", "Not Implemented", None, "The operation is not implemented."),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "internal", "Service Unavailable", None, "The call could not be completed in time."),
        };
        Words { status, slug, title, code, detail }
    }
}

/// Which trouble a rejection is. An operation that documents no 400 takes a client_id that cannot be read for one that
/// nobody has.
fn trouble(operation: Option<Operation>, rejection: &Rejection) -> Trouble {
    match rejection {
        Rejection::UnknownPath => Trouble::PathUnknown,
        Rejection::MethodNotAllowed { .. } => Trouble::MethodNotAllowed,
        Rejection::MissingCredential { .. } if operation == Some(Operation::CreateToken) => {
            Trouble::PairRefused
        }
        Rejection::MissingCredential { .. } => Trouble::MissingToken,
        Rejection::InvalidCredential { reason } => match (&**reason, operation) {
            (RATE_LIMITED, _) => Trouble::RateLimited,
            (TOKEN_EXPIRED, _) => Trouble::TokenExpired,
            (FORBIDDEN, _) => Trouble::Forbidden,
            (PAIR_REFUSED, _) | (Refused::MALFORMED, Some(Operation::CreateToken)) => Trouble::PairRefused,
            _ => Trouble::InvalidToken,
        },
        Rejection::TooLarge { .. } => Trouble::TooLarge,
        Rejection::Violations(found) if found.iter().any(|violation| violation.keyword == KEY_REUSED) => {
            Trouble::KeyReused
        }
        Rejection::Violations(_) if operation == Some(Operation::RevokeCredential) => {
            Trouble::CredentialNotFound
        }
        Rejection::UnsupportedMediaType { .. }
        | Rejection::MalformedBody { .. }
        | Rejection::Violations(_) => Trouble::InvalidRequest,
        Rejection::NotImplemented => Trouble::NotImplemented,
        Rejection::Timeout { .. } if rejection.status() == StatusCode::REQUEST_TIMEOUT => Trouble::TimedOut,
        Rejection::Timeout { .. } => Trouble::Unavailable,
        Rejection::Internal(_) => Trouble::Internal,
    }
}

/// The failure of an operation whose pair is no longer good.
pub(super) fn pair_refused() -> Failure {
    Failure::Rejected(Rejection::InvalidCredential { reason: PAIR_REFUSED.into() })
}

/// The failure of an operation on somebody else's credential. No promise that is kept comes to this.
pub(super) fn forbidden() -> Failure {
    Failure::Rejected(Rejection::InvalidCredential { reason: FORBIDDEN.into() })
}

/// The failure of an operation whose idempotency key belongs to another request.
pub(super) fn key_reused(mut violation: RequestViolation) -> Failure {
    KEY_REUSED.clone_into(&mut violation.keyword);
    Failure::Rejected(Rejection::Violations(vec![violation]))
}

impl Dinie {
    /// The envelope of a trouble met by this request.
    pub(super) fn problem(&self, trouble: Trouble, context: &Context) -> Problem {
        let Words { status, slug, title, code, detail } = trouble.words();
        let mut told = i64::from(status.as_u16());
        if self.state.faults().is_on(Fault::ProblemStatusMismatch) {
            told += 1;
        }
        Problem {
            type_: format!("{TYPES}{slug}"),
            title: title.to_owned(),
            status: told,
            detail: detail.to_owned(),
            instance: Some(context.path().to_owned()),
            code: code.map(ToOwned::to_owned),
            param: None,
            errors: None,
        }
    }

    /// The answer to a request that got none of its operation's own.
    pub(super) fn refuse(
        &self,
        operation: Option<Operation>,
        context: &Context,
        rejection: &Rejection,
    ) -> Answer {
        let quota = quota::of(&self.state, context, quota::NOBODY);
        let trouble = if quota.is_exceeded { Trouble::RateLimited } else { trouble(operation, rejection) };
        let mut problem = self.problem(trouble, context);
        match (trouble, rejection) {
            (Trouble::InvalidRequest | Trouble::KeyReused, Rejection::Violations(found)) => {
                explain(&mut problem, found);
            }
            (Trouble::InvalidRequest, _) => problem.detail = format!("{}.", sentence(&rejection.to_string())),
            _ => {}
        }
        self.breach_detail(context, &mut problem.detail);
        let status = trouble.words().status;
        let answer = Answer::json(status, MEDIA_TYPE, &problem).with_headers(quota::headers(quota));
        if trouble == Trouble::RateLimited {
            let wait = quota.retry_after(self.state.clock().now());
            answer.with_header("retry-after", &wait.to_string())
        } else {
            answer
        }
    }
}

/// Names what is wrong with each parameter and member.
fn explain(problem: &mut Problem, found: &[RequestViolation]) {
    let items = found.iter().map(|violation| ProblemItem {
        param: violation.subject(),
        detail: violation.message.clone(),
        code: None,
    });
    let items: Vec<ProblemItem> = items.collect();
    if let [only] = items.as_slice() {
        problem.param = Some(only.param.clone()).filter(|param| !param.is_empty());
    }
    let sentences: Vec<String> = items.iter().map(in_words).collect();
    problem.errors = Some(items).filter(|items| !items.is_empty());
    problem.detail = format!("{}.", sentence(&sentences.join("; ")));
}

fn in_words(item: &ProblemItem) -> String {
    let param = if item.param.is_empty() { "the body" } else { &item.param };
    format!("{param} {}", item.detail)
}

/// The text with its first letter in upper case.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
