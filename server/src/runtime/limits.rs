//! How much of a request is read, for how long, and what an operation without an implementation answers.

use std::time::Duration;

/// Bounds on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest body that is read as a whole, in bytes.
    pub body: usize,
    /// Longest body that is handed over as a stream, in bytes.
    pub stream: usize,
    /// Longest time that reading the body may take, and again that answering may take; `None` for no bound.
    pub time: Option<Duration>,
}

impl Default for Limits {
    /// One mebibyte, a stream of a gibibyte, thirty seconds.
    fn default() -> Self {
        Self { body: 1 << 20, stream: 1 << 30, time: Some(Duration::from_secs(30)) }
    }
}

/// What becomes of a request to an operation that is not implemented.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It is answered as not implemented.
    #[default]
    Strict,
    /// It is answered with the documented example of a success, or one made from the schema, where there is one.
    Examples,
}
