//! What is said of an issuing answer, where one thing rules out the other.

use super::{Rule, Survey};
use crate::lifecycle::Ids;
use crate::{Pointer, Severity};

pub(super) const RULE: Rule = Rule {
    id: "contradictory_issue",
    severity: Severity::Error,
    finds: "Two things that are said of an issuing answer rule each other out.",
    page: "\
An answer tells the expiry as an instant (`expires_at`) or in seconds (`expires_in`); of both only the first would be
read. Identifiers that are given again (`ids: reused`) leave only the secret to tell a credential from the one before it,
so there has to be one. What the issuing call itself cannot have yet, `$credential` and `$token`, stands in neither.

Take out what the documentation does not bear out.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    let mut found: Vec<(Pointer, String, &str)> = Vec::new();
    for (at, name, kind) in survey.kinds() {
        let Some(issue) = &kind.issue else { continue };
        let at = at.join("issue");
        if issue.expires_at.is_some() && issue.expires_in.is_some() {
            let message = "the expiry is told twice, as an instant and in seconds".to_owned();
            found.push((at.join("expires_in"), message, "keep the one that the answer has"));
        }
        if issue.ids == Ids::Reused && issue.secret.is_none() {
            let message = format!("nothing tells a `{name}` from the one that had its identifier before");
            found.push((
                at.join("ids"),
                message,
                "say where its `secret` is, or that its identifier is its own",
            ));
        }
    }
    for (at, message, help) in found {
        survey.find(&at, message, help);
    }
}
