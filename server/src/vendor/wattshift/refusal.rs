//! The envelope of every error: a request id, a code, a sentence, and what the caller can do.

use http::StatusCode;

use crate::generated::wattshift::types::{ApiErrorEnvelopeDto, ErrorCode, FieldError};
use crate::id::{Alphabet, Format, Ids};
use crate::runtime::{Answer, Phase, Rejection, RequestViolation};

/// Why a key is refused, in a word for [`answer`].
pub(super) mod reason {
    /// No such key was issued.
    pub(in crate::vendor::wattshift) const INVALID: &str = "invalid";
    /// It was revoked.
    pub(in crate::vendor::wattshift) const REVOKED: &str = "revoked";
    /// Its time is over.
    pub(in crate::vendor::wattshift) const EXPIRED: &str = "expired";
    /// It is live, and not the one that the path names.
    pub(in crate::vendor::wattshift) const ANOTHER: &str = "another";
}

/// `request_id` of an error.
const REQUEST_ID: Format = Format::new("req_", Alphabet::LowerAlphanumeric, 20);

/// Status, code, sentence and advice.
type Refusal = (StatusCode, ErrorCode, &'static str, Option<&'static str>);

const MISSING: Refusal = (
    StatusCode::UNAUTHORIZED,
    ErrorCode::AuthMissingApiKey,
    "The call carries no API key.",
    Some("Send the x-ws-api-key header."),
);
const INVALID: Refusal = (
    StatusCode::UNAUTHORIZED,
    ErrorCode::AuthInvalidApiKey,
    "The API key is not a known one.",
    Some("Request a credential and send it in the x-ws-api-key header."),
);
const REVOKED: Refusal = (
    StatusCode::UNAUTHORIZED,
    ErrorCode::AuthRevokedCredential,
    "The credential was revoked.",
    Some("Request a new credential."),
);
const EXPIRED: Refusal = (
    StatusCode::UNAUTHORIZED,
    ErrorCode::AuthExpiredCredential,
    "The credential has expired.",
    Some("Request a new credential."),
);
const ANOTHER: Refusal = (
    StatusCode::FORBIDDEN,
    ErrorCode::Forbidden,
    "A credential can revoke itself only.",
    Some("Send the credential that the path names."),
);
const VALIDATION: Refusal = (
    StatusCode::BAD_REQUEST,
    ErrorCode::ValidationFailed,
    "The request is invalid.",
    Some("Correct the request and send it again."),
);
const UNKNOWN_PATH: Refusal = (StatusCode::NOT_FOUND, ErrorCode::NotFound, "There is no such path.", None);
const METHOD: Refusal = (
    StatusCode::METHOD_NOT_ALLOWED,
    ErrorCode::NotFound,
    "The path does not take this method.",
    Some("Use one of the methods in the Allow header."),
);
const NOT_IMPLEMENTED: Refusal =
    (StatusCode::NOT_IMPLEMENTED, ErrorCode::InternalError, "The operation is not implemented.", None);
const INTERNAL: Refusal = (
    StatusCode::INTERNAL_SERVER_ERROR,
    ErrorCode::InternalError,
    "The service failed.",
    Some("Try again later."),
);

/// The answer to a request that reached no operation, or that an operation refused.
pub(super) fn answer(ids: &Ids, rejection: &Rejection) -> Answer {
    let (status, error_code, message, advice) = match rejection {
        Rejection::MissingCredential { .. } => MISSING,
        Rejection::InvalidCredential { reason } => match reason.as_ref() {
            reason::REVOKED => REVOKED,
            reason::EXPIRED => EXPIRED,
            reason::ANOTHER => ANOTHER,
            _ => INVALID,
        },
        Rejection::TooLarge { .. }
        | Rejection::UnsupportedMediaType { .. }
        | Rejection::MalformedBody { .. }
        | Rejection::Violations(_)
        // Whoever is too slow to send a body sends none.
        | Rejection::Timeout { phase: Phase::Request, .. } => VALIDATION,
        Rejection::UnknownPath => UNKNOWN_PATH,
        Rejection::MethodNotAllowed { .. } => METHOD,
        Rejection::NotImplemented => NOT_IMPLEMENTED,
        Rejection::Timeout { .. } | Rejection::Internal(_) => INTERNAL,
    };
    let field_errors = match rejection {
        Rejection::Violations(violations) => Some(violations.iter().map(field_error).collect()),
        _ if error_code == ErrorCode::ValidationFailed => {
            Some(vec![FieldError { field: None, message: rejection.to_string() }])
        }
        _ => None,
    };
    let envelope = ApiErrorEnvelopeDto {
        request_id: ids.make(&REQUEST_ID),
        error_code,
        message: message.to_owned(),
        recovery_action: advice.map(ToOwned::to_owned),
        field_errors,
        retry_after_seconds: None,
    };
    Answer::json(status, "application/json", &envelope)
}

fn field_error(violation: &RequestViolation) -> FieldError {
    let subject = violation.subject();
    FieldError { field: (!subject.is_empty()).then_some(subject), message: violation.message.clone() }
}
