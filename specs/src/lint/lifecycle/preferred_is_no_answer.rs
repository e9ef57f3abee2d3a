//! A recommended answer that is not allowed.

use super::overlapping_probe::compatible;
use super::{Rule, Survey};
use crate::lifecycle::{CheckSpec, Condition};
use crate::{Pointer, Severity};

pub(super) const RULE: Rule = Rule {
    id: "preferred_is_no_answer",
    severity: Severity::Error,
    finds: "What is `preferred` is none of `answer`, so the recommended answer would be a failure.",
    page: "\
`answer` lists every answer that keeps the promise, `preferred` is the recommended one of them: another one is a
divergence. An answer that is like `preferred` and like none of `answer` fails.

Add it to `answer`, or correct `preferred`.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    for (at, check) in survey.checks() {
        let Some((preferred, answers)) = preferred(check) else { continue };
        if !answers.iter().any(|answer| compatible(answer, preferred)) {
            let at: Pointer = at.join("preferred");
            survey.find_key(
                &at,
                "no answer is both like this and like one of `answer`",
                "add it to `answer`",
            );
        }
    }
}

fn preferred(check: &CheckSpec) -> Option<(&Condition, &[Condition])> {
    match check {
        CheckSpec::IssueAnswer(with)
        | CheckSpec::RepeatedIssue(with)
        | CheckSpec::UnknownCredential(with)
        | CheckSpec::SelfDescribedRevocation(with) => Some((with.preferred.as_ref()?, &with.answer)),
        CheckSpec::RevocationAnswer(with) => Some((with.preferred.as_ref()?, &with.answer)),
        CheckSpec::RepeatedRevocation(with) => Some((with.preferred.as_ref()?, &with.answer)),
        CheckSpec::UnauthorizedRevocation(with) => Some((with.preferred.as_ref()?, &with.answer)),
        CheckSpec::LastActive(with) => Some((with.preferred.as_ref()?, &with.answer)),
        _ => None,
    }
}
