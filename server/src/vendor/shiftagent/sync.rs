//! Syncs of repositories. No remote is read: a sync takes a few seconds of the server's time and finds no skills.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::kept::{Kept, Slot, Time};
use super::problem::{Trouble, absent};
use super::{Caller, ShiftAgent, records};
use crate::generated::shiftagent::request::SyncRepositoryRequest;
use crate::generated::shiftagent::response::SyncRepositoryResponse;
use crate::generated::shiftagent::types::{Repository, RepositorySync, RepositorySyncState};
use crate::runtime::{Context, Failure};
use crate::store::{Attributes, Condition, Resource, ResourceChange, Updated};

/// How long a sync takes, and how long a repository waits for its first one.
const DURATION: SignedDuration = SignedDuration::from_secs(5);

const STATE: &str = "sync_state";
const SINCE: &str = "sync_since";
const LAST: &str = "last_synced_at";

/// The attributes of a repository whose sync is in this state from now on; `last` is the end of the sync before.
pub(super) fn entering(state: RepositorySyncState, last: Option<Timestamp>, now: Timestamp) -> Attributes {
    Map::from_iter([
        (STATE.to_owned(), json!(state)),
        (SINCE.to_owned(), json!(now)),
        (LAST.to_owned(), json!(last)),
    ])
}

/// How far the sync of a repository is.
pub(super) fn progress(attributes: &Attributes, now: Timestamp) -> Result<RepositorySync, Failure> {
    let read = |name: &str| attributes.get(name).cloned().unwrap_or(Value::Null);
    let mut state: RepositorySyncState = serde_json::from_value(read(STATE))?;
    let since: Timestamp = serde_json::from_value(read(SINCE))?;
    let mut last_synced_at: Option<Timestamp> = serde_json::from_value(read(LAST))?;
    if let Ok(end) = since.checked_add(DURATION)
        && end <= now
    {
        state = RepositorySyncState::Ready;
        last_synced_at = Some(end);
    }
    Ok(RepositorySync { state, last_synced_at, error: None, skill_count: 0 })
}

impl ShiftAgent {
    /// The repository with this id within reach of the caller.
    pub(super) async fn repository(&self, caller: &Caller, id: &str) -> Result<Resource, Failure> {
        let realm = records::REPOSITORIES.of(&caller.root);
        self.state.store().resource(realm, id).await?.ok_or_else(absent)
    }

    /// Starts a sync, unless one is in flight.
    pub(super) async fn sync(
        &self,
        caller: &Caller,
        request: SyncRepositoryRequest,
    ) -> Result<SyncRepositoryResponse, Failure> {
        let SyncRepositoryRequest { repository_id, idempotency_key, context } = request;
        let collection = records::REPOSITORIES;
        let slot =
            self.slot(collection, caller, "syncRepository", idempotency_key.as_ref(), &repository_id)?;
        let (answer, time) = loop {
            if let Some(known) = self.recall(&slot, &context).await? {
                break known;
            }
            if let Some(done) = self.start(caller, &repository_id, &slot, &context).await? {
                break done;
            }
        };
        let headers = time.header();
        Ok(match answer {
            Kept::Done(body) => SyncRepositoryResponse::Accepted { body, headers },
            Kept::Conflict(body) => SyncRepositoryResponse::Conflict { body, headers },
        })
    }

    /// Starts a sync of the repository as it is now, together with the answer; nothing if it changed meanwhile, because
    /// then another sync may have been started, here or at another server.
    async fn start(
        &self,
        caller: &Caller,
        id: &str,
        slot: &Slot<'_>,
        context: &Context,
    ) -> Result<Option<(Kept<Repository>, Time)>, Failure> {
        let now = self.state.clock().now();
        let before = self.repository(caller, id).await?;
        let progress = progress(&before.attributes, now)?;
        if progress.state == RepositorySyncState::Syncing {
            let conflict = self.conflict(Trouble::Syncing, Some(id.to_owned()), context);
            return Ok(Some(self.keep(Kept::Conflict(conflict), slot, context).await?));
        }
        let attributes = entering(RepositorySyncState::Syncing, progress.last_synced_at, now);
        let mut after = Resource { updated_at: now, ..before.clone() };
        after.attributes.extend(attributes.clone());
        let done = Kept::Done(self.shown(&after)?);
        let condition = Condition::Still(&before);
        let answer = slot.keeping(&done)?;
        let change = ResourceChange { attributes, condition, answer, ..ResourceChange::default() };
        let realm = records::REPOSITORIES.of(&caller.root);
        match self.state.store().update(realm, id, change, now).await? {
            Updated::Updated(_) => Ok(Some((done, Time::First))),
            Updated::Refused => Ok(None),
            Updated::Replayed(stored) => Ok(Some((Kept::read(&stored)?, Time::Again))),
            Updated::KeyReused => Ok(Some((self.key_conflict(context), Time::First))),
            Updated::Unknown | Updated::NameTaken(_) | Updated::CredentialUnknown => Err(absent()),
        }
    }
}
