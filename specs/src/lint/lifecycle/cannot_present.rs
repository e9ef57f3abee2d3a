//! A call by somebody who has nothing that the operation takes.

use crate::lifecycle::{Actor, CredentialKind};
use crate::{SchemeName, Severity};

use super::survey::CallAt;
use super::{Rule, Survey};

pub(super) const RULE: Rule = Rule {
    id: "cannot_present",
    severity: Severity::Error,
    finds: "A call is made by somebody who can present none of what the operation requires.",
    page: "\
The OpenAPI document says which security schemes an operation takes, `present` says for which of them a kind of
credential, or a token that it gives, has a value. Where the two have no alternative in common, the call is sent without
a credential, or not at all.

Add the scheme to `present` of the kind (or of its token), let another caller make the call, or correct the `security` of
the operation.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    for call in survey.calls() {
        let Some(operation) = survey.operation(&call.call.operation) else { continue };
        if operation.security.allows_anonymous() {
            continue;
        }
        let schemes = presented(survey, &call);
        let fits = |alternative: &Vec<SchemeName>| alternative.iter().all(|name| schemes.contains(&name));
        if operation.security.0.iter().any(fits) {
            continue;
        }
        let wanted: Vec<String> =
            operation.security.0.iter().map(|alternative| words(alternative, " and ")).collect();
        let has = if schemes.is_empty() { "nothing".to_owned() } else { names(&schemes) };
        let key = if survey.document.get(&call.at.join("as")).is_some() { "as" } else { "operation" };
        survey.find(
            &call.at.join(key),
            format!(
                "`{}` cannot make this call: {} requires {}",
                call.call.actor,
                operation.id,
                wanted.join(" or ")
            ),
            format!("what it can present is {has}; complete `present`, or let somebody else call it"),
        );
    }
}

/// The schemes that whoever makes a call has a value for.
fn presented<'c>(survey: &Survey<'c>, call: &CallAt<'c>) -> Vec<&'c SchemeName> {
    let all = |kind: &'c CredentialKind| -> Vec<&'c SchemeName> {
        let tokens = kind.tokens.values().flat_map(|token| token.present.keys());
        kind.present.keys().chain(tokens).collect()
    };
    match &call.call.actor {
        Actor::Nobody => Vec::new(),
        Actor::Credential => call.kind.map(all).unwrap_or_default(),
        Actor::Token => match (call.token, call.kind) {
            (Some(token), _) => token.present.keys().collect(),
            (None, Some(kind)) => kind.tokens.values().flat_map(|token| token.present.keys()).collect(),
            (None, None) => Vec::new(),
        },
        Actor::Caller(name) => {
            let holds = survey.lifecycle.callers.get(name).map(|caller| &caller.holds);
            holds.and_then(|kind| survey.lifecycle.credentials.get(kind)).map(all).unwrap_or_default()
        }
    }
}

fn words(names: &[SchemeName], between: &str) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(between)
}

fn names(schemes: &[&SchemeName]) -> String {
    schemes.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
