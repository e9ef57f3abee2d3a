//! Resources that can refer to a credential: read, repoint, clear, delete.

use std::sync::Arc;

use rescind_specs::lifecycle::{Action, Dependent, DependentName};

use super::answer::seen;
use super::{Done, Driver, State, text};
use crate::call::Bindings;
use crate::credential::Credential;
use crate::lifecycle::step::DependentSlot;

impl<'r> Driver<'_, '_, 'r> {
    pub(super) fn dependent(&self, name: &DependentName) -> Result<&'r Dependent, String> {
        let lifecycle = self.contract().lifecycle().ok_or("the contract has no lifecycle document")?;
        lifecycle.dependents.get(name).ok_or_else(|| format!("there is no dependent {name}"))
    }

    pub(super) async fn on_dependent(
        &self,
        slot: DependentSlot,
        credential: Option<Arc<Credential>>,
        state: &State,
        choose: impl Fn(&'r Dependent) -> Option<&'r Action>,
    ) -> Result<Done, String> {
        let (name, id) = state.dependents.get(&slot).ok_or("there is no such dependent")?;
        let action = choose(self.dependent(name)?).ok_or("the contract does not say how")?;
        let bindings = self.refer(credential, Some(id.clone()));
        Ok(Done { dependent: Some(id.clone()), ..self.act(action, &bindings).await? })
    }

    pub(super) async fn act(&self, action: &Action, bindings: &Bindings) -> Result<Done, String> {
        let request = self.actors.request(&action.call, bindings).await.map_err(text)?;
        let exchange = self.session().send_patiently(request).await;
        let seen = seen(self.contract(), &action.success, bindings, &exchange);
        Ok(Done { credential: bindings.credential.clone(), ..Done::answered(seen, exchange) })
    }
}
