//! Who was accepted, and until when that is remembered without asking the store again.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::secret::SecretHash;

/// At most this many credentials are remembered; at 100 bytes each, some megabytes.
const CAPACITY: usize = 50_000;

/// Remembers successful authentications, never refusals.
///
/// The bound is hard: an entry dies a fixed time after the store was asked, however often it is used. The store was
/// asked before any later revocation, so no credential is accepted longer than that after its revocation.
pub struct AuthCache {
    bound: Duration,
    entries: RwLock<HashMap<String, Entry>>,
}

#[derive(Clone, Copy)]
struct Entry {
    secret: SecretHash,
    /// A time not after the one at which the store was asked.
    since: Timestamp,
}

impl fmt::Debug for AuthCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthCache").field("bound", &self.bound).finish_non_exhaustive()
    }
}

impl AuthCache {
    /// A cache whose entries live this long; with zero, nothing is remembered.
    pub fn new(bound: Duration) -> Self {
        Self { bound, entries: RwLock::default() }
    }

    /// How long an entry lives.
    pub fn bound(&self) -> Duration {
        self.bound
    }

    /// Whether this pair was accepted less than `bound` ago. Callers pass [`bound`](Self::bound).
    pub fn accepts(&self, id: &str, secret: &SecretHash, bound: Duration, now: Timestamp) -> bool {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.get(id).is_some_and(|entry| is_fresh(entry, bound, now) && entry.secret == *secret)
    }

    /// Remembers that the store accepted this pair. `asked_at` is a reading of the clock from before the store was
    /// asked; a reading from afterwards would stretch the bound by what happened in between. An entry that is fresh
    /// keeps its time.
    pub fn remember(&self, id: &str, secret: SecretHash, asked_at: Timestamp) {
        if self.bound.is_zero() {
            return;
        }
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries
            .get(id)
            .is_some_and(|entry| is_fresh(entry, self.bound, asked_at) && entry.secret == secret)
        {
            return;
        }
        if entries.len() >= CAPACITY && !entries.contains_key(id) {
            entries.retain(|_, entry| is_fresh(entry, self.bound, asked_at));
            if entries.len() >= CAPACITY {
                // Forgetting is always safe: the store is asked again.
                entries.clear();
            }
        }
        entries.insert(id.to_owned(), Entry { secret, since: asked_at });
    }

    /// Renews an entry. No contract allows this; it is a promise to break.
    pub fn renew(&self, id: &str, now: Timestamp) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get_mut(id) {
            entry.since = now;
        }
    }

    /// Forgets one credential.
    pub fn forget(&self, id: &str) {
        self.entries.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// Forgets everybody, as a restart does.
    pub fn clear(&self) {
        self.entries.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A clock that was set back would stretch the bound, so an entry from the future is not fresh.
fn is_fresh(entry: &Entry, bound: Duration, now: Timestamp) -> bool {
    let age = now.duration_since(entry.since);
    age >= SignedDuration::ZERO && age.unsigned_abs() < bound
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOUND: Duration = Duration::from_mins(5);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn an_entry_dies_at_its_bound_and_not_before() {
        let cache = AuthCache::new(BOUND);
        let secret = SecretHash::of("sk_1");
        assert!(!cache.accepts("ak_1", &secret, BOUND, at(0)));
        cache.remember("ak_1", secret, at(0));
        cache.remember("ak_1", secret, at(200));
        assert!(cache.accepts("ak_1", &secret, BOUND, at(299)));
        assert!(!cache.accepts("ak_1", &secret, BOUND, at(300)));
        assert!(!cache.accepts("ak_1", &secret, BOUND, at(-1)));
        assert!(!cache.accepts("ak_1", &SecretHash::of("sk_2"), BOUND, at(1)));
        assert!(!cache.accepts("ak_2", &secret, BOUND, at(1)));
        cache.remember("ak_1", secret, at(300));
        assert!(cache.accepts("ak_1", &secret, BOUND, at(599)));
        cache.clear();
        assert!(!cache.accepts("ak_1", &secret, BOUND, at(300)));
    }

    #[test]
    fn a_bound_of_zero_remembers_nothing() {
        let cache = AuthCache::new(Duration::ZERO);
        cache.remember("ak_1", SecretHash::of("sk_1"), at(0));
        assert!(!cache.accepts("ak_1", &SecretHash::of("sk_1"), Duration::ZERO, at(0)));
    }

    #[test]
    fn a_full_cache_forgets_rather_than_grows() {
        let cache = AuthCache::new(BOUND);
        let secret = SecretHash::of("sk_1");
        for number in 0..=CAPACITY {
            cache.remember(&number.to_string(), secret, at(0));
        }
        assert!(cache.entries.read().unwrap().len() <= CAPACITY);
        assert!(cache.accepts(&CAPACITY.to_string(), &secret, BOUND, at(0)));
    }

    proptest! {
        /// Uses come at any times, some before and some after the revocation, and the store may answer late.
        #[test]
        fn nobody_is_accepted_a_bound_after_the_revocation(
            gaps in prop::collection::vec((0i64..400, 0i64..20), 1..60),
            revoked_at in 0i64..2000,
        ) {
            let cache = AuthCache::new(BOUND);
            let secret = SecretHash::of("sk_1");
            let mut now = 0;
            for (gap, delay) in gaps {
                now += gap;
                let asked_at = now;
                let accepted = cache.accepts("ak_1", &secret, BOUND, at(now)) || {
                    // The store answers as of some time within the delay; here, of its beginning.
                    let live = asked_at < revoked_at;
                    now += delay;
                    if live {
                        cache.remember("ak_1", secret, at(asked_at));
                    }
                    live
                };
                if accepted {
                    prop_assert!(asked_at < revoked_at + 300, "accepted at {asked_at}, revoked at {revoked_at}");
                }
            }
        }
    }
}
