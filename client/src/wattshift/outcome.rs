//! What came of asking for a key, as one of four things.

use std::time::Duration;

use jiff::Timestamp;

use super::types::{
    AgentCredentialResponseDto, AgentCredentialResponseDtoOutcome as Word, CreateAgentCredentialRequestDto,
    CredentialId, CredentialSecret,
};
use super::{Client, RequestAgentSandboxCredentialError};
use crate::{Credentials, Error, Settings};

/// What came of asking for a key.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A key was issued.
    Issued(Box<Issued>),
    /// The deployment wants to know more first; `next_steps` says what.
    NeedsMoreInfo(Notice),
    /// Too many keys were asked for.
    RateLimited {
        /// How long to wait before asking again, if that was said.
        delay: Option<Duration>,
        /// What else was said.
        notice: Notice,
    },
    /// Keys are for the sandbox only.
    ProductionDenied(Notice),
}

/// A key.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The secret: keep it, it is shown this once.
    pub credential: CredentialSecret,
    /// Names it when it is revoked.
    pub id: CredentialId,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// What it opens.
    pub scopes: Vec<String>,
    /// What else was said.
    pub notice: Notice,
}

/// What every outcome says.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Advice for the caller, free text.
    pub next_steps: String,
    /// Names the call.
    pub request_id: String,
    /// Names what was asked for.
    pub credential_request_id: String,
}

/// Why nothing is known of a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The call failed. If its answer was lost there may be a key, which expires by itself.
    #[error(transparent)]
    Call(#[from] Error<RequestAgentSandboxCredentialError>),
    /// The answer says that a key was issued and lacks it or its id.
    #[error("the answer says `issued` and has no {missing}")]
    Incomplete {
        /// The member that is missing.
        missing: &'static str,
        /// The answer.
        answer: Box<AgentCredentialResponseDto>,
    },
}

impl TryFrom<AgentCredentialResponseDto> for Outcome {
    type Error = IssueError;

    fn try_from(mut answer: AgentCredentialResponseDto) -> Result<Self, IssueError> {
        let notice = Notice {
            next_steps: answer.next_steps.clone(),
            request_id: answer.request_id.clone(),
            credential_request_id: answer.credential_request_id.clone(),
        };
        Ok(match answer.outcome {
            Word::NeedsMoreInfo => Self::NeedsMoreInfo(notice),
            Word::RateLimited => {
                Self::RateLimited { delay: answer.retry_after_seconds.map(Duration::from_secs), notice }
            }
            Word::ProductionDenied => Self::ProductionDenied(notice),
            Word::Issued => match (answer.credential.take(), answer.credential_id.take()) {
                (Some(credential), Some(id)) => Self::Issued(Box::new(Issued {
                    credential,
                    id,
                    expires_at: answer.expires_at,
                    scopes: answer.scopes.unwrap_or_default(),
                    notice,
                })),
                (credential, id) => {
                    let missing = if credential.is_none() { "credential" } else { "credential_id" };
                    (answer.credential, answer.credential_id) = (credential, id);
                    return Err(IssueError::Incomplete { missing, answer: Box::new(answer) });
                }
            },
        })
    }
}

impl Client {
    /// Asks for a key. It is sent once, whatever the settings say of retries: a second time could make a second key.
    ///
    /// # Errors
    /// The call failed, or its answer contradicts itself.
    pub async fn issue<V>(&self, request: V) -> Result<Outcome, IssueError>
    where
        V: TryInto<CreateAgentCredentialRequestDto>,
        V::Error: std::fmt::Display,
    {
        let once = self.clone().with_settings(Settings::new().no_retry());
        let answer = once.request_agent_sandbox_credential().body(request).send().await?;
        answer.into_inner().try_into()
    }
}

impl Issued {
    /// A client at the deployment of `client` that presents this key.
    pub fn client(&self, client: &Client) -> Client {
        client.clone().with_credentials(Credentials::new().api_key("x-ws-api-key", &self.credential))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(change: &serde_json::Value) -> Result<Outcome, IssueError> {
        let mut answer = json!({
            "outcome": "issued", "request_id": "r", "credential_request_id": "c", "environment": "sandbox",
            "production_access": false, "next_steps": "n"
        });
        for (name, value) in change.as_object().unwrap() {
            answer[name] = value.clone();
        }
        serde_json::from_value::<AgentCredentialResponseDto>(answer).unwrap().try_into()
    }

    #[test]
    fn each_outcome_has_what_belongs_to_it() {
        let Ok(Outcome::Issued(issued)) = read(&json!({ "credential": "wsk_hidden", "credential_id": "id" }))
        else {
            panic!()
        };
        assert_eq!((issued.id.as_str(), issued.notice.next_steps.as_str()), ("id", "n"));
        assert!(!format!("{issued:?}").contains("hidden"));
        let limited = read(&json!({ "outcome": "rate_limited", "retry_after_seconds": 30 }));
        let Ok(Outcome::RateLimited { delay: Some(delay), .. }) = limited else { panic!() };
        assert_eq!(delay, Duration::from_secs(30));
        assert!(matches!(read(&json!({ "outcome": "needs_more_info" })), Ok(Outcome::NeedsMoreInfo(_))));
        assert!(matches!(read(&json!({ "outcome": "production_denied" })), Ok(Outcome::ProductionDenied(_))));
    }

    #[test]
    fn an_issue_without_its_key_is_no_issue() {
        for (change, lacking) in [
            (json!({}), "credential"),
            (json!({ "credential_id": "id" }), "credential"),
            (json!({ "credential": "wsk_hidden" }), "credential_id"),
        ] {
            let Err(IssueError::Incomplete { missing, answer }) = read(&change) else { panic!() };
            assert_eq!(missing, lacking);
            // What there is of it is not thrown away.
            assert_eq!(answer.credential.is_some(), change.get("credential").is_some());
            assert!(!format!("{answer:?}").contains("hidden"));
        }
    }
}
