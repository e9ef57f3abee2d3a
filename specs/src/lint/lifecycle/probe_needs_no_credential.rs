//! A probe that anybody may call.

use super::{Rule, Survey};
use crate::Severity;

pub(super) const RULE: Rule = Rule {
    id: "probe_needs_no_credential",
    severity: Severity::Warning,
    finds: "The operation of a probe is documented to need no credential.",
    page: "\
A probe shows that a credential works because the deployment would refuse the call without it. Where the OpenAPI
document lets anybody call the operation, an acceptance says nothing.

Choose an operation that requires the credential, or correct the `security` of this one. Calls that carry the credential
in a parameter or in their body, such as token introspection, are not meant.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    let mut probes = Vec::new();
    for (at, _, kind) in survey.kinds() {
        probes.extend(kind.probe.iter().map(|probe| (at.join("probe").join("call"), &probe.call)));
        for (name, token) in &kind.tokens {
            let at = at.join("tokens").join(&name.0).join("probe").join("call");
            probes.extend(token.probe.iter().map(|probe| (at.clone(), &probe.call)));
        }
    }
    for (at, call) in probes {
        let Some(operation) = survey.operation(&call.operation) else { continue };
        let carries = super::survey::templates(&at, call)
            .iter()
            .any(|(_, template)| !template.expressions().is_empty());
        if operation.security.allows_anonymous() && !carries {
            survey.find(
                &at.join("operation"),
                format!("{} may be called without any credential, so it shows nothing", operation.id),
                "probe with an operation whose `security` requires the credential",
            );
        }
    }
}
