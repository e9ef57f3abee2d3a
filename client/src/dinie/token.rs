//! What a session knows of its token: a state and what changes it. No request, no clock.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::session::SessionError;
use crate::Credentials;

/// A token is renewed so long before it ends, or a tenth of its life if that is shorter.
const MARGIN: Duration = Duration::from_mins(1);

/// Longest time for which nobody is asked, whatever the deployment asks for.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// What a session has.
#[derive(Debug)]
pub(super) enum State {
    /// No token that could be used.
    Empty,
    /// None either, and the deployment asks not to be asked before that instant, with this failure.
    Paused(Timestamp, SessionError),
    /// A token.
    Held(Held),
    /// Nothing, for good.
    Ended(Ended),
}

/// A token and its times.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) credentials: Credentials,
    pub(super) ticket: u64,
    margin: Duration,
    renew_at: Timestamp,
    expires_at: Timestamp,
}

/// Why a credential gives no tokens any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was revoked by this session, or elsewhere and this session was told.
    Revoked,
    /// The deployment refused it: it was revoked elsewhere, has expired, or was never right.
    Refused,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Revoked => "was revoked",
            Self::Refused => "was refused: it is revoked, expired or wrong",
        })
    }
}

/// What a session can present at some instant.
#[derive(Debug)]
pub(super) enum Look {
    /// This, without further ado.
    Fresh(Held),
    /// This, but it is time for another one.
    Aging(Held),
    /// Nothing yet.
    Missing,
    /// Nothing, and it is not yet time to ask again.
    Paused(SessionError),
    /// Nothing any more.
    Ended(Ended),
}

impl Held {
    /// A token that was asked for at `asked` and lives for `life` from its issue, which was not earlier.
    pub(super) fn new(credentials: Credentials, ticket: u64, asked: Timestamp, life: Duration) -> Self {
        let margin = MARGIN.min(life / 10);
        let at = |after: Duration| asked.checked_add(after).unwrap_or(Timestamp::MAX);
        Self { credentials, ticket, margin, renew_at: at(life.saturating_sub(margin)), expires_at: at(life) }
    }

    /// How long before its end it is renewed.
    pub(super) fn margin(&self) -> Duration {
        self.margin
    }
}

impl State {
    pub(super) fn look(&self, now: Timestamp) -> Look {
        match self {
            Self::Ended(ended) => Look::Ended(*ended),
            Self::Held(held) if now < held.renew_at => Look::Fresh(held.clone()),
            Self::Held(held) if now < held.expires_at => Look::Aging(held.clone()),
            Self::Paused(until, error) if now < *until => Look::Paused(error.clone()),
            Self::Held(_) | Self::Empty | Self::Paused(..) => Look::Missing,
        }
    }

    /// Takes a new token, unless the credential has come to its end meanwhile.
    pub(super) fn renew(&mut self, held: Held) {
        if !matches!(self, Self::Ended(_)) {
            *self = Self::Held(held);
        }
    }

    /// No other token could be had at `now`, and the deployment asks not to be asked for so long. What there is gets used
    /// for a while without asking again, lest each call waits for a failure.
    pub(super) fn put_off(&mut self, now: Timestamp, asked: Duration) {
        if let Self::Held(held) = self {
            let pause = asked.max(held.margin / 10);
            held.renew_at = now.checked_add(pause).unwrap_or(Timestamp::MAX).min(held.expires_at);
        }
    }

    /// The same where there is no token that works: whoever needs one is told of this failure until then.
    pub(super) fn pause(&mut self, now: Timestamp, asked: Duration, error: &SessionError) {
        if !asked.is_zero() && matches!(self.look(now), Look::Missing) {
            let until = now.checked_add(asked.min(LONGEST_PAUSE)).unwrap_or(Timestamp::MAX);
            *self = Self::Paused(until, error.clone());
        }
    }

    /// Forgets the token of that ticket. A newer one stays.
    pub(super) fn refused(&mut self, ticket: u64) {
        if matches!(self, Self::Held(held) if held.ticket == ticket) {
            *self = Self::Empty;
        }
    }

    /// Forgets everything, for good.
    pub(super) fn end(&mut self, ended: Ended) {
        if !matches!(self, Self::Ended(_)) {
            *self = Self::Ended(ended);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn held(ticket: u64, life: u64) -> Held {
        Held::new(Credentials::new().bearer("t"), ticket, at(0), Duration::from_secs(life))
    }

    fn word(look: &Look) -> &'static str {
        match look {
            Look::Fresh(_) => "fresh",
            Look::Aging(_) => "aging",
            Look::Missing => "missing",
            Look::Paused(_) => "paused",
            Look::Ended(_) => "ended",
        }
    }

    #[test]
    fn a_token_is_renewed_before_it_ends() {
        for (life, now, documented) in [
            (3600, 3539, "fresh"),
            (3600, 3540, "aging"),
            (3600, 3599, "aging"),
            (3600, 3600, "missing"),
            // A tenth of a short life.
            (10, 8, "fresh"),
            (10, 9, "aging"),
            (0, 0, "missing"),
        ] {
            let state = State::Held(held(1, life));
            assert_eq!(word(&state.look(at(now))), documented, "{life} s, after {now} s");
        }
    }

    #[test]
    fn after_a_failure_the_token_is_used_for_a_while_without_asking() {
        for (asked, now, documented) in [
            (0, 3555, "fresh"),
            (0, 3556, "aging"),
            (30, 3579, "fresh"),
            (30, 3580, "aging"),
            // Never beyond its end.
            (900, 3599, "fresh"),
            (900, 3600, "missing"),
        ] {
            let mut state = State::Held(held(1, 3600));
            state.put_off(at(3550), Duration::from_secs(asked));
            assert_eq!(word(&state.look(at(now))), documented, "{asked} s, after {now} s");
        }
        let mut state = State::Empty;
        state.put_off(at(0), Duration::ZERO);
        assert_eq!(word(&state.look(at(0))), "missing");
    }

    #[test]
    fn an_end_is_an_end() {
        let mut state = State::Held(held(1, 3600));
        state.end(Ended::Revoked);
        state.renew(held(2, 3600));
        state.end(Ended::Refused);
        assert!(matches!(state.look(at(0)), Look::Ended(Ended::Revoked)));
    }

    #[test]
    fn only_the_token_that_was_refused_goes() {
        let mut state = State::Held(held(2, 3600));
        state.refused(1);
        assert_eq!(word(&state.look(at(0))), "fresh");
        state.refused(2);
        assert_eq!(word(&state.look(at(0))), "missing");
    }
}
