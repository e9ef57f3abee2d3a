//! Judges any deployment of a credential API against its contract.
//!
//! contract and deployment → requests and sequences → exchanges → findings → verdicts → report. Only the runner sends
//! and waits; a check is a pure function of what was sent and received. No vendor's name stands in this crate.

pub mod access;
pub mod actors;
pub mod call;
pub mod check;
pub mod cleanup;
pub mod cli;
pub mod clock;
pub mod counterexample;
pub mod credential;
pub mod deployment;
pub mod digest;
pub mod drift;
pub mod exchange;
pub mod exit_code;
pub mod explain;
pub mod finding;
mod gate;
pub mod guess;
pub mod hook;
pub mod init;
pub mod judge;
mod lane;
pub mod ledger;
pub mod lifecycle;
pub mod machine;
pub mod manners;
pub mod plan;
mod prerequisite;
pub mod preview;
pub mod progress;
mod record;
pub mod redact;
#[cfg(feature = "reference")]
pub mod reference;
pub mod replay;
pub mod report;
pub mod request_runner;
pub mod requirement_runner;
pub mod runner;
pub mod session;
mod stop;
pub mod strategy;
#[cfg(feature = "suite")]
pub mod suite;
pub mod target_file;
mod turns;
pub mod verdict;

pub use judge::Judge;
pub use report::Report;
pub use rescind_specs::{Contract, Vendor};
