//! What goes out: exactly what the contract documents for the operation, and nothing beside it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(all(feature = "dinie", feature = "entrytarget", feature = "wattshift"))]

use rescind_client::{Credentials, Error, Secret, dinie, entrytarget, wattshift};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

async fn server() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(418)).mount(&server).await;
    server
}

/// The one request that the server has seen.
async fn seen(server: &MockServer) -> Request {
    let mut requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

fn everything() -> Credentials {
    Credentials::new()
        .bearer("dinie_at_token")
        .basic("dinie_ci_1", "dinie_cs_1")
        .api_key("x-ws-api-key", "wsk_agent_1")
        .api_key("X-Api-Key", "ak_1")
        .api_key("X-Api-Secret", "sk_1")
}

/// Names and values of all headers that say who calls.
fn credentials_of(request: &Request) -> Vec<String> {
    let names = ["authorization", "x-ws-api-key", "x-api-key", "x-api-secret", "cookie"];
    names
        .into_iter()
        .filter_map(|name| Some(format!("{name}: {}", request.headers.get(name)?.to_str().ok()?)))
        .collect()
}

#[tokio::test]
async fn each_operation_presents_what_it_asks_for() {
    let server = server().await;
    let uri = server.uri();
    let dinie = dinie::Client::new(&uri).with_credentials(everything());
    let entry = entrytarget::Client::new(&uri).with_credentials(everything());
    let watt = wattshift::Client::new(&uri).with_credentials(everything());

    let grant = dinie::types::TokenRequest::builder()
        .grant_type(dinie::types::TokenRequestGrantType::ClientCredentials);
    let _ = dinie.create_token().body(grant).send().await;
    let _ = dinie.revoke_credential().client_id("dinie_ci_1").send().await;
    let pair = entrytarget::types::RegisterCredentialRequest::builder().api_key("ak_2").api_secret("sk_2");
    let _ = entry.register_credential().body(pair).send().await;
    let _ = entry.revoke_credential().api_key("ak_1").send().await;
    let _ = entry.get_health().send().await;
    let _ = watt.revoke_agent_sandbox_credential().credential_id("c").send().await;

    let presented: Vec<Vec<String>> =
        server.received_requests().await.unwrap().iter().map(credentials_of).collect();
    assert_eq!(
        presented,
        [
            vec!["authorization: Basic ZGluaWVfY2lfMTpkaW5pZV9jc18x"],
            vec!["authorization: Bearer dinie_at_token"],
            vec![],
            vec!["x-api-key: ak_1", "x-api-secret: sk_1"],
            vec![],
            vec!["x-ws-api-key: wsk_agent_1"],
        ]
    );
}

#[tokio::test]
async fn without_credentials_the_call_goes_out_bare() {
    let server = server().await;
    let _ = dinie::Client::new(&server.uri()).list_credentials().send().await;
    assert_eq!(credentials_of(&seen(&server).await), Vec::<String>::new());
}

#[tokio::test]
async fn no_header_that_the_contract_does_not_document() {
    let server = server().await;
    let client = dinie::Client::new(&server.uri()).with_credentials(everything());
    let _ = client.list_credentials().limit(1).starting_after("a&b").send().await;
    let request = seen(&server).await;
    let mut names: Vec<&str> = request.headers.keys().map(reqwest::header::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "authorization", "host"]);
    assert_eq!(request.headers["accept"], "application/json, application/problem+json");
    assert_eq!(request.url.query(), Some("limit=1&starting_after=a%26b"));
}

#[tokio::test]
async fn an_optional_body_is_sent_or_not() {
    let reason = wattshift::types::RevokeAgentCredentialRequest::builder()
        .reason(wattshift::types::RevokeAgentCredentialRequestReason::try_from("over").unwrap());
    for (body, documented, media_type) in
        [(None, "", None), (Some(reason), r#"{"reason":"over"}"#, Some("application/json"))]
    {
        let server = server().await;
        let client = wattshift::Client::new(&server.uri());
        let mut call = client.revoke_agent_sandbox_credential().credential_id("c");
        if let Some(body) = body {
            call = call.body(body);
        }
        let _ = call.send().await;
        let request = seen(&server).await;
        assert_eq!(String::from_utf8_lossy(&request.body), documented);
        assert_eq!(request.headers.get("content-type").map(|value| value.to_str().unwrap()), media_type);
    }
}

#[tokio::test]
async fn a_form_is_a_form() {
    let server = server().await;
    let grant = dinie::types::TokenRequest::builder()
        .grant_type(dinie::types::TokenRequestGrantType::ClientCredentials);
    let _ = dinie::Client::new(&server.uri()).create_token().body(grant).send().await;
    let request = seen(&server).await;
    assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(request.body, b"grant_type=client_credentials");
}

#[tokio::test]
async fn an_argument_stays_in_its_segment() {
    let server = server().await;
    let client = wattshift::Client::new(&format!("{}/base/", server.uri()));
    let _ = client.revoke_agent_sandbox_credential().credential_id("../a b?c").send().await;
    assert_eq!(seen(&server).await.url.path(), "/base/v1/agent-credentials/..%2Fa%20b%3Fc/revoke");
    for id in ["", ".", ".."] {
        let error = client.revoke_agent_sandbox_credential().credential_id(id).send().await.unwrap_err();
        assert!(matches!(error, Error::InvalidRequest(_)), "{error}");
    }
    // What is no identifier of the contract is not sent either.
    let client = dinie::Client::new(&server.uri());
    let error = client.revoke_credential().client_id("crd_1").send().await.unwrap_err();
    assert!(matches!(error, Error::InvalidRequest(_)), "{error}");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_the_contract_forbids_is_not_sent() {
    let server = server().await;
    let client = wattshift::Client::new(&server.uri());
    let call = client.revoke_agent_sandbox_credential();
    let error = call.clone().send().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the request cannot be sent: `credential_id` is required and was not given"
    );
    let scope = wattshift::types::CreateAgentCredentialRequestDto::builder().organization_name(String::new());
    let error = client.request_agent_sandbox_credential().body(scope).send().await.unwrap_err();
    assert!(matches!(error, Error::InvalidRequest(_)), "{error}");
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_client_and_its_calls_print_no_secret() {
    let client = entrytarget::Client::new("http://127.0.0.1:9").with_credentials(everything());
    let pair = entrytarget::types::RegisterCredentialRequest::builder()
        .api_key("ak_2")
        .api_secret(Secret::from("sk_hidden"));
    let printed = format!("{client:?} {:?}", client.register_credential().body(pair));
    for secret in ["sk_1", "dinie_at_token", "dinie_cs_1", "wsk_agent_1", "sk_hidden"] {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert!(printed.contains("Secret(***)"));
}

#[tokio::test]
async fn a_base_url_that_is_none_is_an_invalid_request() {
    let error = dinie::Client::new("not a url").list_credentials().send().await.unwrap_err();
    assert!(matches!(error, Error::InvalidRequest(_)), "{error:?}");
}

/// In a partial change, what is not set stays out of the body, and `None` goes out as null.
#[cfg(feature = "shiftagent")]
#[tokio::test]
async fn absence_and_null_are_told_apart() {
    use rescind_client::Nullable;
    use rescind_client::shiftagent::{Client, types::UpdateRepositoryRequest};

    let change = UpdateRepositoryRequest::builder;
    for (body, documented) in [
        (change().branch("main".to_owned()), r#"{"branch":"main"}"#),
        (change().credential_id(None), r#"{"credential_id":null}"#),
        (change().credential_id(Nullable::Null), r#"{"credential_id":null}"#),
        (change().credential_id(Nullable::Absent), "{}"),
        (change().credential_id(Some("crd_1".parse().unwrap())), r#"{"credential_id":"crd_1"}"#),
    ] {
        let server = server().await;
        let client = Client::new(&server.uri());
        let _ = client.update_repository().repository_id("rep_1").body(body).send().await;
        assert_eq!(String::from_utf8(seen(&server).await.body).unwrap(), documented);
    }
}
