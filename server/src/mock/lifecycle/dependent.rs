//! Resources that can refer to a credential, and so guard it.

use rescind_specs::lifecycle::{Action, Dependent, DependentName, Expression, Lifecycle};
use rescind_specs::{Contract, OperationId, Pointer};
use serde_json::{Map, Value};

use super::Engine;
use super::asked::{Asked, places, plain};
use super::fill::{echo, rename, stamp};
use super::form::{Form, remove, set};
use super::issue::failed;
use super::kind::Cause;
use super::principal::Principal;
use super::token::body_pointer;
use crate::mock::likeness;
use crate::runtime::{Answer, Rejection};
use crate::store::{
    Collection, Issue as Issued, NewResource, Pointing, Registered, Resource, ResourceChange, Updated,
};

/// One kind of dependent.
#[derive(Debug)]
pub(super) struct Dependents {
    spec: Dependent,
    collection: Collection,
    /// The place of the kind of credential that they refer to.
    kind: usize,
}

/// What an operation does to a dependent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Create,
    Read,
    Change,
    Delete,
}

impl Dependents {
    pub(super) fn new(
        contract: &Contract,
        lifecycle: &Lifecycle,
        name: &DependentName,
        spec: &Dependent,
    ) -> Self {
        let referred = lifecycle.kind(None).and_then(|(kind, _)| lifecycle.credentials.get_index_of(kind));
        Self {
            spec: spec.clone(),
            collection: Collection::named(contract.name(), &name.0),
            kind: referred.unwrap_or_default(),
        }
    }

    pub(super) fn role(&self, operation: &OperationId) -> Option<Role> {
        let is = |action: &Action| action.call.operation == *operation;
        let Dependent { create, read, repoint, clear, delete, .. } = &self.spec;
        if is(create) {
            Some(Role::Create)
        } else if is(read) {
            Some(Role::Read)
        } else if repoint.as_ref().is_some_and(is) || clear.as_ref().is_some_and(is) {
            Some(Role::Change)
        } else if is(delete) {
            Some(Role::Delete)
        } else {
            None
        }
    }

    fn action(&self, role: Role) -> &Action {
        match role {
            Role::Create => &self.spec.create,
            Role::Read => &self.spec.read,
            Role::Change => {
                self.spec.repoint.as_ref().or(self.spec.clear.as_ref()).unwrap_or(&self.spec.read)
            }
            Role::Delete => &self.spec.delete,
        }
    }

    /// Where a request that makes or changes one names the credential.
    fn reference(&self, role: Role) -> Option<Pointer> {
        let found = places(&self.action(role).call, &Expression::CredentialId).into_iter().next();
        found.map(|(pointer, _)| pointer).or_else(|| Some(self.spec.reference.clone()))
    }
}

impl Engine {
    /// Does to a dependent what its operation is for.
    pub(super) async fn depend(
        &self,
        place: usize,
        index: usize,
        role: Role,
        caller: &Principal,
        asked: &Asked<'_>,
    ) -> Result<Answer, Rejection> {
        let missing = || Rejection::internal("there is no such kind of dependent");
        let dependents = self.0.dependents.get(index).ok_or_else(missing)?;
        let operation = self.operation(place)?;
        let action = dependents.action(role);
        let form = Form::documented(&self.0.contract, operation, &vec![vec![&action.success]]);
        let form = form.ok_or(Rejection::NotImplemented)?;
        if role == Role::Create {
            return self.register(place, dependents, &form, caller, asked).await;
        }
        let unknown = || self.refused(place, dependents.kind, Cause::UnknownDependent, None, &asked.context);
        let Some(id) = asked.find(&action.call, &Expression::DependentId) else { return unknown() };
        let store = self.store().map_err(failed)?;
        let realm = dependents.collection.of(caller.tenant());
        match role {
            Role::Create | Role::Read => match store.resource(realm, &id).await.map_err(failed)? {
                Some(resource) => Ok(shown(dependents, &form, &resource)),
                None => unknown(),
            },
            Role::Change => self.change(place, dependents, &form, caller, &id, asked).await,
            Role::Delete => {
                if store.remove(realm, &id).await.map_err(failed)? {
                    let body = form.body().cloned();
                    Ok(form.fill(body, &|_| None))
                } else {
                    unknown()
                }
            }
        }
    }

    async fn register(
        &self,
        place: usize,
        dependents: &Dependents,
        form: &Form,
        caller: &Principal,
        asked: &Asked<'_>,
    ) -> Result<Answer, Rejection> {
        let kind = self.kind(dependents.kind)?;
        let now = self.0.state.clock().now();
        let id_place = body_pointer(&dependents.spec.id);
        let stale = id_place.zip(form.body()).and_then(|(pointer, body)| pointer.get(body)?.as_str());
        let id = likeness::id(stale, self.ids(), &|_| true).ok_or(Rejection::NotImplemented)?;
        let mut body = form.body().cloned().unwrap_or_default();
        if let Some(stale) = stale {
            rename(&mut body, stale, &id);
        }
        echo(form, asked, &mut body, &id_place.into_iter().collect::<Vec<_>>());
        stamp(form, &mut body, now, None);
        if let Some(pointer) = id_place {
            set(&mut body, pointer, id.as_str().into());
        }
        let referred = dependents.reference(Role::Create).and_then(|at| asked.at(&at).cloned());
        let referred = referred.filter(|value| !value.is_null()).map(|value| plain(&value));
        let name = places(&dependents.spec.create.call, &Expression::Unique).into_iter().next();
        let name = name.and_then(|(at, _)| asked.at(&at).map(plain)).unwrap_or_else(|| id.clone());
        let attributes = match &body {
            Value::Object(members) => members.clone(),
            _ => Map::new(),
        };
        let resource = NewResource {
            id: &id,
            name: &name,
            credential: referred.as_deref().map(|id| (kind.collection, id)),
            attributes,
            created_at: now,
        };
        let realm = dependents.collection.of(caller.tenant());
        let store = self.store().map_err(failed)?;
        match store.register(realm, resource, None).await.map_err(failed)? {
            Registered::Issue(Issued::Issued) => {
                point(dependents, form, &mut body, referred.as_deref());
                Ok(form.fill(Some(body), &|_| None))
            }
            Registered::Issue(Issued::NameTaken(other)) => {
                self.refused(place, dependents.kind, Cause::Taken, Some(&other), &asked.context)
            }
            Registered::Issue(_) => {
                self.refused(place, dependents.kind, Cause::KeyReused, None, &asked.context)
            }
            Registered::IdTaken => Err(Rejection::internal("the id of a new record was taken")),
            Registered::CredentialUnknown => {
                self.refused(place, dependents.kind, Cause::BadReference, None, &asked.context)
            }
        }
    }

    async fn change(
        &self,
        place: usize,
        dependents: &Dependents,
        form: &Form,
        caller: &Principal,
        id: &str,
        asked: &Asked<'_>,
    ) -> Result<Answer, Rejection> {
        let kind = self.kind(dependents.kind)?;
        let given = dependents.reference(Role::Change).and_then(|at| asked.at(&at).cloned());
        let text = given.as_ref().filter(|value| !value.is_null()).map(plain);
        let credential = match (&given, &text) {
            (None, _) => Pointing::Keep,
            (Some(_), None) => Pointing::Clear,
            (Some(_), Some(id)) => Pointing::At(kind.collection, id),
        };
        // Members that the answer shows change with those of the same name in the request.
        let mut attributes = Map::new();
        if let (Some(Value::Object(given)), Some(Value::Object(shown))) = (&asked.body, form.body()) {
            for (name, value) in given.iter().filter(|(name, _)| shown.contains_key(*name)) {
                attributes.insert(name.clone(), value.clone());
            }
        }
        let change = ResourceChange { credential, attributes, ..ResourceChange::default() };
        let now = self.0.state.clock().now();
        let store = self.store().map_err(failed)?;
        let realm = dependents.collection.of(caller.tenant());
        let refuse = |cause: Cause| self.refused(place, dependents.kind, cause, None, &asked.context);
        match store.update(realm, id, change, now).await.map_err(failed)? {
            Updated::Updated(resource) => Ok(shown(dependents, form, &resource)),
            Updated::Unknown => refuse(Cause::UnknownDependent),
            Updated::CredentialUnknown => refuse(Cause::BadReference),
            Updated::NameTaken(_) | Updated::Refused => refuse(Cause::Taken),
            // No change here has an idempotency key.
            Updated::Replayed(_) | Updated::KeyReused => refuse(Cause::KeyReused),
        }
    }
}

/// A dependent as an answer shows it.
fn shown(dependents: &Dependents, form: &Form, resource: &Resource) -> Answer {
    let mut body = form.body().cloned();
    if let Some(body) = &mut body {
        if let Value::Object(members) = body {
            for (name, member) in members.iter_mut() {
                if let Some(known) = resource.attributes.get(name) {
                    member.clone_from(known);
                }
            }
        }
        if let Some(pointer) = body_pointer(&dependents.spec.id) {
            set(body, pointer, resource.id.as_str().into());
        }
        point(dependents, form, body, resource.credential_id.as_deref());
    }
    form.fill(body, &|_| None)
}

/// Shows what a dependent refers to.
fn point(dependents: &Dependents, form: &Form, body: &mut Value, credential: Option<&str>) {
    let pointer = &dependents.spec.reference;
    let before = body.clone();
    set(body, pointer, credential.map_or(Value::Null, Value::from));
    if form.fits(&before) && !form.fits(body) {
        *body = before;
        if credential.is_none() {
            remove(body, pointer);
        }
    }
}
