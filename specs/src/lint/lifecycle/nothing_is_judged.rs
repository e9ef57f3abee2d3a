//! No kind of credential has both an issue and a revocation.

use super::{Rule, Survey};
use crate::{Pointer, Severity};

pub(super) const RULE: Rule = Rule {
    id: "nothing_is_judged",
    severity: Severity::Error,
    finds: "No kind of credential can be both issued and revoked, so no revocation is ever seen.",
    page: "\
The judge revokes only what it issued itself. A kind needs `issue` and `revoke` for that; a kind that has only one of
them can be presented and looked up, and nothing more.

Name the operation that makes a credential under `issue`, or `$pool` pairs where only the operator can make one, and the
operation that ends it under `revoke`.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    if survey.lifecycle.kind(None).is_some() {
        return;
    }
    let lacking =
        |what: &str, lacks: bool| if lacks { format!("`{what}` is missing") } else { String::new() };
    let kinds: Vec<String> = survey
        .kinds()
        .map(|(_, name, kind)| {
            let missing = [lacking("issue", kind.issue.is_none()), lacking("revoke", kind.revoke.is_none())];
            let missing: Vec<&str> =
                missing.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
            format!("in `{name}` {}", missing.join(" and "))
        })
        .collect();
    let help = if kinds.is_empty() {
        "describe a kind with `issue` and `revoke`".to_owned()
    } else {
        format!("complete one: {}", kinds.join("; "))
    };
    let at = Pointer::root().join("credentials");
    survey.find_key(&at, "no kind of credential can be issued and revoked", help);
}
