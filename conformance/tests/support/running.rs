//! A server of a test as a deployment to judge.

use rescind_conformance::deployment::{Deployment, Kept, Pair};
use rescind_conformance::hook::HookAction;
use rescind_server::Running;
use rescind_specs::Contract;
use rescind_specs::lifecycle::{HookName, SuppliedName};
use url::Url;

/// The deployment of a contract, with everything that the server has for it.
pub(crate) fn deployment(running: &Running, contract: &Contract) -> Deployment {
    let name = contract.name();
    let start = running.target(name);
    let pair = |pair: &rescind_server::bootstrap::Pair, source: String| Pair {
        id: pair.id.clone(),
        secret: pair.secret.expose().to_owned().into(),
        source,
        kept: Kept::Expendable,
    };
    let admin = running.admin_url().expect("it has an admin listener");
    let url = |text: String| Url::parse(&text).expect("a URL");
    let hooks = start.hooks.iter().map(|hook| {
        let post = vec![url(format!("{admin}/hooks/{name}/{hook}"))];
        (HookName(hook.clone()), HookAction::Post(post))
    });
    let callers = start.callers.iter();
    let supplied = start.supplied.iter();
    Deployment {
        callers: callers.map(|(name, caller)| (name.as_str().into(), pair(caller, name.clone()))).collect(),
        pool: start.pool.iter().map(|one| pair(one, "pool".to_owned())).collect(),
        hooks: hooks.collect(),
        supplied: supplied.map(|(name, value)| (SuppliedName(name.clone()), value.clone())).collect(),
        control: Some(url(admin.clone())),
        ..Deployment::at(url(running.base_url(name)))
    }
}
