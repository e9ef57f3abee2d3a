//! The journal of a running server: what is written down, what is masked, what is forgotten.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rescind_server::journal::{Bounds, Content, Entry, Filter, Outcome, Passage, Standing, Update, Withheld};
use rescind_server::{Clock, Running, Server, Vendor};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The bundled contract that has a pair, tokens, a header with a parameter and a list.
const CONTRACT: Vendor = Vendor::Dinie;

async fn start(bounds: Bounds) -> Running {
    let clock = Clock::virtual_at(Timestamp::from_second(1_000_000).unwrap());
    Server::builder().clock(clock).seed(1).journal(bounds).spawn().await.unwrap()
}

/// Sends a request as it is written and reads to the end of the connection.
async fn send(running: &Running, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(running.address()).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

async fn call(running: &Running, line: &str, headers: &str, body: &str) -> (u16, Value) {
    let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let request = format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}{length}\r\n{body}");
    let answer = send(running, request.as_bytes()).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
}

/// What the operator of the contract presents.
struct Operator {
    id: String,
    secret: String,
    basic: String,
    token: String,
}

impl Operator {
    /// Exchanges the pair of the operator for a token.
    async fn enter(running: &Running) -> Self {
        let pair = running.target(CONTRACT).callers["operator"].clone();
        let basic = STANDARD.encode(format!("{}:{}", pair.id, pair.secret.expose()));
        let headers =
            format!("authorization: Basic {basic}\r\ncontent-type: application/x-www-form-urlencoded\r\n");
        let (status, answer) =
            call(running, "POST /dinie/v3/auth/token", &headers, "grant_type=client_credentials").await;
        assert_eq!(status, 200, "{answer}");
        let token = answer["access_token"].as_str().unwrap().to_owned();
        Self { id: pair.id, secret: pair.secret.expose().to_owned(), basic, token }
    }

    fn bearer(&self) -> String {
        format!("authorization: Bearer {}\r\n", self.token)
    }

    /// Issues a credential; its id and its secret.
    async fn issue(&self, running: &Running, name: &str) -> (String, String) {
        let headers = format!("{}content-type: application/json\r\n", self.bearer());
        let body = serde_json::json!({ "name": name }).to_string();
        let (status, issued) = call(running, "POST /dinie/v3/auth/credentials", &headers, &body).await;
        assert_eq!(status, 201, "{issued}");
        let text = |name: &str| issued[name].as_str().unwrap().to_owned();
        (text("client_id"), text("client_secret"))
    }
}

fn all(running: &Running) -> Vec<Arc<Entry>> {
    running.journal().entries(&Filter::all())
}

#[tokio::test]
async fn an_exchange_is_written_down_without_its_secrets() {
    let running = start(Bounds::default()).await;
    let operator = Operator::enter(&running).await;
    let (id, secret) = operator.issue(&running, "first").await;
    let path = format!("DELETE /dinie/v3/auth/credentials/{id}?reason=spent");
    assert_eq!(call(&running, &path, &operator.bearer(), "").await.0, 204);

    let entries = all(&running);
    let [exchange, issue, revocation] = entries.as_slice() else { panic!("{entries:#?}") };
    assert_eq!(exchange.number, 1);
    assert_eq!(exchange.at, Timestamp::from_second(1_000_000).unwrap());
    assert_eq!(exchange.operation.as_deref(), Some("createToken"));
    assert_eq!(exchange.request.header("authorization"), Some("Basic ***"));
    assert_eq!(exchange.request.body.text(), Some("grant_type=client_credentials"));
    let caller = exchange.caller.as_ref().unwrap();
    assert_eq!((&caller.id, caller.standing), (&operator.id, Standing::Proven));
    let token = exchange.response().unwrap().body.json().unwrap();
    assert_eq!(token["access_token"], "***");
    assert_eq!(token["token_type"], "bearer");

    assert_eq!(issue.status(), Some(201));
    let issued = issue.response().unwrap().body.json().unwrap();
    assert_eq!((&issued["client_secret"], &issued["client_id"]), (&"***".into(), &id.as_str().into()));

    assert_eq!(revocation.contract.as_deref(), Some(CONTRACT.name()));
    assert_eq!(revocation.operation.as_deref(), Some("revokeCredential"));
    assert_eq!(revocation.request.path, format!("/dinie/v3/auth/credentials/{id}"));
    assert_eq!(revocation.request.query.as_deref(), Some("reason=spent"));
    assert_eq!(revocation.response().unwrap().body.content, Content::Nothing);

    let printed = format!("{entries:?}{}", serde_json::to_string(&entries).unwrap());
    for secret in [&secret, &operator.secret, &operator.basic, &operator.token] {
        assert!(!printed.contains(secret.as_str()));
    }
}

#[tokio::test]
async fn a_secret_is_masked_wherever_it_is_repeated() {
    let running = start(Bounds::default()).await;
    let operator = Operator::enter(&running).await;
    let (_, secret) = operator.issue(&running, "first").await;
    let encoded: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let hidden = STANDARD.encode(format!("x:{secret}"));
    let headers =
        format!("x-other: {hidden}\r\ncookie: {secret}\r\nx-{secret}: 1\r\nx-request-id: {secret}\r\n");
    call(
        &running,
        &format!("GET /dinie/v3/nowhere/{encoded}?q={secret}"),
        &headers,
        &format!("[\"{secret}\"]"),
    )
    .await;
    call(&running, &format!("GET /elsewhere/{secret}"), "", "").await;

    let entries = all(&running);
    let [.., nowhere, elsewhere] = entries.as_slice() else { panic!() };
    assert_eq!(nowhere.request.path, "/dinie/v3/nowhere/***");
    assert_eq!(nowhere.contract.as_deref(), Some(CONTRACT.name()));
    assert_eq!(nowhere.operation, None);
    assert_eq!(nowhere.status(), Some(404));
    assert_eq!((elsewhere.contract.as_deref(), &*elsewhere.request.path), (None, "/elsewhere/***"));
    let printed = serde_json::to_string(&entries).unwrap();
    for form in [&secret, &encoded, &hidden] {
        assert!(!printed.contains(form.as_str()), "{printed}");
    }
}

#[tokio::test]
async fn what_cannot_be_told_from_a_secret_is_not_kept() {
    let running = start(Bounds { body: 64, ..Bounds::default() }).await;
    let operator = Operator::enter(&running).await;
    let long = format!(r#"{{"name":"{}","client_secret":"SECRET"}}"#, "x".repeat(30));
    let longer = format!(r#"{{"client_secret":"SECRET{}"}}"#, "x".repeat(200));
    for (media_type, body, expected) in [
        ("application/json", "{name: SECRET}", Content::Withheld { reason: Withheld::Malformed }),
        ("application/json", &long, Content::Beginning { text: long.replace("\"SECRET\"}", "\"***") }),
        ("application/json", &longer, Content::Beginning { text: r#"{"client_secret":"***"#.to_owned() }),
        ("text/plain", "SECRET", Content::Withheld { reason: Withheld::Undocumented }),
        ("image/png", "SECRET", Content::Withheld { reason: Withheld::Undocumented }),
        ("multipart/form-data; boundary=x", "--x--", Content::Withheld { reason: Withheld::Multipart }),
    ] {
        let headers = format!("{}content-type: {media_type}\r\n", operator.bearer());
        call(&running, "POST /dinie/v3/auth/credentials", &headers, body).await;
        let entries = all(&running);
        let kept = &entries.last().unwrap().request.body;
        assert_eq!(
            (kept.length, kept.passage),
            (body.len() as u64, Passage::Complete),
            "{media_type} {body}"
        );
        assert_eq!(kept.content, expected, "{media_type} {body}");
    }
}

#[tokio::test]
async fn a_body_that_nobody_read_is_told_to_be_unread() {
    let running = start(Bounds::default()).await;
    call(
        &running,
        "POST /dinie/v3/auth/credentials",
        "content-type: application/json\r\n",
        r#"{"name":"x"}"#,
    )
    .await;
    let entries = all(&running);
    let sent = &entries[0].request.body;
    assert_eq!((entries[0].status(), sent.length, sent.passage), (Some(401), 0, Passage::Unread));
}

#[tokio::test]
async fn the_oldest_entries_go_first_and_that_is_told() {
    let running = start(Bounds { entries: 3, ..Bounds::default() }).await;
    for index in 0..5 {
        call(&running, &format!("GET /{index}"), "", "").await;
    }
    let numbers: Vec<_> = all(&running).iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, [3, 4, 5]);
    let summary = running.journal().summary();
    assert_eq!((summary.kept, summary.forgotten, summary.last), (3, 2, 5));
    running.journal().clear();
    assert_eq!(running.journal().summary().kept, 0);
    call(&running, "GET /", "", "").await;
    assert_eq!(all(&running)[0].number, 6);

    let small = start(Bounds { bytes: 2000, ..Bounds::default() }).await;
    for index in 0..20 {
        call(&small, &format!("GET /{index}"), "", "").await;
    }
    let summary = small.journal().summary();
    assert!(summary.kept > 0 && summary.bytes <= 2000, "{summary:?}");
    assert_eq!(summary.kept as u64 + summary.forgotten, 20);
}

#[tokio::test]
async fn a_journal_of_no_entries_is_off() {
    let running = start(Bounds { entries: 0, ..Bounds::default() }).await;
    call(&running, "GET /", "", "").await;
    assert!(!running.journal().is_on());
    assert_eq!(running.journal().summary().last, 0);
}

#[tokio::test]
async fn subscribers_see_the_journal_grow() {
    let running = start(Bounds::default()).await;
    let mut live = running.journal().subscribe();
    call(&running, "GET /one", "", "").await;
    running.journal().clear();
    let Some(Update::Entry(entry)) = live.next().await else { panic!() };
    assert_eq!(entry.request.path, "/one");
    assert!(matches!(live.next().await, Some(Update::Cleared)));
    for _ in 0..300 {
        running.journal().clear();
    }
    assert!(matches!(live.next().await, Some(Update::Missed(44))));
}

#[tokio::test]
async fn a_caller_that_leaves_early_is_written_down() {
    let running = start(Bounds::default()).await;
    let operator = Operator::enter(&running).await;
    let mut live = running.journal().subscribe();
    let head = format!(
        "POST /dinie/v3/auth/credentials HTTP/1.1\r\nhost: x\r\n{}content-type: application/json\r\ncontent-length: 100\r\n\r\n",
        operator.bearer()
    );
    let mut stream = TcpStream::connect(running.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(br#"{"name":"#).await.unwrap();
    drop(stream);
    let Some(Update::Entry(entry)) = live.next().await else { panic!() };
    let sent = &entry.request.body;
    assert!(entry.outcome == Outcome::Abandoned || entry.status() == Some(400), "{entry:?}");
    assert_eq!(sent.passage, Passage::Partial, "{entry:?}");
}
