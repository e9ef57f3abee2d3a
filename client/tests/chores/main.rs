//! The chores around each contract, against the reference server over loopback, with everything that can go wrong.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

mod dinie;
mod entrytarget;
mod middleware;
mod retries;
mod shiftagent;
mod storm;
mod support;
mod wattshift;
