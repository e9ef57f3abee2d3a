//! Answers kept under idempotency keys. They may hold a secret that is shown once, so they are stored sealed.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Collection, Pending};

/// What a request asked for: a hash of its payload, to tell a repeat from another request under the same key.
#[derive(Clone, Copy)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of the payload's bytes. Callers who want members in any order to count as equal normalise before.
    pub fn of(payload: &[u8]) -> Self {
        Self(Sha256::digest(payload).into())
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether these stored bytes are the same fingerprint.
    pub fn matches(&self, stored: &[u8]) -> bool {
        self.0.ct_eq(stored).into()
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(..)")
    }
}

/// An answer to keep. The caller knows ids, secrets and times before it stores anything, so it can write the answer
/// first; creation and answer are then stored in one step, and no crash leaves one without the other.
#[derive(Clone)]
pub struct NewAnswer<'a> {
    /// Who asked; keys of different principals never meet.
    pub principal: &'a str,
    /// For what; the operation's id.
    pub operation: &'a str,
    /// The caller's idempotency key.
    pub key: &'a str,
    /// What was asked.
    pub fingerprint: Fingerprint,
    /// What was answered, in the caller's own encoding.
    pub answer: Vec<u8>,
    /// How long the key is held.
    pub keep: Duration,
}

impl fmt::Debug for NewAnswer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAnswer")
            .field("principal", &self.principal)
            .field("operation", &self.operation)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}

/// An answer as it was stored. Prints as nothing, because it may hold a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredAnswer(Vec<u8>);

impl StoredAnswer {
    /// An answer from its bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes that were handed over.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for StoredAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredAnswer(..)")
    }
}

/// What is known of an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recalled {
    /// It is free.
    Unused,
    /// It was used for the same request; this is the answer of then.
    Replay(StoredAnswer),
    /// It was used for another request.
    OtherRequest,
}

/// Facts about idempotency keys.
pub trait Answers {
    /// What is known of this key now, without claiming it.
    fn recall<'a>(
        &'a self,
        collection: Collection,
        principal: &'a str,
        operation: &'a str,
        key: &'a str,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Pending<'a, Recalled>;

    /// Stores the answer of a request that creates nothing here, unless the key is taken; says what was known before.
    fn remember<'a>(
        &'a self,
        collection: Collection,
        answer: NewAnswer<'a>,
        now: Timestamp,
    ) -> Pending<'a, Recalled>;
}
