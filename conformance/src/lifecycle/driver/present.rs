//! Presenting a credential or a token: is it accepted?

use std::sync::Arc;

use rescind_specs::lifecycle::{CredentialKind, Probe, TokenName};

use super::answer::{seen, status};
use super::list::is_live;
use super::{Done, Driver, State, text};
use crate::actors::{Actors, Signer};
use crate::call::{Bindings, build_call};
use crate::credential::Credential;
use crate::exchange::Exchange;
use crate::lifecycle::history::Seen;
use crate::lifecycle::step::TokenSlot;

impl Driver<'_, '_, '_> {
    pub(super) async fn present(&self, credential: &Arc<Credential>) -> Result<Done, String> {
        let kind = self.kind_of(credential);
        let Some(documented) = &kind.probe else { return self.present_by_list(credential, kind).await };
        let bindings = Bindings {
            credential: Some(Arc::clone(credential)),
            unique: self.session().unique(),
            ..Bindings::default()
        };
        let signer = self.actors.signer(&documented.call.actor, &bindings).map_err(text)?;
        let (exchange, seen) = probe(self.actors, documented, &signer, &bindings).await;
        let control = match seen {
            Seen::Refused => Some(self.controls.present(self.actors, self.name, self.kind).await),
            _ => None,
        };
        let exchanges = exchange.into_iter().collect();
        Ok(Done { exchanges, control, credential: Some(Arc::clone(credential)), ..Done::new(seen) })
    }

    /// A kind without a probe is alive as long as it is listed.
    pub(super) async fn present_by_list(
        &self,
        credential: &Arc<Credential>,
        kind: &CredentialKind,
    ) -> Result<Done, String> {
        let listing = kind.listed.as_ref().ok_or("it has neither a probe nor a list")?;
        let control = self.controls.get(self.actors, self.name, self.kind).await;
        let (exchanges, items, seen) = self.list(listing, None).await?;
        if seen != Seen::Accepted {
            return Ok(Done { exchanges, credential: Some(Arc::clone(credential)), ..Done::new(seen) });
        }
        let live = |id: &str| items.iter().any(|item| is_live(listing, item, id));
        let seen = if live(&credential.id.text) { Seen::Accepted } else { Seen::Refused };
        let control = match (&seen, control) {
            (Seen::Refused, Ok(control)) if live(&control.id.text) => Some(Seen::Accepted),
            (Seen::Refused, Ok(_)) => {
                self.controls.forget(self.name);
                Some(Seen::Refused)
            }
            (Seen::Refused, Err(why)) => Some(Seen::NotRun(why)),
            _ => None,
        };
        Ok(Done {
            exchanges,
            control,
            items: Some(items),
            credential: Some(Arc::clone(credential)),
            ..Done::new(seen)
        })
    }

    pub(super) async fn exchange(
        &self,
        credential: &Arc<Credential>,
        name: &TokenName,
        into: TokenSlot,
        state: &mut State,
    ) -> Result<Done, String> {
        let kind = self.kind_of(credential).tokens.get(name).ok_or("there is no such kind of token")?;
        let (exchange, token) = self.actors.exchange(credential, name, kind).await.map_err(text)?;
        let seen = match &token {
            Some(_) => Seen::Accepted,
            None => match seen(self.contract(), &kind.success, &Bindings::default(), &exchange) {
                Seen::Accepted => Seen::Unclear("the answer has no token".to_owned()),
                other => other,
            },
        };
        if let Some(token) = &token {
            state.tokens.insert(into, Arc::clone(token));
        }
        Ok(Done { token, credential: Some(Arc::clone(credential)), ..Done::answered(seen, exchange) })
    }

    pub(super) async fn present_token(&self, slot: TokenSlot, state: &State) -> Result<Done, String> {
        let token = state.tokens.get(&slot).ok_or("there is no such token")?;
        let kind = self.kind_of(&token.of).tokens.get(&token.name).ok_or("there is no such kind of token")?;
        let bindings = Bindings {
            credential: Some(Arc::clone(&token.of)),
            token: Some(Arc::clone(token)),
            unique: self.session().unique(),
            ..Bindings::default()
        };
        let signer = self.actors.signer(&kind.probe.call.actor, &bindings).map_err(text)?;
        let (exchange, seen) = probe(self.actors, &kind.probe, &signer, &bindings).await;
        let control = if seen == Seen::Refused {
            let control = self.controls.get(self.actors, self.name, self.kind).await;
            Some(match control {
                Ok(control) => {
                    let signer = Signer::Credential(Arc::clone(&control));
                    let bindings = Bindings { credential: Some(control), ..bindings.clone() };
                    probe(self.actors, &kind.probe, &signer, &bindings).await.1
                }
                Err(why) => Seen::NotRun(why),
            })
        } else {
            None
        };
        Ok(Done {
            exchanges: exchange.into_iter().collect(),
            control,
            credential: Some(Arc::clone(&token.of)),
            token: Some(Arc::clone(token)),
            ..Done::new(seen)
        })
    }
}

/// Makes the call of a probe as `signer`, and reads its answer.
pub(crate) async fn probe(
    actors: &Actors<'_, '_>,
    probe: &Probe,
    signer: &Signer,
    bindings: &Bindings,
) -> (Option<Arc<Exchange>>, Seen) {
    let session = actors.session();
    let contract = session.contract();
    let request = async {
        let mut request = build_call(contract, &probe.call, bindings).map_err(text)?;
        let operation = contract.operation(&probe.call.operation).ok_or("no such operation")?;
        actors.sign(signer, operation, &mut request).await.map_err(text)?;
        Ok::<_, String>(request)
    };
    let request = match request.await {
        Ok(request) => request,
        Err(why) => return (None, Seen::NotRun(why)),
    };
    let exchange = session.send_patiently(request).await;
    let seen = if bindings.meets(contract, &probe.accepted, &exchange).is_ok() {
        Seen::Accepted
    } else if exchange.status() != Some(429) && bindings.meets(contract, &probe.refused, &exchange).is_ok() {
        Seen::Refused
    } else {
        Seen::Unclear(format!("answered {}, which is neither acceptance nor refusal", status(&exchange)))
    };
    (Some(exchange), seen)
}
