//! The journal: every request to the contracts and what became of it, without secrets, bounded in memory.
//!
//! It lies outside of the disturbances, so that it tells what the caller got. Entries are there before the caller has
//! the last byte of the answer, so that a test that has its answer finds the entry.

mod entry;
mod expect;
mod filter;
mod har;
mod layer;
mod live;
mod mismatch;
mod raw;
mod redact;
mod ring;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::Sender;

pub use entry::{
    Body, Caller, Content, Entry, Header, Outcome, Passage, Request, Response, Standing, Withheld,
};
pub use expect::{Answered, Expectation, Patient, Times};
pub use filter::{Disturbed, Filter, PathFilter, PathFilterError};
pub use har::{
    Cache, Creator, Har, HarContent, HarEntry, HarRequest, HarResponse, Log, Pair, PostData, Timings,
};
pub(crate) use layer::{Exchange, Recorder};
pub use live::{Live, Update};
pub use mismatch::{Mismatch, OrderMismatch};

use self::redact::{Redactor, Taints};
use self::ring::Ring;
use crate::clock::Clock;
use crate::served::Contracts;
use crate::server::Placement;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many entries; none switches the journal off.
    pub entries: usize,
    /// How many bytes all entries may take together.
    pub bytes: usize,
    /// How many bytes of a body.
    pub body: usize,
}

impl Default for Bounds {
    /// 1000 entries in 32 MiB, 16 KiB of each body.
    fn default() -> Self {
        Self { entries: 1000, bytes: 32 << 20, body: 16 << 10 }
    }
}

/// The journal of a server. Clones are handles on the same journal.
#[derive(Clone, Debug)]
pub struct Journal(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bounds: Bounds,
    clock: Clock,
    ring: Mutex<Ring>,
    taints: Arc<Taints>,
    live: Sender<Update>,
    /// The identifiers of the operations of each contract that is served.
    served: OnceLock<BTreeMap<String, Vec<String>>>,
}

/// How full the journal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// How many entries there are.
    pub kept: usize,
    /// How many bytes they take, near enough.
    pub bytes: usize,
    /// How many older ones had to go for them since the journal was cleared.
    pub forgotten: u64,
    /// The number of the latest entry, kept or not.
    pub last: u64,
}

impl Journal {
    pub(crate) fn new(bounds: Bounds, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            bounds,
            clock,
            ring: Mutex::default(),
            taints: Arc::default(),
            live: Live::channel(),
            served: OnceLock::new(),
        }))
    }

    /// What writes down the requests to these contracts, if anything is kept.
    pub(crate) fn recorder(&self, placement: Placement, contracts: &Contracts) -> Option<Recorder> {
        if !self.is_on() {
            return None;
        }
        for pair in
            contracts.iter().flat_map(|served| served.start().callers.values().chain(&served.start().pool))
        {
            self.taint(pair.secret.expose());
        }
        let operations = contracts.iter().map(|served| {
            let operations = served.contract().operations().iter().map(|operation| operation.id.0.clone());
            (served.name().to_owned(), operations.collect())
        });
        // A journal is put around one server.
        let _ = self.0.served.set(operations.collect());
        let places = contracts.iter().map(|served| match placement {
            Placement::Prefixed => (served.prefix().to_owned(), served.contract()),
            Placement::Root => (String::new(), served.contract()),
        });
        let redactor = Redactor::new(places, self.0.taints.clone());
        Some(Recorder::new(self.clone(), redactor))
    }

    /// Whether anything is kept.
    pub fn is_on(&self) -> bool {
        self.0.bounds.entries > 0
    }

    /// How much is kept.
    pub fn bounds(&self) -> Bounds {
        self.0.bounds
    }

    /// The entries that are wanted, oldest first.
    pub fn entries(&self, filter: &Filter) -> Vec<Arc<Entry>> {
        let all: Vec<_> = self.ring().iter().cloned().collect();
        all.into_iter().filter(|entry| filter.matches(entry)).collect()
    }

    /// How full it is.
    pub fn summary(&self) -> Summary {
        let ring = self.ring();
        Summary { kept: ring.len(), bytes: ring.weight(), forgotten: ring.forgotten(), last: ring.last() }
    }

    /// Forgets all entries. The numbers go on, and so does the memory of secrets.
    pub fn clear(&self) {
        let mut ring = self.ring();
        ring.clear();
        self.tell(Update::Cleared);
    }

    /// The journal as it grows from now on.
    pub fn subscribe(&self) -> Live {
        Live::of(&self.0.live)
    }

    /// Makes a secret known that no request has shown yet, so that it is masked wherever it appears. Only a hash of it
    /// is kept.
    pub fn taint(&self, secret: &str) {
        if self.is_on() {
            self.0.taints.add(secret);
        }
    }

    /// The operations of each contract of which it could tell, if it is put around a server.
    fn served(&self) -> Option<&BTreeMap<String, Vec<String>>> {
        self.0.served.get()
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn push(&self, entry: Entry) {
        // Told under the lock, so that subscribers see the order of the numbers.
        let mut ring = self.ring();
        let entry = ring.push(entry, self.0.bounds);
        self.tell(Update::Entry(entry));
    }

    fn tell(&self, update: Update) {
        if self.0.live.receiver_count() > 0 {
            // Whoever is gone needs no update.
            let _ = self.0.live.send(update);
        }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
