//! A requirement that nothing checks as yet.

use super::{Rule, Survey};
use crate::{Pointer, Severity};

pub(super) const RULE: Rule = Rule {
    id: "pending_requirement",
    severity: Severity::Warning,
    finds: "A requirement has no check as yet.",
    page:
        "\
`pending` says that a promise could be seen and is not. A run counts it, and never calls it kept.

Name a check that covers it (`rescind list`), or say under `not_observed` why it cannot be seen from outside.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    let lifecycle = survey.lifecycle;
    for (index, requirement) in lifecycle.requirements.iter().enumerate() {
        if requirement.pending.is_some() {
            let at = Pointer::root().join("requirements").index(index).join("pending");
            let message = format!("nothing checks {} as yet", requirement.id);
            survey.find_key(&at, message, "name a check, or say under `not_observed` why it cannot be seen");
        }
    }
}
