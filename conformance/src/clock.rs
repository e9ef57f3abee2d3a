//! The deployment's time: its own clock where that can be moved, else the machine's. Only here is time read or awaited.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

/// A bound lies further away than the run may wait.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StillOpen {
    /// The clock cannot be moved, and the real wait would be too long.
    #[error("it takes {} of waiting in all, and --patience allows {}", whole(*needed), whole(*patience))]
    Patience {
        /// How long the waits would be, together.
        needed: Duration,
        /// How long they may be.
        patience: Duration,
    },
    /// The run is to end before.
    #[error("it takes {} of waiting, and the time of the run (--max-time) is up before", whole(*needed))]
    TimeUp {
        /// How long the wait would be.
        needed: Duration,
    },
    /// The clock did not move when it was asked to.
    #[error("the deployment's clock was not moved: {0}")]
    Stuck(String),
}

/// A length of time as `--patience` takes it, in whole seconds, rounded up.
fn whole(time: Duration) -> String {
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

/// The present time of this machine.
#[expect(clippy::disallowed_methods, reason = "the one reading of the machine's time")]
pub(crate) fn machine() -> Timestamp {
    Timestamp::now()
}

/// A point on a clock that nobody moves, to measure from.
#[expect(clippy::disallowed_methods, reason = "the one reading of the monotonic clock")]
pub(crate) fn stopwatch() -> Instant {
    Instant::now()
}

/// Waits in real time.
#[expect(clippy::disallowed_methods, reason = "the one place that really waits")]
pub(crate) async fn sleep(time: Duration) {
    tokio::time::sleep(time).await;
}

/// What time it is at the deployment, and how it passes.
#[derive(Debug)]
pub(crate) struct Clock {
    /// The control interface of each clock: they are moved together.
    controls: Vec<Url>,
    /// What they demand to be shown, if anything.
    token: Option<SecretString>,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// It runs by itself, so far ahead of this machine's.
    Running(SignedDuration),
    /// It stands still until it is moved.
    Standing(Timestamp),
}

/// What the control interface says of the clock.
#[derive(Debug, Deserialize)]
struct Reading {
    now: Timestamp,
    #[serde(rename = "virtual", default)]
    is_virtual: bool,
}

impl Clock {
    /// Reads the deployment's clock, if there is a control interface. Of several, the first tells the time.
    ///
    /// # Errors
    /// The first interface does not answer as documented.
    pub(crate) async fn open(
        client: &reqwest::Client,
        controls: Vec<Url>,
        token: Option<SecretString>,
    ) -> Result<Self, String> {
        let Some(control) = controls.first() else {
            return Ok(Self { controls, token, state: Mutex::new(State::Running(SignedDuration::ZERO)) });
        };
        let request = authorized(client.get(address(control, "clock")), token.as_ref());
        let reply = request.send().await.map_err(|error| root(&error))?;
        let status = reply.status();
        if status == http::StatusCode::UNAUTHORIZED {
            return Err(format!("GET /clock answered {status}; {TOKEN_WANTED}"));
        }
        let bytes = reply.bytes().await.map_err(|error| root(&error))?;
        let reading: Reading = serde_json::from_slice(&bytes)
            .map_err(|_| format!("GET /clock answered {status} without the time in `now`"))?;
        Ok(if reading.is_virtual {
            Self { controls, token, state: Mutex::new(State::Standing(reading.now)) }
        } else {
            let ahead = reading.now.duration_since(machine());
            Self { controls: Vec::new(), token, state: Mutex::new(State::Running(ahead)) }
        })
    }

    /// A clock that nobody has asked: that of the deployment if there is a control interface, and this machine's time.
    pub(crate) fn unread(controls: Vec<Url>) -> Self {
        let state = if controls.is_empty() {
            State::Running(SignedDuration::ZERO)
        } else {
            State::Standing(machine())
        };
        Self { controls, token: None, state: Mutex::new(state) }
    }

    /// The deployment's present time.
    pub(crate) fn now(&self) -> Timestamp {
        match *self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Running(ahead) => machine().checked_add(ahead).unwrap_or_else(|_| machine()),
            State::Standing(now) => now,
        }
    }

    /// Whether waiting costs no real time.
    pub(crate) fn moves(&self) -> bool {
        !self.controls.is_empty()
    }

    /// Lets the deployment's time pass.
    pub(crate) async fn wait(
        &self,
        client: &reqwest::Client,
        time: Duration,
        patience: Duration,
    ) -> Result<(), StillOpen> {
        if self.controls.is_empty() {
            if time > patience {
                return Err(StillOpen::Patience { needed: time, patience });
            }
            sleep(time).await;
            return Ok(());
        }
        // A part of a second counts as a whole one, so that a bound is always passed.
        let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
        let mut told = None;
        for control in &self.controls {
            let reading =
                advance(client, control, self.token.as_ref(), seconds).await.map_err(StillOpen::Stuck)?;
            told = told.or(reading);
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = Duration::from_secs(seconds);
        *state = match (told, *state) {
            (Some(reading), _) => State::Standing(reading.now),
            (None, State::Standing(now)) => State::Standing(now.checked_add(asked).unwrap_or(now)),
            (None, running) => running,
        };
        Ok(())
    }
}

/// Moves one clock. What it says of the time, if it says anything.
async fn advance(
    client: &reqwest::Client,
    control: &Url,
    token: Option<&SecretString>,
    seconds: u64,
) -> Result<Option<Reading>, String> {
    let body = serde_json::json!({ "seconds": seconds }).to_string();
    let request = client
        .post(address(control, "clock/advance"))
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(body);
    let reply = authorized(request, token).send().await.map_err(|error| root(&error))?;
    if !reply.status().is_success() {
        return Err(format!("POST /clock/advance answered {}", reply.status()));
    }
    let bytes = reply.bytes().await.map_err(|error| root(&error))?;
    Ok(serde_json::from_slice(&bytes).ok())
}

/// What to do when a control interface demands a token.
const TOKEN_WANTED: &str =
    "it demands a token: set RESCIND_CONTROL_TOKEN, or `token` below [control] of the target file";

/// The request with the token, if there is one.
fn authorized(request: reqwest::RequestBuilder, token: Option<&SecretString>) -> reqwest::RequestBuilder {
    match token {
        Some(token) => request.bearer_auth(token.expose_secret()),
        None => request,
    }
}

/// The address of a part of the control interface.
fn address(control: &Url, path: &str) -> String {
    format!("{}/{path}", control.as_str().trim_end_matches('/'))
}

/// The innermost cause, which says most.
pub(crate) fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_told_as_patience_takes_them() {
        let told = [0, 1, 149_997, 305_000, 3_600_000, 90_061_000].map(|ms| whole(Duration::from_millis(ms)));
        assert_eq!(told, ["0s", "1s", "2m 30s", "5m 5s", "1h", "25h 1m 1s"]);
        for text in &told {
            assert!(text.parse::<rescind_specs::lifecycle::Period>().is_ok(), "{text}");
        }
    }
}
