//! Is every call refused that lacks a credential it needs?

use proptest::test_runner::TestRunner;
use rescind_specs::Contract;

use super::wrong_credentials_rejected::must_not_be_let_in;
use super::{Case, Presented, RequestCheck, Sent, Subject};
use crate::finding::Finding;

/// # What it does
/// Sends an otherwise valid call without any credential and, where an operation needs several at once, without each
/// of them in turn.
/// # Verdicts
/// Fail: accepted, a server error, or a refusal other than 401 and 403 that the operation does not document.
/// Divergence: another documented refusal, where 401 is documented: the caller learns something before it is known.
/// # Source
/// OpenAPI 3.0.3, Security Requirement Object; RFC 9110 §15.5.2.
pub struct MissingCredentialsRejected;

impl RequestCheck for MissingCredentialsRejected {
    fn id(&self) -> &'static str {
        "missing_credentials_rejected"
    }

    fn question(&self) -> &'static str {
        "Is every call refused that lacks a credential it needs?"
    }

    fn cases(&self, subject: &Subject<'_, '_>, runner: &mut TestRunner) -> Vec<Case> {
        let base = subject.base;
        if base.operation.security.allows_anonymous() {
            return Vec::new();
        }
        let Some(parts) = base.parts(&(subject.unique)(), runner) else { return Vec::new() };
        let Some(request) = base.request(&parts) else { return Vec::new() };
        let place = base.operation.pointer.clone();
        let mut none = Case::new(base, "no credential", "missing", request.clone(), place.clone());
        none.credentials = Presented::Missing;
        let mut cases = vec![none];
        // Only where every alternative needs it does its absence have to be noticed.
        let needed = base.operation.security.schemes().into_iter().filter(|scheme| {
            base.operation.security.0.iter().all(|set| set.len() > 1 && set.contains(scheme))
        });
        for scheme in needed {
            let what = format!("all credentials but {scheme}");
            let mut case = Case::new(base, what, "partial", request.clone(), place.clone());
            case.credentials = Presented::Without(scheme.clone());
            cases.push(case);
        }
        cases
    }

    fn judge(&self, contract: &Contract, case: &Case, sent: &Sent<'_>) -> Option<Vec<Finding>> {
        must_not_be_let_in(self.id(), contract, case, sent)
    }
}
