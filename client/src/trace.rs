//! A span for each call, if the feature `tracing` is on: named by its operation, with what came of it, without secrets.

use crate::error::{Attempts, NoCredentials, TransportError};
use crate::received::Received;

/// Runs a future in a span that is called `$name`.
#[cfg(feature = "tracing")]
#[doc(hidden)]
#[macro_export]
macro_rules! __rescind_client_spanned {
    ($name:literal, $future:expr) => {
        $crate::support::tracing::Instrument::instrument(
            $future,
            $crate::support::tracing::info_span!(
                target: "rescind_client",
                $name,
                otel.kind = "client",
                http.response.status_code = $crate::support::tracing::field::Empty,
                http.request.resend_count = $crate::support::tracing::field::Empty,
                error.message = $crate::support::tracing::field::Empty,
            ),
        )
    };
}

/// Runs a future; without the feature `tracing` there are no spans.
#[cfg(not(feature = "tracing"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __rescind_client_spanned {
    ($name:literal, $future:expr) => {
        $future
    };
}

/// Tells the span of the call how it ended.
#[cfg(feature = "tracing")]
pub(crate) fn ended(answer: &Result<Received, TransportError>, attempts: Attempts) {
    let Some(span) = own() else { return };
    match answer {
        Ok(answer) => {
            span.record("http.response.status_code", answer.status());
        }
        Err(error) => {
            span.record("error.message", tracing::field::display(error));
        }
    }
    if attempts.sent() > 1 {
        span.record("http.request.resend_count", attempts.sent() - 1);
    }
}

/// Tells the span of the call that it could not be sent, or not once more.
#[cfg(feature = "tracing")]
pub(crate) fn not_sent(missing: &NoCredentials) {
    let Some(span) = own() else { return };
    span.record("error.message", tracing::field::display(&missing.cause));
    if let Some(attempts) = missing.attempts.filter(|attempts| attempts.sent() > 1) {
        span.record("http.request.resend_count", attempts.sent() - 1);
    }
}

/// The span of the call, if anybody listens to it.
#[cfg(feature = "tracing")]
fn own() -> Option<tracing::Span> {
    // The level of the spans. Most programs have nobody who listens, and looking for a span costs more than this.
    if tracing::level_filters::LevelFilter::current() < tracing::Level::INFO {
        return None;
    }
    let span = tracing::Span::current();
    // Where nobody listens to ours, the current one is somebody else's.
    span.metadata().is_some_and(|metadata| metadata.target() == "rescind_client").then_some(span)
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn ended(_: &Result<Received, TransportError>, _: Attempts) {}

#[cfg(not(feature = "tracing"))]
pub(crate) fn not_sent(_: &NoCredentials) {}
