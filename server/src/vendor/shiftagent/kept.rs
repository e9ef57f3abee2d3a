//! Answers that are kept under idempotency keys, and given again with their first status and body.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::problem::Trouble;
use super::{Caller, ShiftAgent};
use crate::fault::Fault;
use crate::generated::shiftagent::response::IdempotencyReplayedHeader;
use crate::generated::shiftagent::types::{CreateCredentialIdempotencyKey, IdempotencyReplayed, Problem};
use crate::keys::hmac;
use crate::runtime::{Context, Failure};
use crate::store::{Collection, Fingerprint, Issue, NewAnswer, Recalled, StoredAnswer};

/// How long a key is held.
const KEY_LIFETIME: Duration = Duration::from_hours(24);

/// An answer of an operation whose success has this body.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Kept<T> {
    Done(T),
    Conflict(Problem),
}

impl<T: DeserializeOwned> Kept<T> {
    pub(super) fn read(stored: &StoredAnswer) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(stored.as_bytes())
    }
}

/// Whether an answer was given before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    First,
    Again,
}

impl Time {
    /// The header that tells.
    pub(super) fn header(self) -> IdempotencyReplayedHeader {
        IdempotencyReplayedHeader {
            idempotency_replayed: match self {
                Self::First => None,
                Self::Again => Some(IdempotencyReplayed::True),
            },
        }
    }
}

/// Where the answer to a request is kept.
#[derive(Debug)]
pub(super) struct Slot<'a> {
    collection: Collection,
    principal: &'a str,
    operation: &'static str,
    key: Option<&'a str>,
    fingerprint: Fingerprint,
}

impl<'a> Slot<'a> {
    /// What to store of this answer; nothing if the caller gave no key.
    pub(super) fn keeping<T: Serialize>(
        &self,
        answer: &Kept<T>,
    ) -> Result<Option<NewAnswer<'a>>, serde_json::Error> {
        let Some(key) = self.key else { return Ok(None) };
        Ok(Some(NewAnswer {
            principal: self.principal,
            operation: self.operation,
            key,
            fingerprint: self.fingerprint,
            answer: serde_json::to_vec(answer)?,
            keep: KEY_LIFETIME,
        }))
    }
}

impl ShiftAgent {
    /// The place for the answer to a request with this payload. The payload may hold a secret that somebody chose, so
    /// its fingerprint is made with a key.
    pub(super) fn slot<'a>(
        &self,
        collection: Collection,
        caller: &'a Caller,
        operation: &'static str,
        key: Option<&'a CreateCredentialIdempotencyKey>,
        payload: &impl Serialize,
    ) -> Result<Slot<'a>, Failure> {
        let key = key.map(|key| key.as_str());
        let payload = hmac(&self.state.keys().key("shiftagent payload"), &serde_json::to_vec(payload)?);
        Ok(Slot {
            collection,
            principal: &caller.key_id,
            operation,
            key: key.filter(|key| !key.is_empty() && !self.is_on(Fault::ReplayCreatesAnother)),
            fingerprint: Fingerprint::of(&payload),
        })
    }

    /// What to answer to a creation, by what came of it; `done` if it was done now.
    pub(super) async fn conclude<T: Serialize + DeserializeOwned>(
        &self,
        issue: Issue,
        done: Kept<T>,
        slot: &Slot<'_>,
        context: &Context,
    ) -> Result<(Kept<T>, Time), Failure> {
        match issue {
            Issue::Issued => Ok((done, Time::First)),
            Issue::NameTaken(id) => {
                let id = self.breach_name(id);
                let conflict = self.conflict(Trouble::NameConflict, Some(id), context);
                self.keep(Kept::Conflict(conflict), slot, context).await
            }
            Issue::Replayed(stored) => Ok((Kept::read(&stored)?, Time::Again)),
            Issue::KeyReused => Ok((self.key_conflict(context), Time::First)),
            Issue::IdTaken(_) => Err(Failure::Internal("an id was drawn twice".into())),
        }
    }

    /// Keeps an answer that nothing was created for.
    pub(super) async fn keep<T: Serialize + DeserializeOwned>(
        &self,
        answer: Kept<T>,
        slot: &Slot<'_>,
        context: &Context,
    ) -> Result<(Kept<T>, Time), Failure> {
        let Some(kept) = slot.keeping(&answer)? else { return Ok((answer, Time::First)) };
        let now = self.state.clock().now();
        let known = self.state.store().remember(slot.collection, kept, now).await?;
        Ok(self.recalled(known, context)?.unwrap_or((answer, Time::First)))
    }

    /// The answer that was given to this request before, or to another under its key.
    pub(super) async fn recall<T: DeserializeOwned>(
        &self,
        slot: &Slot<'_>,
        context: &Context,
    ) -> Result<Option<(Kept<T>, Time)>, Failure> {
        let Some(key) = slot.key else { return Ok(None) };
        let Slot { collection, principal, operation, fingerprint, .. } = *slot;
        let now = self.state.clock().now();
        let store = self.state.store();
        let known = store.recall(collection, principal, operation, key, fingerprint, now).await?;
        self.recalled(known, context)
    }

    fn recalled<T: DeserializeOwned>(
        &self,
        known: Recalled,
        context: &Context,
    ) -> Result<Option<(Kept<T>, Time)>, Failure> {
        Ok(match known {
            Recalled::Unused => None,
            Recalled::Replay(stored) => Some((Kept::read(&stored)?, Time::Again)),
            Recalled::OtherRequest => Some((self.key_conflict(context), Time::First)),
        })
    }

    pub(super) fn key_conflict<T>(&self, context: &Context) -> Kept<T> {
        Kept::Conflict(self.problem(Trouble::KeyConflict, context))
    }
}
