//! Steps beside the API: there is nothing to do to this contract but to restart it.

use std::sync::Arc;

use rescind_specs::Vendor;

use super::Dinie;
use crate::hook::Hooks;

/// The hooks of a deployment.
pub(super) fn of(dinie: &Arc<Dinie>) -> Hooks {
    let (undoing, state) = (dinie.clone(), dinie.state.clone());
    Hooks::new(Vendor::Dinie.name())
        .plain("restart", move || state.restart())
        .undone_by(move || undoing.memory.clear())
}
