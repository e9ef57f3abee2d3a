//! When a deployment asks to be called again: `Retry-After` (RFC 9110 §10.2.3), and what others write instead.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::Problem;

/// When a call may be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// After that time.
    Delay(Duration),
    /// From that instant on.
    At(Timestamp),
}

/// From this number on, a number of seconds is an instant and no delay: nobody is asked to wait for thirty years.
const AN_INSTANT: i64 = 1_000_000_000;

impl RetryAfter {
    /// How long to wait, where it is `now`.
    pub fn delay(self, now: Timestamp) -> Duration {
        match self {
            Self::Delay(delay) => delay,
            Self::At(instant) => Duration::try_from(instant.duration_since(now)).unwrap_or_default(),
        }
    }

    /// What the headers say: `Retry-After`, or, where too much was asked, the end of the window that
    /// `X-RateLimit-Reset` tells as Unix time.
    pub(crate) fn read(status: StatusCode, headers: &HeaderMap) -> Option<Self> {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
        if let Some(value) = text(RETRY_AFTER.as_str()) {
            return Self::parse(value);
        }
        if status != StatusCode::TOO_MANY_REQUESTS {
            return None;
        }
        let reset = text("x-ratelimit-reset")?.parse().ok().filter(|reset| *reset >= AN_INSTANT)?;
        Timestamp::from_second(reset).ok().map(Self::At)
    }

    /// What the body of a failure says: `retry_after_seconds`.
    pub(crate) fn in_body(body: &Bytes) -> Option<Self> {
        let problem = Problem::read(body)?;
        let seconds = problem.members.get("retry_after_seconds")?.as_f64()?;
        Duration::try_from_secs_f64(seconds).ok().map(Self::Delay)
    }

    /// Seconds, or a date in one of the three forms of RFC 9110 §5.6.7.
    fn parse(value: &str) -> Option<Self> {
        if let Ok(seconds) = value.parse() {
            return Some(Self::Delay(Duration::from_secs(seconds)));
        }
        let is_date = value.starts_with(|sign: char| sign.is_ascii_alphabetic());
        if let Ok(date) = jiff::fmt::rfc2822::parse(value).map(|zoned| zoned.timestamp())
            && is_date
        {
            return Some(Self::At(date));
        }
        let obsolete = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
        let date = obsolete.iter().find_map(|format| DateTime::strptime(format, value).ok())?;
        TimeZone::UTC.to_timestamp(date).ok().map(Self::At)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let instant = RetryAfter::At("1994-11-06T08:49:37Z".parse().unwrap());
        for (text, documented) in [
            ("120", Some(RetryAfter::Delay(Duration::from_mins(2)))),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(instant)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(instant)),
            ("Sun Nov  6 08:49:37 1994", Some(instant)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(RetryAfter::parse(text), documented, "{text}");
        }
    }

    #[test]
    fn the_past_is_now() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(RetryAfter::At("2025-12-31T00:00:00Z".parse().unwrap()).delay(now), Duration::ZERO);
        let soon = RetryAfter::At("2026-01-01T00:01:00Z".parse().unwrap());
        assert_eq!(soon.delay(now), Duration::from_mins(1));
    }

    #[test]
    fn the_end_of_a_window_counts_where_too_much_was_asked() {
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-reset", "1767225600".parse().unwrap());
        let reset = RetryAfter::At("2026-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(RetryAfter::read(StatusCode::TOO_MANY_REQUESTS, &headers), Some(reset));
        assert_eq!(RetryAfter::read(StatusCode::SERVICE_UNAVAILABLE, &headers), None);
        headers.insert("retry-after", "3".parse().unwrap());
        let seconds = RetryAfter::Delay(Duration::from_secs(3));
        assert_eq!(RetryAfter::read(StatusCode::TOO_MANY_REQUESTS, &headers), Some(seconds));
    }
}
