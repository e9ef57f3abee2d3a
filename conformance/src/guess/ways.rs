//! Further ways to revoke: what else ends a credential of the kind.

use rescind_specs::{Contract, Operation, SchemeName, StatusPattern};

use super::members::Found;
use super::pair::Pair;
use super::words::{Words, split};
use super::{CallDraft, Draft, Guess, Operator, revoke_draft};

/// A further way to revoke.
#[derive(Clone, Debug, PartialEq)]
pub struct WayDraft {
    /// What it is called.
    pub name: String,
    /// The call.
    pub call: CallDraft,
    /// Statuses of success.
    pub success: Vec<StatusPattern>,
    /// Whether it ends every credential of the same holder.
    pub all: bool,
}

/// The operations beside the revoking one that say which credential they end, or are called by it.
pub(super) fn find(
    contract: &Contract,
    pair: &Pair<'_>,
    members: &Found,
    draft: &mut Draft,
) -> Vec<Guess<WayDraft>> {
    if draft.issue.is_none() || draft.revoke.is_none() {
        return Vec::new();
    }
    let mut ways: Vec<Guess<WayDraft>> = Vec::new();
    for found in &pair.further {
        let operation = found.value;
        let mut supplied = draft.supplied.clone();
        let mut call =
            revoke_draft(contract, found, members, draft.operator.as_ref(), &mut supplied).value.call;
        let all = Words::of(operation).has(&["all", "everywhere", "every"]).is_some();
        let named = |call: &CallDraft| {
            let values = call.parameters.values().chain(&call.body);
            values.into_iter().any(|value| value.to_string().contains("\"$credential."))
        };
        if all {
            // Where whoever runs the judge holds one of the kind, it would end with the others.
            if draft.operator.as_ref().is_some_and(|operator| operator.value == Operator::SameKind) {
                continue;
            }
            "$credential".clone_into(&mut call.actor);
        }
        let able = match call.actor.as_str() {
            "nobody" => true,
            "$credential" => fits(operation, &presented(draft)),
            _ => fits(operation, &held(draft)),
        };
        let says = call.actor == "$credential" || !all && named(&call);
        if !able || !says || draft.revoke.as_ref().is_some_and(|revoke| revoke.value.call == call) {
            continue;
        }
        draft.supplied = supplied;
        let name = split(&operation.id.0).join("_");
        let value = WayDraft { name, call, success: super::successes(operation), all };
        ways.push(Guess::new(value, found.why.clone()));
    }
    ways
}

/// The schemes that the credential presents.
fn presented(draft: &Draft) -> Vec<&SchemeName> {
    draft.present.iter().flat_map(|present| &present.value.0).map(|(name, _)| name).collect()
}

/// The schemes that the operator presents.
fn held(draft: &Draft) -> Vec<&SchemeName> {
    match draft.operator.as_ref().map(|operator| &operator.value) {
        Some(Operator::SameKind) => {
            let token = draft.token.iter().filter_map(|token| token.value.present.as_ref());
            presented(draft).into_iter().chain(token).collect()
        }
        Some(Operator::Another(present, _)) => present.0.iter().map(|(name, _)| name).collect(),
        None => Vec::new(),
    }
}

/// Whether an operation takes nothing but these.
fn fits(operation: &Operation, schemes: &[&SchemeName]) -> bool {
    let mut sets = operation.security.0.iter();
    sets.any(|set| !set.is_empty() && set.iter().all(|name| schemes.contains(&name)))
}
