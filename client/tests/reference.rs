//! The typed clients against the reference server, over loopback: issue, use, revoke, be refused, one contract a test.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

use std::time::Duration;

use rescind_client::{Credentials, Secret};
use rescind_server::{Clock, Running, Server, Vendor};

async fn start(contract: Vendor) -> Running {
    let clock = Clock::virtual_from_now();
    Server::builder().contract(contract).clock(clock).spawn().await.unwrap()
}

/// The identifier and the secret of a caller that the server starts with.
fn caller(server: &Running, contract: Vendor, name: &str) -> (String, Secret) {
    let target = server.target(contract);
    let pair = target.callers.get(name).unwrap();
    (pair.id.clone(), Secret::from(pair.secret.expose().to_owned()))
}

#[tokio::test]
async fn a_sandbox_key_revokes_itself_and_is_refused_at_once() {
    use rescind_client::wattshift::types::CreateAgentCredentialRequestDto;
    use rescind_client::wattshift::{Client, GetUtilityError, RevokeAgentSandboxCredentialError};

    let server = start(Vendor::WattShift).await;
    let base = server.base_url(Vendor::WattShift);
    let request = CreateAgentCredentialRequestDto::builder()
        .organization_name("Example Ltd")
        .user_name("Ada Example")
        .assignment("Try out a sandbox key.")
        .requested_scopes(vec!["homes".try_into().unwrap()]);
    let issued = Client::new(&base).request_agent_sandbox_credential().body(request).send().await.unwrap();
    let issued = issued.into_inner();
    assert!(!format!("{issued:?}").contains(issued.credential.as_ref().unwrap().expose()));
    let id = issued.credential_id.unwrap();
    let client = Client::new(&base)
        .with_credentials(Credentials::new().api_key("x-ws-api-key", issued.credential.unwrap()));

    client.list_homes().send().await.unwrap();
    let foreign = client.revoke_agent_sandbox_credential().credential_id("ws_agent_cred_1").send().await;
    assert!(matches!(foreign.unwrap_err().documented(), Some(RevokeAgentSandboxCredentialError::Forbidden)));
    let revoked = client.revoke_agent_sandbox_credential().credential_id(&id).send().await.unwrap();
    assert_eq!(revoked.credential_id, id);
    let refused = client.get_utility().send().await.unwrap_err();
    assert_eq!(refused.status().unwrap(), 401);
    assert!(matches!(refused.documented(), Some(GetUtilityError::Unauthorized(_))));
}

#[tokio::test]
async fn a_token_outlives_its_client_credential_and_the_last_credential_stays() {
    use rescind_client::dinie::types::{CreateCredentialRequest, TokenRequest, TokenRequestGrantType};
    use rescind_client::dinie::{Client, ListCredentialsError, RevokeCredentialError};

    let server = start(Vendor::Dinie).await;
    let base = server.base_url(Vendor::Dinie);
    let token = async |id: &str, secret: Secret| {
        let client = Client::new(&base).with_credentials(Credentials::new().basic(id, secret));
        let grant = TokenRequest::builder().grant_type(TokenRequestGrantType::ClientCredentials);
        client
            .create_token()
            .body(grant)
            .send()
            .await
            .map(|token| Secret::from(token.into_inner().access_token))
    };
    let bearer = |token: Secret| Client::new(&base).with_credentials(Credentials::new().bearer(token));

    let (id, secret) = caller(&server, Vendor::Dinie, "operator");
    let operator = bearer(token(&id, secret).await.unwrap());
    let request = CreateCredentialRequest::builder().name("Production Key");
    let issued = operator.create_credential().body(request).send().await.unwrap().into_inner();
    let id = issued.client_id;
    let survivor = bearer(token(&id, issued.client_secret.clone().into()).await.unwrap());

    operator.revoke_credential().client_id(&id).send().await.unwrap();
    // The answer to a revoked pair is not documented, so it is no variant of the error.
    let refused = token(&id, issued.client_secret.into()).await.unwrap_err();
    assert!(refused.documented().is_none());
    assert_eq!(refused.status().unwrap(), 401);
    survivor.list_credentials().send().await.unwrap();
    server.clock().advance(Duration::from_hours(1)).unwrap();
    let expired = survivor.list_credentials().send().await.unwrap_err();
    let Some(ListCredentialsError::Unauthorized { body: problem, .. }) = expired.documented() else {
        panic!("{expired}")
    };
    assert_eq!(problem.code.as_deref(), Some("token_expired"));

    let (id, secret) = caller(&server, Vendor::Dinie, "outsider");
    let outsider = bearer(token(&id, secret).await.unwrap());
    let kept = outsider.revoke_credential().client_id(&id).send().await.unwrap_err();
    let Some(RevokeCredentialError::Conflict { body: problem, .. }) = kept.documented() else {
        panic!("{kept}")
    };
    assert_eq!(problem.code.as_deref(), Some("last_active_credential"));
}

#[tokio::test]
async fn a_vaulted_credential_is_rotated_before_it_is_deleted() {
    use rescind_client::shiftagent::types::{
        CreateCredentialRequest, RegisterRepositoryRequest, UpdateRepositoryRequest,
    };
    use rescind_client::shiftagent::{Client, DeleteCredentialError};

    let server = start(Vendor::ShiftAgent).await;
    let base = server.base_url(Vendor::ShiftAgent);
    let (_, key) = caller(&server, Vendor::ShiftAgent, "operator");
    let client = Client::new(&base).with_credentials(Credentials::new().bearer(key));
    let vault = async |name: &str| {
        let body = CreateCredentialRequest::builder()
            .name(name)
            .type_("git_pat".to_owned())
            .secret("not a real secret");
        client.create_credential().body(body).send().await.unwrap().into_inner().id
    };
    let (old, new) = (vault("git-main-token").await, vault("git-main-token-2").await);
    let repository = RegisterRepositoryRequest::builder()
        .name("main")
        .repo_url("https://git.example.com/main.git")
        .credential_id(old.clone());
    let repository = client.register_repository().body(repository).send().await.unwrap().into_inner();

    let guarded = client.delete_credential().credential_id(&old).send().await.unwrap_err();
    let Some(DeleteCredentialError::Conflict(problem)) = guarded.documented() else { panic!("{guarded}") };
    assert_eq!(problem.conflicting_resource_id.as_deref(), Some(repository.id.as_str()));

    let repointed = UpdateRepositoryRequest::builder().credential_id(new.clone());
    client.update_repository().repository_id(&repository.id).body(repointed).send().await.unwrap();
    client.delete_credential().credential_id(&old).send().await.unwrap();
    let gone = client.delete_credential().credential_id(&old).send().await.unwrap_err();
    assert!(matches!(gone.documented(), Some(DeleteCredentialError::NotFound(_))));
}

#[tokio::test]
async fn a_registered_pair_may_be_accepted_for_five_minutes_after_its_revocation() {
    use rescind_client::entrytarget::types::RegisterCredentialRequest;
    use rescind_client::entrytarget::{Client, GetAccountError, RevokeCredentialError};

    const NO_ACCOUNT: &str = "6f2c1f7e-6d0b-4b6a-9d53-0a4f0c8f9f11";

    let server = start(Vendor::EntryTarget).await;
    let base = server.base_url(Vendor::EntryTarget);
    let holding = |id: &str, secret: Secret| {
        let credentials = Credentials::new().api_key("X-Api-Key", id).api_key("X-Api-Secret", secret);
        Client::new(&base).with_credentials(credentials)
    };
    let (id, secret) = caller(&server, Vendor::EntryTarget, "operator");
    let operator = holding(&id, secret);
    let pair = server.target(Vendor::EntryTarget).pool.first().cloned().unwrap();
    let secret = || Secret::from(pair.secret.expose().to_owned());
    let request = RegisterCredentialRequest::builder().api_key(pair.id.as_str()).api_secret(secret());
    Client::new(&base).register_credential().body(request).send().await.unwrap();

    let client = holding(&pair.id, secret());
    let known = client.get_account().id(NO_ACCOUNT).send().await.unwrap_err();
    assert!(matches!(known.documented(), Some(GetAccountError::NotFound(_))));
    operator.revoke_credential().api_key(pair.id.as_str()).send().await.unwrap();
    server.clock().advance(Duration::from_mins(5)).unwrap();
    let refused = client.get_account().id(NO_ACCOUNT).send().await.unwrap_err();
    assert!(matches!(refused.documented(), Some(GetAccountError::Unauthorized(_))));
    let again = operator.revoke_credential().api_key(pair.id.as_str()).send().await.unwrap_err();
    assert!(matches!(again.documented(), Some(RevokeCredentialError::NotFound(_))));
}
