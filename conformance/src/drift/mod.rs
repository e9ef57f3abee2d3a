//! Whether the envelopes of a deployment have changed since an earlier run, kept as snapshots that people review.
//!
//! An envelope is what stays of an answer when identifiers, secrets, times and numbers are taken out of it: the status,
//! the headers that callers read, the members of the body. What differs between two runs is no breach: the contract may
//! allow both. It is told, so that nobody learns of it from a client that broke.

mod envelope;
mod placeholder;
mod snapshot;

pub use envelope::{Envelope, envelopes};
pub use snapshot::{Change, Drift, DriftError, Keep, compare};
