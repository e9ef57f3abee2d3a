//! Code of the caller's own around every request: further headers, metrics.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};

use crate::error::TransportError;

/// Is asked before every request and told after it.
///
/// Each time that a request is sent counts on its own. Credentials are put on it after [`before`](Self::before), so a
/// hook sees none. Bodies are never shown.
///
/// ```
/// use rescind_client::{Hook, Outcome, Sending, Sent};
///
/// struct Metrics;
///
/// impl Hook for Metrics {
///     fn before(&self, sending: &mut Sending<'_>) {
///         sending.headers.insert("x-team", "billing".parse().unwrap());
///     }
///
///     fn after(&self, sent: &Sent<'_>) {
///         let status = match sent.outcome {
///             Outcome::Answered { status, .. } => status.as_u16(),
///             Outcome::Failed(_) => 0,
///         };
///         println!("{} {status} {:?}", sent.operation, sent.elapsed);
///     }
/// }
/// ```
pub trait Hook: Send + Sync {
    /// A request is about to be sent.
    fn before(&self, sending: &mut Sending<'_>) {
        let _ = sending;
    }

    /// The head of an answer came, or none. Nobody tells of a request whose call is dropped before that.
    fn after(&self, sent: &Sent<'_>) {
        let _ = sent;
    }
}

/// A request before it is sent.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sending<'a> {
    /// The operation, by its `operationId` where the contract gives one.
    pub operation: &'static str,
    /// The method.
    pub method: &'a Method,
    /// How often it has been sent, this time included.
    pub attempt: u32,
    /// The headers, without credentials. What is put here is sent.
    pub headers: &'a mut HeaderMap,
}

/// A request after it was sent.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sent<'a> {
    /// The operation, by its `operationId` where the contract gives one.
    pub operation: &'static str,
    /// The method.
    pub method: &'a Method,
    /// How often it has been sent, this time included.
    pub attempt: u32,
    /// What came of it.
    pub outcome: Outcome<'a>,
    /// The time until then; unknown in browsers.
    pub elapsed: Option<Duration>,
}

/// What came of a request.
#[derive(Debug)]
pub enum Outcome<'a> {
    /// The head of an answer.
    Answered {
        /// Its status.
        status: StatusCode,
        /// Its headers.
        headers: &'a HeaderMap,
    },
    /// No answer.
    Failed(&'a TransportError),
}
