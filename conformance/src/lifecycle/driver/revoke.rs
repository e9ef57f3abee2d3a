//! Asking for a revocation, as whoever is meant to.

use std::sync::Arc;

use jiff::Timestamp;
use rescind_specs::lifecycle::{Actor, BodyCase, JsonTemplate, Revoke};
use serde_json::Value;

use super::answer::{seen, status};
use super::present::probe;
use super::{Done, Driver, State, held, text};
use crate::actors::{Placed, Signer};
use crate::call::{Bindings, Known, Scope, accept, build_call, path_parameter, set_header};
use crate::credential::Credential;
use crate::exchange::{Origin, Request, Timing};
use crate::lifecycle::history::Seen;
use crate::lifecycle::impostor::{forge, spoil};
use crate::lifecycle::step::{By, Slot, Target};

impl Driver<'_, '_, '_> {
    /// The request for a revocation, signed.
    pub(super) async fn revocation(
        &self,
        target: &Arc<Credential>,
        by: &By,
        body: Option<&BodyCase>,
        state: &State,
    ) -> Result<Request, String> {
        let revoke = self.revocable()?;
        let contract = self.contract();
        let bindings = Bindings { credential: Some(Arc::clone(target)), ..self.session().bindings() };
        let mut call = revoke.call.clone();
        match body {
            None => {}
            Some(BodyCase::Absent(_)) => call.body = None,
            Some(BodyCase::Json(template)) => call.body = Some(template.clone()),
            Some(BodyCase::LongText { member, length }) => {
                let value = serde_json::json!({ member.as_str(): "a".repeat(*length) });
                call.body = JsonTemplate::try_from(value).ok();
            }
        }
        let mut request = build_call(contract, &call, &bindings).map_err(text)?;
        let operation = contract.operation(&call.operation).ok_or("the operation is not in the contract")?;
        let documented = || self.actors.signer(&call.actor, &bindings).map_err(text);
        let word = self.session().unique();
        let placed = match by {
            By::Documented => self.actors.present(&documented()?, operation).await.map_err(text)?,
            By::Slot(slot) => {
                let signer = Signer::Credential(held(state, *slot)?);
                self.actors.present(&signer, operation).await.map_err(text)?
            }
            By::Token(slot) => {
                let token = state.tokens.get(slot).ok_or("there is no such token")?;
                self.actors.present(&Signer::Token(Arc::clone(token)), operation).await.map_err(text)?
            }
            By::Caller(name) => {
                self.actors.present(&Signer::Caller(name.clone()), operation).await.map_err(text)?
            }
            By::Nobody => Vec::new(),
            By::Unknown => forge(self.actors.present(&documented()?, operation).await.map_err(text)?, &word),
            By::WrongSecret => {
                let signer = Signer::Credential(Arc::clone(target));
                let placed = self.actors.present(&signer, operation).await.map_err(text)?;
                let secret = target.secret.as_ref().ok_or("it has no secret")?;
                spoil(placed, &secret.text, &word)
            }
            By::Without(index) => {
                let mut placed = self.actors.present(&documented()?, operation).await.map_err(text)?;
                if *index >= placed.len() {
                    return Err(format!("there is no required value {}", index + 1));
                }
                placed.remove(*index);
                placed
            }
            By::TokenOf(caller, token) => {
                let holder = self.actors.caller(caller).map_err(text)?;
                let kind = self.kind_of(&holder).tokens.get(token).ok_or("there is no such kind of token")?;
                let (exchange, given) = self.actors.exchange(&holder, token, kind).await.map_err(text)?;
                let given = given
                    .ok_or_else(|| format!("no {token} token was given: answered {}", status(&exchange)))?;
                self.actors.present(&Signer::Token(given), operation).await.map_err(text)?
            }
            By::BasicPair | By::BareSecret => {
                raw(target, by, &mut request)?;
                Vec::new()
            }
        };
        self.put(&placed, &mut request)?;
        Ok(request)
    }

    pub(super) fn put(&self, placed: &[Placed], request: &mut Request) -> Result<(), String> {
        placed.iter().try_for_each(|placed| self.actors.put(placed, request).map_err(text))
    }

    pub(super) fn revocable(&self) -> Result<&Revoke, String> {
        self.kind.revoke.as_ref().ok_or_else(|| "it cannot be revoked".to_owned())
    }

    pub(super) async fn revoke(
        &self,
        target: Target,
        by: &By,
        body: Option<&BodyCase>,
        state: &mut State,
    ) -> Result<Done, String> {
        let credential = match target {
            Target::Slot(slot) => held(state, slot)?,
            Target::Unknown => self.nobodys()?,
        };
        let request = self.revocation(&credential, by, body, state).await?;
        let exchange = self.session().send_patiently(request).await;
        let bindings = self.refer(Some(Arc::clone(&credential)), None);
        let outcome = seen(self.contract(), &self.revocable()?.success, &bindings, &exchange);
        if let (Target::Slot(slot), Seen::Accepted) = (target, &outcome) {
            mark_revoked(state, slot, exchange.received);
        }
        let control = match exchange.status() {
            Some(401) => self.asker(target, by, state).await,
            _ => None,
        };
        Ok(Done { control, credential: Some(credential), ..Done::answered(outcome, exchange) })
    }

    /// Whether whoever asked for a revocation still works, where it should: a 401 to a dead caller tells nothing.
    pub(super) async fn asker(&self, target: Target, by: &By, state: &State) -> Option<Seen> {
        let documented = self.kind.revoke.as_ref().map(|revoke| &revoke.call.actor);
        let credential = match (by, documented) {
            (By::Caller(name), _) | (By::Documented, Some(Actor::Caller(name))) => {
                self.actors.caller(name).ok()?
            }
            // One that was revoked in this sequence is refused with good reason.
            (By::Slot(slot), _) if target != Target::Slot(*slot) => {
                let held = state.slots.get(slot).filter(|held| held.revoked.is_none())?;
                held.credential.clone()?
            }
            _ => return None,
        };
        let probed = self.kind_of(&credential).probe.as_ref()?;
        let signer = Signer::Credential(Arc::clone(&credential));
        let bindings = self.refer(Some(credential), None);
        Some(probe(self.actors, probed, &signer, &bindings, self.session().home()).await.1)
    }

    /// A credential with an identifier that none has.
    pub(super) fn nobodys(&self) -> Result<Arc<Credential>, String> {
        let issue = self.kind.issue.as_ref().ok_or("it cannot be issued")?;
        let bindings = self.session().bindings();
        let id = issue
            .unknown_id
            .render(&mut |expression| bindings.value(expression, &Scope::before()))
            .map_err(|expression| format!("nothing is known for {expression}"))?;
        let Value::String(id) = id else { return Err("the unknown identifier is no text".to_owned()) };
        Ok(Arc::new(Credential {
            kind: self.name.clone(),
            id: Known { text: id, from: None },
            secret: None,
            expires_at: None,
            issued: None,
            caller: None,
            revocation: None,
        }))
    }

    pub(super) async fn revoke_as_described(&self, slot: Slot, state: &mut State) -> Result<Done, String> {
        let credential = held(state, slot)?;
        let revoke = self.revocable()?;
        let (method, path) =
            credential.revocation.clone().ok_or("its issuing answer does not say how to revoke it")?;
        let method =
            http::Method::from_bytes(method.as_bytes()).map_err(|_| format!("{method:?} is no method"))?;
        let contract = self.contract();
        let operation =
            contract.operation(&revoke.call.operation).ok_or("the operation is not in the contract")?;
        let parameter = operation.path.parameters().next().unwrap_or_default();
        let same = operation.method == method && path_parameter(operation, &path, parameter).is_some();
        let target = if path.starts_with('/') { path } else { format!("/{path}") };
        let origin = match (&credential.issued, &self.kind.issue) {
            (Some(_), Some(_)) => {
                credential.id.from.clone().map(|from| Origin::new(credential.id.text.clone(), from))
            }
            _ => None,
        };
        let mut request = Request {
            operation: same.then(|| operation.id.clone()),
            method,
            target,
            headers: accept(operation),
            body: None,
            origins: origin.into_iter().collect(),
        };
        let bindings = self.refer(Some(Arc::clone(&credential)), None);
        let signer = self.actors.signer(&revoke.call.actor, &bindings).map_err(text)?;
        self.actors.sign(&signer, operation, &mut request).await.map_err(text)?;
        let exchange = self.session().send_patiently(request).await;
        let outcome = seen(contract, &revoke.success, &bindings, &exchange);
        if outcome == Seen::Accepted {
            mark_revoked(state, slot, exchange.received);
        }
        Ok(Done { credential: Some(credential), ..Done::answered(outcome, exchange) })
    }

    pub(super) async fn revoke_many(
        &self,
        slot: Slot,
        parallel: u8,
        state: &mut State,
    ) -> Result<Done, String> {
        let credential = held(state, slot)?;
        let request = self.revocation(&credential, &By::Documented, None, state).await?;
        let home = self.session().home();
        let sends = (0..parallel).map(|_| self.session().send_to(home, request.clone(), Timing::Racing));
        let exchanges = futures::future::join_all(sends).await;
        let bindings = self.refer(Some(Arc::clone(&credential)), None);
        let success = &self.revocable()?.success;
        let done = exchanges
            .iter()
            .filter(|exchange| bindings.meets(self.contract(), success, exchange).is_ok())
            .map(|exchange| exchange.received)
            .max();
        if let Some(at) = done {
            mark_revoked(state, slot, at);
        }
        let outcome = if done.is_some() { Seen::Accepted } else { Seen::Refused };
        let control = match done {
            Some(_) => None,
            None => self.asker(Target::Slot(slot), &By::Documented, state).await,
        };
        Ok(Done { exchanges, control, credential: Some(credential), ..Done::new(outcome) })
    }
}

pub(super) fn mark_revoked(state: &mut State, slot: Slot, at: Timestamp) {
    let revoked = &mut state.slots.entry(slot).or_default().revoked;
    *revoked = Some(revoked.unwrap_or(at));
}

/// Presents the credential in a way that no security requirement asks for.
pub(super) fn raw(target: &Credential, by: &By, request: &mut Request) -> Result<(), String> {
    let secret = target.secret.as_ref().ok_or("it has no secret")?;
    let value = match by {
        By::BasicPair => crate::call::basic(&target.id.text, &secret.text),
        _ => format!("Bearer {}", secret.text),
    };
    set_header(&mut request.headers, "authorization", &value).map_err(text)?;
    let origin = |known: &Known| Some(Origin::new(known.text.clone(), known.from.clone()?));
    request.origins.extend(origin(secret));
    Ok(())
}
