//! The clock over the admin listener.

use std::time::Duration;

use http::StatusCode;

use super::Admin;
use super::answer::error;
use crate::clock::{Clock, ClockError, Pace};
use crate::generated::admin::response::{
    AdvanceClockResponse as Advanced, FreezeClockResponse as Frozen, RunClockResponse as Run,
    SetClockResponse as Set,
};
use crate::generated::admin::types;

/// What it shows.
pub(super) fn shown(clock: &Clock) -> types::Clock {
    let pace = match clock.pace() {
        Pace::Machine => types::ClockPace::Machine,
        Pace::Frozen => types::ClockPace::Frozen,
        Pace::Running => types::ClockPace::Running,
    };
    types::Clock { now: clock.now(), virtual_: clock.is_virtual(), pace }
}

pub(super) fn set(admin: &Admin, setting: &types::ClockSetting) -> Set {
    let clock = admin.state.clock();
    match clock.set(setting.now) {
        Ok(now) => {
            tracing::info!(%now, "the clock was set");
            Set::Ok(shown(clock))
        }
        Err(why) => Set::Conflict(error(why)),
    }
}

pub(super) fn advance(admin: &Admin, advance: &types::Advance) -> Advanced {
    let clock = admin.state.clock();
    // The document excludes what is negative; what remains is too long for any clock.
    let Ok(by) = Duration::try_from_secs_f64(advance.seconds) else {
        return Advanced::Default { status: StatusCode::BAD_REQUEST, body: error(ClockError::OutOfRange) };
    };
    match clock.advance(by) {
        Ok(now) => {
            tracing::info!(%now, "the clock was moved");
            Advanced::Ok(shown(clock))
        }
        Err(why) => Advanced::Conflict(error(why)),
    }
}

pub(super) fn freeze(admin: &Admin) -> Frozen {
    let clock = admin.state.clock();
    match clock.freeze() {
        Ok(now) => {
            tracing::info!(%now, "the clock was frozen");
            Frozen::Ok(shown(clock))
        }
        Err(why) => Frozen::Conflict(error(why)),
    }
}

pub(super) fn run(admin: &Admin) -> Run {
    let clock = admin.state.clock();
    match clock.run() {
        Ok(now) => {
            tracing::info!(%now, "the clock was let run");
            Run::Ok(shown(clock))
        }
        Err(why) => Run::Conflict(error(why)),
    }
}
