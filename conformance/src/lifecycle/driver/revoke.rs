//! Asking for a revocation, as whoever is meant to.

use std::sync::Arc;

use jiff::Timestamp;
use rescind_specs::lifecycle::{
    Actor, BodyCase, Call, CallerName, Expression, JsonTemplate, Revoke, TokenName,
};
use serde_json::Value;

use super::answer::{seen, status};
use super::present::probe;
use super::{Done, Driver, State, held, text};
use crate::actors::{Placed, Signer};
use crate::call::{Bindings, Known, Scope, accept, build_call, path_parameter, set_header};
use crate::credential::{Credential, Token};
use crate::exchange::{Origin, Request, Timing};
use crate::lifecycle::history::Seen;
use crate::lifecycle::impostor::{forge, forged, spoil, spoiled};
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
        let operation = contract.operation(&call.operation).ok_or("the operation is not in the contract")?;
        let signer = match by {
            By::Documented | By::Unknown | By::Without(_) => {
                self.actors.signer(&call.actor, &bindings).map_err(text)?
            }
            By::Slot(slot) => Signer::Credential(held(state, *slot)?),
            By::Token(slot) => {
                Signer::Token(state.tokens.get(slot).cloned().ok_or("there is no such token")?)
            }
            By::Caller(name) => Signer::Caller(name.clone()),
            By::Nobody | By::BasicPair | By::BareSecret => Signer::Nobody,
            By::WrongSecret => Signer::Credential(Arc::clone(target)),
            By::TokenOf(caller, token) => Signer::Token(self.token_of(caller, token).await?),
        };
        let word = self.session().unique();
        let mut made = self.actors.made_by(&signer, &call, &bindings).await.map_err(text)?;
        let mut placed = self.actors.present_with(&signer, operation, &made).await.map_err(text)?;
        match by {
            By::Unknown => {
                placed = forge(placed, &word);
                made.caller = made.caller.map(|caller| Arc::new(forged(&caller, &word)));
            }
            By::WrongSecret => {
                let secret = target.secret.as_ref().ok_or("it has no secret")?;
                placed = spoil(placed, &secret.text, &word);
                made.caller = made.caller.map(|caller| Arc::new(spoiled(&caller, &word)));
            }
            By::Without(index) if *index < placed.len() => {
                placed.remove(*index);
            }
            By::Without(index) => return Err(format!("there is no required value {}", index + 1)),
            By::Nobody | By::BasicPair | By::BareSecret => call = without_caller(call),
            By::Documented | By::Slot(_) | By::Token(_) | By::Caller(_) | By::TokenOf(..) => {}
        }
        let mut request = build_call(contract, &call, &made).map_err(text)?;
        if matches!(by, By::BasicPair | By::BareSecret) {
            raw(target, by, &mut request)?;
        }
        self.put(&placed, &mut request)?;
        Ok(request)
    }

    /// A fresh token of a caller.
    async fn token_of(&self, caller: &CallerName, token: &TokenName) -> Result<Arc<Token>, String> {
        let holder = self.actors.caller(caller).map_err(text)?;
        let kind = self.kind_of(&holder).tokens.get(token).ok_or("there is no such kind of token")?;
        let (exchange, given) = self.actors.exchange(&holder, token, kind).await.map_err(text)?;
        given.ok_or_else(|| format!("no {token} token was given: answered {}", status(&exchange)))
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
        let bindings = self.refer(Some(credential), None);
        Some(probe(self.actors, probed, &bindings, self.session().home()).await.1)
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
        let id = Known { text: id, from: None };
        // Where the secret is what a call names, that is unknown as well.
        let secret = issue.secret.is_some().then(|| id.clone());
        Ok(Arc::new(Credential {
            kind: self.name.clone(),
            id,
            secret,
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

/// A call that says nothing of whoever makes it.
fn without_caller(call: Call) -> Call {
    let of_caller =
        |expression: &Expression| matches!(expression, Expression::CallerId | Expression::CallerSecret);
    let parameters = call.parameters.into_iter();
    let parameters = parameters.filter(|(_, value)| !value.expressions().iter().any(of_caller)).collect();
    let body = call.body.map(|body| body.without(&of_caller));
    Call { parameters, body, ..call }
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
