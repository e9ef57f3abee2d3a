//! Lets requests pass until a run is to come to rest.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// A gate that requests pass on their way out and leave when their answer is there.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    /// Told when the last one leaves.
    left: Notify,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    inside: usize,
}

/// One that has passed.
#[derive(Debug)]
pub(crate) struct Passage<'g>(&'g Gate);

impl Gate {
    /// Passes. While the gate is closed this never ends.
    pub(crate) async fn enter(&self) -> Passage<'_> {
        let passes = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.inside += usize::from(!state.closed);
            !state.closed
        };
        if !passes {
            std::future::pending::<()>().await;
        }
        Passage(self)
    }

    /// Lets nobody pass any more, and waits until all that have passed have left.
    pub(crate) async fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        loop {
            let left = self.left.notified();
            if self.state.lock().unwrap_or_else(PoisonError::into_inner).inside == 0 {
                return;
            }
            left.await;
        }
    }

    /// Lets requests pass again. Whoever came while it was closed waits for ever.
    pub(crate) fn open(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = false;
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.inside = state.inside.saturating_sub(1);
        if state.inside == 0 {
            self.0.left.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn a_closed_gate_waits_for_those_inside_and_lets_nobody_in() {
        let gate = Gate::default();
        let inside = gate.enter().now_or_never().unwrap();
        let mut closing = Box::pin(gate.close());
        assert!(closing.as_mut().now_or_never().is_none());
        assert!(gate.enter().now_or_never().is_none());
        drop(inside);
        assert!(closing.now_or_never().is_some());
        assert!(gate.enter().now_or_never().is_none());
        gate.open();
        assert!(gate.enter().now_or_never().is_some());
    }
}
