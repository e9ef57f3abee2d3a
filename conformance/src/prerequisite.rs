//! What a check needs of the operator before it can be run, and when in a run its turn is.

use rescind_specs::Contract;
use rescind_specs::lifecycle::{
    CallerName, CheckSpec, Coverage, Ends, Expression, HookEffect, HookName, Ids, Impostor, JsonTemplate,
    Lifecycle, Need, Requirement, Way,
};

use crate::actors::Actors;
use crate::deployment::Kept;
use crate::plan::{Plan, Writes};
use crate::report::Outcome;

/// When in a run the turn of a requirement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    /// Before anything else: it shows whether revocations harm the caller, without whom nothing can be seen, or what has
    /// nothing to do with them.
    First,
    /// In the order of the document, side by side with others.
    Usual,
    /// In the order of the document, while nothing else goes on: a step outside of the API shakes the whole deployment.
    Alone,
    /// After everything that needs the callers: it risks a credential that the operator supplied.
    Risky,
    /// After everything was put away: it uses up a credential that the operator supplied.
    Last,
}

/// Whether a hook does something to the whole deployment, and not only to the credential that it is told.
pub(crate) fn shakes(contract: &Contract, name: &HookName) -> bool {
    let hook = contract.lifecycle().and_then(|lifecycle| lifecycle.hooks.get(name));
    !matches!(hook.map(|hook| &hook.does), Some(HookEffect::Revoke(_)))
}

/// Whether nothing may go on beside something else: where identifiers are given again, what is issued meanwhile could
/// get that of a credential that was revoked, and a revocation that ends all ends what others are about.
pub(crate) fn takes_turns(contract: &Contract) -> bool {
    let kinds = contract.lifecycle().into_iter().flat_map(|lifecycle| lifecycle.credentials.values());
    kinds.into_iter().any(|kind| {
        let mut ways = kind.revoke.iter().flat_map(|revoke| revoke.ways.values());
        kind.ids() == Ids::Reused || ways.any(|way| way.ends == Ends::All)
    })
}

/// When the turn of a requirement is.
pub(crate) fn turn(contract: &Contract, requirement: &Requirement) -> Turn {
    let has = |fits: &dyn Fn(&CheckSpec) -> bool| requirement.check.iter().any(fits);
    if has(&|check| check.uses_up().is_some()) {
        Turn::Last
    } else if has(&|check| matches!(check, CheckSpec::LastActive(_))) {
        Turn::Risky
    } else if has(&|check| {
        matches!(check, CheckSpec::OthersUnaffected(_) | CheckSpec::CallAfterRevocation(_))
    }) {
        Turn::First
    } else if has(&|check| check.hooks().into_iter().any(|name| shakes(contract, name))) {
        Turn::Alone
    } else {
        Turn::Usual
    }
}

/// Whether a requirement uses up a caller who revokes what a run issued.
pub(crate) fn uses_up_whoever_revokes(contract: &Contract, requirement: &Requirement) -> bool {
    let kinds = contract.lifecycle().into_iter().flat_map(|lifecycle| lifecycle.credentials.values());
    let revokers: Vec<&CallerName> =
        kinds.filter_map(|kind| kind.revoke.as_ref()?.call.actor.caller()).collect();
    requirement.check.iter().filter_map(CheckSpec::uses_up).any(|name| revokers.contains(&name))
}

/// Whether a requirement is run at all; else what its report says.
pub(crate) fn not_run(actors: &Actors<'_, '_>, requirement: &Requirement) -> Option<Outcome> {
    let checks = match requirement.coverage() {
        Coverage::Pending(what) => return Some(Outcome::Pending(what.to_owned())),
        Coverage::NotObserved(why) => return Some(Outcome::NotObserved(why.to_owned())),
        Coverage::Checked(checks) => checks,
    };
    let plan = actors.session().plan();
    let mut selected = checks.iter().filter(|check| selected(plan, requirement, check)).peekable();
    if selected.peek().is_none() {
        return Some(Outcome::NotRun("not among what was asked for".to_owned()));
    }
    if plan.writes == Writes::Forbidden {
        let why = "it would change something, and --allow-writes was not given";
        return Some(Outcome::NotRun(why.to_owned()));
    }
    let missing: Option<Vec<String>> = selected.map(|check| missing(actors, check)).collect();
    missing.map(|mut missing| {
        missing.dedup();
        Outcome::NotRun(missing.join("; "))
    })
}

/// Whether the plan has this check of this requirement.
pub(crate) fn selected(plan: &Plan, requirement: &Requirement, check: &CheckSpec) -> bool {
    let names = |list: &[String]| list.iter().any(|name| *name == requirement.id.0 || name == check.id());
    (plan.only.is_empty() || names(&plan.only)) && !names(&plan.skip)
}

/// What a check needs and the operator did not supply, in words.
pub(crate) fn missing(actors: &Actors<'_, '_>, check: &CheckSpec) -> Option<String> {
    let session = actors.session();
    let lifecycle = session.contract().lifecycle()?;
    let way = way(lifecycle, check).and_then(|way| way.call.actor.caller());
    if let Some(name) = check.callers().into_iter().chain(way).find(|name| is_absent(actors, lifecycle, name))
    {
        return Some(format!("it takes the caller {name}, which was not supplied"));
    }
    let deployment = session.deployment();
    if let Some(name) = check.uses_up()
        && deployment.callers.get(name).is_some_and(|pair| pair.kept == Kept::Always)
    {
        return Some(format!(
            "it would use up the credential of {name}; if that may be, say expendable = true in the target file"
        ));
    }
    let is_supplied = |name: &HookName| deployment.hooks.contains_key(name);
    let ends = |name: &HookName| match lifecycle.hooks.get(name).map(|hook| &hook.does) {
        Some(HookEffect::OutageUntil(end)) => Some(end),
        _ => None,
    };
    let hooks = check.hooks();
    let hooks = hooks.iter().copied().chain(hooks.iter().filter_map(|name| ends(name)));
    if let Some(name) = hooks.into_iter().find(|name| !is_supplied(name)) {
        return Some(format!("it takes the hook {name}, which was not supplied"));
    }
    let supplied = |name: &String| deployment.supplied.keys().any(|known| known.0 == *name);
    let name = values(lifecycle, check).into_iter().find(|name| !supplied(name))?;
    Some(format!("it takes the value {name}, which was not supplied"))
}

/// Whether a run goes on without this caller, and has to.
fn is_absent(actors: &Actors<'_, '_>, lifecycle: &Lifecycle, name: &CallerName) -> bool {
    let need = lifecycle.callers.get(name).map(|caller| caller.need);
    actors.caller(name).is_err() && need == Some(Need::Optional)
}

/// The further way in which a check revokes, if it does.
fn way<'l>(lifecycle: &'l Lifecycle, check: &CheckSpec) -> Option<&'l Way> {
    let (_, kind) = lifecycle.kind(check.kind())?;
    kind.revoke.as_ref()?.ways.get(check.means()?.way()?)
}

/// The values of the operator that a check sends: in the calls of its kind, in calls of its own, and in exchanges for
/// tokens of others.
fn values(lifecycle: &Lifecycle, check: &CheckSpec) -> Vec<String> {
    let kind = lifecycle.kind(check.kind()).map(|(_, kind)| kind);
    let issue = kind.and_then(|kind| kind.issue.as_ref()).map(|issue| &issue.call);
    let revoke = kind.and_then(|kind| kind.revoke.as_ref()).map(|revoke| &revoke.call);
    let way = way(lifecycle, check).map(|way| &way.call);
    let probe = kind.and_then(|kind| kind.probe.as_ref()).map(|probe| &probe.call);
    let impostors = match check {
        CheckSpec::UnauthorizedRevocation(with) => with.with.as_slice(),
        _ => &[],
    };
    let exchanges = impostors.iter().filter_map(|impostor| {
        let Impostor::TokenOf { caller, token } = impostor else { return None };
        let holds = &lifecycle.callers.get(caller)?.holds;
        Some(&lifecycle.credentials.get(holds)?.tokens.get(token)?.exchange)
    });
    [issue, revoke, probe, way]
        .into_iter()
        .flatten()
        .chain(check.calls())
        .chain(exchanges)
        .flat_map(|call| call.body.iter().chain(call.parameters.values()))
        .flat_map(JsonTemplate::expressions)
        .filter_map(|expression| match expression {
            Expression::Supplied(name) => Some(name),
            _ => None,
        })
        .collect()
}
