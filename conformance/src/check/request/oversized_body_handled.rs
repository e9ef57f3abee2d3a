//! Is a body far beyond any sensible size answered without failing?

use proptest::test_runner::TestRunner;
use rescind_specs::Contract;

use super::outcome::finding;
use super::{Case, RequestCheck, Sent, Subject};
use crate::finding::Finding;
use crate::verdict::Verdict;

/// The size of the body, in bytes.
const SIZE: usize = 3 << 20;

/// # What it does
/// Sends a valid body with three megabytes of blanks in it. A deployment may refuse it, with any status, or take it;
/// it may close the connection.
/// # Verdicts
/// Fail: a server error.
/// # Source
/// RFC 9110 §15.5.14.
pub struct OversizedBodyHandled;

impl RequestCheck for OversizedBodyHandled {
    fn id(&self) -> &'static str {
        "oversized_body_handled"
    }

    fn question(&self) -> &'static str {
        "Is a body far beyond any sensible size answered without failing?"
    }

    fn cases(&self, subject: &Subject<'_, '_>, runner: &mut TestRunner) -> Vec<Case> {
        let base = subject.base;
        if !base.takes_json() || !base.may_succeed() {
            return Vec::new();
        }
        let Some(parts) = base.parts(&(subject.unique)(), runner) else { return Vec::new() };
        let Some(body) = &parts.body else { return Vec::new() };
        let text = format!("{}{body}", " ".repeat(SIZE));
        let request = base.request_with(&parts, text);
        request
            .map(|request| {
                let place = base.operation.pointer.clone();
                Case::new(base, "a body of three megabytes", "size", request, place)
            })
            .into_iter()
            .collect()
    }

    fn judge(&self, contract: &Contract, case: &Case, sent: &Sent<'_>) -> Option<Vec<Finding>> {
        let operation = contract.operation(&case.operation)?;
        // Whoever closes the connection before the body was sent may leave no answer behind.
        let Some(status) = sent.exchange.status() else { return Some(Vec::new()) };
        match status {
            502..=504 => None,
            500..=599 => {
                let message = format!("{} fails on a request with {}", operation.signature(), case.what);
                let documented = "413, another refusal, or an answer as to any valid request";
                Some(vec![finding(self.id(), contract, case, sent, Verdict::Fail, message, documented)])
            }
            _ => Some(Vec::new()),
        }
    }
}
