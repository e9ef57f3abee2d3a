//! Answers that a correct server never sends, and how the client tells them.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]
#![cfg(all(feature = "dinie", feature = "entrytarget", feature = "wattshift"))]

use std::time::Duration;

use rescind_client::dinie::{self, RevokeCredentialError};
use rescind_client::support::reqwest;
use rescind_client::wattshift::{self, RevokeAgentSandboxCredentialError};
use rescind_client::{Error, Settings, entrytarget};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const PROBLEM: &str = r#"{"type":"https://api.dinie.com.br/errors/conflict","title":"Conflict","status":409,
    "detail":"Without dinie_ci_hidden no credential would be active.","code":"last_active_credential"}"#;

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
    assert_eq!(format!("{:?}", error.documented()), "Some(Conflict { .. })");
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
    let now: jiff::Timestamp = "2026-10-21T07:00:00Z".parse().unwrap();
    for (header, documented) in [
        ("30", Some(Duration::from_secs(30))),
        ("Wed, 21 Oct 2026 07:28:00 GMT", Some(Duration::from_mins(28))),
        ("Wed, 21 Oct 2020 07:28:00 GMT", Some(Duration::ZERO)),
        ("-1", None),
    ] {
        let answer = body(429, "application/problem+json", PROBLEM).insert_header("retry-after", header);
        let delay = revoke(answer).await.unwrap_err().retry_after().map(|after| after.delay(now));
        assert_eq!(delay, documented, "{header}");
    }
    let envelope =
        r#"{"request_id":"req_1","error_code":"RATE_LIMITED","message":"m","retry_after_seconds":1.5}"#;
    let error = revoke(body(429, "application/json", envelope)).await.unwrap_err();
    assert_eq!(error.retry_after().map(|after| after.delay(now)), Some(Duration::from_millis(1500)));
}

#[tokio::test]
async fn every_failure_tells_its_problem_and_the_name_of_the_request() {
    let envelope = r#"{"request_id":"req_1","error_code":"NOT_FOUND","message":"hidden"}"#;
    for (status, media_type, text, header, code, id) in [
        (
            409,
            "application/problem+json",
            PROBLEM,
            Some("req_2"),
            Some("last_active_credential"),
            Some("req_2"),
        ),
        // Documented with another body, and not documented at all.
        (404, "application/json", envelope, None, Some("NOT_FOUND"), Some("req_1")),
        (418, "application/json", envelope, Some("req_3"), Some("NOT_FOUND"), Some("req_3")),
        (502, "text/html", "<h1>Bad Gateway</h1>", None, None, None),
    ] {
        let mut answer = body(status, media_type, text);
        if let Some(header) = header {
            answer = answer.insert_header("x-request-id", header);
        }
        let error = revoke(answer).await.unwrap_err();
        assert_eq!(error.problem().and_then(|problem| problem.code).as_deref(), code, "{status}");
        assert_eq!(error.request_id().as_deref(), id, "{status}");
        assert_eq!(error.status().unwrap(), status);
        let shown = format!("{error} {error:?} {:?} {:?}", error.problem(), error.documented());
        assert!(!shown.contains("hidden"), "{shown}");
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
    let error =
        dinie::Client::new(&url).revoke_credential().client_id("dinie_ci_1").send().await.unwrap_err();
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

/// A deployment that takes requests and never answers.
async fn silent() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            kept.push(stream);
        }
    });
    url
}

/// Time stands still and leaps to the next timer, so nobody waits; without a timer the test would hang.
#[tokio::test(start_paused = true)]
async fn a_slow_answer_is_given_up_by_default_and_by_settings() {
    let url = silent().await;
    let settings = Settings::new().timeout(Duration::from_secs(5));
    let patient = dinie::Client::new_with_client(&url, reqwest::Client::new()).with_settings(settings);
    for client in [dinie::Client::new(&url), patient] {
        let error = client.revoke_credential().client_id("dinie_ci_1").send().await.unwrap_err();
        let Error::Transport(cause) = &error else { panic!("{error:?}") };
        assert!(cause.is_timeout(), "{error}");
        assert!(error.is_retryable());
        assert!(!error.to_string().contains("127.0.0.1"), "the URL may hold a key: {error}");
    }
}

#[tokio::test]
async fn a_page_of_a_proxy_is_no_answer_of_the_contract() {
    let page = "<html><body><h1>502 Bad Gateway</h1></body></html>";
    // Where another body is documented for the status, and where the status is not documented.
    let error = revoke(body(500, "text/html", page)).await.unwrap_err();
    assert!(matches!(&error, Error::Malformed(_)), "{error:?}");
    assert!(error.is_retryable() && error.problem().is_none());
    let error = revoke(body(502, "text/html", page)).await.unwrap_err();
    assert!(matches!(&error, Error::Unexpected(_)), "{error:?}");
    assert_eq!(error.body().unwrap(), page);
    // A success that is none.
    let server = answering(body(200, "text/html", "<html>log in first</html>")).await;
    let error = dinie::Client::new(&server.uri()).list_credentials().send().await.unwrap_err();
    assert!(matches!(&error, Error::Malformed(malformed) if malformed.status == 200), "{error:?}");
}
