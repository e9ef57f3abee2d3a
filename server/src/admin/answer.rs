//! Refusals of the admin listener: `{"error": …}`, a reason in one sentence that says what to do.

use std::fmt::Display;

use http::StatusCode;

use crate::generated::admin::Operation;
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

/// The refusal of a request that does not keep the document. Where it is the body that does not, it says what to send.
pub(super) fn rejected(operation: Option<Operation>, rejection: &Rejection) -> Answer {
    let is_about_body = match rejection {
        Rejection::MalformedBody { .. } => true,
        Rejection::Violations(found) => found.iter().any(|violation| violation.location == Location::Body),
        _ => false,
    };
    match operation.filter(|_| is_about_body).and_then(usage) {
        Some(usage) => refused(rejection.status(), format_args!("{rejection}; {usage}")),
        None => refused(rejection.status(), rejection),
    }
}

/// What the body of an operation is, where it is short enough to say.
fn usage(operation: Operation) -> Option<&'static str> {
    match operation {
        Operation::AdvanceClock => Some("send {\"seconds\": n} with a number that is not negative"),
        Operation::SetClock => {
            Some("send {\"now\": \"2026-01-01T00:00:00Z\"} with a time that is not before the present one")
        }
        Operation::RunHook => Some("send nothing, {}, or {\"credential\": {\"id\": \"…\"}}"),
        Operation::AddDisturbance => Some("send a rule such as {\"what\": \"drop\", \"times\": 1}"),
        _ => None,
    }
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
