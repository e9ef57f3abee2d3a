//! Keys: what comes of asking for one, never a second one, and revocation by themselves.

use rescind_client::wattshift::types::{
    CreateAgentCredentialRequestDto, CreateAgentCredentialRequestDtoRequestedEnvironment as Environment,
    ErrorCode,
};
use rescind_client::wattshift::{Client, GetUtilityError, IssueError, Issued, Outcome};
use rescind_client::{Acknowledged, Error, Settings};
use rescind_server::Vendor;

use crate::support::{CHAOS, Deployment};

fn request() -> rescind_client::wattshift::types::builder::CreateAgentCredentialRequestDto {
    CreateAgentCredentialRequestDto::builder()
        .organization_name("Example Ltd")
        .user_name("Ada Example")
        .assignment("Try out a sandbox key.")
        .requested_scopes(vec!["homes".try_into().unwrap()])
}

async fn issue(client: &Client) -> Issued {
    match client.issue(request()).await.unwrap() {
        Outcome::Issued(issued) => *issued,
        other => panic!("{other:?}"),
    }
}

async fn code(client: &Client) -> Option<ErrorCode> {
    match client.get_utility().send().await {
        Ok(_) => None,
        Err(error) => match error.into_documented().unwrap() {
            GetUtilityError::Unauthorized(envelope) => Some(envelope.error_code),
            GetUtilityError::BadRequest(envelope) => panic!("{envelope:?}"),
        },
    }
}

#[tokio::test]
async fn each_outcome_is_a_variant() {
    let deployment = Deployment::of(Vendor::WattShift).await;
    let client = Client::new(&deployment.url());
    let issued = issue(&client).await;
    assert!(issued.expires_at.is_some());
    assert_eq!(issued.scopes, ["homes"]);
    let production = client.issue(request().requested_environment(Environment::Production)).await.unwrap();
    let Outcome::ProductionDenied(notice) = production else { panic!("{production:?}") };
    assert!(!notice.next_steps.is_empty());
}

#[tokio::test]
async fn a_lost_answer_never_makes_a_second_key() {
    for chaos in CHAOS {
        let deployment = Deployment::of(Vendor::WattShift).await;
        let client = Client::new(&deployment.url()).with_settings(deployment.patient());
        deployment.disturb(&format!("{chaos},operation=requestAgentSandboxCredential,times=1"));
        match client.issue(request()).await {
            Ok(Outcome::Issued(_)) => assert!(chaos.starts_with("latency")),
            Err(IssueError::Call(Error::Unexpected(_) | Error::Transport(_))) => {}
            other => panic!("{chaos}: {other:?}"),
        }
        assert_eq!(deployment.calls("requestAgentSandboxCredential"), 1, "{chaos}");
    }
}

#[tokio::test]
async fn a_leaked_key_is_replaced_whatever_goes_wrong_with_its_revocation() {
    for chaos in CHAOS {
        let deployment = Deployment::of(Vendor::WattShift).await;
        let client = Client::new(&deployment.url()).with_settings(deployment.patient());
        let (leaked, fresh) = (issue(&client).await, issue(&client).await);
        deployment.disturb(&format!("{chaos},operation=revokeAgentSandboxCredential,times=2"));
        let acknowledged = leaked.revoke(&client).await.unwrap_or_else(|error| panic!("{chaos}: {error}"));
        assert_eq!(acknowledged == Acknowledged::Earlier, chaos.ends_with("on=answer"), "{chaos}");
        assert_eq!(code(&leaked.client(&client)).await, Some(ErrorCode::AuthRevokedCredential), "{chaos}");
        assert_eq!(code(&fresh.client(&client)).await, None, "{chaos}");
    }
}

#[tokio::test]
async fn a_key_that_was_revoked_before_is_no_success() {
    let deployment = Deployment::of(Vendor::WattShift).await;
    let client = Client::new(&deployment.url()).with_settings(Settings::new());
    let issued = issue(&client).await;
    issued.revoke(&client).await.unwrap();
    assert_eq!(issued.revoke(&client).await.unwrap_err().status().unwrap(), 401);
}
