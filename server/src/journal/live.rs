//! The journal as it grows.

use std::sync::Arc;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender};

use super::entry::Entry;

/// How many updates a subscriber may be behind.
const BACKLOG: usize = 256;

/// What happened to the journal.
#[derive(Clone, Debug)]
pub enum Update {
    /// A request is done with.
    Entry(Arc<Entry>),
    /// Everything was forgotten.
    Cleared,
    /// The subscriber was too slow, and so many updates passed it by. The journal itself may still have them.
    Missed(u64),
}

/// A subscription; see [`Journal::subscribe`](super::Journal::subscribe).
#[derive(Debug)]
pub struct Live(Receiver<Update>);

impl Live {
    pub(super) fn channel() -> Sender<Update> {
        Sender::new(BACKLOG)
    }

    pub(super) fn of(sender: &Sender<Update>) -> Self {
        Self(sender.subscribe())
    }

    /// The next update; `None` when the journal is gone.
    pub async fn next(&mut self) -> Option<Update> {
        match self.0.recv().await {
            Ok(update) => Some(update),
            Err(RecvError::Lagged(missed)) => Some(Update::Missed(missed)),
            Err(RecvError::Closed) => None,
        }
    }
}
