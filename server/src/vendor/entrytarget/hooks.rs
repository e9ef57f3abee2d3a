//! Steps beside the API: a row changed by hand, a restart, a database that is down.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rescind_specs::Vendor;

use super::EntryTarget;
use crate::fault::Fault;
use crate::hook::{Effect, Hooks};
use crate::store::{Store, StoreError};

/// The hooks of a deployment.
pub(super) fn of(ledger: &Arc<EntryTarget>) -> Hooks {
    let (editing, restarting) = (ledger.clone(), ledger.clone());
    let (stopping, starting, undoing) = (ledger.clone(), ledger.clone(), ledger.clone());
    Hooks::new(Vendor::EntryTarget.name())
        .on_credential("deactivate", move |id| {
            let ledger = editing.clone();
            Box::pin(async move { ledger.deactivate(&id).await })
        })
        .plain("restart", move || restarting.restart())
        .plain("stop_store", move || stopping.store_is_down.store(true, Ordering::SeqCst))
        .plain("start_store", move || starting.start_store())
        .undone_by(move || {
            undoing.start_store();
            undoing.metrics.clear();
            undoing.memory.clear();
        })
}

/// What a call finds while the store is stopped.
#[derive(Debug, thiserror::Error)]
#[error("the store was stopped on request")]
struct Stopped;

impl EntryTarget {
    /// The facts, unless the store is stopped.
    pub(super) fn store(&self) -> Result<&dyn Store, StoreError> {
        if self.store_is_down.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable(Box::new(Stopped)));
        }
        Ok(self.state.store())
    }

    fn start_store(&self) {
        self.store_is_down.store(false, Ordering::SeqCst);
    }

    /// What an `UPDATE` by hand does: the pair becomes inactive, and no time of a revocation is written.
    async fn deactivate(&self, api_key: &str) -> Result<Effect, StoreError> {
        let is_there = self.state.store().deactivate_pair(api_key).await?;
        Ok(if is_there { Effect::Done } else { Effect::Unknown })
    }

    /// Forgets whom a new process would not know. Counters start at nought again.
    fn restart(&self) {
        if !self.state.faults().is_on(Fault::CacheSurvivesRestart) {
            self.state.restart();
        }
        self.metrics.clear();
    }
}
