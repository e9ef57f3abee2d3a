//! What is sent again, and what is not.

use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use rescind_client::dinie::types::CreateCredentialRequest;
use rescind_client::dinie::{Client, Session};
use rescind_client::{BoxFuture, Clock, Credentials, Error, Repeat, Retry, Settings};
use rescind_server::Vendor;
use std::sync::Arc;
use wiremock::matchers::any;
use wiremock::{Mock, ResponseTemplate};

use crate::support::Deployment;

/// Notes how long anybody waits.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<Duration>>>);

impl Clock for Notes {
    fn now(&self) -> Timestamp {
        "2026-03-04T12:00:00Z".parse().unwrap()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        self.0.lock().unwrap().push(time);
        Box::pin(async {})
    }
}

async fn set_up(retry: impl FnOnce(Retry) -> Retry) -> (Deployment, Client, Notes) {
    let deployment = Deployment::of(Vendor::Dinie).await;
    let (id, secret) = deployment.caller("operator");
    let session =
        Session::new(&Client::new(&deployment.url()), id.try_into().unwrap(), secret, deployment.clock());
    session.ready().await.unwrap();
    let notes = Notes::default();
    let settings = Settings::new().retry(retry(Retry::with_clock(notes.clone()).jitter(|| 1.0)));
    let client = session.client().with_settings(settings);
    (deployment, client, notes)
}

fn waits(notes: &Notes) -> Vec<u64> {
    notes.0.lock().unwrap().iter().map(|wait| u64::try_from(wait.as_millis()).unwrap()).collect()
}

#[tokio::test]
async fn waits_grow_and_attempts_end() {
    let (deployment, client, notes) = set_up(|retry| retry).await;
    deployment.disturb("status=503,operation=listCredentials");
    let error = client.list_credentials().send().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 503);
    assert_eq!(error.attempts().unwrap().sent(), 4);
    assert!(error.is_retryable());
    assert_eq!(waits(&notes), [200, 400, 800]);
    assert_eq!(deployment.calls("listCredentials"), 4);
}

#[tokio::test]
async fn attempts_are_told_where_the_last_answer_breaks_off() {
    let (deployment, client, _) = set_up(|retry| retry).await;
    // Whoever may present something else reads the last answer as well.
    let client = client.with_credentials(Credentials::new().bearer("t"));
    deployment.disturb("status=503,operation=listCredentials,times=3");
    deployment.disturb("truncate=50%,on=answer,operation=listCredentials");
    let error = client.list_credentials().send().await.unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error}");
    let attempts = error.attempts().unwrap();
    assert_eq!((attempts.sent(), attempts.may_have_happened()), (4, true));
}

#[tokio::test]
async fn retry_after_is_obeyed_as_far_as_patience_goes() {
    let (deployment, client, notes) = set_up(|retry| retry.patience(Duration::from_secs(30))).await;
    deployment.disturb("status=503,retry-after=7s,operation=listCredentials,times=1");
    deployment.disturb("status=429,retry-after=30s,operation=listCredentials,times=1");
    client.list_credentials().send().await.unwrap();
    let mut told = waits(&notes);
    told.sort_unstable();
    assert_eq!(told, [7_000, 30_000]);
    deployment.disturb("status=429,retry-after=31s,operation=listCredentials,times=1");
    let error = client.list_credentials().send().await.unwrap_err();
    let delay = error.retry_after().unwrap().delay(notes.now());
    assert_eq!(delay, Duration::from_secs(31));
    assert_eq!(waits(&notes).len(), 2);
}

#[tokio::test]
async fn a_delay_that_the_body_tells_is_obeyed_and_none_is_shorter_than_the_backoff() {
    let server = wiremock::MockServer::start().await;
    let answer = |body: &str| ResponseTemplate::new(429).set_body_raw(body.to_owned(), "application/json");
    let told = answer(r#"{"code":"RATE_LIMITED","retry_after_seconds":7}"#);
    Mock::given(any()).respond_with(told).up_to_n_times(1).mount(&server).await;
    let over = answer("{}").insert_header("retry-after", "0");
    Mock::given(any()).respond_with(over).up_to_n_times(1).mount(&server).await;
    let long = answer(r#"{"code":"RATE_LIMITED","retry_after_seconds":3600}"#);
    Mock::given(any()).respond_with(long).mount(&server).await;
    let notes = Notes::default();
    let settings = Settings::new().retry(Retry::with_clock(notes.clone()).jitter(|| 1.0));
    let client =
        Client::new(&server.uri()).with_credentials(Credentials::new().bearer("t")).with_settings(settings);
    let error = client.list_credentials().send().await.unwrap_err();
    assert_eq!(waits(&notes), [7_000, 400]);
    assert_eq!(error.retry_after().unwrap().delay(notes.now()), Duration::from_hours(1));
}

#[tokio::test]
async fn a_write_is_repeated_only_where_that_does_no_harm() {
    for (chaos, key, repeat, sent) in [
        ("status=503,on=answer", None, Repeat::Harmless, 1),
        ("drop,on=answer", None, Repeat::Harmless, 1),
        ("truncate=50%,on=answer", None, Repeat::Harmless, 1),
        // It was certainly not carried out.
        ("status=429", None, Repeat::Harmless, 2),
        ("status=503,on=answer", Some("k"), Repeat::Harmless, 2),
        ("drop,on=answer", Some("k"), Repeat::Harmless, 2),
        ("truncate=50%,on=answer", Some("k"), Repeat::Harmless, 2),
        ("drop", None, Repeat::Everything, 2),
    ] {
        let (deployment, client, _) = set_up(|retry| retry).await;
        let client = client.with_settings(Settings::new().repeat(repeat));
        deployment.disturb(&format!("{chaos},operation=createCredential,times=1"));
        let mut call = client.create_credential().body(CreateCredentialRequest::builder().name("new"));
        if let Some(key) = key {
            call = call.idempotency_key(key);
        }
        assert_eq!(call.send().await.is_ok(), sent == 2, "{chaos}");
        assert_eq!(deployment.calls("createCredential"), sent, "{chaos}");
        let listed = client.list_credentials().limit(100).send().await.unwrap();
        let made = listed.data.iter().filter(|credential| credential.name == "new").count();
        assert!(made <= 1, "{chaos}: {made}");
    }
}

#[tokio::test]
async fn where_nobody_listens_everything_is_repeated() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let notes = Notes::default();
    let settings = Settings::new().retry(Retry::with_clock(notes.clone()).jitter(|| 0.0));
    let client = Client::new(&url).with_settings(settings);
    let error = client.create_credential().body_map(|body| body.name("new")).send().await.unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(waits(&notes), [100, 200, 400]);
}
