//! What no correct server sends: throttling, broken connections, a control interface that lies, a dead control.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use http::{HeaderMap, Method};
use indexmap::IndexMap;
use rescind_conformance::clock::StillOpen;
use rescind_conformance::deployment::{Deployment, Kept, Pair};
use rescind_conformance::exchange::{Reply, Request};
use rescind_conformance::plan::Plan;
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::report::Outcome;
use rescind_conformance::runner::{self, RunError};
use rescind_conformance::session::{Session, SessionError};
use rescind_specs::{Contract, Vendor};
use serde_json::json;
use url::Url;
use wiremock::matchers::{any, body_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn deployment(base: &str, control: Option<&str>) -> Deployment {
    let operator = Pair {
        id: "operator".into(),
        secret: "operator-secret".to_owned().into(),
        source: "X".into(),
        kept: Kept::Always,
    };
    Deployment {
        callers: IndexMap::from([("operator".into(), operator)]),
        control: control.map(|control| Url::parse(control).unwrap()),
        ..Deployment::at(Url::parse(base).unwrap())
    }
}

fn contract(vendor: Vendor) -> &'static Contract {
    vendor.contract().expect("the bundled contract is right")
}

fn get(target: &str) -> Request {
    Request {
        operation: None,
        method: Method::GET,
        target: target.to_owned(),
        headers: HeaderMap::new(),
        body: None,
        origins: Vec::new(),
    }
}

/// A server whose clock can be moved, and which moves.
async fn movable(server: &MockServer) {
    let shows = |now: &str| ResponseTemplate::new(200).set_body_json(json!({ "now": now, "virtual": true }));
    Mock::given(method("GET"))
        .and(path("/clock"))
        .respond_with(shows("2026-01-01T00:00:00Z"))
        .mount(server)
        .await;
    Mock::given(method("POST"))
        .and(path("/clock/advance"))
        .and(body_json(json!({ "seconds": 7 })))
        .respond_with(shows("2026-01-01T00:00:07Z"))
        .mount(server)
        .await;
}

#[tokio::test]
async fn a_throttled_call_is_sent_again_when_it_may_be() {
    for status in [429, 503] {
        is_sent_again_after(status).await;
    }
}

async fn is_sent_again_after(status: u16) {
    let server = MockServer::start().await;
    movable(&server).await;
    Mock::given(path("/busy"))
        .respond_with(ResponseTemplate::new(status).insert_header("retry-after", "7"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(path("/busy")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    let deployment = deployment(&server.uri(), Some(&server.uri()));
    let (plan, redactor) = (Plan::default(), Redactor::new());
    let session =
        Session::open(contract(Vendor::Dinie), &deployment, &plan, &redactor, &Silent).await.unwrap();
    let exchange = session.send_patiently(get("/busy")).await;
    assert_eq!(exchange.status(), Some(204));
    assert_eq!(
        session.now().to_string(),
        "2026-01-01T00:00:07Z",
        "Retry-After is waited for by the deployment's clock"
    );
    let statuses: Vec<_> = session.exchanges().iter().map(|exchange| exchange.status().unwrap()).collect();
    assert_eq!(statuses, [status, 204], "each attempt is recorded");
}

#[tokio::test]
async fn a_throttled_call_without_retry_after_is_not_repeated() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(429)).expect(1).mount(&server).await;
    let deployment = deployment(&server.uri(), None);
    let (plan, redactor) = (Plan::default(), Redactor::new());
    let session =
        Session::open(contract(Vendor::Dinie), &deployment, &plan, &redactor, &Silent).await.unwrap();
    assert_eq!(session.send_patiently(get("/")).await.status(), Some(429));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = MockServer::start().await;
    let elsewhere = ResponseTemplate::new(307).insert_header("location", "/elsewhere");
    Mock::given(path("/here")).respond_with(elsewhere).expect(1).mount(&server).await;
    Mock::given(path("/elsewhere")).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let deployment = deployment(&server.uri(), None);
    let (plan, redactor) = (Plan::default(), Redactor::new());
    let session =
        Session::open(contract(Vendor::Dinie), &deployment, &plan, &redactor, &Silent).await.unwrap();
    assert_eq!(session.send(get("/here")).await.status(), Some(307));
}

#[tokio::test]
async fn a_broken_connection_is_a_lost_reply() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        // Accepts and hangs up.
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
        }
    });
    let deployment = deployment(&base, None);
    let (plan, redactor) = (Plan::default(), Redactor::new());
    let session =
        Session::open(contract(Vendor::Dinie), &deployment, &plan, &redactor, &Silent).await.unwrap();
    let exchange = session.send(get("/")).await;
    assert!(matches!(&exchange.reply, Reply::Lost(why) if !why.contains("http")), "{:?}", exchange.status());
    let run = runner::run(contract(Vendor::Dinie), &deployment, &plan, &redactor, &Silent).await;
    assert!(matches!(run, Err(RunError::Unreachable(_))));
    server.abort();
}

#[tokio::test]
async fn a_wait_beyond_the_patience_leaves_the_question_open() {
    let server = MockServer::start().await;
    let deployment = deployment(&server.uri(), None);
    let (plan, redactor) = (Plan::default(), Redactor::new());
    let session =
        Session::open(contract(Vendor::Dinie), &deployment, &plan, &redactor, &Silent).await.unwrap();
    let waited = session.wait(Duration::from_mins(5)).await;
    assert!(matches!(waited, Err(StillOpen::Patience { .. })), "{waited:?}");
}

#[tokio::test]
async fn a_control_interface_that_does_not_answer_is_an_error() {
    let server = MockServer::start().await;
    let deployment = deployment(&server.uri(), Some(&server.uri()));
    let (plan, redactor) = (Plan::default(), Redactor::new());
    let session = Session::open(contract(Vendor::Dinie), &deployment, &plan, &redactor, &Silent).await;
    assert!(matches!(session.map(drop), Err(SessionError::Control { .. })));
}

/// A deployment that answers 401 to everybody has an outage; nothing about revocation is learnt from it.
#[tokio::test]
async fn an_outage_is_no_verdict_on_a_requirement() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let deployment = deployment(&server.uri(), None);
    let plan = Plan { only: vec!["R2".to_owned(), "R8".to_owned(), "R14".to_owned()], ..Plan::default() };
    for vendor in [Vendor::Dinie, Vendor::EntryTarget, Vendor::ShiftAgent, Vendor::WattShift] {
        let run = runner::run(contract(vendor), &deployment, &plan, &Redactor::new(), &Silent).await.unwrap();
        let asked = run.requirements.iter().filter(|requirement| plan.only.contains(&requirement.id.0));
        for requirement in asked {
            let outcome = &requirement.outcome;
            let silent = matches!(outcome, Outcome::NotExercised(_) | Outcome::NotRun(_));
            assert!(silent, "{vendor}/{}: {outcome:?}", requirement.id);
        }
        assert_eq!(run.revocations, 0);
    }
}

/// The words of two runs with one seed differ as long as their times do; the rest is the same.
#[tokio::test]
async fn words_are_unique() {
    let server = MockServer::start().await;
    let deployment = deployment(&server.uri(), None);
    let (plan, redactor) = (Plan::default(), Redactor::new());
    let session =
        Session::open(contract(Vendor::Dinie), &deployment, &plan, &redactor, &Silent).await.unwrap();
    let words: std::collections::BTreeSet<String> = (0..1000).map(|_| session.unique()).collect();
    assert_eq!(words.len(), 1000);
    let form =
        |word: &String| word.len() == 32 && word.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
    assert!(words.iter().all(form));
}
