//! A revocation that does not say which credential it is about.

use super::survey::templates;
use super::{Rule, Survey};
use crate::Severity;
use crate::lifecycle::{Actor, Expression};

pub(super) const RULE: Rule = Rule {
    id: "revokes_whatever",
    severity: Severity::Error,
    finds: "A revocation neither names the credential nor is made by it.",
    page: "\
A revoking call has to be about one credential: it names it in a parameter or in its body (`$credential.id`,
`$credential.secret`, `$token`), or the credential makes the call itself (`as: $credential`, `as: $token`). A call that
does neither would end something else, perhaps what the caller itself needs.

Say which credential is meant.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    for (at, name, kind) in survey.kinds() {
        let Some(revoke) = &kind.revoke else { continue };
        let at = at.join("revoke").join("call");
        let by_itself = matches!(revoke.call.actor, Actor::Credential | Actor::Token);
        let names_it = templates(&at, &revoke.call).iter().any(|(_, template)| {
            template.expressions().iter().any(|expression| {
                matches!(
                    expression,
                    Expression::CredentialId | Expression::CredentialSecret | Expression::Token
                )
            })
        });
        if !by_itself && !names_it {
            let message = format!("this call does not say which `{name}` it revokes");
            survey.find(
                &at,
                message,
                "put `$credential.id` into a parameter or the body, or call it `as: $credential`",
            );
        }
    }
}
