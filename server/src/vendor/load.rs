//! What the broken promises about requests at one time need: to see who is under way, and to wait for others.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a use is held, so that a revocation sent at the same moment meets it.
const HELD: Duration = Duration::from_millis(20);

/// How long a revocation looks out for uses that were sent at the same moment.
const LOOKOUT: Duration = Duration::from_millis(10);

/// Waits, in real time.
pub(super) async fn wait(time: Duration) {
    crate::clock::pause(time).await;
}

/// The uses of credentials that are under way, counted by id.
#[derive(Debug, Default)]
pub(super) struct Uses(Mutex<HashMap<String, usize>>);

/// Ends a use, whatever becomes of its request.
struct Use<'a> {
    uses: &'a Uses,
    id: &'a str,
}

impl Drop for Use<'_> {
    fn drop(&mut self) {
        let mut counts = self.uses.counts();
        if let Some(count) = counts.get_mut(self.id) {
            *count -= 1;
            if *count == 0 {
                counts.remove(self.id);
            }
        }
    }
}

impl Uses {
    fn counts(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Is under way with a credential for a while.
    pub(super) async fn hold(&self, id: &str) {
        *self.counts().entry(id.to_owned()).or_default() += 1;
        let _use = Use { uses: self, id };
        wait(HELD).await;
    }

    /// Whether a use of the credential is under way at this moment, give or take a little.
    pub(super) async fn is_met(&self, id: &str) -> bool {
        if self.counts().contains_key(id) {
            return true;
        }
        wait(LOOKOUT).await;
        self.counts().contains_key(id)
    }
}
