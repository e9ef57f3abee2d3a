//! A condition that no answer satisfies.

use super::{Rule, Survey};
use crate::lifecycle::{Condition, Payload};
use crate::{Severity, StatusPattern};

pub(super) const RULE: Rule = Rule {
    id: "contradictory_condition",
    severity: Severity::Error,
    finds: "A condition contradicts itself, so no answer satisfies it.",
    page: "\
Everything that a condition names has to hold. A member that is to be there and not there, a body that is to be empty and
to hold something, or a body with a status that has none (204, 304) never hold together.

Take out what does not belong.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    for condition in survey.conditions() {
        if let Some((word, why)) = contradiction(condition.condition) {
            survey.find_key(
                &condition.at.join(word),
                format!("no answer satisfies this condition: {why}"),
                "take out what does not belong",
            );
        }
    }
}

/// The word that contradicts another one, and why.
fn contradiction(condition: &Condition) -> Option<(&'static str, String)> {
    let wants = |at| {
        condition.present.contains(at)
            || condition.body.contains_key(at)
            || condition.matches.contains_key(at)
    };
    if let Some(at) = condition.absent.iter().find(|at| wants(at)) {
        return Some(("absent", format!("`{at}` has to be there and not to be there")));
    }
    for (at, pattern) in &condition.matches {
        let value = condition.body.get(at).filter(|value| value.expressions().is_empty());
        if let Some(text) = value.and_then(|value| value.as_value().as_str())
            && !pattern.is_match(text)
        {
            return Some(("matches", format!("what `{at}` has to be does not match the expression")));
        }
    }
    let member = [
        ("body", condition.body.is_empty()),
        ("matches", condition.matches.is_empty()),
        ("present", condition.present.is_empty()),
    ];
    let (word, _) = member.into_iter().find(|(_, empty)| !empty)?;
    if condition.payload == Some(Payload::Empty) {
        return Some(("payload", format!("an empty body has nothing of what `{word}` asks for")));
    }
    let bodiless = |pattern: &StatusPattern| matches!(pattern, StatusPattern::Exact(204 | 205 | 304));
    let status = condition.status.as_ref()?;
    let all = !status.patterns().is_empty() && status.patterns().iter().all(bodiless);
    all.then(|| ("status", format!("an answer {status} has no body, and `{word}` asks for something in it")))
}
