//! Steps outside of the API, and calls that have nothing to do with a credential.

use std::sync::Arc;

use rescind_specs::lifecycle::{Call, HookEffect, HookName};

use super::revoke::mark_revoked;
use super::{Done, Driver, State, held, text};
use crate::credential::Credential;
use crate::lifecycle::history::Seen;
use crate::lifecycle::step::Slot;

impl Driver<'_, '_, '_> {
    /// Runs a hook. One that revokes is told which credential.
    pub(super) async fn hook(
        &self,
        name: &HookName,
        slot: Option<Slot>,
        state: &mut State,
    ) -> Result<Done, String> {
        let credential = slot.map(|slot| held(state, slot)).transpose()?;
        let id = credential.as_ref().map(|credential| credential.id.text.as_str());
        if id == Some("") {
            return Err(format!(
                "the hook {name} needs an identifier, and the credential was supplied without"
            ));
        }
        self.session().run_hook(name, id).await.map_err(|why| format!("the hook {name} failed: {why}"))?;
        let does = self.contract().lifecycle().and_then(|lifecycle| lifecycle.hooks.get(name));
        if let (Some(slot), Some(HookEffect::Revoke(_))) = (slot, does.map(|hook| &hook.does)) {
            mark_revoked(state, slot, self.session().now());
        }
        Ok(Done { credential, ..Done::new(Seen::Accepted) })
    }

    /// Makes a call as the contract describes it. What its answer means is for the check to say.
    pub(super) async fn call(&self, call: &Call, credential: &Arc<Credential>) -> Result<Done, String> {
        let bindings = self.refer(Some(Arc::clone(credential)), None);
        let request = self.actors.request(call, &bindings).await.map_err(text)?;
        let exchange = self.session().send_patiently(request).await;
        Ok(Done { credential: Some(Arc::clone(credential)), ..Done::answered(Seen::Accepted, exchange) })
    }
}
