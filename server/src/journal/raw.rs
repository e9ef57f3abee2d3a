//! An exchange before its secrets are masked. It lives as long as the exchange and is never kept.

use std::fmt;

use http::{HeaderMap, Method, StatusCode, Uri, Version};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::entry::{Outcome, Passage};
use crate::runtime::Matched;

/// A request and what became of it.
pub(super) struct Raw {
    pub(super) at: Timestamp,
    pub(super) microseconds: u64,
    pub(super) request_id: std::sync::Arc<str>,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
    pub(super) sent: Captured,
    pub(super) answer: Option<RawAnswer>,
    /// Whom the implementation found it to come from.
    pub(super) caller: Option<String>,
    pub(super) end: End,
}

/// How an exchange ended if the caller got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Abandoned,
    Cut,
    Panicked,
}

impl Raw {
    pub(super) fn without_answer(&self) -> Outcome {
        match self.end {
            End::Abandoned => Outcome::Abandoned,
            End::Cut => Outcome::Cut,
            End::Panicked => Outcome::Panicked,
        }
    }
}

/// An answer.
pub(super) struct RawAnswer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) matched: Option<Matched>,
    pub(super) disturbance: Option<String>,
    pub(super) body: Captured,
}

/// The beginning of a body, and how much of it passed.
pub(super) struct Captured {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) length: u64,
    pub(super) passage: Passage,
}

impl fmt::Debug for Captured {
    /// Never the bytes, which may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Captured({} bytes)", self.length)
    }
}

impl Captured {
    /// Of a body that has nothing in it.
    pub(super) fn nothing() -> Self {
        Self { bytes: Zeroizing::default(), length: 0, passage: Passage::Complete }
    }

    /// Of a body that nobody has read yet.
    pub(super) fn unread() -> Self {
        Self { passage: Passage::Unread, ..Self::nothing() }
    }

    /// Notes that so many bytes passed, and keeps them as far as there is room.
    pub(super) fn pass(&mut self, bytes: &[u8], most: usize) {
        let room = most.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.length = self.length.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.passage = Passage::Partial;
    }

    /// Whether more passed than was kept, or more was to come.
    pub(super) fn is_cut(&self) -> bool {
        self.passage != Passage::Complete
            || u64::try_from(self.bytes.len()).is_ok_and(|kept| kept < self.length)
    }
}
