//! The envelope of every error. Codes tell what the contract tells, and no sentence repeats what was sent.

use http::StatusCode;

use crate::generated::entrytarget::Operation;
use crate::generated::entrytarget::types::{ErrorDetail, ErrorEnvelope};
use crate::runtime::{Answer, Phase, Rejection};

/// What went wrong, as the envelope names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    InvalidField,
    Unauthorized,
    InvalidCredential,
    CredentialNotFound,
    AccountNotFound,
    DuplicateApiKey,
    IntegrityViolation,
    // These three are not among the published ones; that list is open.
    NotFound,
    MethodNotAllowed,
    NotImplemented,
    InternalError,
}

impl Code {
    fn name(self) -> &'static str {
        match self {
            Self::InvalidField => "INVALID_FIELD",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::InvalidCredential => "INVALID_CREDENTIAL",
            Self::CredentialNotFound => "CREDENTIAL_NOT_FOUND",
            Self::AccountNotFound => "ACCOUNT_NOT_FOUND",
            Self::DuplicateApiKey => "DUPLICATE_API_KEY",
            Self::IntegrityViolation => "INTEGRITY_VIOLATION",
            Self::NotFound => "NOT_FOUND",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::NotImplemented => "NOT_IMPLEMENTED",
            Self::InternalError => "INTERNAL_ERROR",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::InvalidField => "A field is missing or malformed.",
            Self::Unauthorized => "The caller is not authenticated.",
            Self::InvalidCredential => "The secret does not belong to this key.",
            Self::CredentialNotFound => "There is no active credential with this key.",
            Self::AccountNotFound => "There is no account with this id.",
            Self::DuplicateApiKey => "This key is registered already.",
            Self::IntegrityViolation => "A row is not as it was written.",
            Self::NotFound => "There is no such path.",
            Self::MethodNotAllowed => "The path does not take this method.",
            Self::NotImplemented => "The operation is not implemented.",
            Self::InternalError => "The service failed.",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::InvalidField => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::InvalidCredential => StatusCode::FORBIDDEN,
            Self::CredentialNotFound | Self::AccountNotFound | Self::NotFound => StatusCode::NOT_FOUND,
            Self::DuplicateApiKey | Self::IntegrityViolation => StatusCode::CONFLICT,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotImplemented => StatusCode::NOT_IMPLEMENTED,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// The envelope with the sentence of the code.
pub(super) fn envelope(code: Code) -> ErrorEnvelope {
    described(code, code.sentence().to_owned())
}

fn described(code: Code, message: String) -> ErrorEnvelope {
    ErrorEnvelope { error: ErrorDetail { code: code.name().to_owned(), message } }
}

/// The answer to a request that reached no operation. Where an operation documents nothing for malformed input, what
/// cannot be an identifier is one that is unknown, and what cannot be an asset is one without accounts.
pub(super) fn answer(operation: Option<Operation>, rejection: &Rejection) -> Answer {
    if let (Rejection::Violations(_), Some(Operation::GetAccountByAsset)) = (rejection, operation) {
        return Answer::json(StatusCode::OK, "application/json", &[(); 0]);
    }
    let code = match (rejection, operation) {
        (Rejection::UnknownPath, _) => Code::NotFound,
        (Rejection::MethodNotAllowed { .. }, _) => Code::MethodNotAllowed,
        (Rejection::MissingCredential { .. } | Rejection::InvalidCredential { .. }, _) => Code::Unauthorized,
        (Rejection::Violations(_), Some(Operation::GetAccount)) => Code::AccountNotFound,
        (Rejection::Violations(_), Some(Operation::RevokeCredential)) => Code::CredentialNotFound,
        (
            Rejection::Violations(_)
            | Rejection::MalformedBody { .. }
            | Rejection::UnsupportedMediaType { .. }
            | Rejection::TooLarge { .. }
            // Whoever is too slow to send a body sends none.
            | Rejection::Timeout { phase: Phase::Request, .. },
            _,
        ) => Code::InvalidField,
        (Rejection::NotImplemented, _) => Code::NotImplemented,
        (Rejection::Timeout { .. } | Rejection::Internal(_), _) => Code::InternalError,
    };
    let body = match code {
        Code::InvalidField => described(code, rejection.to_string()),
        _ => envelope(code),
    };
    Answer::json(code.status(), "application/json", &body)
}
