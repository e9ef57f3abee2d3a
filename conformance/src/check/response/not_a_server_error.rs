//! Does no request of ours make the deployment fail?

use rescind_specs::StatusPattern;

use super::evidence::{Evidence, keys, received};
use super::{Answer, ResponseCheck};
use crate::finding::Finding;
use crate::verdict::Verdict;

/// # What it does
/// Looks for answers 500 to 599 that the operation does not document. A 501 for a method that no operation documents
/// is as it should be.
/// # Verdicts
/// Fail: such an answer. Inconclusive: 502, 503 or 504, which whatever stands before the deployment may send.
/// # Source
/// RFC 9110 §15.6: a server error says that the server is at fault.
pub struct NotAServerError;

impl ResponseCheck for NotAServerError {
    fn id(&self) -> &'static str {
        "not_a_server_error"
    }

    fn question(&self) -> &'static str {
        "Does no request lead to a server error that is not documented?"
    }

    fn check(&self, answer: &Answer<'_>) -> Option<Vec<Finding>> {
        let status = answer.status();
        let documented =
            answer.documented().is_some_and(|response| response.status != StatusPattern::Default);
        if status < 500 || documented || (status == 501 && answer.operation.is_none()) {
            return Some(Vec::new());
        }
        let verdict = if matches!(status, 502..=504) { Verdict::Inconclusive } else { Verdict::Fail };
        let evidence = Evidence::of(self.id(), answer.contract, answer.exchange);
        let what = match answer.operation {
            Some(operation) => operation.signature(),
            None => answer.exchange.request.method.to_string(),
        };
        Some(vec![evidence.finding(
            verdict,
            format!("{what} was answered {status}"),
            answer.operation.map_or_else(|| "no server error".to_owned(), keys),
            received(answer.exchange),
            answer.operation.map(|operation| operation.pointer.join("responses")).as_ref(),
        )])
    }
}
