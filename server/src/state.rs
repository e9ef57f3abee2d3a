//! What all contracts of a server share: the store, the clock, ids, keys, faults and what is remembered in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::auth_cache::AuthCache;
use crate::clock::Clock;
use crate::disturbance::Disturbances;
use crate::fault::Faults;
use crate::id::Ids;
use crate::journal::{Bounds, Journal};
use crate::keys::Keys;
use crate::limiter::{Limiter, RateLimit};
use crate::metrics::Metrics;
use crate::runtime::{Limits, Mode};
use crate::store::{Store, StoreError};

/// The shared state. Clones are handles on the same state.
#[derive(Clone, Debug)]
pub struct State(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Arc<dyn Store>,
    clock: Clock,
    ids: Ids,
    keys: Keys,
    faults: Faults,
    disturbances: Disturbances,
    cache: AuthCache,
    limiter: Limiter,
    limits: Limits,
    mode: Mode,
    journal: Journal,
    metrics: Metrics,
    /// Whether the server is about to stop.
    leaving: AtomicBool,
}

/// Parts of a [`State`] that have a default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// How long an authentication may be remembered; `None` is as long as the contracts allow.
    pub cache: Option<Duration>,
    /// How many calls a caller may make.
    pub rate: RateLimit,
    /// Bounds on requests.
    pub limits: Limits,
    /// What an operation without an implementation answers.
    pub mode: Mode,
    /// How much the journal keeps.
    pub journal: Bounds,
}

/// The longest time for which an authentication may be remembered.
pub const CACHE_BOUND: Duration = Duration::from_mins(5);

impl State {
    /// A state over a store.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Clock,
        ids: Ids,
        keys: Keys,
        faults: Faults,
        settings: Settings,
    ) -> Self {
        let journal = Journal::new(settings.journal, clock.clone());
        Self(Arc::new(Inner {
            store,
            clock,
            ids,
            disturbances: Disturbances::new(keys.key("disturbances")),
            keys,
            metrics: Metrics::new(&faults),
            leaving: AtomicBool::new(false),
            faults,
            cache: AuthCache::new(settings.cache.map_or(CACHE_BOUND, |asked| asked.min(CACHE_BOUND))),
            limiter: Limiter::new(settings.rate),
            limits: settings.limits,
            mode: settings.mode,
            journal,
        }))
    }

    /// Forgets what the process remembers and the store does not: who was accepted, and who called how often.
    pub fn restart(&self) {
        self.0.cache.clear();
        self.0.limiter.clear();
    }

    /// The facts.
    pub fn store(&self) -> &dyn Store {
        &*self.0.store
    }

    /// The time.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Where ids and secrets come from.
    pub fn ids(&self) -> &Ids {
        &self.0.ids
    }

    /// The keys that tokens and pairs are made with.
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// The promises to break.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// What goes wrong between callers and the contracts.
    pub fn disturbances(&self) -> &Disturbances {
        &self.0.disturbances
    }

    /// Who was accepted lately.
    pub fn cache(&self) -> &AuthCache {
        &self.0.cache
    }

    /// Who has called how often.
    pub fn limiter(&self) -> &Limiter {
        &self.0.limiter
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Says from now on that the server is about to stop, so that nobody sends it new work.
    pub fn leave(&self) {
        self.0.leaving.store(true, Ordering::SeqCst);
    }

    /// Whether new work is welcome: the server is not about to stop, and its store answers.
    ///
    /// # Errors
    /// Why it is not.
    pub async fn readiness(&self) -> Result<(), NotReady> {
        if self.0.leaving.load(Ordering::SeqCst) {
            return Err(NotReady::Leaving);
        }
        Ok(self.store().ping().await?)
    }

    /// Bounds on requests.
    pub fn limits(&self) -> Limits {
        self.0.limits
    }

    /// What an operation without an implementation answers.
    pub fn mode(&self) -> Mode {
        self.0.mode
    }

    /// The requests and what became of them.
    pub fn journal(&self) -> &Journal {
        &self.0.journal
    }
}

/// Why a server takes no new work.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// It was told to stop.
    #[error("the server is about to stop")]
    Leaving,
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}
