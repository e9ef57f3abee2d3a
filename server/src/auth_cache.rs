//! Who was accepted, and until when that is remembered without asking the store again.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::secret::SecretHash;

/// At most this many credentials are remembered; at 100 bytes each, some megabytes.
const CAPACITY: usize = 50_000;

/// Remembers successful authentications, never refusals: what was presented, and what the store said of it.
///
/// The bound is hard: an entry dies a fixed time after the store was asked, however often it is used. The store was
/// asked before any later revocation, so no credential is accepted longer than that after its revocation.
pub struct AuthCache<K = String, V = SecretHash> {
    bound: Duration,
    held: RwLock<Held<K, V>>,
}

struct Held<K, V> {
    /// How often everybody was forgotten.
    epoch: u64,
    entries: HashMap<K, Entry<V>>,
}

struct Entry<V> {
    value: V,
    /// A time not after the one at which the store was asked.
    since: Timestamp,
}

/// A question to the store, from before it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    at: Timestamp,
    epoch: u64,
}

impl<K, V> fmt::Debug for AuthCache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthCache").field("bound", &self.bound).finish_non_exhaustive()
    }
}

impl<K: Hash + Eq, V: Clone + PartialEq> AuthCache<K, V> {
    /// A cache whose entries live this long; with zero, nothing is remembered.
    pub fn new(bound: Duration) -> Self {
        Self { bound, held: RwLock::new(Held { epoch: 0, entries: HashMap::new() }) }
    }

    fn read(&self) -> RwLockReadGuard<'_, Held<K, V>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Held<K, V>> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long an entry lives.
    pub fn bound(&self) -> Duration {
        self.bound
    }

    /// What the store said of `key`, if that is less than `bound` ago. Callers pass [`bound`](Self::bound).
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q, bound: Duration, now: Timestamp) -> Option<V>
    where
        K: Borrow<Q>,
    {
        if self.bound.is_zero() {
            return None;
        }
        let held = self.read();
        held.entries.get(key).filter(|entry| is_fresh(entry, bound, now)).map(|entry| entry.value.clone())
    }

    /// Says that the store is about to be asked, at `now`: a reading of the clock from before.
    pub fn asking(&self, now: Timestamp) -> Asked {
        Asked { at: now, epoch: self.read().epoch }
    }

    /// Remembers what the store said, unless everybody was forgotten since it was asked. An entry that is fresh keeps its
    /// time.
    pub fn remember(&self, key: K, value: V, asked: Asked) {
        if self.bound.is_zero() {
            return;
        }
        let mut held = self.write();
        let fresh = held.entries.get(&key).filter(|entry| is_fresh(entry, self.bound, asked.at));
        if held.epoch != asked.epoch || fresh.is_some_and(|entry| entry.value == value) {
            return;
        }
        let entries = &mut held.entries;
        if entries.len() >= CAPACITY && !entries.contains_key(&key) {
            entries.retain(|_, entry| is_fresh(entry, self.bound, asked.at));
            if entries.len() >= CAPACITY {
                // Forgetting is always safe: the store is asked again.
                entries.clear();
            }
        }
        entries.insert(key, Entry { value, since: asked.at });
    }

    /// Renews an entry. No contract allows this; it is a promise to break.
    pub fn renew<Q: Hash + Eq + ?Sized>(&self, key: &Q, now: Timestamp)
    where
        K: Borrow<Q>,
    {
        if let Some(entry) = self.write().entries.get_mut(key) {
            entry.since = now;
        }
    }

    /// Forgets everybody, as a restart does, and what the store is being asked.
    pub fn clear(&self) {
        let mut held = self.write();
        held.epoch += 1;
        held.entries.clear();
    }
}

/// A clock that was set back would stretch the bound, so an entry from the future is not fresh.
fn is_fresh<V>(entry: &Entry<V>, bound: Duration, now: Timestamp) -> bool {
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

    fn remember(cache: &AuthCache, id: &str, secret: SecretHash, asked_at: Timestamp) {
        cache.remember(id.to_owned(), secret, cache.asking(asked_at));
    }

    fn accepts(cache: &AuthCache, id: &str, secret: &SecretHash, now: Timestamp) -> bool {
        cache.get(id, BOUND, now).is_some_and(|known| known == *secret)
    }

    #[test]
    fn an_entry_dies_at_its_bound_and_not_before() {
        let cache = AuthCache::new(BOUND);
        let secret = SecretHash::of("sk_1");
        assert!(!accepts(&cache, "ak_1", &secret, at(0)));
        remember(&cache, "ak_1", secret, at(0));
        remember(&cache, "ak_1", secret, at(200));
        assert!(accepts(&cache, "ak_1", &secret, at(299)));
        assert!(!accepts(&cache, "ak_1", &secret, at(300)));
        assert!(!accepts(&cache, "ak_1", &secret, at(-1)));
        assert!(!accepts(&cache, "ak_1", &SecretHash::of("sk_2"), at(1)));
        assert!(!accepts(&cache, "ak_2", &secret, at(1)));
        remember(&cache, "ak_1", secret, at(300));
        assert!(accepts(&cache, "ak_1", &secret, at(599)));
        cache.clear();
        assert!(!accepts(&cache, "ak_1", &secret, at(300)));
    }

    #[test]
    fn what_was_asked_before_everybody_was_forgotten_is_not_remembered() {
        let cache = AuthCache::new(BOUND);
        let secret = SecretHash::of("sk_1");
        let asked = cache.asking(at(0));
        cache.clear();
        cache.remember("ak_1".to_owned(), secret, asked);
        assert!(!accepts(&cache, "ak_1", &secret, at(0)));
        remember(&cache, "ak_1", secret, at(0));
        assert!(accepts(&cache, "ak_1", &secret, at(0)));
    }

    #[test]
    fn a_bound_of_zero_remembers_nothing() {
        let cache = AuthCache::new(Duration::ZERO);
        remember(&cache, "ak_1", SecretHash::of("sk_1"), at(0));
        assert!(!accepts(&cache, "ak_1", &SecretHash::of("sk_1"), at(0)));
        assert!(cache.read().entries.is_empty());
    }

    #[test]
    fn a_full_cache_forgets_rather_than_grows() {
        let cache = AuthCache::new(BOUND);
        let secret = SecretHash::of("sk_1");
        for number in 0..=CAPACITY {
            remember(&cache, &number.to_string(), secret, at(0));
        }
        assert!(cache.read().entries.len() <= CAPACITY);
        assert!(accepts(&cache, &CAPACITY.to_string(), &secret, at(0)));
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
                let accepted = accepts(&cache, "ak_1", &secret, at(now)) || {
                    // The store answers as of some time within the delay; here, of its beginning.
                    let live = asked_at < revoked_at;
                    now += delay;
                    if live {
                        remember(&cache, "ak_1", secret, at(asked_at));
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
