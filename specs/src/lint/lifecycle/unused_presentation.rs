//! A way to present a credential that nothing asks for.

use super::{Rule, Survey};
use crate::{Pointer, SchemeName, Severity};

pub(super) const RULE: Rule = Rule {
    id: "unused_presentation",
    severity: Severity::Warning,
    finds: "`present` has a security scheme that no operation requires.",
    page: "\
A scheme that no operation requires is never used, so either a scheme is misnamed here, or the OpenAPI document forgets
to require it.

Name the scheme that the operations require, or take it out.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    let contract = survey.contract;
    let required = |name: &SchemeName| {
        contract
            .operations()
            .iter()
            .any(|operation| operation.security.0.iter().flatten().any(|known| known == name))
    };
    let mut unused: Vec<Pointer> = Vec::new();
    for (at, _, kind) in survey.kinds() {
        let own = kind.present.keys().map(|name| (at.join("present"), name));
        let tokens = kind.tokens.iter().flat_map(|(token, about)| {
            let at = at.join("tokens").join(&token.0).join("present");
            about.present.keys().map(move |name| (at.clone(), name))
        });
        unused
            .extend(own.chain(tokens).filter(|(_, name)| !required(name)).map(|(at, name)| at.join(&name.0)));
    }
    for at in unused {
        let name = at.last().unwrap_or_default();
        survey.find_key(
            &at,
            format!("no operation requires `{name}`"),
            "name a scheme that some operation requires",
        );
    }
}
