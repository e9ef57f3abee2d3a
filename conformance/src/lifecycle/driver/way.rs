//! Revoking a credential in another way than the first one.

use rescind_specs::lifecycle::{Ends, WayName};

use super::answer::seen;
use super::revoke::mark_revoked;
use super::{Done, Driver, State, held, text};
use crate::cleanup::line::Thing;
use crate::lifecycle::history::Seen;
use crate::lifecycle::step::Slot;

impl Driver<'_, '_, '_> {
    /// Revokes a credential in one of the further ways. One that ends everything of a holder ends what the run keeps
    /// for itself as well: that is had anew when it is next needed.
    pub(super) async fn revoke_by_way(
        &self,
        name: &WayName,
        slot: Slot,
        state: &mut State,
    ) -> Result<Done, String> {
        let credential = held(state, slot)?;
        let kind = self.kind_of(&credential);
        let way = kind.revoke.as_ref().and_then(|revoke| revoke.ways.get(name));
        let way = way.ok_or_else(|| format!("there is no way {name} to revoke it"))?;
        let bindings = self.refer(Some(credential.clone()), None);
        let request = self.actors.request(&way.call, &bindings).await.map_err(text)?;
        let exchange = self.session().send_patiently(request).await;
        let outcome = seen(self.contract(), &way.success, &bindings, &exchange);
        if outcome == Seen::Accepted {
            mark_revoked(state, slot, exchange.received);
            let thing = || Thing::Credential(credential.kind.clone());
            self.session().put_away(thing(), &credential.id.text).await;
            match way.ends {
                Ends::One => {}
                Ends::All => {
                    for other in self.session().ledger().of_same_holder(&credential) {
                        self.session().put_away(thing(), &other.id.text).await;
                    }
                    self.controls.forget(&credential.kind);
                    self.actors.forget_tokens();
                }
            }
        }
        Ok(Done { credential: Some(credential), ..Done::answered(outcome, exchange) })
    }
}
