//! Answers that a correct server never sends, and how the client tells them.

#![cfg(all(feature = "dinie", feature = "entrytarget", feature = "wattshift"))]

use std::time::Duration;

use rescind_client::dinie::{self, RevokeCredentialError};
use rescind_client::wattshift::{self, RevokeAgentSandboxCredentialError};
use rescind_client::{Error, entrytarget};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const PROBLEM: &str = r#"{"type":"https://api.dinie.com.br/errors/conflict","title":"Conflict","status":409,
    "detail":"The partner would be left without an active credential.","code":"last_active_credential"}"#;

/// A server that gives one answer to everything.
async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

/// What a revocation says where the server gives `answer`.
async fn revoke(answer: ResponseTemplate) -> Result<(), Error<RevokeCredentialError>> {
    let server = answering(answer).await;
    let client = dinie::Client::new(&server.uri());
    client.revoke_credential().client_id("dinie_ci_1").send().await.map(|_| ())
}

fn body(status: u16, media_type: &str, text: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(text.to_owned(), media_type)
}

#[tokio::test]
async fn a_documented_failure_has_its_variant_and_its_body() {
    let error = revoke(body(409, "application/problem+json", PROBLEM)).await.unwrap_err();
    let Some(RevokeCredentialError::Conflict { body: problem, .. }) = error.documented() else {
        panic!("{error:?}")
    };
    assert_eq!(problem.code.as_deref(), Some("last_active_credential"));
    assert_eq!(error.status().unwrap(), 409);
    assert_eq!(error.headers().unwrap()["content-type"], "application/problem+json");
    assert!(!error.is_retryable());
    assert!(matches!(error.into_documented(), Ok(RevokeCredentialError::Conflict { .. })));
}

#[tokio::test]
async fn each_documented_status_is_a_variant_of_its_own() {
    for (status, retryable) in [(401, false), (404, false), (409, false), (429, true), (500, true)] {
        let error = revoke(body(status, "application/problem+json", PROBLEM)).await.unwrap_err();
        let told = match error.documented() {
            Some(RevokeCredentialError::Unauthorized { .. }) => 401,
            Some(RevokeCredentialError::NotFound { .. }) => 404,
            Some(RevokeCredentialError::Conflict { .. }) => 409,
            Some(RevokeCredentialError::TooManyRequests { .. }) => 429,
            Some(RevokeCredentialError::InternalServerError { .. }) => 500,
            None => 0,
        };
        assert_eq!((told, error.is_retryable()), (status, retryable));
    }
}

#[tokio::test]
async fn a_delay_can_be_read() {
    for (header, documented) in
        [("30", Some(Duration::from_secs(30))), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None)]
    {
        let answer = body(429, "application/problem+json", PROBLEM).insert_header("retry-after", header);
        assert_eq!(revoke(answer).await.unwrap_err().retry_after(), documented, "{header}");
    }
}

#[tokio::test]
async fn another_body_than_documented_is_malformed_and_keeps_everything() {
    for (media_type, text, cause) in [
        ("application/problem+json", r#"{"detail":"secret"}"#, "JSON of another shape"),
        ("application/problem+json", r#"{"detail":"secr"#, "JSON that ends early"),
        ("text/html", "<html>secret</html>", "not JSON"),
        ("application/problem+json", "", "JSON that ends early"),
    ] {
        let error = revoke(body(401, media_type, text)).await.unwrap_err();
        let Error::Malformed(malformed) = &error else { panic!("{error:?}") };
        assert_eq!(malformed.status, 401);
        assert_eq!(malformed.content_type(), Some(media_type));
        assert_eq!(malformed.body, text);
        assert_eq!(error.status().unwrap(), 401);
        assert!(error.headers().unwrap().contains_key("content-type"));
        for shown in [format!("{error}"), format!("{error:?}")] {
            assert!(shown.contains(cause), "{shown}");
            assert!(!shown.contains("secr"), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_malformed_success_is_an_error_that_hides_the_body() {
    let server =
        answering(body(201, "application/json", r#"{"client_secret":"dinie_cs_live_hidden"}"#)).await;
    let client = dinie::Client::new(&server.uri());
    let request = dinie::types::CreateCredentialRequest::builder().name("Key");
    let error = client.create_credential().body(request).send().await.unwrap_err();
    assert!(matches!(&error, Error::Malformed(malformed) if malformed.status == 201));
    assert!(!format!("{error} {error:?}").contains("hidden"));
    assert!(String::from_utf8_lossy(error.body().unwrap()).contains("hidden"));
}

#[tokio::test]
async fn an_undocumented_status_is_unexpected() {
    for status in [200, 202, 302, 403, 418, 502] {
        let error = revoke(body(status, "text/html", "<h1>hidden</h1>")).await.unwrap_err();
        let Error::Unexpected(unexpected) = &error else { panic!("{status}: {error:?}") };
        assert_eq!(unexpected.status, status);
        assert_eq!(unexpected.body, "<h1>hidden</h1>");
        assert!(!format!("{error} {error:?}").contains("hidden"));
        assert_eq!(error.is_retryable(), status == 502);
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = answering(ResponseTemplate::new(204)).await;
    let answer = ResponseTemplate::new(307).insert_header("location", elsewhere.uri());
    let error = revoke(answer).await.unwrap_err();
    assert_eq!(error.status().unwrap(), 307);
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_failure_without_a_documented_body_is_a_bare_variant() {
    let server = answering(body(403, "application/json", r#"{"error_code":"FORBIDDEN"}"#)).await;
    let client = wattshift::Client::new(&server.uri());
    let error = client.revoke_agent_sandbox_credential().credential_id("c").send().await.unwrap_err();
    assert!(matches!(error.documented(), Some(RevokeAgentSandboxCredentialError::Forbidden)));
    assert_eq!(error.body().unwrap(), r#"{"error_code":"FORBIDDEN"}"#);
}

#[tokio::test]
async fn a_truncated_body_is_a_transport_error() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await.unwrap();
        let head = "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/problem+json\r\ncontent-length: 900\r\n\r\n";
        stream.write_all(format!("{head}{{\"type\":").as_bytes()).await.unwrap();
    });
    let error = dinie::Client::new(&url).revoke_credential().client_id("c").send().await.unwrap_err();
    server.await.unwrap();
    assert!(matches!(&error, Error::Transport(_)), "{error:?}");
    assert!(error.is_retryable());
    assert!(!error.to_string().contains("127.0.0.1"), "the URL may hold a key: {error}");
}

#[tokio::test]
async fn nobody_listening_is_a_transport_error() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = entrytarget::Client::new(&url).get_health().send().await.unwrap_err();
    assert!(matches!(&error, Error::Transport(_)), "{error:?}");
    assert_eq!((error.status(), error.is_retryable()), (None, true));
}

#[tokio::test]
async fn a_success_keeps_status_and_headers_and_hides_its_secret() {
    let text = r#"{"id":"dinie_ci_1","client_id":"dinie_ci_1","name":"Key","status":"active","expires_at":null,
        "created_at":"2026-03-04T12:00:00Z","updated_at":"2026-03-04T12:00:00Z","last_used_at":null,
        "client_secret":"dinie_cs_live_hidden"}"#;
    let server =
        answering(body(201, "application/json", text).insert_header("x-ratelimit-limit", "100")).await;
    let client = dinie::Client::new(&server.uri());
    let request = dinie::types::CreateCredentialRequest::builder().name("Key");
    let answer = client.create_credential().body(request).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["x-ratelimit-limit"], "100");
    assert_eq!(answer.client_secret.expose(), "dinie_cs_live_hidden");
    assert!(!format!("{answer:?}").contains("hidden"), "{answer:?}");
}
