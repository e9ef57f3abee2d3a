//! Is every call refused that carries a wrong credential?

use proptest::test_runner::TestRunner;
use rescind_specs::{Contract, SchemeKind};

use super::outcome::{Outcome, finding, outcome, refuses_within_success};
use super::{Case, Presented, RequestCheck, Sent, Subject};
use crate::check::response::incomplete;
use crate::finding::Finding;
use crate::verdict::Verdict;

/// # What it does
/// Sends an otherwise valid call with each of its credentials wrong in turn, the others right, and with a right value
/// presented in the manner of another scheme: Basic for Bearer, Bearer for Basic or for a key of its own header.
/// # Verdicts
/// As `missing_credentials_rejected`.
/// # Source
/// OpenAPI 3.0.3, Security Requirement Object; RFC 6750 §3.1; RFC 7617 §2.
pub struct WrongCredentialsRejected;

impl RequestCheck for WrongCredentialsRejected {
    fn id(&self) -> &'static str {
        "wrong_credentials_rejected"
    }

    fn question(&self) -> &'static str {
        "Is every call refused that carries a wrong credential?"
    }

    fn cases(&self, subject: &Subject<'_, '_>, runner: &mut TestRunner) -> Vec<Case> {
        let base = subject.base;
        let security = &base.operation.security;
        // With alternatives, which of them is presented is not the case's to say.
        let [set] = security.0.as_slice() else { return Vec::new() };
        if set.is_empty() {
            return Vec::new();
        }
        let Some(parts) = base.parts(&(subject.unique)(), runner) else { return Vec::new() };
        let Some(request) = base.request(&parts) else { return Vec::new() };
        let place = base.operation.pointer.clone();
        let mut cases = Vec::new();
        for scheme in set {
            let what = format!("a wrong {scheme}");
            let mut case = Case::new(base, what, "wrong", request.clone(), place.clone());
            case.credentials = Presented::Wrong(scheme.clone());
            cases.push(case);
            let known = base.contract.scheme(scheme).map(|scheme| &scheme.kind);
            if matches!(known, Some(SchemeKind::Basic | SchemeKind::Bearer | SchemeKind::ApiKey { .. })) {
                let what = format!("the {scheme} credential presented as another scheme");
                let mut case = Case::new(base, what, "misplaced", request.clone(), place.clone());
                case.credentials = Presented::Misplaced(scheme.clone());
                cases.push(case);
            }
        }
        cases
    }

    fn judge(&self, contract: &Contract, case: &Case, sent: &Sent<'_>) -> Option<Vec<Finding>> {
        must_not_be_let_in(self.id(), contract, case, sent)
    }
}

/// The findings on a call that must not get past authentication.
pub(super) fn must_not_be_let_in(
    check: &'static str,
    contract: &Contract,
    case: &Case,
    sent: &Sent<'_>,
) -> Option<Vec<Finding>> {
    let operation = contract.operation(&case.operation)?;
    let documented = "a refusal of the caller: 401";
    let found = |verdict, verb: &str| {
        let message = format!("{} {verb} a call with {}", operation.signature(), case.what);
        Some(vec![finding(check, contract, case, sent, verdict, message, documented)])
    };
    let known = |status| operation.responses.find(status).is_some();
    match outcome(contract, operation, sent.exchange) {
        Outcome::Done if refuses_within_success(contract, operation, sent.exchange) => Some(Vec::new()),
        Outcome::Done => found(Verdict::Fail, "accepts"),
        Outcome::Failed(_) => found(Verdict::Fail, "fails on"),
        Outcome::Unclear => None,
        Outcome::Refused(401 | 403) => Some(Vec::new()),
        Outcome::Refused(_) if incomplete(contract, operation) || !known(401) => Some(Vec::new()),
        Outcome::Refused(status) if known(status) => {
            found(Verdict::Divergence, "answers past authentication")
        }
        Outcome::Refused(_) => found(Verdict::Fail, "does not refuse with 401"),
    }
}
