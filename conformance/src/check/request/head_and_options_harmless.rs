//! Do HEAD and OPTIONS leave everything as it is?

use http::Method;
use proptest::test_runner::TestRunner;
use rescind_specs::Contract;

use super::outcome::finding;
use super::{Afterwards, Case, RequestCheck, Sent, Subject, Target};
use crate::finding::Finding;
use crate::strategy::request::{Base, Role};
use crate::verdict::Verdict;

/// # What it does
/// Issues a credential, sends HEAD to the path that revokes it, signed as the revocation would be, and asks the
/// credential's probe whether it still works, or revokes it where a probe may be answered from a cache. The same with
/// OPTIONS and another credential, unless each uses up a supplied pair.
/// # Verdicts
/// Fail: the credential does not work any more, or HEAD or OPTIONS led to a server error other than 501.
/// # Source
/// RFC 9110 §9.2.1, §9.3.2 and §9.3.7: both methods are safe.
pub struct HeadAndOptionsHarmless;

impl RequestCheck for HeadAndOptionsHarmless {
    fn id(&self) -> &'static str {
        "head_and_options_harmless"
    }

    fn question(&self) -> &'static str {
        "Do HEAD and OPTIONS leave everything as it is?"
    }

    fn cases(&self, subject: &Subject<'_, '_>, runner: &mut TestRunner) -> Vec<Case> {
        let base = subject.base;
        let Some(lifecycle) = base.contract.lifecycle() else { return Vec::new() };
        let found = lifecycle.credentials.values().find(|kind| {
            kind.revoke.as_ref().is_some_and(|revoke| revoke.call.operation == base.operation.id)
        });
        let Some(issue) = found.and_then(|kind| kind.issue.as_ref()) else { return Vec::new() };
        let issuing = base.contract.operation(&issue.call.operation);
        let pool = issuing.is_some_and(|issuing| Base::of(base.contract, issuing).role == Role::Register);
        // Each case uses up a supplied pair; one is enough.
        let methods: &[Method] = if pool { &[Method::HEAD] } else { &[Method::HEAD, Method::OPTIONS] };
        let Some(mut parts) = base.parts(&(subject.unique)(), runner) else { return Vec::new() };
        parts.body = None;
        let Some(request) = base.request(&parts) else { return Vec::new() };
        methods
            .iter()
            .map(|method| {
                let mut request = request.clone();
                request.operation = None;
                request.method = method.clone();
                let place = base.operation.pointer.clone();
                let mut case = Case::new(base, format!("the method {method}"), "safe", request, place);
                case.target = Target::Fresh;
                case
            })
            .collect()
    }

    fn judge(&self, contract: &Contract, case: &Case, sent: &Sent<'_>) -> Option<Vec<Finding>> {
        let operation = contract.operation(&case.operation)?;
        let method = &sent.exchange.request.method;
        let status = sent.exchange.status()?;
        let mut findings = Vec::new();
        if status >= 500 && !(501..=504).contains(&status) {
            let message = format!("{method} {} fails", operation.path);
            findings.push(finding(
                self.id(),
                contract,
                case,
                sent,
                Verdict::Fail,
                message,
                "an answer without effect, or 405",
            ));
        }
        match sent.afterwards {
            Afterwards::Unknown if findings.is_empty() => return None,
            Afterwards::Unknown | Afterwards::Works => {}
            Afterwards::Refused => {
                let message = format!("{method} {} has the effect of the documented method", operation.path);
                findings.push(finding(
                    self.id(),
                    contract,
                    case,
                    sent,
                    Verdict::Fail,
                    message,
                    "a credential that works as before (RFC 9110 §9.2.1)",
                ));
            }
        }
        Some(findings)
    }
}
