//! Steps beside the API: there is nothing to do to this contract but to restart it.

use std::sync::Arc;

use rescind_specs::Vendor;

use super::WattShift;
use crate::hook::Hooks;

/// The hooks of a deployment.
pub(super) fn of(deployment: &Arc<WattShift>) -> Hooks {
    let (undoing, state) = (deployment.clone(), deployment.state.clone());
    Hooks::new(Vendor::WattShift.name())
        .plain("restart", move || state.restart())
        .undone_by(move || undoing.memory.clear())
}
