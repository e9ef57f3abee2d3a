//! The signals that end a run early: an interrupt from the keyboard, and where there is one, a request to terminate.

use std::io;

/// Listens for the signals that end a run early. Those that came before it was made are not seen.
#[derive(Debug)]
pub(crate) struct Stop(io::Result<Signals>);

impl Stop {
    /// Begins to listen. Where that is impossible, nothing ends the run but the end of the process.
    pub(crate) fn listen() -> Self {
        Self(Signals::listen())
    }

    /// Waits for the next signal.
    pub(crate) async fn wait(&mut self) {
        match &mut self.0 {
            Ok(signals) => signals.wait().await,
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(unix)]
#[derive(Debug)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
#[derive(Debug)]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "fails where signals are listened for")]
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn wait(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
