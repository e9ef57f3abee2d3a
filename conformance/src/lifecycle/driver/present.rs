//! Presenting a credential or a token: is it accepted?

use std::sync::Arc;
use std::time::Duration;

use rescind_specs::Contract;
use rescind_specs::lifecycle::{CredentialKind, KindName, Probe, TokenKind, TokenName};

use super::answer::{seen, status};
use super::list::is_live;
use super::{Done, Driver, State, held, text};
use crate::actors::Actors;
use crate::call::Bindings;
use crate::credential::{Credential, Token};
use crate::exchange::{Exchange, Replica};
use crate::lifecycle::history::Seen;
use crate::lifecycle::step::{Slot, Step, TokenSlot, Until};

impl Driver<'_, '_, '_> {
    /// Presents a credential at each replica.
    pub(super) async fn present_everywhere(&self, slot: Slot, state: &State) -> Result<Vec<Done>, String> {
        let credential = held(state, slot)?;
        let mut parts = Vec::new();
        for replica in self.session().deployment().all_replicas() {
            let began = self.session().now();
            let done = self.present(&credential, replica).await?;
            parts.push(Done { replica, times: Some((began, self.session().now())), ..done });
        }
        Ok(parts)
    }

    /// Presents a credential again and again, at each replica, until a moment after its revocation.
    pub(super) async fn present_every(
        &self,
        slot: Slot,
        every: Duration,
        until: Duration,
        state: &mut State,
    ) -> Result<Vec<Done>, String> {
        let mut parts = Vec::new();
        let revoked = state.slots.get(&slot).and_then(|held| held.revoked);
        let elapsed = revoked.map(|revoked| self.session().now().duration_since(revoked));
        let mut at = elapsed.and_then(|time| Duration::try_from(time).ok()).unwrap_or_default();
        while at < until {
            at = if every.is_zero() { until } else { (at + every).min(until) };
            let wait = Until::AfterRevocation(slot, at);
            let waited = self.wait(wait, state).await?;
            if waited.seen != Seen::Accepted {
                parts.push(Done { step: Some(Step::Wait(wait)), ..waited });
                break;
            }
            let uses = self.present_everywhere(slot, state).await?;
            parts.extend(uses.into_iter().map(|done| Done { step: Some(Step::Present(slot)), ..done }));
        }
        Ok(parts)
    }

    async fn present(&self, credential: &Arc<Credential>, replica: Replica) -> Result<Done, String> {
        let kind = self.kind_of(credential);
        let Some(documented) = &kind.probe else {
            return self.present_by_list(credential, kind, replica).await;
        };
        let bindings = Bindings { credential: Some(Arc::clone(credential)), ..self.session().bindings() };
        let (exchange, seen) = probe(self.actors, documented, &bindings, replica).await;
        let control = match seen {
            Seen::Refused => {
                let (name, kind) = self.control_of(credential);
                Some(self.controls.present(self.actors, name, kind, replica).await)
            }
            _ => None,
        };
        let exchanges = exchange.into_iter().collect();
        Ok(Done { exchanges, control, credential: Some(Arc::clone(credential)), ..Done::new(seen) })
    }

    /// The kind whose control credential tells whether a refusal is an outage: that of the credential.
    fn control_of<'k>(&'k self, credential: &'k Credential) -> (&'k KindName, &'k CredentialKind) {
        if credential.kind == *self.name {
            (self.name, self.kind)
        } else {
            (&credential.kind, self.kind_of(credential))
        }
    }

    /// A kind without a probe is alive as long as it is listed.
    pub(super) async fn present_by_list(
        &self,
        credential: &Arc<Credential>,
        kind: &CredentialKind,
        replica: Replica,
    ) -> Result<Done, String> {
        let listing = kind.listed.as_ref().ok_or("it has neither a probe nor a list")?;
        let control = self.controls.get(self.actors, self.name, self.kind).await;
        let (exchanges, items, seen) = self.list(listing, None, replica).await?;
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

    /// Presents a token at each replica.
    pub(super) async fn present_token_everywhere(
        &self,
        slot: TokenSlot,
        state: &State,
    ) -> Result<Vec<Done>, String> {
        let token = state.tokens.get(&slot).ok_or("there is no such token")?;
        let mut parts = Vec::new();
        for replica in self.session().deployment().all_replicas() {
            let began = self.session().now();
            let done = self.present_token(token, replica).await?;
            parts.push(Done { replica, times: Some((began, self.session().now())), ..done });
        }
        Ok(parts)
    }

    /// A token of the control credential.
    async fn control_token(&self, name: &TokenName, kind: &TokenKind) -> Result<Arc<Token>, String> {
        let control = self.controls.get(self.actors, self.name, self.kind).await?;
        self.actors.token(&control, name, kind).await.map_err(text)
    }

    async fn present_token(&self, token: &Arc<Token>, replica: Replica) -> Result<Done, String> {
        let kind = self.kind_of(&token.of).tokens.get(&token.name).ok_or("there is no such kind of token")?;
        let documented = kind.probe.as_ref().ok_or("no operation of the contract takes it")?;
        let bindings = Bindings {
            credential: Some(Arc::clone(&token.of)),
            token: Some(Arc::clone(token)),
            ..self.session().bindings()
        };
        let (exchange, seen) = probe(self.actors, documented, &bindings, replica).await;
        let control = if seen == Seen::Refused {
            Some(match self.control_token(&token.name, kind).await {
                Ok(token) => {
                    let credential = Some(Arc::clone(&token.of));
                    let bindings = Bindings { credential, token: Some(token), ..bindings.clone() };
                    probe(self.actors, documented, &bindings, replica).await.1
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

/// Makes the call of a probe about the credential or token of these bindings, and reads its answer.
pub(crate) async fn probe(
    actors: &Actors<'_, '_>,
    probe: &Probe,
    bindings: &Bindings,
    replica: Replica,
) -> (Option<Arc<Exchange>>, Seen) {
    let session = actors.session();
    let contract = session.contract();
    let request = match actors.request(&probe.call, bindings).await {
        Ok(request) => request,
        Err(why) => return (None, Seen::NotRun(why.to_string())),
    };
    let exchange = session.send_patiently_to(replica, request).await;
    let seen = judge(contract, probe, bindings, &exchange);
    (Some(exchange), seen)
}

/// What the answer to a probe shows.
pub(crate) fn judge(contract: &Contract, probe: &Probe, bindings: &Bindings, exchange: &Exchange) -> Seen {
    if bindings.meets(contract, &probe.accepted, exchange).is_ok() {
        Seen::Accepted
    } else if exchange.status() != Some(429) && bindings.meets(contract, &probe.refused, exchange).is_ok() {
        Seen::Refused
    } else {
        Seen::Unclear(format!("answered {}, which is neither acceptance nor refusal", status(exchange)))
    }
}
