//! What is there before the first call: callers, pairs to register, values that only an operator knows, and the steps
//! beside the API.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use rescind_specs::lifecycle::{Caller, CallerName, Expression, HookEffect, Issue, KindName};
use serde_json::{Map, Value};

use super::Engine;
use super::asked::{places, plain};
use super::fill::{rename, stamp};
use super::form::{remove, set};
use super::issue::show_expiry;
use super::kind::{Cause, Kind, Origin, Removal};
use super::principal::EVERYBODY;
use super::token::body_pointer;
use crate::bootstrap::{Bootstrap, BootstrapError, GENERATIONS, POOL, Pair, Turn, turns};
use crate::hook::{Effect, Hooks};
use crate::id::{Alphabet, Format, Ids};
use crate::mock::likeness;
use crate::secret::SecretHash;
use crate::store::{Guard, Names, NewCredential, References, State as CredentialState, StoreError};

impl Engine {
    /// Makes the callers of the document, or finds them again after a restart. Those that the same process has made `before`
    /// are made again.
    pub(in crate::mock) async fn start(&self, before: &Bootstrap) -> Result<Bootstrap, BootstrapError> {
        let mut start = Bootstrap::default();
        for (name, caller) in &self.0.lifecycle.callers {
            let pair = self.caller(name, &caller.holds, before.callers.get(&name.0)).await?;
            start.callers.insert(name.0.clone(), pair);
        }
        for kind in self.0.kinds.iter().filter(|kind| kind.origin == Origin::Pool) {
            start.pool.extend(self.pairs(kind, POOL));
        }
        for name in self.0.lifecycle.supplied.keys() {
            start.supplied.insert(name.0.clone(), format!("{}-1", name.0));
        }
        Ok(start)
    }

    /// The identifiers of the credentials of a kind that callers were ever given at a start.
    pub(super) async fn given(&self, kind: &Kind) -> Result<HashSet<String>, StoreError> {
        let mut given = HashSet::new();
        let holds = |caller: &Caller| caller.holds == kind.name;
        for (name, _) in self.0.lifecycle.callers.iter().filter(|(_, caller)| holds(caller)) {
            for Pair { id, .. } in self.generations(kind, name) {
                let realm = kind.collection.of(self.tenant_of(name));
                let store = self.store()?;
                if store.credential(kind.collection, &id).await?.is_none()
                    && !store.was_deleted(realm, &id).await?
                {
                    break;
                }
                given.insert(id);
            }
        }
        Ok(given)
    }

    /// Genuine pairs that were never registered.
    fn pairs(&self, kind: &Kind, count: usize) -> Vec<Pair> {
        let Some(issue) = &kind.spec.issue else { return Vec::new() };
        let ids = std::iter::repeat_with(|| self.fresh_id(issue, None, &|_| true)).take(count).flatten();
        ids.map(|id| Pair::new(id.clone(), self.pool_secret(kind, &id))).collect()
    }

    async fn caller(
        &self,
        name: &CallerName,
        holds: &KindName,
        before: Option<&Pair>,
    ) -> Result<Pair, BootstrapError> {
        let exhausted = || BootstrapError::Exhausted(name.0.clone());
        let kind = self.0.kinds.iter().find(|kind| kind.name == *holds).ok_or_else(exhausted)?;
        let realm = kind.collection.of(self.tenant_of(name));
        let expendable = self.0.kinds.iter().any(|kind| kind.expendable.contains(name));
        let now = self.0.state.clock().now();
        let store = self.0.state.store();
        let pairs = self.generations(kind, name).map(|pair| Pair { expendable, ..pair });
        for (pair, turn) in turns(pairs, before) {
            let id = &pair.id;
            match store.credential(kind.collection, id).await? {
                Some(known) if turn == Turn::Open && known.state(now) == CredentialState::Active => {
                    return Ok(pair);
                }
                Some(_) => continue,
                None if store.was_deleted(realm, id).await? => continue,
                None => {}
            }
            let credential = NewCredential {
                id,
                name: &name.0,
                names: Names::Shared,
                secret_hash: SecretHash::of(pair.secret.expose()),
                material: None,
                attributes: self.attributes_of(kind, name, id),
                created_at: now,
                expires_at: None,
            };
            if let Err(error) = store.issue(realm, credential, None).await {
                // Another server on the same database may have been faster.
                if store.credential(kind.collection, id).await?.is_none() {
                    return Err(error.into());
                }
            }
            match turn {
                Turn::Open => return Ok(pair),
                Turn::Over => {
                    store.revoke(realm, id, Guard::None, now).await?;
                }
            }
        }
        Err(exhausted())
    }

    /// Whose the credentials of a caller are.
    fn tenant_of<'n>(&self, name: &'n CallerName) -> &'n str {
        let is_stranger = self.0.kinds.iter().any(|kind| kind.strangers.contains(name));
        if is_stranger { &name.0 } else { EVERYBODY }
    }

    /// What a caller is given, one after another, the same at each start.
    fn generations<'a>(&'a self, kind: &'a Kind, name: &'a CallerName) -> impl Iterator<Item = Pair> + 'a {
        (0..GENERATIONS).map(move |generation| self.generation(kind, name, generation))
    }

    fn generation(&self, kind: &Kind, name: &CallerName, generation: u32) -> Pair {
        let keys = self.0.state.keys();
        let purpose = format!("{} caller {name} {generation}", kind.collection);
        let unique = keys.text(&format!("{purpose} id"), &Format::new("", Alphabet::LowerHex, 32));
        let made = kind.spec.issue.as_ref().and_then(|issue| {
            let made = issue.unknown_id.render(&mut |expression| match expression {
                Expression::Unique => Some(unique.as_str().into()),
                _ => None,
            });
            made.ok().map(|value| plain(&value))
        });
        let id = made.unwrap_or_else(|| format!("{}_{unique}", kind.name));
        if kind.origin == Origin::Pool {
            let secret = self.pool_secret(kind, &id);
            return Pair::new(id, secret);
        }
        let is_its_own_name = |issue: &Issue| issue.secret.as_ref() == Some(&issue.id);
        if kind.spec.issue.as_ref().is_some_and(is_its_own_name) {
            return Pair::new(id.clone(), id);
        }
        let sample = self.issued(kind).and_then(|body| {
            let pointer = kind.spec.issue.as_ref()?.secret.as_ref().and_then(body_pointer)?;
            Some(pointer.get(&body)?.as_str()?.to_owned())
        });
        let ids = Ids::keyed(keys.key(&format!("{purpose} secret")));
        let secret = likeness::secret(sample.as_deref(), &ids, &|_| true);
        Pair::new(id, secret.unwrap_or(unique))
    }

    /// The documented answer to the issue of a credential.
    fn issued(&self, kind: &Kind) -> Option<Value> {
        let form = self.issue_form(kind)?;
        form.body().cloned()
    }

    fn issue_form(&self, kind: &Kind) -> Option<std::sync::Arc<super::form::Form>> {
        let operation = &kind.spec.issue.as_ref()?.call.operation;
        let place = self.0.contract.operations().iter().position(|known| known.id == *operation)?;
        let index = self.0.kinds.iter().position(|known| known.name == kind.name)?;
        self.form(place, index, Cause::Issued).ok()
    }

    /// What lists show of a caller's own credential.
    fn attributes_of(&self, kind: &Kind, name: &CallerName, id: &str) -> Map<String, Value> {
        let (Some(form), Some(issue)) = (self.issue_form(kind), &kind.spec.issue) else { return Map::new() };
        let Some(mut body) = form.body().cloned() else { return Map::new() };
        if let Some(pointer) = body_pointer(&issue.id) {
            if let Some(Value::String(stale)) = pointer.get(&body).cloned() {
                rename(&mut body, &stale, id);
            }
            set(&mut body, pointer, id.into());
        }
        for (pointer, _) in places(&issue.call, &Expression::Unique) {
            if pointer.get(&body).is_some() {
                set(&mut body, &pointer, name.0.as_str().into());
            }
        }
        stamp(&form, &mut body, self.0.state.clock().now(), None);
        if let Some(pointer) = issue.expires_at.as_ref().and_then(body_pointer) {
            show_expiry(&form, &mut body, pointer, None);
        }
        if let Some(pointer) = issue.secret.as_ref().and_then(body_pointer) {
            remove(&mut body, pointer);
        }
        match body {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    /// The steps beside the API that the document names.
    pub(in crate::mock) fn hooks(&self) -> Hooks {
        let mut hooks = Hooks::new(self.0.contract.name());
        for (name, hook) in &self.0.lifecycle.hooks {
            let engine = self.clone();
            let name = name.0.clone();
            hooks = match &hook.does {
                HookEffect::Restart => hooks.plain(name, move || engine.restart()),
                HookEffect::OutageUntil(_) => {
                    hooks.plain(name, move || engine.0.is_store_down.store(true, Ordering::SeqCst))
                }
                HookEffect::Recover => {
                    hooks.plain(name, move || engine.0.is_store_down.store(false, Ordering::SeqCst))
                }
                HookEffect::Revoke(kind) => {
                    let kind = kind.clone();
                    hooks.on_credential(name, move |id| {
                        let (engine, kind) = (engine.clone(), kind.clone());
                        Box::pin(async move { engine.revoke_beside(&kind, &id).await })
                    })
                }
            };
        }
        let engine = self.clone();
        hooks.undone_by(move || {
            engine.restart();
            engine.0.is_store_down.store(false, Ordering::SeqCst);
        })
    }

    /// Revokes a credential, whoever's it is.
    async fn revoke_beside(&self, kind: &KindName, id: &str) -> Result<Effect, StoreError> {
        let Some(kind) = self.0.kinds.iter().find(|known| known.name == *kind) else {
            return Ok(Effect::Unknown);
        };
        let store = self.0.state.store();
        let Some(known) = store.credential(kind.collection, id).await? else { return Ok(Effect::Unknown) };
        let realm = kind.collection.of(&known.tenant);
        match kind.removal {
            Removal::Mark => {
                store.revoke(realm, id, Guard::None, self.0.state.clock().now()).await?;
            }
            // Nothing guards what is done beside the API.
            Removal::Delete => {
                store.delete(realm, id, References::Clear).await?;
            }
        }
        Ok(Effect::Done)
    }
}
