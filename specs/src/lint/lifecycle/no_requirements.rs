//! A document that promises nothing.

use super::{Rule, Survey};
use crate::{Pointer, Severity};

pub(super) const RULE: Rule = Rule {
    id: "no_requirements",
    severity: Severity::Warning,
    finds: "The document has no requirement, so nothing that happens over time is judged.",
    page: "\
What a run judges of a revocation are the requirements: each is one promise, with the check that sees it. Without any,
a run still looks at single answers and requests, and says nothing about what a revocation does.

Write one requirement for each sentence of the documentation that promises something. `rescind list` shows the checks.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    if survey.lifecycle.requirements.is_empty() {
        let at = Pointer::root().join("requirements");
        survey.find_key(
            &at,
            "there is no requirement",
            "begin with one: that a revoked credential is refused (`use_after_revocation`)",
        );
    }
}
