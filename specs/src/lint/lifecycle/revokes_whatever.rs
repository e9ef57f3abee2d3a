//! A revocation that does not say which credential it is about.

use super::{Rule, Survey};
use crate::Severity;
use crate::lifecycle::{Actor, Ends, Expression};

pub(super) const RULE: Rule = Rule {
    id: "revokes_whatever",
    severity: Severity::Error,
    finds: "A revocation neither names the credential nor is made by it.",
    page: "\
A revoking call has to be about one credential: it names it in a parameter or in its body (`$credential.id`,
`$credential.secret`, `$token`), or the credential makes the call itself (`as: $credential`, `as: $token`). A call that
does neither would end something else, perhaps what the caller itself needs. The same holds for each of `revoke.ways`
that ends one credential.

Say which credential is meant.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    let mut found = Vec::new();
    for (at, name, kind) in survey.kinds() {
        let Some(revoke) = &kind.revoke else { continue };
        let at = at.join("revoke");
        let ways = revoke.ways.iter().filter(|(_, way)| way.ends == Ends::One);
        let ways = ways.map(|(way, known)| (at.join("ways").join(&way.0).join("call"), &known.call));
        for (at, call) in std::iter::once((at.join("call"), &revoke.call)).chain(ways) {
            let by_itself = matches!(call.actor, Actor::Credential | Actor::Token);
            let names_it = call.names_credential() || call.expressions().any(|it| it == Expression::Token);
            if !by_itself && !names_it {
                found.push((at, format!("this call does not say which `{name}` it revokes")));
            }
        }
    }
    for (at, message) in found {
        let help = "put `$credential.id` into a parameter or the body, or call it `as: $credential`";
        survey.find(&at, message, help);
    }
}
