//! The decision on a request for a credential. Whatever it is, it is a 200 with an outcome.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{WattShift, realm, records};
use crate::fault::Fault;
use crate::generated::wattshift::types::{
    AgentCredentialResponseDto as Decision, AgentCredentialResponseDtoEnvironment as Environment,
    AgentCredentialResponseDtoOutcome as Outcome, AgentCredentialResponseDtoRevocationMethod as Method,
    CreateAgentCredentialRequestDto as Wanted,
    CreateAgentCredentialRequestDtoRequestedEnvironment as WantedEnvironment,
};
use crate::runtime::{Failure, Secret};
use crate::secret::SecretHash;
use crate::store::{Attributes, Issue, Names, NewCredential};

/// Lifetime where none is asked for.
const USUAL_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// The longest lifetime that is granted, however long a one is asked for.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(365 * 24);

/// What the limiter counts requests under. Nobody presents anything, so all requests are one caller's.
const REQUESTS: &str = "wattshift requests for a credential";

impl WattShift {
    /// Decides on a request. Only outcome `issued` has members of a credential.
    pub(super) async fn decide(&self, wanted: Wanted) -> Result<Decision, Failure> {
        let now = self.state.clock().now();
        let quota = self.state.limiter().count(REQUESTS, now);
        if quota.is_exceeded {
            let mut decision = self.decision(Outcome::RateLimited, "Ask again after the delay.");
            decision.retry_after_seconds = Some(quota.retry_after(now)).filter(|seconds| *seconds > 0);
            return Ok(decision);
        }
        let faults = self.state.faults();
        let is_production = wanted.requested_environment == Some(WantedEnvironment::Production);
        if is_production && !faults.is_on(Fault::ProductionIssued) {
            let advice = "Agents get no production access. Ask for a sandbox credential instead.";
            let mut decision = self.decision(Outcome::ProductionDenied, advice);
            if faults.is_on(Fault::RefusalIssues) {
                self.issue(&wanted, &mut decision, now).await?;
            }
            return Ok(decision);
        }
        // An assignment without a letter says nothing.
        if !wanted.assignment.chars().any(char::is_alphabetic) {
            let advice = "Say in the assignment, in words, what the credential is wanted for.";
            return Ok(self.decision(Outcome::NeedsMoreInfo, advice));
        }
        let advice = "Send the credential in the x-ws-api-key header, and revoke it when done.";
        let mut decision = self.decision(Outcome::Issued, advice);
        self.issue(&wanted, &mut decision, now).await?;
        Ok(decision)
    }

    fn decision(&self, outcome: Outcome, next_steps: &str) -> Decision {
        let ids = self.state.ids();
        Decision {
            outcome,
            request_id: ids.make(&records::REQUEST_ID),
            credential_request_id: ids.make(&records::CREDENTIAL_REQUEST_ID),
            environment: Environment::Sandbox,
            production_access: self.state.faults().is_on(Fault::ProductionAccessClaimed),
            next_steps: next_steps.to_owned(),
            credential: None,
            credential_id: None,
            key_prefix: None,
            expires_at: None,
            scopes: None,
            revocation_method: None,
            revocation_path: None,
            retry_after_seconds: None,
        }
    }

    /// Issues a credential and describes it in the decision.
    async fn issue(&self, wanted: &Wanted, decision: &mut Decision, now: Timestamp) -> Result<(), Failure> {
        let faults = self.state.faults();
        let (id, key) = match self.revived_instead(&wanted.user_name).await? {
            Some(old) => old,
            None => self.store_new(wanted, now).await?,
        };
        self.remember_issued(&wanted.user_name, &id, &key);
        let ending = if faults.is_on(Fault::SelfDescriptionWrongPath) { "revocation" } else { "revoke" };
        decision.key_prefix = Some(records::CREDENTIAL.prefix.trim_end_matches('_').to_owned());
        decision.expires_at = Some(expiry(wanted, now));
        decision.scopes = Some(scopes(wanted));
        decision.revocation_method = Some(Method::Post);
        decision.revocation_path = Some(format!("/v1/agent-credentials/{id}/{ending}"));
        decision.credential_id = Some(id);
        decision.credential = Some(key);
        Ok(())
    }

    async fn store_new(&self, wanted: &Wanted, now: Timestamp) -> Result<(String, Secret), Failure> {
        let id = self.state.ids().make(&records::CREDENTIAL_ID);
        let key = Secret::new(self.state.ids().make(&records::CREDENTIAL));
        let attributes: Attributes = [
            ("organization_name".to_owned(), Value::from(wanted.organization_name.as_str())),
            ("assignment".to_owned(), Value::from(wanted.assignment.as_str())),
            ("scopes".to_owned(), Value::from(scopes(wanted))),
        ]
        .into_iter()
        .collect();
        let is_forgotten = self.state.faults().is_on(Fault::ExpiryIsForgotten);
        let credential = NewCredential {
            id: &id,
            name: &wanted.user_name,
            names: Names::Shared,
            secret_hash: SecretHash::of(key.expose()),
            material: None,
            attributes,
            created_at: now,
            expires_at: (!is_forgotten).then(|| expiry(wanted, now)),
        };
        match self.state.store().issue(realm(), credential, None).await? {
            Issue::Issued => Ok((id, key)),
            Issue::IdTaken(_) | Issue::NameTaken(_) | Issue::Replayed(_) | Issue::KeyReused => {
                Err(Failure::Internal(
                    "a credential with a new id and without a unique name or key was refused".into(),
                ))
            }
        }
    }
}

/// When a credential that is asked for now expires.
fn expiry(wanted: &Wanted, now: Timestamp) -> Timestamp {
    let asked = wanted.requested_ttl_seconds.map(|seconds| {
        SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX)).min(LONGEST_LIFE)
    });
    now.checked_add(asked.unwrap_or(USUAL_LIFE)).unwrap_or(Timestamp::MAX)
}

/// What is granted: everything that was asked for, once each. Scopes are opaque.
fn scopes(wanted: &Wanted) -> Vec<String> {
    let mut granted: Vec<String> = Vec::new();
    for scope in &wanted.requested_scopes {
        if !granted.contains(&**scope) {
            granted.push(scope.to_string());
        }
    }
    granted
}
