//! An operation whose success nobody documents.

use super::{Rule, Survey};
use crate::{Severity, StatusPattern};

pub(super) const RULE: Rule = Rule {
    id: "no_documented_success",
    severity: Severity::Warning,
    finds: "An operation documents no success, and is not listed under `incomplete`.",
    page: "\
Every successful answer of such an operation would be reported as undocumented, whatever it is. What is not known is no
promise.

Document the success in the OpenAPI document, or list the operation under `incomplete` with what is missing.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    let contract = survey.contract;
    for operation in contract.operations() {
        let succeeds = operation.responses.iter().any(|response| {
            response.status.is_success()
                || response.status == StatusPattern::Default
                || matches!(response.status, StatusPattern::Exact(100..=399) | StatusPattern::Range(1..=3))
        });
        if !succeeds && !survey.incomplete(operation) {
            survey.find_in_openapi(
                &operation.pointer,
                format!("{} documents no success", operation.id),
                "document it, or list the operation under `incomplete` of the lifecycle document",
            );
        }
    }
}
