//! A probe one of whose answers means both.

use super::{Rule, Survey};
use crate::lifecycle::{Condition, Payload, Probe, StatusSet};
use crate::{Pointer, Severity, StatusPattern};

pub(super) const RULE: Rule = Rule {
    id: "overlapping_probe",
    severity: Severity::Error,
    finds: "One answer to a probe can mean both that a credential was accepted and that it was refused.",
    page: "\
`accepted` and `refused` have to exclude each other: by the status, the media type, a value in the body or a header. An
answer that satisfies both would be read as an acceptance, and a refusal never be seen.

Name the status of each, or the member of the body that tells them apart.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    let mut probes: Vec<(Pointer, &Probe)> = Vec::new();
    for (at, _, kind) in survey.kinds() {
        probes.extend(kind.probe.iter().map(|probe| (at.join("probe"), probe)));
        for (name, token) in &kind.tokens {
            let at = at.join("tokens").join(&name.0).join("probe");
            probes.extend(token.probe.iter().map(|probe| (at.clone(), probe)));
        }
    }
    for (at, probe) in probes {
        if compatible(&probe.accepted, &probe.refused) {
            survey.find_key(
                &at.join("refused"),
                "an answer that is refused by this can be accepted as well",
                "name a status in both that the other does not have, or a member that tells them apart",
            );
        }
    }
}

/// Whether one answer can satisfy both conditions.
pub(super) fn compatible(one: &Condition, other: &Condition) -> bool {
    let status = match (&one.status, &other.status) {
        (Some(one), Some(other)) => share(one, other),
        _ => true,
    };
    let media_type = match (&one.media_type, &other.media_type) {
        (Some(one), Some(other)) => one.accepts(other) || other.accepts(one),
        _ => true,
    };
    let payload = match (one.payload, other.payload) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    status
        && media_type
        && payload
        && !excludes(one, other)
        && !excludes(other, one)
        && one.body.iter().all(|(at, value)| {
            other.body.get(at).is_none_or(|second| second == value || !constant(value) || !constant(second))
        })
        && one.headers.iter().all(|(name, value)| {
            let mut known = other.headers.iter();
            let second = known.find(|(second, _)| second.eq_ignore_ascii_case(name));
            second.is_none_or(|(_, second)| second == value || !constant(value) || !constant(second))
        })
}

fn constant(template: &crate::lifecycle::JsonTemplate) -> bool {
    template.expressions().is_empty()
}

/// Whether something that `one` needs is what `other` rules out.
fn excludes(one: &Condition, other: &Condition) -> bool {
    let needs =
        |at: &Pointer| one.present.contains(at) || one.body.contains_key(at) || one.matches.contains_key(at);
    let needs_body = !one.present.is_empty() || !one.body.is_empty() || !one.matches.is_empty();
    let mismatch = one.body.iter().any(|(at, value)| {
        let text = value.as_value().as_str().filter(|_| constant(value));
        text.zip(other.matches.get(at)).is_some_and(|(text, pattern)| !pattern.is_match(text))
    });
    other.absent.iter().any(needs) || (needs_body && other.payload == Some(Payload::Empty)) || mismatch
}

/// Whether two sets have a status in common.
pub(super) fn share(one: &StatusSet, other: &StatusSet) -> bool {
    one.patterns().iter().any(|one| {
        other.patterns().iter().any(|other| match (one, other) {
            (StatusPattern::Exact(code), pattern) | (pattern, StatusPattern::Exact(code)) => {
                pattern.covers(*code)
            }
            (StatusPattern::Range(one), StatusPattern::Range(other)) => one == other,
            (StatusPattern::Default, _) | (_, StatusPattern::Default) => true,
        })
    })
}
