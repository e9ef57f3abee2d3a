//! A mock that keeps state: it issues, lists, accepts, revokes and refuses as a lifecycle document says.
//!
//! Each operation that the document gives a role is answered from the store; every other one by its example, to whoever
//! is accepted. Where the document is silent, a call gets the documented success and changes the state.

mod asked;
mod authenticate;
mod dependent;
mod fill;
mod form;
mod issue;
mod kind;
mod list;
mod principal;
mod revoke;
mod shown;
mod start;
mod token;
mod way;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use rescind_specs::lifecycle::{Lifecycle, Probe};
use rescind_specs::{Contract, Operation};
use serde_json::Value;

use self::asked::Asked;
use self::authenticate::Memory;
use self::dependent::Dependents;
use self::form::{Demands, Form, Otherwise};
use self::kind::{Cause, Kind};
pub(super) use self::principal::Principal;
use self::token::Exchange;
use crate::id::Ids;
use crate::runtime::{Admitted, Answer, Context, Refused, Rejection};
use crate::state::State;
use crate::store::{Store, StoreError};

/// The state of a mocked contract, and what its operations do to it. Clones are handles on the same state.
#[derive(Clone, Debug)]
pub(super) struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    contract: Contract,
    lifecycle: Lifecycle,
    state: State,
    kinds: Vec<Kind>,
    dependents: Vec<Dependents>,
    exchanges: Vec<Exchange>,
    memory: Memory,
    is_store_down: AtomicBool,
    /// Answers by operation, kind and cause.
    forms: RwLock<HashMap<(usize, usize, Cause), Arc<Form>>>,
}

/// What a call finds while the store is stopped on request.
#[derive(Debug, thiserror::Error)]
#[error("the store was stopped on request")]
struct Stopped;

impl Engine {
    /// The engine of a contract with this lifecycle document.
    pub(super) fn new(contract: &Contract, lifecycle: &Lifecycle, state: &State) -> Self {
        let kinds: Vec<Kind> = lifecycle
            .credentials
            .iter()
            .map(|(name, spec)| Kind::new(contract, lifecycle, name, spec))
            .collect();
        let dependents = lifecycle
            .dependents
            .iter()
            .map(|(name, spec)| Dependents::new(contract, lifecycle, name, spec))
            .collect();
        let exchanges = Exchange::all(contract, &kinds, state);
        let memory = Memory::new(&kinds, state);
        Self(Arc::new(Inner {
            contract: contract.clone(),
            lifecycle: lifecycle.clone(),
            state: state.clone(),
            kinds,
            dependents,
            exchanges,
            memory,
            is_store_down: AtomicBool::new(false),
            forms: RwLock::default(),
        }))
    }

    fn kind(&self, place: usize) -> Result<&Kind, Rejection> {
        self.0.kinds.get(place).ok_or_else(|| Rejection::internal("there is no such kind of credential"))
    }

    fn ids(&self) -> &Ids {
        self.0.state.ids()
    }

    /// The facts, unless the store is stopped.
    fn store(&self) -> Result<&dyn Store, StoreError> {
        if self.0.is_store_down.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable(Box::new(Stopped)));
        }
        Ok(self.0.state.store())
    }

    /// Forgets what a new process would not know.
    fn restart(&self) {
        self.0.memory.clear();
    }

    /// The answer of an operation that has a role; `None` for one that is answered by its example.
    pub(super) async fn call(
        &self,
        place: usize,
        caller: Option<&Principal>,
        admitted: Admitted,
    ) -> Result<Option<Answer>, Rejection> {
        let operation = self.operation(place)?;
        let caller = caller.unwrap_or(&Principal::Anybody);
        let asked = Asked::read(operation, admitted).await?;
        for (index, kind) in self.0.kinds.iter().enumerate() {
            if kind.issues_by(&operation.id) {
                return self.issue(place, index, caller, &asked).await.map(Some);
            }
            if kind.revokes_by(&operation.id) {
                return self.revoke(place, index, caller, &asked).await.map(Some);
            }
            if let Some(way) = kind.way_by(&operation.id) {
                return self.revoke_by_way((place, index), way, caller, &asked).await.map(Some);
            }
        }
        if let Some(exchange) = self.exchange_of(&operation.id, caller) {
            return self.exchange(exchange, caller, &asked).map(Some);
        }
        for (index, dependents) in self.0.dependents.iter().enumerate() {
            if let Some(role) = dependents.role(&operation.id) {
                return self.depend(place, index, role, caller, &asked).await.map(Some);
            }
        }
        for (index, kind) in self.0.kinds.iter().enumerate() {
            if kind.lists_by(&operation.id) {
                return self.list(place, index, caller, &asked).await.map(Some);
            }
        }
        Ok(self.obtained(operation).or_else(|| self.probed(operation, &asked)))
    }

    /// The answer that shows that a credential is accepted, to a call that is made for nothing else.
    fn probed(&self, operation: &Operation, asked: &Asked<'_>) -> Option<Answer> {
        let probe = |kind: &Kind| -> Vec<Probe> {
            let tokens = kind.spec.tokens.values().filter_map(|token| token.probe.clone());
            kind.spec.probe.iter().cloned().chain(tokens).collect()
        };
        let probe = self
            .0
            .kinds
            .iter()
            .flat_map(probe)
            .find(|probe| probe.call.operation == operation.id && asked.is_like(&probe.call))?;
        let form = Form::documented(&self.0.contract, operation, &vec![vec![&probe.accepted]])?;
        // A success is answered by its example, as all others are.
        (!form.status.is_success()).then(|| filled(&form, None, &asked.context))
    }

    fn operation(&self, place: usize) -> Result<&Operation, Rejection> {
        let operation = self.0.contract.operations().get(place);
        operation.ok_or_else(|| Rejection::internal("there is no such operation"))
    }

    /// The planned answer of an operation for a cause, made when it is first asked for.
    fn form(&self, place: usize, kind: usize, cause: Cause) -> Result<Arc<Form>, Rejection> {
        let key = (place, kind, cause);
        if let Some(known) = self.0.forms.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        let form = Arc::new(self.plan(self.operation(place)?, self.kind(kind)?, cause)?);
        self.0.forms.write().unwrap_or_else(PoisonError::into_inner).insert(key, form.clone());
        Ok(form)
    }

    fn plan(&self, operation: &Operation, kind: &Kind, cause: Cause) -> Result<Form, Rejection> {
        let contract = &self.0.contract;
        let demands = kind.demands(cause, &operation.id);
        if matches!(cause, Cause::Issued | Cause::Revoked) {
            let success: Demands<'_> = demands.iter().take(1).cloned().collect();
            return Form::documented(contract, operation, &demands)
                .or_else(|| Form::documented(contract, operation, &success))
                .ok_or(Rejection::NotImplemented);
        }
        let otherwise = Otherwise { status: cause.status(), text: cause.text() };
        Ok(Form::refusal(contract, operation, &demands, otherwise))
    }

    /// The answer for a cause, about the credential with this identifier if it is about one.
    fn refused(
        &self,
        place: usize,
        kind: usize,
        cause: Cause,
        credential: Option<&str>,
        context: &Context,
    ) -> Result<Answer, Rejection> {
        Ok(filled(&*self.form(place, kind, cause)?, credential, context))
    }

    /// The answer to a request that was not let pass, where the lifecycle document says something of it.
    pub(super) fn rejected(&self, place: usize, context: &Context, rejection: &Rejection) -> Option<Answer> {
        let operation = self.0.contract.operations().get(place)?;
        let (kind, cause) = match rejection {
            Rejection::MissingCredential { .. } => (self.kind_for(operation)?, Cause::Missing),
            Rejection::InvalidCredential { reason } => match Cause::from_word(reason) {
                Some((kind, cause)) => (kind, cause),
                None => (self.kind_for(operation)?, Cause::Unknown),
            },
            Rejection::Violations(_) | Rejection::MalformedBody { .. } => {
                let kind = self.0.kinds.iter().position(|kind| kind.revokes_by(&operation.id))?;
                let is_told = self.0.kinds.get(kind)?.speaks_of(Cause::BadBody);
                let form = is_told.then(|| self.form(place, kind, Cause::BadBody).ok()).flatten()?;
                let body = form.body().map(|body| crate::runtime::reworded(body, &rejection.to_string()));
                let body = body.filter(|body| form.fits(body)).or_else(|| form.body().cloned());
                return Some(form.fill(body, &|_| None));
            }
            _ => return None,
        };
        // What is said of revocations is said of the kind that is revoked, whatever is presented for that.
        let revoked = self.0.kinds.iter().position(|kind| kind.revokes_by(&operation.id));
        let revoked =
            revoked.filter(|place| self.0.kinds.get(*place).is_some_and(|kind| kind.speaks_of(cause)));
        self.refused(place, revoked.unwrap_or(kind), cause, None, context).ok()
    }

    /// Whom the presented credentials belong to.
    pub(super) async fn authenticate(
        &self,
        place: usize,
        presented: crate::runtime::Presented<crate::runtime::CredentialSet>,
    ) -> Result<Principal, Refused> {
        let operation = self.0.contract.operations().get(place);
        self.identify(operation, presented).await
    }
}

/// A form with what is known of a credential, in an answer to this request.
fn filled(form: &Form, credential: Option<&str>, context: &Context) -> Answer {
    form.fill(form.body().map(|body| about(body, context)), &|expression| {
        credential_value(expression, credential)
    })
}

/// What an expression about a credential stands for.
fn credential_value(
    expression: &rescind_specs::lifecycle::Expression,
    credential: Option<&str>,
) -> Option<Value> {
    use rescind_specs::lifecycle::Expression;

    match expression {
        Expression::CredentialId | Expression::OtherId => credential.map(Value::from),
        _ => None,
    }
}

/// An error that says of this request what its example says of another: where it happened.
fn about(body: &Value, context: &Context) -> Value {
    let mut body = body.clone();
    if let Value::Object(members) = &mut body
        && let Some(Value::String(instance)) = members.get_mut("instance")
        && instance.starts_with('/')
    {
        context.path().clone_into(instance);
    }
    body
}
