//! What a run has issued and has to put away again.

use std::sync::{Arc, Mutex, PoisonError};

use rescind_specs::lifecycle::{CallerName, DependentName, KindName};
use rescind_specs::{Contract, OperationId};

use crate::call::{Bindings, Known};
use crate::credential::{Credential, known};
use crate::exchange::Exchange;

/// Everything that was issued in a run, and what became of it. It fills itself from the exchanges.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    credentials: Vec<(Arc<Credential>, Fate)>,
    dependents: Vec<(DependentName, Known, Fate)>,
    revocations: u64,
}

/// What became of something that was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is there, as far as is known.
    Live,
    /// Its removal was acknowledged.
    Gone,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Known({:?})", self.from)
    }
}

impl Ledger {
    /// Records a credential that was issued. A second record of one identifier is the same credential.
    pub fn issued(&self, credential: Arc<Credential>) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = entries
            .credentials
            .iter()
            .any(|(entry, _)| entry.kind == credential.kind && entry.id.text == credential.id.text);
        if !known {
            entries.credentials.push((credential, Fate::Live));
        }
    }

    /// Records that a caller issued a credential in place of whoever the contract says, so that the same caller puts
    /// it away.
    pub(crate) fn issued_by(&self, credential: &Credential, caller: &CallerName) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (entry, _) in &mut entries.credentials {
            if entry.kind == credential.kind && entry.id.text == credential.id.text {
                *entry = Arc::new(Credential { caller: Some(caller.clone()), ..(**entry).clone() });
            }
        }
    }

    /// Records that a credential is gone.
    pub fn gone(&self, kind: &KindName, id: &str) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (credential, fate) in &mut entries.credentials {
            if credential.kind == *kind && credential.id.text == id {
                *fate = Fate::Gone;
            }
        }
    }

    /// How many revocations were acknowledged.
    pub fn revocations(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).revocations
    }

    /// Everything that was issued, in order.
    pub fn credentials(&self) -> Vec<(Arc<Credential>, Fate)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).credentials.clone()
    }

    /// The dependents that were not deleted, the latest first.
    pub(crate) fn live_dependents(&self) -> Vec<(DependentName, Known)> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let live = entries.dependents.iter().rev().filter(|(_, _, fate)| *fate == Fate::Live);
        live.map(|(name, id, _)| (name.clone(), id.clone())).collect()
    }

    /// Takes notice of an exchange: what it issued, created, revoked or deleted. Returns what it issued.
    pub(crate) fn observe(&self, contract: &Contract, exchange: &Exchange) -> Option<Arc<Credential>> {
        let operation = exchange.request.operation.as_ref();
        let lifecycle = contract.lifecycle()?;
        exchange.response()?;
        let issued = Credential::issued(contract, exchange).map(Arc::new);
        if let Some(credential) = &issued {
            self.issued(Arc::clone(credential));
        }
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = &mut *entries;
        for (name, kind) in &lifecycle.credentials {
            let Some(revoke) = &kind.revoke else { continue };
            for (credential, fate) in entries.credentials.iter_mut().filter(|(entry, _)| entry.kind == *name)
            {
                let concerned = match operation {
                    Some(operation) => *operation == revoke.call.operation,
                    None => credential.revocation.is_some(),
                };
                if *fate == Fate::Gone || !concerned || !mentions(exchange, &credential.id.text) {
                    continue;
                }
                let bindings = Bindings { credential: Some(Arc::clone(credential)), ..Bindings::default() };
                if bindings.meets(contract, &revoke.success, exchange).is_ok() {
                    *fate = Fate::Gone;
                    entries.revocations += 1;
                }
            }
        }
        for (name, dependent) in &lifecycle.dependents {
            let done = |id: &OperationId, condition| {
                operation == Some(id) && Bindings::default().meets(contract, condition, exchange).is_ok()
            };
            if done(&dependent.create.call.operation, &dependent.create.success)
                && let Some(id) = known(contract, &dependent.id, exchange)
            {
                entries.dependents.push((name.clone(), id, Fate::Live));
            }
            if done(&dependent.delete.call.operation, &dependent.delete.success) {
                for (_, _, fate) in entries
                    .dependents
                    .iter_mut()
                    .filter(|(entry, id, _)| entry == name && mentions(exchange, &id.text))
                {
                    *fate = Fate::Gone;
                }
            }
        }
        issued
    }
}

/// Whether the request names this identifier in its path, query or body.
fn mentions(exchange: &Exchange, id: &str) -> bool {
    if id.is_empty() {
        return false;
    }
    let request = &exchange.request;
    let encoded = rescind_specs::PathTemplate::new("{id}").fill(|_| Some(id));
    let segment = |text: &str| text.split(['/', '?', '&', '=']).any(|part| part == encoded || part == id);
    let in_body = || {
        let body = request.body.as_ref()?;
        Some(String::from_utf8_lossy(body).contains(id))
    };
    segment(&request.target) || in_body().unwrap_or_default()
}
