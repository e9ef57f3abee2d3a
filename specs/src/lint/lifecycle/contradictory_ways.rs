//! Ways to revoke that contradict each other, or what a requirement says of them.

use super::{Rule, Survey};
use crate::lifecycle::{CheckSpec, Ends};
use crate::{Pointer, Severity};

pub(super) const RULE: Rule = Rule {
    id: "contradictory_ways",
    severity: Severity::Error,
    finds: "A way to revoke is the same call as another one, or a requirement contradicts what it ends.",
    page: "\
`revoke.ways` lists further ways to revoke, each with a call of its own. Two that make the same call are one way, and
what is proved of the second was proved of the first. A way with `ends: all` ends every credential of the holder, so no
requirement can want the others unaffected by it (`others_unaffected`).

Correct the call, or say `ends: one`.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    let mut found: Vec<(Pointer, String, &str)> = Vec::new();
    for (at, _, kind) in survey.kinds() {
        let Some(revoke) = &kind.revoke else { continue };
        let mut known = vec![(&revoke.call, "`revoke` itself".to_owned())];
        for (name, way) in &revoke.ways {
            if let Some((_, other)) = known.iter().find(|(call, _)| **call == way.call) {
                let at = at.join("revoke").join("ways").join(&name.0).join("call");
                found.push((
                    at,
                    format!("this is the call of {other}"),
                    "make the call of this way, or take it out",
                ));
            }
            known.push((&way.call, format!("the way `{name}`")));
        }
    }
    for (at, check) in survey.checks() {
        let CheckSpec::OthersUnaffected(with) = check else { continue };
        let kind = survey.lifecycle.kind(with.of.as_ref()).and_then(|(_, kind)| kind.revoke.as_ref());
        let way = with.by.way().and_then(|name| Some((name, kind?.ways.get(name)?)));
        if let Some((name, _)) = way.filter(|(_, way)| way.ends == Ends::All) {
            let message = format!("the way `{name}` ends every credential of its holder (`ends: all`)");
            found.push((at.join("by"), message, "ask for `others_revoked`, or say `ends: one`"));
        }
    }
    for (at, message, help) in found {
        survey.find(&at, message, help);
    }
}
