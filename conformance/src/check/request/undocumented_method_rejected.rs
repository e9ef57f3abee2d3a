//! Is a method refused that no operation of the path documents?

use http::Method;
use proptest::test_runner::TestRunner;
use rescind_specs::{Contract, ParameterLocation};

use super::outcome::finding;
use super::{Case, RequestCheck, Sent, Subject};
use crate::finding::Finding;
use crate::verdict::Verdict;

/// # What it does
/// Calls each documented path with methods that the contract does not have there, signed as the documented ones. To
/// be safe, DELETE is tried only on a single resource, which does not exist, and nothing is sent with a body.
/// # Verdicts
/// Fail: a success, or a server error other than 501. Any refusal passes; 405 and 404 are the usual ones.
/// # Source
/// OpenAPI 3.0.3, Path Item Object; RFC 9110 §15.5.6 and §15.6.2.
pub struct UndocumentedMethodRejected;

impl RequestCheck for UndocumentedMethodRejected {
    fn id(&self) -> &'static str {
        "undocumented_method_rejected"
    }

    fn question(&self) -> &'static str {
        "Is a method refused that no operation of the path documents?"
    }

    fn cases(&self, subject: &Subject<'_, '_>, runner: &mut TestRunner) -> Vec<Case> {
        let base = subject.base;
        let path = &base.operation.path;
        let mut here = base.contract.operations().iter().filter(|operation| operation.path == *path);
        // Each path once, by its first operation.
        if here.next().is_none_or(|first| first.id != base.operation.id) {
            return Vec::new();
        }
        let documented = |method: &Method| {
            base.contract.operations().iter().any(|o| o.path == *path && o.method == *method)
        };
        let single = path.parameters().next().is_some();
        let methods = [Method::PUT, Method::GET, Method::DELETE, Method::PATCH]
            .into_iter()
            .filter(|method| !documented(method) && (single || *method != Method::DELETE));
        let Some(mut parts) = base.parts(&(subject.unique)(), runner) else { return Vec::new() };
        parts.body = None;
        parts.parameters.retain(|(location, ..)| *location == ParameterLocation::Path);
        let Some(request) = base.request(&parts) else { return Vec::new() };
        methods
            .take(2)
            .map(|method| {
                let mut request = request.clone();
                request.operation = None;
                request.method = method.clone();
                let place = base.operation.pointer.clone();
                Case::new(base, format!("the method {method}"), "method", request, place)
            })
            .collect()
    }

    fn judge(&self, contract: &Contract, case: &Case, sent: &Sent<'_>) -> Option<Vec<Finding>> {
        let operation = contract.operation(&case.operation)?;
        let status = sent.exchange.status()?;
        let verb = match status {
            200..=299 => "succeeds",
            501..=504 => return Some(Vec::new()),
            500..=599 => "fails",
            _ => return Some(Vec::new()),
        };
        let method = &sent.exchange.request.method;
        let message = format!("{method} {} {verb}, though it is not documented", operation.path);
        let documented = "405, 404 or 501";
        Some(vec![finding(self.id(), contract, case, sent, Verdict::Fail, message, documented)])
    }
}
