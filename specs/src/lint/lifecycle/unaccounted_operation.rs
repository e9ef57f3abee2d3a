//! Operations beside those of a credential that change something, and that no call mentions.

use std::collections::HashSet;

use http::Method;

use super::{Rule, Survey};
use crate::{Operation, OperationId, Severity};

pub(super) const RULE: Rule = Rule {
    id: "unaccounted_operation",
    severity: Severity::Warning,
    finds: "An operation changes something about credentials, and the lifecycle document does not mention it.",
    page: "\
Whatever changes something under the path of a credential may issue, renew or end one: a rotation, a logout everywhere,
the deletion of what credentials belong to. Where the lifecycle document mentions it nowhere, nobody judges what it does:
the judge sends it refused requests only, because it could not put away what a valid one leaves behind.

Say what it does: as a further way to revoke (`revoke.ways`), as another kind of credential, as an action of a dependent,
or in a requirement.",
    check,
};

fn check(survey: &mut Survey<'_>) {
    let calls = survey.calls();
    let mentioned: HashSet<&OperationId> = calls.iter().map(|call| &call.call.operation).collect();
    let homes: HashSet<String> = survey
        .kinds()
        .flat_map(|(_, _, kind)| {
            let issue = kind.issue.as_ref().map(|issue| &issue.call.operation);
            let revoke = kind.revoke.as_ref().map(|revoke| &revoke.call.operation);
            let listed = kind.listed.as_ref().map(|listed| &listed.call.operation);
            [issue, revoke, listed]
        })
        .flatten()
        .filter_map(|id| survey.operation(id))
        .filter_map(|operation| home(operation.path.as_str()))
        .collect();
    let unknown = |operation: &&Operation| {
        let reads = matches!(operation.method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
        !reads
            && !mentioned.contains(&operation.id)
            && !survey.lifecycle.incomplete.contains_key(&operation.id)
            && homes.iter().any(|home| is_within(operation.path.as_str(), home))
    };
    for operation in survey.contract.operations().iter().filter(unknown).collect::<Vec<_>>() {
        survey.find_in_openapi(
            &operation.pointer,
            format!("nothing says what {} ({}) does to a credential", operation.id, operation.signature()),
            "mention it in the lifecycle document, such as in `revoke.ways`",
        );
    }
}

/// The path of a collection: that of an operation up to its last parameter; `None` where that says nothing.
fn home(path: &str) -> Option<String> {
    let path = path.trim_end_matches('/');
    let home = match path.rsplit_once("/{") {
        Some((before, last)) if last.ends_with('}') && !last.contains('/') => before,
        _ => path,
    };
    (home.contains(|letter: char| letter.is_alphanumeric()) && !home.ends_with('}')).then(|| home.to_owned())
}

/// Whether a path is that of a collection or of something in it.
fn is_within(path: &str, home: &str) -> bool {
    path.strip_prefix(home).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
