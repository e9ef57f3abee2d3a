//! Which requests are sent again, when, and how often.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, Request, StatusCode};

use crate::chance;
use crate::clock::Clock;
use crate::error::{Attempts, Fate, RetryAfter, TransportError, is_retryable};
use crate::received::Received;

/// The header that makes a repeat of a write harmless.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Sends a request again that failed and may succeed later.
///
/// Without a word, that is: after `408`, `429`, `500`, `502`, `503`, `504`, or where no answer came; up to four times in
/// all; after 200 ms, then twice as long each time, up to 20 s, of which a random half is left out; later where the
/// deployment asks for that, with `Retry-After` or `retry_after_seconds` of the body, unless it asks for more than a minute.
/// Then the answer is handed over as it is.
///
/// Only what may happen twice is repeated: `GET`, `HEAD`, `OPTIONS`, `TRACE`, `PUT` and `DELETE` (RFC 9110 §9.2.2),
/// whatever carries an `Idempotency-Key`, and whatever certainly was not carried out, such as where no connection was
/// made or the answer was `429`. [`Settings::repeat`](crate::Settings::repeat) says otherwise. A body that streams is
/// sent once. The one repeat after a `401` that a [`CredentialSource`](crate::CredentialSource) brings is not among these
/// and needs no `Retry`.
///
/// A repeat that is refused may be refused because the first time was enough: see [`Attempts::may_have_happened`].
#[derive(Clone)]
pub struct Retry {
    clock: Arc<dyn Clock>,
    jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
    attempts: u32,
    first: Duration,
    longest: Duration,
    patience: Duration,
}

/// Which requests may be sent again although an earlier time may have been carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeat {
    /// Those that HTTP or an `Idempotency-Key` makes harmless.
    #[default]
    Harmless,
    /// All of them: whoever calls knows that a second time does no harm.
    Everything,
}

#[cfg(all(feature = "tokio", not(target_arch = "wasm32")))]
impl Default for Retry {
    fn default() -> Self {
        Self::with_clock(crate::SystemClock)
    }
}

impl Retry {
    /// Waits by `clock`.
    pub fn with_clock(clock: impl Clock + 'static) -> Self {
        Self {
            clock: Arc::new(clock),
            jitter: Arc::new(chance::fraction),
            attempts: 4,
            first: Duration::from_millis(200),
            longest: Duration::from_secs(20),
            patience: Duration::from_mins(1),
        }
    }

    /// How often a request is sent in all.
    #[must_use]
    pub fn attempts(mut self, most: u32) -> Self {
        self.attempts = most;
        self
    }

    /// The wait after the first time, and the longest one that doubling it leads to.
    #[must_use]
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        (self.first, self.longest) = (first, longest);
        self
    }

    /// The longest `Retry-After` that is obeyed by waiting. A longer one is left to the caller.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Where chance comes from: numbers from 0 to 1.
    #[must_use]
    pub fn jitter(mut self, jitter: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.jitter = Arc::new(jitter);
        self
    }

    /// Whether a request can be sent once more after `attempts`.
    pub(crate) fn goes_on(&self, attempts: Attempts) -> bool {
        attempts.sent() < self.attempts
    }

    pub(crate) async fn wait(&self, time: Duration) {
        self.clock.sleep(time).await;
    }

    /// How long to wait before it is sent again, if the answer asks for that, and what became of it.
    pub(crate) fn after(
        &self,
        request: &Subject,
        repeat: Repeat,
        answer: &Result<Received, TransportError>,
        attempts: Attempts,
    ) -> Option<(Duration, Fate)> {
        let (fate, asked) = match answer {
            Ok(answer) => {
                let (status, headers) = answer.head();
                if !is_retryable(status) {
                    return None;
                }
                let throttled = status == StatusCode::TOO_MANY_REQUESTS;
                let fate = if throttled { Fate::NotDone } else { Fate::Unknown };
                let in_body = || RetryAfter::in_body(answer.body()?);
                (fate, RetryAfter::read(status, headers).or_else(in_body))
            }
            Err(error) if error.is_retryable() => (error.fate(), None),
            Err(_) => return None,
        };
        if fate == Fate::Unknown && repeat == Repeat::Harmless && !request.is_harmless {
            return None;
        }
        let asked = asked.map_or(Duration::ZERO, |asked| asked.delay(self.clock.now()));
        // What is asked for may be over already, by a clock that goes wrong.
        let wait = asked.max(self.backed_off(attempts.sent()));
        (asked <= self.patience).then_some((wait, fate))
    }

    /// The wait after so many attempts: half of it is certain.
    fn backed_off(&self, sent: u32) -> Duration {
        let doubled = 2_u32.checked_pow(sent.saturating_sub(1)).unwrap_or(u32::MAX);
        let whole = self.first.saturating_mul(doubled).min(self.longest);
        let chance = (self.jitter)();
        let chance = if chance.is_finite() { chance.clamp(0.0, 1.0) } else { 1.0 };
        whole / 2 + (whole / 2).mul_f64(chance)
    }
}

/// What is kept of a request to judge whether it may be sent again.
pub(crate) struct Subject {
    is_harmless: bool,
}

impl Subject {
    pub(crate) fn of(request: &Request) -> Self {
        Self { is_harmless: is_harmless(request.method(), request.headers()) }
    }
}

fn is_harmless(method: &Method, headers: &HeaderMap) -> bool {
    // Some deployments take an empty key for none.
    method.is_idempotent() || headers.get(IDEMPOTENCY_KEY).is_some_and(|key| !key.is_empty())
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry")
            .field("attempts", &self.attempts)
            .field("first", &self.first)
            .field("longest", &self.longest)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::future::BoxFuture;

    struct Stopped;

    impl Clock for Stopped {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        fn sleep(&self, _: Duration) -> BoxFuture<'_, ()> {
            Box::pin(async {})
        }
    }

    #[test]
    fn waits_double_up_to_a_bound_and_half_is_chance() {
        let retry =
            Retry::with_clock(Stopped).backoff(Duration::from_millis(100), Duration::from_millis(500));
        let waits = |chance: f64| {
            let retry = retry.clone().jitter(move || chance);
            [1, 2, 3, 4, 60].map(|sent| retry.backed_off(sent).as_millis())
        };
        assert_eq!(waits(0.0), [50, 100, 200, 250, 250]);
        assert_eq!(waits(1.0), [100, 200, 400, 500, 500]);
        assert_eq!(waits(f64::NAN), waits(1.0));
    }

    #[test]
    fn a_write_is_harmless_with_a_key() {
        let mut headers = HeaderMap::new();
        assert!(is_harmless(&Method::GET, &headers));
        assert!(is_harmless(&Method::DELETE, &headers));
        assert!(!is_harmless(&Method::POST, &headers));
        assert!(!is_harmless(&Method::PATCH, &headers));
        headers.insert("Idempotency-Key", "".parse().unwrap());
        assert!(!is_harmless(&Method::POST, &headers));
        headers.insert("Idempotency-Key", "1".parse().unwrap());
        assert!(is_harmless(&Method::POST, &headers));
    }
}
