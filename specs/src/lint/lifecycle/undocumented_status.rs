//! A condition on a status that the operation does not document.

use super::survey::Role;
use super::{Rule, Survey};
use crate::{Operation, Severity, StatusPattern};

pub(super) const RULE: Rule = Rule {
    id: "undocumented_status",
    severity: Severity::Warning,
    finds: "A condition names a status that the OpenAPI document does not document for the operation.",
    page: "\
The two documents contradict each other: the lifecycle document waits for an answer that the OpenAPI document does not
have, and a run would report that very answer as undocumented (`status_code_conformance`).

Correct one of the two. Where the documentation is known not to list every answer, say so under `incomplete`, with what
is missing.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    for condition in survey.conditions() {
        let (Some(operation), Some(status)) = (condition.operation, &condition.condition.status) else {
            continue;
        };
        if survey.incomplete(operation) {
            continue;
        }
        let patterns = status.patterns().iter();
        let missing: Vec<String> =
            patterns.filter(|pattern| !documents(operation, **pattern)).map(ToString::to_string).collect();
        // A requirement may allow more answers than are documented, as long as one of them is.
        let enough = condition.role == Role::Allowance && missing.len() < status.patterns().len();
        if missing.is_empty() || enough {
            continue;
        }
        let documented: Vec<String> =
            operation.responses.iter().map(|response| response.status.to_string()).collect();
        survey.find(
            &condition.at.join("status"),
            format!("{} documents no {}", operation.id, missing.join(" and no ")),
            format!(
                "documented: {}; correct one of the documents, or say under `incomplete` what is missing there",
                if documented.is_empty() { "nothing".to_owned() } else { documented.join(", ") }
            ),
        );
    }
}

/// Whether some response of an operation documents a status that a pattern means.
pub(super) fn documents(operation: &Operation, pattern: StatusPattern) -> bool {
    match pattern {
        StatusPattern::Exact(code) => operation.responses.find(code).is_some(),
        StatusPattern::Range(class) => operation.responses.iter().any(|response| match response.status {
            StatusPattern::Exact(code) => code / 100 == u16::from(class),
            StatusPattern::Range(known) => known == class,
            StatusPattern::Default => true,
        }),
        StatusPattern::Default => true,
    }
}
