//! Broken promises that only this contract makes, and what the server has to remember to break them.
//!
//! Each does nothing unless its fault is on.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::{HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};
use rescind_specs::Pointer;

use super::refusal::reason;
use super::revocation::refused;
use super::{Caller, WattShift, realm, records};
use crate::fault::Fault;
use crate::generated::wattshift::Operation;
use crate::generated::wattshift::types::AgentCredentialRevocationResponseDto as Confirmation;
use crate::runtime::{Context, Failure, Location, Matched, Refused, Rejection, RequestViolation, Secret};
use crate::store::{Credential, Guard, StoreError};
use crate::vendor::load::Uses;
use crate::vendor::spoil::{self, Form};

static FORM: Form = Form {
    revocation: "revokeAgentSandboxCredential",
    confirmation: Some("/request_id"),
    sentence: "/message",
    required: "/error_code",
    secret_headers: &[API_KEY],
    secret_members: &[],
    bounds: &[("reason", 255)],
    accepted: &[
        ("requestAgentSandboxCredential", 200, NEEDS_MORE_INFO),
        ("getUtility", 200, "[]"),
        ("OnboardingController_generateSessionToken_v1", 200, r#"{"sessionToken":"ws_session_0"}"#),
    ],
};

const NEEDS_MORE_INFO: &str = r#"{"outcome":"needs_more_info","request_id":"ws_request_0","credential_request_id":"ws_cred_request_0","environment":"sandbox","production_access":false,"next_steps":"Say more."}"#;

const API_KEY: &str = "x-ws-api-key";

/// Stands in for a header that is missing.
const ANYBODY: &str = "wsk_agent_anybody";

/// How much later than its answer a revocation takes effect.
const SLOWNESS: SignedDuration = SignedDuration::from_mins(4);

/// What is told of a repeated revocation that has to fail, whether it comes later or at the same time.
pub(super) const REPETITION_FAILS: &str = "a repeated revocation fails on request";

/// After this time a revoked key lives again.
const RESURRECTION: SignedDuration = SignedDuration::from_hours(1);

/// How long a new key is held back.
const HOLD: SignedDuration = SignedDuration::from_mins(1);

/// What a server that keeps its promises need not remember.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What was asked for with each user's name: id and key.
    issued: Mutex<HashMap<String, (String, Secret)>>,
    /// Keys that were revoked over this server's API, by id.
    revoked_here: Mutex<HashSet<String>>,
    uses: Uses,
}

impl Memory {
    /// Forgets everything but who is under way.
    pub(super) fn clear(&self) {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.revoked_here.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl WattShift {
    fn is_on(&self, fault: Fault) -> bool {
        self.state.faults().is_on(fault)
    }

    /// Whoever stands in for nobody is the credential that the path names.
    pub(super) fn anybody(&self, key: &Secret, context: &Context) -> Option<Caller> {
        let is_anybody = self.is_on(Fault::MissingCredentialAccepted) && key.expose() == ANYBODY;
        is_anybody.then(|| Caller { id: named(context.path()).to_owned(), key: key.clone() })
    }

    /// Whether a live key is refused all the same.
    pub(super) fn is_held_back(&self, credential: &Credential, now: Timestamp) -> bool {
        self.is_on(Fault::CredentialNotUsableAfterIssue) && now.duration_since(credential.created_at) < HOLD
    }

    /// Whether a revoked key is accepted all the same.
    pub(super) fn accepts_revoked(&self, credential: &Credential, now: Timestamp) -> bool {
        let age = credential.revoked_at.map_or(SignedDuration::ZERO, |at| now.duration_since(at));
        self.is_on(Fault::AcceptedAfterRevocation)
            || (self.is_on(Fault::SlowRevocation) && age < SLOWNESS)
            || (self.is_on(Fault::RevivedByTime) && age >= RESURRECTION)
            || (self.is_on(Fault::RevocationStaysLocal) && !self.was_revoked_here(&credential.id))
    }

    fn was_revoked_here(&self, id: &str) -> bool {
        self.memory.revoked_here.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    /// Takes longer over a use, so that others meet it.
    pub(super) async fn hold_use(&self, operation: Operation, id: &str) {
        let is_use = operation != Operation::RevokeAgentSandboxCredential;
        if is_use && self.is_on(Fault::RevocationLostUnderLoad) {
            self.memory.uses.hold(id).await;
        }
    }

    /// What the use of a revoked key does.
    pub(super) async fn breach_for_revoked(
        &self,
        operation: Operation,
        credential: &Credential,
    ) -> Result<(), Refused> {
        if operation != Operation::RevokeAgentSandboxCredential {
            return Ok(());
        }
        if self.is_on(Fault::RepeatRevocationRevives) {
            self.state.store().revive(records::CREDENTIALS, &credential.id).await?;
        }
        if self.is_on(Fault::RepeatRevocationServerError) {
            return Err(Refused::Internal(REPETITION_FAILS.into()));
        }
        Ok(())
    }

    /// Demands a body where the contract has it optional.
    pub(super) fn demand_body(&self, is_there: bool) -> Result<(), Failure> {
        if is_there || !self.is_on(Fault::OptionalBodyRequired) {
            return Ok(());
        }
        Err(Failure::Rejected(Rejection::Violations(vec![RequestViolation {
            location: Location::Body,
            parameter: None,
            pointer: Pointer::root(),
            keyword: "required".to_owned(),
            message: "is required".to_owned(),
        }])))
    }

    /// A confirmation that is given in place of revoking, or a refusal that is none of the contract's.
    pub(super) async fn breach_before_revocation(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<Option<Confirmation>, Failure> {
        if self.state.faults().on().next().is_none() {
            return Ok(None);
        }
        if caller.id == id {
            if self.is_on(Fault::SelfRevocationRefused) {
                return Err(refused(reason::ANOTHER));
            }
            let is_lost = self.is_on(Fault::RevocationNotStored)
                || (self.is_on(Fault::RevocationLostUnderLoad) && self.memory.uses.is_met(id).await);
            return Ok(is_lost.then(|| self.confirmed(caller, id)));
        }
        let exists = self.state.store().credential(records::CREDENTIALS, id).await?.is_some();
        if !exists && self.is_on(Fault::UnknownIdSaysSo) {
            return Err(Failure::Rejected(Rejection::UnknownPath));
        }
        if !exists && self.is_on(Fault::UnknownIdSuccess) {
            return Ok(Some(self.confirmed(caller, id)));
        }
        if exists
            && (self.is_on(Fault::ForeignRevocationSucceeds) || self.is_on(Fault::ForeignRefusalHasEffect))
        {
            self.revoke_unasked(id).await?;
        }
        let is_confirmed = exists && self.is_on(Fault::ForeignRevocationSucceeds);
        Ok(is_confirmed.then(|| self.confirmed(caller, id)))
    }

    async fn revoke_unasked(&self, id: &str) -> Result<(), StoreError> {
        self.state.store().revoke(realm(), id, Guard::None, self.state.clock().now()).await?;
        Ok(())
    }

    pub(super) fn remember_revoked(&self, caller: &Caller) {
        if self.is_on(Fault::RevocationStaysLocal) {
            let here = &self.memory.revoked_here;
            here.lock().unwrap_or_else(PoisonError::into_inner).insert(caller.id.clone());
        }
    }

    /// The credential that was issued to this user before, live again, in place of a new one.
    pub(super) async fn revived_instead(&self, user: &str) -> Result<Option<(String, Secret)>, StoreError> {
        if !self.is_on(Fault::SameIdReissued) {
            return Ok(None);
        }
        let known = self.memory.issued.lock().unwrap_or_else(PoisonError::into_inner).get(user).cloned();
        let Some((id, key)) = known else { return Ok(None) };
        let is_revived = self.state.store().revive(records::CREDENTIALS, &id).await?;
        Ok(is_revived.then_some((id, key)))
    }

    pub(super) fn remember_issued(&self, user: &str, id: &str, key: &Secret) {
        if self.is_on(Fault::SameIdReissued) {
            let mut issued = self.memory.issued.lock().unwrap_or_else(PoisonError::into_inner);
            issued.insert(user.to_owned(), (id.to_owned(), key.clone()));
        }
    }
}

/// The id in the path of a revocation: its last segment but one.
fn named(path: &str) -> &str {
    path.rsplit('/').nth(1).unwrap_or_default()
}

/// Puts the layers around the routes that break what the stubs keep.
pub(super) fn wrap(routes: Router, deployment: Arc<WattShift>) -> Router {
    let state = deployment.state.clone();
    spoil::wrap(routes.layer(from_fn_with_state(deployment, around)), &state, &FORM)
}

async fn around(Shared(deployment): Shared<Arc<WattShift>>, mut request: Request, next: Next) -> Response {
    if deployment.state.faults().on().next().is_none() {
        return next.run(request).await;
    }
    if deployment.is_on(Fault::MissingCredentialAccepted) && !request.headers().contains_key(API_KEY) {
        request.headers_mut().insert(API_KEY, HeaderValue::from_static(ANYBODY));
    }
    let id = named(request.uri().path()).to_owned();
    let response = next.run(request).await;
    let matched = response.extensions().get::<Matched>();
    let is_revocation = matched.is_some_and(|matched| matched.operation().0 == FORM.revocation);
    let fault = match response.status() {
        StatusCode::UNAUTHORIZED => Fault::UnauthenticatedRevocationSucceeds,
        StatusCode::BAD_REQUEST => Fault::RefusedRevocationHasEffect,
        _ => return response,
    };
    if is_revocation
        && deployment.is_on(fault)
        && let Err(error) = deployment.revoke_unasked(&id).await
    {
        tracing::error!(%error, "a refused revocation could not be carried out");
    }
    response
}
