//! A binding requirement that does not say where it is written.

use super::{Rule, Survey};
use crate::lifecycle::Basis;
use crate::{Pointer, Severity};

pub(super) const RULE: Rule = Rule {
    id: "binding_without_source",
    severity: Severity::Error,
    finds: "A requirement can fail a deployment, and does not say where it is written.",
    page: "\
`basis: contract` and `basis: documentation` make a broken promise a failure. Whoever reads such a report asks where the
promise stands; `source` is the answer.

Name the page. Where there is none, the basis is `inference`, and the worst verdict a divergence.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    let lifecycle = survey.lifecycle;
    for (index, requirement) in lifecycle.requirements.iter().enumerate() {
        let named = requirement.source.chars().any(char::is_alphanumeric);
        if requirement.basis != Basis::Inference && !named {
            let at = Pointer::root().join("requirements").index(index).join("source");
            survey.find(
                &at,
                format!("{} is binding and has no source", requirement.id),
                "name the page that says so, or write `basis: inference`",
            );
        }
    }
}
