//! The promises to break over the admin listener.

use super::Admin;
use crate::fault::Fault;
use crate::generated::admin::types;

/// Whether a contract that is served can break the promise.
pub(super) fn is_known(admin: &Admin, fault: Fault) -> bool {
    admin.contracts.iter().any(|served| served.breakable().any(|breakable| breakable == fault))
}

/// The catalogue, as far as it is about the contracts that are served.
pub(super) fn all(admin: &Admin) -> Vec<types::Fault> {
    let known = Fault::ALL.iter().filter(|fault| is_known(admin, **fault));
    let shown = known.map(|fault| types::Fault {
        name: fault.name().to_owned(),
        about: fault.about().to_owned(),
        group: fault.group().to_owned(),
        is_on: admin.state.faults().is_on(*fault),
        breaks: fault.requirements().collect(),
        needs_replicas: fault.needs_replicas(),
    });
    shown.collect()
}

/// The names of those that are on.
pub(super) fn on(admin: &Admin) -> Vec<String> {
    admin.state.faults().on().map(|fault| fault.name().to_owned()).collect()
}
