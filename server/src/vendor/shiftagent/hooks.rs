//! Steps beside the API: service keys are revoked by no operation of it.

use std::sync::Arc;

use rescind_specs::Vendor;

use super::{ShiftAgent, records};
use crate::hook::{Effect, Hooks};
use crate::store::{Guard, StoreError};

/// The hooks of a deployment.
pub(super) fn of(agent: &Arc<ShiftAgent>) -> Hooks {
    let (revoking, undoing, state) = (agent.clone(), agent.clone(), agent.state.clone());
    Hooks::new(Vendor::ShiftAgent.name())
        .on_credential("revoke_service_key", move |id| {
            let agent = revoking.clone();
            Box::pin(async move { agent.revoke_service_key(&id).await })
        })
        .plain("restart", move || state.restart())
        .undone_by(move || undoing.memory.clear())
}

impl ShiftAgent {
    async fn revoke_service_key(&self, id: &str) -> Result<Effect, StoreError> {
        let store = self.state.store();
        let Some(key) = store.credential(records::SERVICE_KEYS, id).await? else {
            return Ok(Effect::Unknown);
        };
        let realm = records::SERVICE_KEYS.of(&key.tenant);
        store.revoke(realm, id, Guard::None, self.state.clock().now()).await?;
        Ok(Effect::Done)
    }
}
