//! Callers, dependents, values and ways to revoke that nothing uses.

use std::collections::HashSet;

use super::survey::templates;
use super::{Rule, Survey};
use crate::lifecycle::{CheckSpec, Expression, Presentation};
use crate::{Pointer, Severity};

pub(super) const RULE: Rule = Rule {
    id: "unused_name",
    severity: Severity::Warning,
    finds: "A caller, a dependent, a supplied or obtained value or a way to revoke is described and never used.",
    page: "\
Whoever runs the judge is asked for every caller and value that the document names. What nothing uses is work for
nothing, and mostly a slip: a requirement that was meant to use it names another. A further way to revoke that no
requirement is about (`by: { way: NAME }`) is not proved.

Use it, or take it out.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    let lifecycle = survey.lifecycle;
    let calls = survey.calls();
    let checks = survey.checks();
    let callers = calls.iter().filter_map(|call| call.call.actor.caller());
    let callers: HashSet<&str> = callers
        .chain(checks.iter().flat_map(|(_, check)| check.callers()))
        .map(|name| name.0.as_str())
        .collect();
    let dependents: HashSet<&str> = checks.iter().filter_map(|(_, check)| dependent(check)).collect();
    let supplied: HashSet<String> = calls
        .iter()
        .flat_map(|call| templates(&call.at, call.call))
        .flat_map(|(_, template)| template.expressions())
        .filter_map(|expression| match expression {
            Expression::Supplied(name) => Some(name),
            _ => None,
        })
        .collect();
    let presented = survey.kinds().flat_map(|(_, _, kind)| {
        let tokens = kind.tokens.values().flat_map(|token| token.present.values());
        kind.present.values().chain(tokens).flat_map(Presentation::expressions).cloned()
    });
    let called = calls.iter().flat_map(|call| call.call.expressions());
    let obtained: HashSet<String> = presented
        .chain(called)
        .filter_map(|expression| match expression {
            Expression::Obtained(name, _) => Some(name),
            _ => None,
        })
        .collect();
    let ways: HashSet<&str> =
        checks.iter().filter_map(|(_, check)| Some(check.means()?.way()?.0.as_str())).collect();
    let root = Pointer::root();
    let mut unused: Vec<(Pointer, String)> = Vec::new();
    for (name, _) in lifecycle.callers.iter().filter(|(name, _)| !callers.contains(name.0.as_str())) {
        unused.push((root.join("callers").join(&name.0), format!("nothing is called by `{name}`")));
    }
    for (name, _) in lifecycle.dependents.iter().filter(|(name, _)| !dependents.contains(name.0.as_str())) {
        unused.push((root.join("dependents").join(&name.0), format!("no requirement is about `{name}`")));
    }
    for (name, _) in lifecycle.supplied.iter().filter(|(name, _)| !supplied.contains(&name.0)) {
        unused.push((root.join("supplied").join(&name.0), format!("no call uses `$supplied.{name}`")));
    }
    for (name, _) in lifecycle.obtained.iter().filter(|(name, _)| !obtained.contains(&name.0)) {
        unused.push((root.join("obtained").join(&name.0), format!("nothing uses `$obtained.{name}`")));
    }
    for (at, _, kind) in survey.kinds() {
        let all = kind.revoke.iter().flat_map(|revoke| revoke.ways.keys());
        for name in all.filter(|name| !ways.contains(name.0.as_str())) {
            let at = at.join("revoke").join("ways").join(&name.0);
            unused.push((at, format!("no requirement is about the way `{name}`")));
        }
    }
    for (at, message) in unused {
        survey.find_key(&at, message, "use it, or take it out");
    }
}

/// The dependent that a check is about.
fn dependent(check: &CheckSpec) -> Option<&str> {
    let name = match check {
        CheckSpec::Guard(with) => &with.by,
        CheckSpec::GuardLifted(with) => &with.by,
        CheckSpec::RevokedReference(with) => &with.by,
        CheckSpec::RacingReference(with) => &with.by,
        CheckSpec::ForeignCredential(with) => with.guarded_by.as_ref()?,
        _ => return None,
    };
    Some(&name.0)
}
