//! What a retelling says, and that its script really runs.

use std::process::Command;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use indexmap::IndexMap;
use jiff::Timestamp;
use rescind_specs::{Document, Pointer};
use serde_json::{Value, json};
use url::Url;
use wiremock::matchers::{basic_auth, body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::deployment::{Kept, Pair};
use crate::exchange::{Origin, OriginKind, Place, Reply, Request, Response};

const OPERATOR: &str = "operator-secret-0123";
const ISSUED: &str = "issued's \"secret\" 0123";
const TOKEN: &str = "token-0123456789";
const VARIABLE: &str = "RESCIND_ONE_OPERATOR_SECRET";

fn contract() -> Contract {
    let text = "openapi: 3.0.3\ninfo: { title: One, version: '1' }\npaths:\n  /credentials:\n    get:\n      \
                operationId: list\n      responses:\n        '200': { description: All. }\n";
    Contract::new("one", Document::parse("one.yaml", text).unwrap(), None).unwrap()
}

fn deployment(base: &str, control: Option<&str>) -> Deployment {
    let pair = Pair {
        id: "op-1".to_owned(),
        secret: OPERATOR.to_owned().into(),
        source: VARIABLE.to_owned(),
        kept: Kept::Always,
    };
    Deployment {
        callers: IndexMap::from([("operator".into(), pair)]),
        control: control.map(|url| Url::parse(url).unwrap()),
        ..Deployment::at(Url::parse(base).unwrap())
    }
}

fn redactor() -> Redactor {
    let redactor = Redactor::new();
    for secret in [OPERATOR, ISSUED, TOKEN] {
        redactor.taint(secret);
    }
    redactor
}

fn from_answer(text: &str, exchange: u64, pointer: &str) -> Origin {
    let pointer = Pointer::parse(pointer).unwrap();
    Origin::new(text, OriginKind::Response { exchange: ExchangeId(exchange), place: Place::Body(pointer) })
}

fn from_operator() -> Origin {
    Origin::new(OPERATOR, OriginKind::Supplied(VARIABLE.to_owned()))
}

struct Draft(Exchange);

fn exchange(id: u64, method: Method, target: &str, status: u16) -> Draft {
    let request = Request {
        operation: None,
        method,
        target: target.to_owned(),
        headers: HeaderMap::new(),
        body: None,
        origins: Vec::new(),
    };
    let response = Response {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
    };
    Draft(Exchange {
        id: ExchangeId(id),
        request,
        reply: Reply::Received(response),
        sent: Timestamp::UNIX_EPOCH,
        received: Timestamp::UNIX_EPOCH,
        took: Duration::ZERO,
        replica: crate::exchange::Replica::default(),
        timing: Timing::default(),
        span: crate::exchange::Span::default(),
    })
}

impl Draft {
    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.0.request.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        self
    }

    fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.0.request.body = Some(body.into());
        self
    }

    fn origin(mut self, origin: Origin) -> Self {
        self.0.request.origins.push(origin);
        self
    }

    fn answered(mut self, body: &Value) -> Self {
        if let Reply::Received(response) = &mut self.0.reply {
            response.body = Bytes::from(body.to_string());
        }
        self
    }

    fn at(mut self, seconds: i64) -> Self {
        self.0.sent = Timestamp::from_second(seconds).unwrap();
        self.0.received = self.0.sent;
        self
    }

    fn done(self) -> Arc<Exchange> {
        Arc::new(self.0)
    }
}

fn basic(id: &str, secret: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}")))
}

/// Issue with the operator's pair, exchange the issued secret for a token, wait, use the token on a path that needs
/// percent-encoding. Between them, a call that has nothing to do with it.
fn history() -> Vec<Arc<Exchange>> {
    let issued = json!({"data": [{"client_id": "a/b c", "client_secret": ISSUED}]});
    vec![
        exchange(0, Method::POST, "/credentials", 201)
            .header("authorization", &basic("op-1", OPERATOR))
            .header("content-type", "application/json")
            .body(r#"{"name":"it's one"}"#)
            .origin(from_operator())
            .answered(&issued)
            .done(),
        exchange(1, Method::GET, "/unrelated", 200).done(),
        exchange(2, Method::POST, "/tokens", 200)
            .header("content-type", "application/json")
            .body(json!({"secret": ISSUED, "id": "a/b c"}).to_string())
            .origin(from_answer(ISSUED, 0, "/data/0/client_secret"))
            .origin(from_answer("a/b c", 0, "/data/0/client_id"))
            .answered(&json!({"access_token": TOKEN}))
            .done(),
        exchange(3, Method::DELETE, "/credentials/a%2Fb%20c?force[now]=1", 410)
            .header("authorization", &format!("Bearer {TOKEN}"))
            .origin(from_answer("a/b c", 0, "/data/0/client_id"))
            .origin(from_answer(TOKEN, 2, "/access_token"))
            .at(301)
            .done(),
    ]
}

fn retold(base: &str, control: Option<&str>) -> Counterexample {
    let (contract, deployment, redactor) = (contract(), deployment(base, control), redactor());
    let scene = Scene { contract: &contract, deployment: &deployment, redactor: &redactor };
    retell(scene, &history(), &[ExchangeId(2), ExchangeId(3)], Order::InTurn)
}

#[test]
fn the_story_holds_what_is_needed_and_no_secret() {
    let story = retold("http://127.0.0.1:8080/base", Some("http://127.0.0.1:8081"));
    insta::assert_snapshot!(story.steps.join("\n"), @r"
    POST /credentials, with the secret of operator → 201 Created
    POST /tokens, with the client_secret of step 1 and the client_id of step 1 → 200 OK
    301 s later: DELETE /credentials/{client_id of step 1}?force[now]=1, with the access_token of step 2 → 410 Gone
    ");
    insta::assert_snapshot!("story", story.script.join("\n"));
    let text = format!("{story:?}");
    assert!([OPERATOR, ISSUED, TOKEN].iter().all(|secret| !text.contains(secret)));
}

#[test]
fn without_a_clock_to_move_it_waits() {
    let story = retold("http://127.0.0.1:8080", None);
    assert!(story.script.contains(&"sleep 301".to_owned()), "{story:?}");
}

#[test]
fn an_unknown_exchange_tells_nothing() {
    let (contract, deployment, redactor) = (contract(), deployment("http://a", None), redactor());
    let scene = Scene { contract: &contract, deployment: &deployment, redactor: &redactor };
    assert_eq!(retell(scene, &[], &[ExchangeId(3)], Order::InTurn), Counterexample::default());
}

#[test]
fn a_long_body_is_made_and_not_written() {
    let (contract, deployment, redactor) = (contract(), deployment("http://a", None), redactor());
    let scene = Scene { contract: &contract, deployment: &deployment, redactor: &redactor };
    let body = format!("{{\"name\":\"{}\"}}", "x".repeat(70_000));
    let long = exchange(0, Method::POST, "/credentials", 413).body(body).done();
    let binary = exchange(1, Method::POST, "/credentials", 400).body(vec![0, 255]).done();
    let story = retell(scene, &[long, binary], &[ExchangeId(0), ExchangeId(1)], Order::InTurn);
    insta::assert_snapshot!("long_and_binary_bodies", story.script.join("\n"));
}

#[test]
fn at_once_means_at_once() {
    let (contract, deployment, redactor) = (contract(), deployment("http://a", None), redactor());
    let scene = Scene { contract: &contract, deployment: &deployment, redactor: &redactor };
    let all: Vec<_> = (0..2).map(|id| exchange(id, Method::DELETE, "/credentials/1", 204).done()).collect();
    let story = retell(scene, &all, &[ExchangeId(0), ExchangeId(1)], Order::AtOnce);
    insta::assert_snapshot!("at_once", story.script.join("\n"));
}

/// Whether the three programs that a script needs are there.
fn tools() -> bool {
    ["bash", "curl", "jq"]
        .iter()
        .all(|tool| Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_runs_and_ends_with_the_status_received() {
    if !tools() {
        println!("not run: bash, curl or jq is missing");
        return;
    }
    let server = MockServer::start().await;
    let issued = json!({"data": [{"client_id": "a/b c", "client_secret": ISSUED}]});
    let mocks = [
        Mock::given(method("POST"))
            .and(path("/base/credentials"))
            .and(basic_auth("op-1", OPERATOR))
            .and(body_json(json!({"name": "it's one"})))
            .respond_with(ResponseTemplate::new(201).set_body_json(&issued)),
        Mock::given(method("POST"))
            .and(path("/base/tokens"))
            .and(header("content-type", "application/json"))
            .and(body_json(json!({"secret": ISSUED, "id": "a/b c"})))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"access_token": TOKEN}))),
        Mock::given(method("POST"))
            .and(path("/clock/advance"))
            .and(body_json(json!({"seconds": 301})))
            .respond_with(ResponseTemplate::new(200)),
        Mock::given(method("DELETE"))
            .and(path("/base/credentials/a%2Fb%20c"))
            .and(header("authorization", &*format!("Bearer {TOKEN}")))
            .respond_with(ResponseTemplate::new(410)),
    ];
    for mock in mocks {
        mock.expect(1).mount(&server).await;
    }
    let story = retold(&format!("{}/base", server.uri()), Some(&server.uri()));
    let script = story.script.join("\n");
    let output = tokio::task::spawn_blocking(move || {
        Command::new("bash").args(["-c", &script]).env(VARIABLE, OPERATOR).output().unwrap()
    });
    let output = output.await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text.lines().last(), Some("410"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    server.verify().await;
}
