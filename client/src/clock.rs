//! What time it is, and waiting. No other file reads the clock or sleeps.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::future::BoxFuture;

/// Tells the time and waits.
///
/// [`SystemClock`] is that of the machine. Browsers, other runtimes and tests bring one of their own:
///
/// ```
/// use std::time::Duration;
///
/// use rescind_client::{BoxFuture, Clock};
///
/// /// Time stands still, and nobody waits.
/// struct Stopped(jiff::Timestamp);
///
/// impl Clock for Stopped {
///     fn now(&self) -> jiff::Timestamp {
///         self.0
///     }
///
///     fn sleep(&self, _: Duration) -> BoxFuture<'_, ()> {
///         Box::pin(async {})
///     }
/// }
/// ```
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Waits.
    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()>;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        (**self).sleep(time)
    }
}

/// The clock of the machine; it waits with tokio.
#[cfg(all(feature = "tokio", not(target_arch = "wasm32")))]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[cfg(all(feature = "tokio", not(target_arch = "wasm32")))]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// Measures how long something takes. Browsers have no such clock without further libraries.
pub(crate) struct Stopwatch(Option<std::time::Instant>);

impl Stopwatch {
    #[cfg(not(target_arch = "wasm32"))]
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub(crate) fn start() -> Self {
        Self(Some(std::time::Instant::now()))
    }

    #[cfg(target_arch = "wasm32")]
    pub(crate) fn start() -> Self {
        Self(None)
    }

    pub(crate) fn elapsed(&self) -> Option<Duration> {
        self.0.map(|start| start.elapsed())
    }
}
