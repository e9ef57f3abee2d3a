//! Is the status one that the operation documents?

use rescind_specs::StatusPattern;
use rescind_specs::lifecycle::CheckSpec;

use super::evidence::{Evidence, keys, received};
use super::{Answer, ResponseCheck};
use crate::finding::Finding;
use crate::verdict::Verdict;

/// A body of this size or more may be answered 413 by any server.
const LARGE: usize = 64 * 1024;

/// # What it does
/// Looks the status of each answer up among the documented responses: the exact key, its range, `default`.
/// # Verdicts
/// Fail: no key covers the status. Not applicable: an operation of which the lifecycle document says that answers
/// are missing, a refusal by an operation that documents no refusal at all, a status that any server may give (413,
/// 414, 415, 429, 431), a status of which a numbered requirement says what to make of it, and server errors, which
/// have a check of their own.
/// # Source
/// OpenAPI 3.0.3, Responses Object; RFC 9110 §15.5; RFC 6585 §4 and §5.
pub struct StatusCodeConformance;

impl ResponseCheck for StatusCodeConformance {
    fn id(&self) -> &'static str {
        "status_code_conformance"
    }

    fn question(&self) -> &'static str {
        "Is the status of each answer one that the operation documents?"
    }

    fn check(&self, answer: &Answer<'_>) -> Option<Vec<Finding>> {
        let operation = answer.operation?;
        let status = answer.status();
        if answer.documented().is_some() {
            return Some(Vec::new());
        }
        let refuses = operation.responses.iter().any(|response| !response.status.is_success());
        let is_left_out = answer.incomplete() || status >= 500 || (status >= 400 && !refuses);
        if is_left_out || is_protocol(answer, status) || is_judged_elsewhere(answer, status) {
            return None;
        }
        let evidence = Evidence::of(self.id(), answer.contract, answer.exchange);
        Some(vec![evidence.finding(
            Verdict::Fail,
            format!("{} answered {status}, which it does not document", operation.signature()),
            format!("one of {}", keys(operation)),
            received(answer.exchange),
            Some(&operation.pointer.join("responses")),
        )])
    }
}

/// Whether a requirement about this operation names this very status, and so judges it.
fn is_judged_elsewhere(answer: &Answer<'_>, status: u16) -> bool {
    let (Some(lifecycle), Some(operation)) = (answer.contract.lifecycle(), answer.operation) else {
        return false;
    };
    let checks = lifecycle.requirements.iter().flat_map(|requirement| &requirement.check);
    checks
        .filter(|check| {
            let revoke = lifecycle.kind(check.kind()).and_then(|(_, kind)| kind.revoke.as_ref());
            revoke.is_some_and(|revoke| revoke.call.operation == operation.id)
        })
        .flat_map(CheckSpec::revocation_answers)
        .filter_map(|condition| condition.status.as_ref())
        .any(|statuses| statuses.patterns().contains(&StatusPattern::Exact(status)))
}

/// Whether HTTP gives this status for a request like this, whatever a description says.
fn is_protocol(answer: &Answer<'_>, status: u16) -> bool {
    let request = &answer.exchange.request;
    match status {
        413 => request.body.as_ref().is_some_and(|body| body.len() >= LARGE),
        414 => request.target.len() >= 2048,
        429 | 431 => true,
        415 => {
            let documented = answer.operation.and_then(|operation| operation.request_body.as_ref());
            let sent = request
                .headers
                .get(http::header::CONTENT_TYPE)
                .and_then(|value| value.to_str().ok())
                .and_then(|text| text.parse().ok());
            let is_documented = |sent| documented.is_some_and(|body| body.content_for(&sent).is_some());
            request.body.is_some() && !sent.is_some_and(is_documented)
        }
        _ => false,
    }
}
