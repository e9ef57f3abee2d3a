//! Hooks around each request, and other things to send over.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rescind_client::dinie::{Client, CreateCredentialError};
use rescind_client::support::reqwest::{self, Body, Request, Response};
use rescind_client::{
    BoxFuture, Credentials, Error, Hook, Outcome, Sending, Sent, Settings, Transport, TransportError,
};
use rescind_server::Vendor;

use crate::support::Deployment;

/// Adds a header, and writes down what it sees.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Hook for Notes {
    fn before(&self, sending: &mut Sending<'_>) {
        sending.headers.insert("x-team", "billing".parse().unwrap());
        let headers: Vec<&str> = sending.headers.keys().map(http::HeaderName::as_str).collect();
        let note = format!("{} {} {} {headers:?}", sending.attempt, sending.method, sending.operation);
        self.0.lock().unwrap().push(note);
    }

    fn after(&self, sent: &Sent<'_>) {
        let outcome = match &sent.outcome {
            Outcome::Answered { status, headers } => {
                format!("{} {}", status.as_u16(), headers.contains_key("content-type"))
            }
            Outcome::Failed(_) => "none".to_owned(),
        };
        assert!(sent.elapsed.is_some());
        self.0.lock().unwrap().push(format!("{} {} {outcome}", sent.attempt, sent.operation));
    }
}

#[tokio::test]
async fn a_hook_sees_each_attempt_and_no_credentials() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let notes = Notes::default();
    let settings = deployment.patient().hook(notes.clone());
    let client = Client::new(&deployment.url())
        .with_credentials(Credentials::new().bearer("dinie_at_hidden"))
        .with_settings(settings);
    deployment.disturb("status=503,operation=listCredentials,times=1");
    assert_eq!(client.list_credentials().send().await.unwrap_err().status().unwrap(), 401);
    let notes = notes.0.lock().unwrap().clone();
    assert_eq!(
        notes,
        [
            r#"1 GET listCredentials ["accept", "x-team"]"#,
            "1 listCredentials 503 false",
            r#"2 GET listCredentials ["accept", "x-team"]"#,
            "2 listCredentials 401 true",
        ]
    );
    deployment.server.journal().expect("listCredentials").header("x-team", "billing").times(2);
}

#[tokio::test]
async fn a_hook_hears_of_no_request_that_cannot_be_sent() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let notes = Notes::default();
    let client = Client::new(&deployment.url())
        .with_credentials(Credentials::new().bearer("two\nlines"))
        .with_settings(deployment.patient().hook(notes.clone()));
    let error = client.list_credentials().send().await.unwrap_err();
    assert!(matches!(&error, Error::InvalidRequest(_)), "{error}");
    assert!(!error.to_string().contains("two"), "{error}");
    assert_eq!(*notes.0.lock().unwrap(), [""; 0]);
    deployment.server.journal().expect("listCredentials").never();
}

/// Answers without a network.
struct Canned;

impl Transport for Canned {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            if request.method() == "GET" {
                return Err(TransportError::not_sent("the network is down"));
            }
            assert_eq!(request.headers()["authorization"], "Bearer t");
            let problem = r#"{"type":"https://a.example/e","title":"T","status":401,"detail":"D"}"#;
            let answer = http::Response::builder()
                .status(401)
                .header("content-type", "application/problem+json")
                .header("x-request-id", "req_1")
                .body(Body::from(problem))
                .unwrap();
            Ok(answer.into())
        })
    }
}

#[tokio::test]
async fn a_test_may_answer_in_place_of_a_deployment() {
    let client = Client::new("http://nowhere.invalid")
        .with_credentials(Credentials::new().bearer("t"))
        .with_settings(Settings::new().transport(Canned));
    let error = client.create_credential().body_map(|body| body.name("new")).send().await.unwrap_err();
    assert!(matches!(error.documented(), Some(CreateCredentialError::Unauthorized { .. })));
    assert_eq!(error.request_id().as_deref(), Some("req_1"));
    let error = client.list_credentials().send().await.unwrap_err();
    assert_eq!(error.to_string(), "no answer: the network is down");
    assert!(matches!(&error, Error::Transport(error) if error.is_not_sent()));
}

/// Loses one answer, and then finds nobody.
#[derive(Default)]
struct Failing(AtomicBool);

impl Transport for Failing {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let is_down = self.0.swap(true, Ordering::Relaxed);
        let failure = if is_down { TransportError::not_sent } else { TransportError::new };
        Box::pin(async move { Err(failure("the network is down")) })
    }
}

#[tokio::test]
async fn what_was_perhaps_carried_out_is_not_told_as_never_sent() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let settings = deployment.patient().transport(Failing::default());
    let client = Client::new("http://nowhere.invalid").with_settings(settings);
    let error = client.list_credentials().send().await.unwrap_err();
    assert!(matches!(&error, Error::Transport(error) if !error.is_not_sent()), "{error}");
    assert_eq!(error.attempts().unwrap().sent(), 12);
    let error = client.list_credentials().send().await.unwrap_err();
    assert!(matches!(&error, Error::Transport(error) if error.is_not_sent()), "{error}");
}

#[tokio::test]
async fn layers_of_tower_may_stand_before_the_http_client() {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let service = tower::ServiceBuilder::new()
        .concurrency_limit(1)
        .map_request(|mut request: Request| {
            request.headers_mut().insert("x-layer", "1".parse().unwrap());
            request
        })
        .service(reqwest::Client::new());
    let client = Client::new(&deployment.url()).with_settings(Settings::new().service(service));
    assert_eq!(client.list_credentials().send().await.unwrap_err().status().unwrap(), 401);
    deployment.server.journal().expect("listCredentials").header("x-layer", "1").times(1);
    // What goes wrong keeps its kind.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = Client::new(&url).with_settings(Settings::new().service(reqwest::Client::new()));
    let error = client.list_credentials().send().await.unwrap_err();
    assert!(matches!(&error, Error::Transport(error) if error.is_not_sent()), "{error}");
}
