//! Broken promises that only this contract makes, and what the server has to remember to break them.
//!
//! Each does nothing unless its fault is on.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::{HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::refusal::{Code, envelope};
use super::{Caller, EntryTarget};
use crate::fault::Fault;
use crate::generated::entrytarget::Operation;
use crate::generated::entrytarget::response::RevokeCredentialResponse;
use crate::runtime::{Failure, Matched};
use crate::secret::SecretHash;
use crate::store::{Pair, PairState, StoreError};
use crate::vendor::load::{Uses, wait};
use crate::vendor::spoil::{self, Form};

static FORM: Form = Form {
    revocation: "revokeCredential",
    confirmation: Some("/revoked"),
    sentence: "/error/message",
    required: "/error/code",
    secret_headers: &[API_SECRET],
    secret_members: &["api_secret"],
    bounds: &[],
    accepted: &[("createAccount", 201, r#"{"id":"019702a0-1234-7abc-8def-000000000001"}"#)],
};

const API_KEY: &str = "x-api-key";
const API_SECRET: &str = "x-api-secret";

/// Stands in for headers that are missing.
const ANYBODY: &str = "ak_anybody";

/// How much later than the cache allows a revocation takes effect; more than any clock differs.
const SLOWNESS: SignedDuration = SignedDuration::from_mins(9);

/// After this time a revoked pair lives again.
const RESURRECTION: SignedDuration = SignedDuration::from_hours(1);

/// How long a new pair, or one that was refused, is held back.
const HOLD: SignedDuration = SignedDuration::from_mins(1);

/// How long a revocation waits for others to come in, in real time.
const RACE: Duration = Duration::from_millis(50);

/// What a server that keeps its promises need not remember.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Keys that were registered over the API, and when.
    registered: Mutex<HashMap<String, Timestamp>>,
    /// Keys that were refused, and when.
    refused: Mutex<HashMap<String, Timestamp>>,
    /// Keys that were revoked over this server's API.
    revoked_here: Mutex<HashSet<String>>,
    /// How many changes of the table by hand were reported.
    told_edits: AtomicU64,
    uses: Uses,
}

impl Memory {
    /// Forgets everything but who is under way.
    pub(super) fn clear(&self) {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.revoked_here.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.told_edits.store(0, Ordering::SeqCst);
    }
}

fn insert(map: &Mutex<HashMap<String, Timestamp>>, key: &str, at: Timestamp) {
    map.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), at);
}

fn look_up(map: &Mutex<HashMap<String, Timestamp>>, key: &str) -> Option<Timestamp> {
    map.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
}

impl EntryTarget {
    fn is_on(&self, fault: Fault) -> bool {
        self.state.faults().is_on(fault)
    }

    /// Whether the caller is the one who stands in for nobody.
    pub(super) fn lets_anybody_in(&self, caller: &Caller) -> bool {
        caller.api_key == ANYBODY && self.is_on(Fault::MissingCredentialAccepted)
    }

    pub(super) fn remember_refusal(&self, api_key: &str, now: Timestamp) {
        if self.is_on(Fault::RefusalIsRemembered) {
            insert(&self.memory.refused, api_key, now);
        }
    }

    pub(super) fn remember_registration(&self, api_key: &str, secret: SecretHash, now: Timestamp) {
        if self.state.faults().on().next().is_some() {
            insert(&self.memory.registered, api_key, now);
        }
        if self.is_on(Fault::RegistrationFillsCache) {
            let cache = self.state.cache();
            cache.remember(api_key.to_owned(), secret, cache.asking(now));
        }
    }

    /// Whether an active pair is refused all the same.
    pub(super) fn is_held_back(&self, api_key: &str, now: Timestamp) -> bool {
        let is_recent =
            |since: Option<Timestamp>| since.is_some_and(|since| now.duration_since(since) < HOLD);
        (self.is_on(Fault::CredentialNotUsableAfterIssue)
            && is_recent(look_up(&self.memory.registered, api_key)))
            || (self.is_on(Fault::RefusalIsRemembered) && is_recent(look_up(&self.memory.refused, api_key)))
    }

    /// Takes longer over a use, so that others meet it.
    pub(super) async fn hold_use(&self, operation: Operation, api_key: &str) {
        if self.is_on(Fault::RevocationLostUnderLoad) && operation != Operation::RevokeCredential {
            self.memory.uses.hold(api_key).await;
        }
    }

    /// The pair as the table has it; none if the table cannot be read and that counts as a refusal.
    pub(super) async fn look_up(&self, api_key: &str) -> Result<Option<Pair>, StoreError> {
        let found = match self.store() {
            Ok(store) => store.pair(api_key).await,
            Err(error) => Err(error),
        };
        if found.is_err() && self.is_on(Fault::OutageSaysUnauthorized) {
            return Ok(None);
        }
        found
    }

    /// Whether a revoked pair is accepted all the same.
    pub(super) fn accepts_revoked(
        &self,
        operation: Operation,
        api_key: &str,
        at: Option<Timestamp>,
        now: Timestamp,
    ) -> bool {
        let age = at.map(|at| now.duration_since(at));
        self.is_on(Fault::AcceptedAfterRevocation)
            || (self.is_on(Fault::SlowRevocation) && age.is_some_and(|age| age < SLOWNESS))
            || (self.is_on(Fault::RevivedByTime) && age.is_some_and(|age| age >= RESURRECTION))
            || (self.is_on(Fault::RevokedMayRevoke) && operation == Operation::RevokeCredential)
            || (self.is_on(Fault::RowEditIgnored) && at.is_none())
            || (self.is_on(Fault::RevocationStaysLocal) && at.is_some() && !self.was_revoked_here(api_key))
    }

    fn was_revoked_here(&self, api_key: &str) -> bool {
        self.memory.revoked_here.lock().unwrap_or_else(PoisonError::into_inner).contains(api_key)
    }

    /// Whether a pair in this state can be registered again.
    pub(super) fn revives_on_registration(&self, at: Option<Timestamp>) -> bool {
        self.is_on(Fault::ReregistrationRevives) || (self.is_on(Fault::RowEditNotFinal) && at.is_none())
    }

    /// Whether a key exists, where a fault wants to know; otherwise no.
    pub(super) async fn exists_where_told(&self, api_key: &str) -> Result<bool, StoreError> {
        let wanted = self.is_on(Fault::ExistingKeySaysSo) || self.is_on(Fault::UnverifiedRegistration);
        Ok(wanted && self.store()?.pair(api_key).await?.is_some())
    }

    /// An answer that is given in place of revoking.
    pub(super) async fn breach_before_revocation(
        &self,
        caller: &Caller,
        api_key: &str,
    ) -> Result<Option<RevokeCredentialResponse>, Failure> {
        let is_self = caller.api_key == api_key;
        if self.is_on(Fault::SelfRevocationRefused) && is_self {
            return Ok(Some(self.not_found()));
        }
        // A pair that was there from the start owns all others; one that was registered owns itself.
        let is_registered = look_up(&self.memory.registered, &caller.api_key).is_some();
        if self.is_on(Fault::RevocationNeedsOwner) && is_registered && !is_self {
            return Ok(Some(self.not_found()));
        }
        if self.is_on(Fault::LastPairKept)
            && self.is_active(api_key).await?
            && self.store()?.active_pairs().await? == 1
        {
            return Ok(Some(self.not_found()));
        }
        if self.is_on(Fault::RevocationLostUnderLoad)
            && self.memory.uses.is_met(api_key).await
            && self.is_active(api_key).await?
        {
            return self.confirmed(api_key).map(Some);
        }
        if self.is_on(Fault::RevocationNotStored) && self.is_active(api_key).await? {
            return self.confirmed(api_key).map(Some);
        }
        if self.is_on(Fault::ConcurrentRevocationsAllSucceed) && self.is_active(api_key).await? {
            // Everybody who comes in meanwhile finds the pair active, too.
            wait(RACE).await;
            self.store()?.revoke_pair(api_key, self.state.clock().now()).await?;
            return self.confirmed(api_key).map(Some);
        }
        Ok(None)
    }

    async fn is_active(&self, api_key: &str) -> Result<bool, StoreError> {
        Ok(self.store()?.pair(api_key).await?.is_some_and(|pair| pair.state == PairState::Active))
    }

    /// What else a revocation does, and an answer in place of the right one.
    pub(super) async fn breach_after_revocation(
        &self,
        caller: &Caller,
        api_key: &str,
        revoked: bool,
    ) -> Result<Option<RevokeCredentialResponse>, Failure> {
        if self.state.faults().on().next().is_none() {
            return Ok(None);
        }
        let store = self.store()?;
        let now = self.state.clock().now();
        if revoked {
            if self.is_on(Fault::RevocationStaysLocal) {
                let here = &self.memory.revoked_here;
                here.lock().unwrap_or_else(PoisonError::into_inner).insert(api_key.to_owned());
            }
            if self.is_on(Fault::RevokeRevokesCaller) && caller.api_key != api_key {
                store.revoke_pair(&caller.api_key, now).await?;
            }
            if self.is_on(Fault::RevokeRevokesSiblings) {
                let registered =
                    self.memory.registered.lock().unwrap_or_else(PoisonError::into_inner).clone();
                for sibling in registered.into_keys().filter(|key| *key != caller.api_key) {
                    store.revoke_pair(&sibling, now).await?;
                }
            }
            return Ok(None);
        }
        let Some(pair) = store.pair(api_key).await? else { return self.breach_for_unknown(api_key) };
        if self.is_on(Fault::RepeatRevocationServerError) {
            return Ok(Some(RevokeCredentialResponse::InternalServerError(envelope(Code::InternalError))));
        }
        if self.is_on(Fault::RepeatRevocationRevives) {
            store.revive_pair(api_key, pair.secret_hash).await?;
        }
        let is_edited = pair.state == PairState::Revoked { at: None };
        if self.is_on(Fault::RepeatRevocationSucceeds) || (self.is_on(Fault::RowEditNotFinal) && is_edited) {
            return self.confirmed(api_key).map(Some);
        }
        Ok(None)
    }

    /// An answer for a key that never existed.
    fn breach_for_unknown(&self, api_key: &str) -> Result<Option<RevokeCredentialResponse>, Failure> {
        if self.is_on(Fault::UnknownIdSuccess) && api_key.starts_with("ak_") {
            return self.confirmed(api_key).map(Some);
        }
        if self.is_on(Fault::UnknownIdSaysSo) {
            return Ok(Some(RevokeCredentialResponse::NotFound(envelope(Code::NotFound))));
        }
        Ok(None)
    }
}

impl EntryTarget {
    /// Whether a change of the table of credentials, which was not told before, is taken for one of the ledger.
    pub(super) async fn raises_alarm(&self) -> Result<bool, StoreError> {
        if !self.is_on(Fault::RowEditRaisesAlarm) {
            return Ok(false);
        }
        let edited = self.store()?.edited_pairs().await?;
        Ok(self.memory.told_edits.swap(edited, Ordering::SeqCst) < edited)
    }

    /// The answer of the check of the rows, which has none for a violation that is documented.
    async fn checked(&self, response: Response) -> Response {
        if !response.status().is_success() || !matches!(self.raises_alarm().await, Ok(true)) {
            return response;
        }
        let alarm = json!(envelope(Code::IntegrityViolation));
        let mut response = spoil::edited(response, |body| *body = alarm).await;
        *response.status_mut() = StatusCode::CONFLICT;
        response
    }
}

/// Puts the layers around the routes that break what the stubs keep.
pub(super) fn wrap(routes: Router, ledger: Arc<EntryTarget>) -> Router {
    let state = ledger.state.clone();
    spoil::wrap(routes.layer(from_fn_with_state(ledger, around)), &state, &FORM)
}

async fn around(Shared(ledger): Shared<Arc<EntryTarget>>, mut request: Request, next: Next) -> Response {
    if ledger.state.faults().on().next().is_none() {
        return next.run(request).await;
    }
    let headers = request.headers_mut();
    let (has_key, has_secret) = (headers.contains_key(API_KEY), headers.contains_key(API_SECRET));
    if ledger.is_on(Fault::MissingCredentialAccepted) && !has_key && !has_secret {
        headers.insert(API_KEY, HeaderValue::from_static(ANYBODY));
        headers.insert(API_SECRET, HeaderValue::from_static(ANYBODY));
    }
    if ledger.is_on(Fault::HalfCredentialAccepted) && has_key && !has_secret {
        headers.insert(API_SECRET, HeaderValue::from_static(ANYBODY));
    }
    let named = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let response = next.run(request).await;
    let operation = response.extensions().get::<Matched>().map(|matched| matched.operation().0.clone());
    if operation.as_deref() == Some("getIntegrity") {
        return ledger.checked(response).await;
    }
    if operation.as_deref() != Some(FORM.revocation) {
        return response;
    }
    if response.status() == StatusCode::UNAUTHORIZED && ledger.is_on(Fault::UnauthenticatedRevocationSucceeds)
    {
        let now = ledger.state.clock().now();
        if let Err(error) = ledger.state.store().revoke_pair(&named, now).await {
            tracing::error!(%error, "a revocation without authentication failed");
        }
    }
    if response.status().is_success() && ledger.is_on(Fault::SecretEchoedInList) {
        let secret = ledger.derivation.secret(&named);
        return spoil::edited(response, |body| {
            if let Value::Object(members) = body {
                members.insert("api_secret".to_owned(), secret.expose().into());
            }
        })
        .await;
    }
    response
}
