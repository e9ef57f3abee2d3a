//! Broken promises that only this contract makes, and what the server has to remember to break them.
//!
//! Each does nothing unless its fault is on.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::credential::{ISSUER, shown};
use super::layer::{ANYBODY, presented};
use super::problem::{Trouble, forbidden};
use super::{Caller, Dinie, records};
use crate::fault::Fault;
use crate::generated::dinie::types::{Credential as Listed, CredentialStatus};
use crate::runtime::{Context, Failure, Secret};
use crate::secret::SecretHash;
use crate::store::{Credential, Guard, Listing, Page, Start, State, StoreError};
use crate::vendor::load::{Uses, wait};

/// How much later than documented a revocation takes effect.
const SLOWNESS: SignedDuration = SignedDuration::from_mins(3);

/// After this time a revoked credential lives again.
const RESURRECTION: SignedDuration = SignedDuration::from_hours(1);

/// How long a new credential is held back.
const HOLD: SignedDuration = SignedDuration::from_mins(1);

/// How long a revocation waits for others to come in, in real time.
const RACE: Duration = Duration::from_millis(50);

/// Most credentials that are added to a list or revoked along with one.
const MANY: Page<'static> = Page { start: Start::Beginning, limit: 10_000 };

/// What a server that keeps its promises need not remember.
#[derive(Debug, Default)]
pub(super) struct Memory {
    secrets: Mutex<HashMap<String, Secret>>,
    refusals: Mutex<HashMap<String, Timestamp>>,
    /// Credentials that were revoked over this server's API.
    revoked_here: Mutex<HashSet<String>>,
    uses: Uses,
}

impl Memory {
    /// Forgets everything but who is under way.
    pub(super) fn clear(&self) {
        lock(&self.secrets).clear();
        lock(&self.refusals).clear();
        lock(&self.revoked_here).clear();
    }

    /// The secrets of the credentials that were issued, by id.
    pub(super) fn secrets(&self) -> HashMap<String, Secret> {
        lock(&self.secrets).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Dinie {
    pub(super) fn is_on(&self, fault: Fault) -> bool {
        self.state.faults().is_on(fault)
    }

    /// Whether a credential that is revoked or expired is accepted all the same.
    pub(super) fn accepts_dead(&self, credential: &Credential, now: Timestamp) -> bool {
        let age = credential.revoked_at.map(|at| now.duration_since(at));
        match credential.state(now) {
            State::Active => false,
            State::Expired => self.is_on(Fault::ExpiredStillAccepted),
            State::Revoked => {
                self.is_on(Fault::AcceptedAfterRevocation)
                    || (self.is_on(Fault::SlowRevocation) && age.is_some_and(|age| age < SLOWNESS))
                    || (self.is_on(Fault::RevivedByTime) && age.is_some_and(|age| age >= RESURRECTION))
                    || (self.is_on(Fault::RevocationStaysLocal)
                        && !lock(&self.memory.revoked_here).contains(&credential.id))
            }
        }
    }

    pub(super) async fn accepts_dead_id(&self, client_id: &str, now: Timestamp) -> Result<bool, StoreError> {
        if self.state.faults().on().next().is_none() {
            return Ok(false);
        }
        let known = self.state.store().credential(records::CREDENTIALS, client_id).await?;
        Ok(known.is_some_and(|known| self.accepts_dead(&known, now)))
    }

    /// Whether a credential is too new to be accepted; those that were there from the start are not.
    pub(super) fn is_held_back(&self, credential: &Credential, now: Timestamp) -> bool {
        self.is_on(Fault::CredentialNotUsableAfterIssue)
            && credential.attributes.contains_key(ISSUER)
            && now.duration_since(credential.created_at) < HOLD
    }

    pub(super) fn remember_refusal(&self, client_id: &str, now: Timestamp) {
        if self.is_on(Fault::LastUsedMovesWhenRefused) {
            lock(&self.memory.refusals).insert(client_id.to_owned(), now);
        }
    }

    pub(super) fn remember_secret(&self, client_id: &str, secret: &Secret) {
        if self.is_on(Fault::SecretEchoedInList) {
            lock(&self.memory.secrets).insert(client_id.to_owned(), secret.clone());
        }
    }

    /// Who presents something that is no token, if that is let through.
    pub(super) async fn holder_without_token(
        &self,
        presented: &Secret,
    ) -> Result<Option<String>, StoreError> {
        let store = self.state.store();
        if self.is_on(Fault::MissingCredentialAccepted) && presented.expose() == ANYBODY {
            let [operator, _] = records::PARTNERS;
            let page = store.credentials(records::CREDENTIALS.of(operator), None, MANY).await?;
            let Listing::Page { items, .. } = page else { return Ok(None) };
            return Ok(items.into_iter().next().map(|credential| credential.id));
        }
        if self.is_on(Fault::SecretAcceptedAsToken) {
            let hash = SecretHash::of(presented.expose());
            let known = store.credential_by_secret(records::CREDENTIALS, &hash).await?;
            return Ok(known.map(|credential| credential.id));
        }
        Ok(None)
    }

    /// The pair that this caller gets for this name each time.
    pub(super) async fn same_pair(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<Option<(String, Secret)>, StoreError> {
        if !self.is_on(Fault::SameIdReissued) {
            return Ok(None);
        }
        let text = |what, format| {
            self.state.keys().text(&format!("dinie same {what} {} {name}", caller.partner), format)
        };
        let id = text("id", &records::CLIENT_ID);
        let known = self.state.store().credential(records::CREDENTIALS, &id).await?;
        let is_live = known.is_some_and(|known| known.revoked_at.is_none());
        Ok((!is_live).then(|| (id, text("secret", &records::CLIENT_SECRET).into())))
    }

    /// Makes a credential of this id live again instead of another.
    pub(super) async fn revives_same(&self, client_id: &str) -> Result<bool, StoreError> {
        Ok(self.is_on(Fault::SameIdReissued)
            && self.state.store().revive(records::CREDENTIALS, client_id).await?)
    }

    /// A refusal in place of revoking.
    pub(super) async fn breach_before_revocation(
        &self,
        caller: &Caller,
        client_id: &str,
    ) -> Result<Option<Trouble>, StoreError> {
        let is_self = caller.client_id == client_id;
        if self.is_on(Fault::SelfRevocationRefused) && is_self {
            return Ok(Some(Trouble::NotRevocable));
        }
        if self.is_on(Fault::RevocationNeedsOwner) && !is_self {
            let known = self.state.store().credential(records::CREDENTIALS, client_id).await?;
            let own = known.filter(|known| known.tenant == caller.partner);
            let issuer = own.and_then(|mut own| own.attributes.remove(ISSUER));
            if issuer.is_some_and(|issuer| issuer != caller.client_id.as_str()) {
                return Ok(Some(Trouble::NotRevocable));
            }
        }
        Ok(None)
    }

    /// Takes longer over a use, so that others meet it.
    pub(super) async fn hold_use(&self, client_id: &str) {
        if self.is_on(Fault::RevocationLostUnderLoad) {
            self.memory.uses.hold(client_id).await;
        }
    }

    /// Whether a revocation is acknowledged in place of being done, because somebody uses the credential.
    pub(super) async fn loses_revocation(
        &self,
        caller: &Caller,
        client_id: &str,
    ) -> Result<bool, StoreError> {
        if !self.is_on(Fault::RevocationLostUnderLoad) || !self.memory.uses.is_met(client_id).await {
            return Ok(false);
        }
        let known = self.state.store().credential(records::CREDENTIALS, client_id).await?;
        Ok(known.is_some_and(|known| known.tenant == caller.partner && known.revoked_at.is_none()))
    }

    /// What must remain after a revocation. Where that is asked too early, it is nothing by the time of the revocation.
    pub(super) async fn guard(&self, caller: &Caller, client_id: &str) -> Result<Guard, StoreError> {
        if self.is_on(Fault::LastActiveRevocable) {
            return Ok(Guard::None);
        }
        if self.is_on(Fault::LastActiveRaces) {
            let realm = records::CREDENTIALS.of(&caller.partner);
            let page = self.state.store().credentials(realm, None, MANY).await?;
            let Listing::Page { items, .. } = page else { return Ok(Guard::KeepOneActive) };
            let now = self.state.clock().now();
            if items.iter().any(|known| known.id != client_id && known.state(now) == State::Active) {
                wait(RACE).await;
                return Ok(Guard::None);
            }
        }
        Ok(Guard::KeepOneActive)
    }

    /// What else a revocation does.
    pub(super) async fn breach_after_revocation(
        &self,
        caller: &Caller,
        client_id: &str,
    ) -> Result<(), StoreError> {
        let store = self.state.store();
        let realm = records::CREDENTIALS.of(&caller.partner);
        let now = self.state.clock().now();
        if self.is_on(Fault::RevocationStaysLocal) {
            lock(&self.memory.revoked_here).insert(client_id.to_owned());
        }
        if self.is_on(Fault::RevocationNotStored) {
            store.revive(records::CREDENTIALS, client_id).await?;
        }
        if self.is_on(Fault::RevokeRevokesCaller) {
            store.revoke(realm, &caller.client_id, Guard::None, now).await?;
        }
        if self.is_on(Fault::RevokeRevokesSiblings)
            && let Listing::Page { items, .. } = store.credentials(realm, None, MANY).await?
        {
            let siblings = items
                .iter()
                .filter(|known| known.id != caller.client_id && known.attributes.contains_key(ISSUER));
            for sibling in siblings {
                store.revoke(realm, &sibling.id, Guard::None, now).await?;
            }
        }
        Ok(())
    }

    /// The refusal of a revocation that was done before.
    pub(super) async fn breach_repetition(&self, client_id: &str) -> Result<Option<Trouble>, StoreError> {
        if self.is_on(Fault::RepeatRevocationRevives) {
            self.state.store().revive(records::CREDENTIALS, client_id).await?;
        }
        Ok(self.is_on(Fault::RepeatRevocationServerError).then_some(Trouble::Internal))
    }

    /// The refusal of an id that the partner does not have.
    pub(super) async fn breach_unknown(&self, client_id: &str) -> Result<Option<Trouble>, Failure> {
        let not_found = Ok(Some(Trouble::CredentialNotFound));
        if self.state.faults().on().next().is_none() {
            return not_found;
        }
        let store = self.state.store();
        match store.credential(records::CREDENTIALS, client_id).await? {
            None if self.is_on(Fault::UnknownIdSuccess) => Ok(None),
            Some(_) if self.is_on(Fault::ForeignIdForbidden) => Err(forbidden()),
            Some(foreign) if self.is_on(Fault::ForeignRevocationSucceeds) => {
                let realm = records::CREDENTIALS.of(&foreign.tenant);
                store.revoke(realm, client_id, Guard::None, self.state.clock().now()).await?;
                Ok(None)
            }
            _ => not_found,
        }
    }

    /// Spoils a page of the list.
    pub(super) async fn breach_list(
        &self,
        caller: &Caller,
        is_continued: bool,
        has_more: bool,
        data: &mut Vec<Listed>,
    ) -> Result<(), Failure> {
        if self.state.faults().on().next().is_none() {
            return Ok(());
        }
        if self.is_on(Fault::ListSkipsAtPageEnd) && is_continued && !data.is_empty() {
            data.remove(0);
        }
        if self.is_on(Fault::ListShowsForeign) && !has_more {
            let realms = records::PARTNERS.into_iter().filter(|partner| *partner != caller.partner);
            for partner in realms {
                let foreign = records::CREDENTIALS.of(partner);
                let page = self.state.store().credentials(foreign, None, MANY).await?;
                let Listing::Page { items, .. } = page else { continue };
                data.extend(items.iter().map(shown).collect::<Result<Vec<_>, _>>()?);
            }
        }
        if self.is_on(Fault::ListHidesRevoked) {
            data.retain(|item| item.status == CredentialStatus::Active);
        }
        for item in data {
            if self.is_on(Fault::IdentityChangesOnRevocation) && item.status == CredentialStatus::Revoked {
                item.name.push_str(" (revoked)");
            }
            if self.is_on(Fault::ListShowsActive) {
                item.status = CredentialStatus::Active;
            }
            if self.is_on(Fault::LastUsedStandsStill) {
                item.last_used_at = None;
            }
            if let Some(at) = lock(&self.memory.refusals).get(&item.id)
                && self.is_on(Fault::LastUsedMovesWhenRefused)
            {
                item.last_used_at = item.last_used_at.max(Some(*at));
            }
        }
        Ok(())
    }

    /// Repeats what the caller presented.
    pub(super) fn breach_detail(&self, context: &Context, detail: &mut String) {
        if self.is_on(Fault::SecretEchoedInError)
            && let Some(presented) = presented(context.headers())
        {
            detail.push_str(" It was: ");
            detail.push_str(&presented);
        }
    }

    /// Revokes a credential, whoever asks.
    pub(super) async fn revoke_for_anybody(&self, client_id: &str) -> Result<(), StoreError> {
        let store = self.state.store();
        if let Some(known) = store.credential(records::CREDENTIALS, client_id).await? {
            let realm = records::CREDENTIALS.of(&known.tenant);
            store.revoke(realm, client_id, Guard::None, self.state.clock().now()).await?;
        }
        Ok(())
    }
}
