//! Rate limits: so many calls of one caller in each window of time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// At most this many callers are counted at a time.
const CAPACITY: usize = 10_000;

/// How many calls a caller may make in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Calls in each window.
    pub calls: u32,
    /// Length of a window. Windows start at whole multiples of it, counted from the Unix epoch.
    pub window: Duration,
}

impl Default for RateLimit {
    /// Ten thousand a minute: far more than a conformance run needs.
    fn default() -> Self {
        Self { calls: 10_000, window: Duration::from_mins(1) }
    }
}

/// What a caller has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Calls in a window.
    pub limit: u32,
    /// Calls left in the present one.
    pub remaining: u32,
    /// When the next one starts.
    pub reset_at: Timestamp,
    /// Whether the present call is one too many.
    pub is_exceeded: bool,
}

impl Quota {
    /// How long until the next window, in whole seconds, at least one.
    pub fn retry_after(&self, now: Timestamp) -> u64 {
        let wait = self.reset_at.duration_since(now);
        let seconds = wait.as_secs() + i64::from(wait.subsec_nanos() > 0);
        u64::try_from(seconds).unwrap_or(0).max(1)
    }
}

/// Counts calls in memory: each process for itself, and none before its start.
#[derive(Debug)]
pub struct Limiter {
    limit: RateLimit,
    counts: Mutex<HashMap<String, (i64, u32)>>,
}

impl Limiter {
    /// A limiter that has counted nothing yet.
    pub fn new(limit: RateLimit) -> Self {
        Self { limit, counts: Mutex::default() }
    }

    /// Counts a call of `caller`.
    pub fn count(&self, caller: &str, now: Timestamp) -> Quota {
        let length = i64::try_from(self.limit.window.as_micros()).unwrap_or(i64::MAX).max(1);
        let window = now.as_microsecond().div_euclid(length);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= CAPACITY && !counts.contains_key(caller) {
            counts.retain(|_, (counted, _)| *counted == window);
            if counts.len() >= CAPACITY {
                counts.clear();
            }
        }
        let entry = counts.entry(caller.to_owned()).or_default();
        if entry.0 != window {
            *entry = (window, 0);
        }
        let is_exceeded = entry.1 >= self.limit.calls;
        entry.1 = entry.1.saturating_add(1);
        let reset = window.saturating_add(1).saturating_mul(length);
        Quota {
            limit: self.limit.calls,
            remaining: self.limit.calls.saturating_sub(entry.1),
            reset_at: Timestamp::from_microsecond(reset).unwrap_or(Timestamp::MAX),
            is_exceeded,
        }
    }

    /// Forgets all counts.
    pub fn clear(&self) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_window_admits_its_calls_and_the_next_one_starts_anew() {
        let limiter = Limiter::new(RateLimit { calls: 2, window: Duration::from_mins(1) });
        let seen: Vec<_> = (0..3).map(|_| limiter.count("a", at(70))).collect();
        assert_eq!(seen.iter().map(|quota| quota.remaining).collect::<Vec<_>>(), [1, 0, 0]);
        assert_eq!(seen.iter().map(|quota| quota.is_exceeded).collect::<Vec<_>>(), [false, false, true]);
        assert_eq!(seen[2].reset_at, at(120));
        assert_eq!(seen[2].retry_after(at(70)), 50);
        assert!(!limiter.count("b", at(70)).is_exceeded);
        assert!(!limiter.count("a", at(120)).is_exceeded);
    }

    #[test]
    fn no_number_of_callers_fills_the_memory() {
        let limiter = Limiter::new(RateLimit::default());
        for number in 0..=CAPACITY {
            limiter.count(&number.to_string(), at(0));
        }
        assert!(limiter.counts.lock().unwrap().len() <= CAPACITY);
    }
}
