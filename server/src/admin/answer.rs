//! Refusals of the admin listener: `{"error": …}`, a reason in one sentence that says what to do.

use std::fmt::Display;

use http::StatusCode;

use crate::generated::admin::types::Error;
use crate::runtime::{Answer, Location, Rejection, RequestViolation};

/// The body of a refusal.
pub(super) fn error(why: impl Display) -> Error {
    Error { error: why.to_string() }
}

/// A refusal that no operation made.
pub(super) fn refused(status: StatusCode, why: impl Display) -> Answer {
    Answer::json(status, "application/json", &error(why))
}

/// The refusal of a request that does not keep the document.
pub(super) fn rejected(rejection: &Rejection) -> Answer {
    refused(rejection.status(), rejection)
}

/// The refusal of a query parameter, in words that fit after `must`.
pub(super) fn query(parameter: &str, keyword: &str, message: &str) -> Rejection {
    Rejection::Violations(vec![RequestViolation {
        location: Location::Query,
        parameter: Some(parameter.to_owned()),
        pointer: rescind_specs::Pointer::default(),
        keyword: keyword.to_owned(),
        message: message.to_owned(),
    }])
}
