//! The journal of a running server: what is written down, what is masked, what is forgotten.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rescind_server::disturbance::Rule;
use rescind_server::journal::{
    Bounds, Content, Disturbed, Entry, Filter, Outcome, Passage, Standing, Update, Withheld,
};
use rescind_server::{Clock, Running, Server, Vendor};
use rescind_specs::StatusPattern;
use serde_json::{Value, json};
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
    assert_eq!((caller.id.as_str(), caller.standing), (operator.id.as_str(), Standing::Proven));
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
    let encoded = secret.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat();
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
async fn what_was_done_on_purpose_is_told() {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let running = Server::builder().seed(1).admin(any).spawn().await.unwrap();
    running.disturbances().add(Rule::drop().once()).unwrap();
    let line = b"GET /dinie/v3/auth/credentials HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    assert_eq!(send(&running, line).await, "");
    running.disturbances().add("status=503".parse::<Rule>().unwrap().once()).unwrap();
    assert!(send(&running, line).await.starts_with("HTTP/1.1 503"));
    assert!(send(&running, line).await.starts_with("HTTP/1.1 401"));

    let journal = running.journal();
    journal
        .expect("listCredentials")
        .disturbed(Disturbed::Only)
        .within(Duration::from_mins(1))
        .times(2)
        .await;
    journal.expect("listCredentials").disturbed(Disturbed::Never).answered(401).times(1);
    let [dropped, replaced, _] = &all(&running)[..] else { panic!() };
    assert_eq!(
        (&dropped.outcome, dropped.disturbance.as_deref()),
        (&Outcome::Cut, Some("connection dropped"))
    );
    assert_eq!(
        (replaced.status(), replaced.disturbance.as_deref()),
        (Some(503), Some("answered 503 instead"))
    );
    // The document of the admin listener knows every way in which an exchange can end.
    let admin = running.admin_url().unwrap();
    let mut stream = TcpStream::connect(admin.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(b"GET /journal HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut shown = String::new();
    stream.read_to_string(&mut shown).await.unwrap();
    assert!(shown.starts_with("HTTP/1.1 200") && shown.contains(r#""outcome":"cut""#), "{shown}");
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
async fn nobody_asserts_what_the_journal_cannot_tell() {
    let small = start(Bounds { entries: 2, ..Bounds::default() }).await;
    for index in 0..2 {
        call(&small, &format!("GET /{index}"), "", "").await;
    }
    let never = || small.journal().expect("revokeCredential").verify(0);
    never().unwrap();
    call(&small, "GET /2", "", "").await;
    let told = never().unwrap_err().to_string();
    assert!(told.contains("1 older requests were forgotten"), "{told}");
    // Of what is there it can tell.
    small.journal().expect_any().verify(2..).unwrap();

    let off = start(Bounds { entries: 0, ..Bounds::default() }).await;
    let told = off.journal().expect_any().verify(0).unwrap_err().to_string();
    assert!(told.contains("the journal is off"), "{told}");
    let running = start(Bounds::default()).await;
    let told = running.journal().expect("revokeCredentail").verify(0).unwrap_err().to_string();
    assert!(told.contains("did you mean \"revokeCredential\"?"), "{told}");
    let told = running.journal().expect_any().on("dinei").verify(0).unwrap_err().to_string();
    assert!(told.contains("no contract \"dinei\" is served; did you mean \"dinie\"?"), "{told}");
    let elsewhere =
        running.journal().expect("revokeCredential").on("wattshift").verify(0).unwrap_err().to_string();
    assert!(
        elsewhere.contains("no operation \"revokeCredential\" of wattshift is served; did you mean"),
        "{elsewhere}"
    );
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

#[tokio::test]
async fn what_was_asked_and_answered_can_be_asserted() {
    let running = start(Bounds::default()).await;
    let operator = Operator::enter(&running).await;
    let (id, _) = operator.issue(&running, "first").await;
    let (other, _) = operator.issue(&running, "second").await;
    for id in [&id, &other] {
        let line = format!("DELETE /dinie/v3/auth/credentials/{id}");
        assert_eq!(call(&running, &line, &operator.bearer(), "").await.0, 204);
    }
    call(&running, "DELETE /dinie/v3/auth/credentials/nobody", "", "").await;

    let journal = running.journal();
    journal.expect("createToken").times(1);
    journal.expect("revokeCredential").times(3);
    journal.expect("revokeCredential").on(CONTRACT).answered(204).times(1..=2);
    journal.expect("revokeCredential").answered(StatusPattern::Range(4)).at_least(1);
    journal.expect("listCredentials").never();
    journal.expect("createCredential").body("/name", "first").from_caller(&operator.id).times(1);
    journal.expect("createCredential").header("authorization", "Bearer ***").at_most(2);
    journal.expect_any().method("delete").path("~/[0-9a-z_]+$".parse().unwrap()).times(2..4);
    journal
        .expect("revokeCredential")
        .and("the first id", move |entry| entry.request.path.ends_with(&id))
        .times(1);
    journal.in_order([
        journal.expect("createToken"),
        journal.expect("createCredential"),
        journal.expect("revokeCredential"),
    ]);
}

#[tokio::test]
async fn a_failed_assertion_says_what_came_instead() {
    let running = start(Bounds::default()).await;
    let operator = Operator::enter(&running).await;
    let line = "DELETE /dinie/v3/auth/credentials/dinie_ci_1";
    assert_eq!(call(&running, line, &operator.bearer(), "").await.0, 404);
    let journal = running.journal();

    let mismatch = journal.expect("revokeCredential").on(CONTRACT).answered(204).verify(1).unwrap_err();
    assert_eq!(mismatch.received, 0);
    assert_eq!(
        mismatch.to_string(),
        "expected 1 request like this: revokeCredential on dinie answered 204\n\
         received 0\n\
         nearest:\n  \
         #2 DELETE /dinie/v3/auth/credentials/dinie_ci_1 (revokeCredential) -> 404: answer is 404\n  \
         #1 POST /dinie/v3/auth/token (createToken) -> 200: operation is createToken, answer is 200"
    );
    let typo = journal.expect("revokeCredentials").verify(1..).unwrap_err().to_string();
    assert!(typo.contains("did you mean \"revokeCredential\"?"), "{typo}");
    let many = journal.expect("createToken").verify(0).unwrap_err().to_string();
    assert!(many.starts_with("expected no request like this: createToken\nreceived 1:\n  #1 POST"), "{many}");

    let order = [journal.expect("revokeCredential"), journal.expect("createToken")];
    let mismatch = journal.verify_order(&order).unwrap_err();
    assert_eq!(mismatch.place, 1);
    assert_eq!(
        mismatch.to_string(),
        "expected these requests in this order:\n  \
         1. revokeCredential\n  \
         2. createToken   <- did not follow\n\
         received:\n  \
         #1 POST /dinie/v3/auth/token (createToken) -> 200: like 2.\n  \
         #2 DELETE /dinie/v3/auth/credentials/dinie_ci_1 (revokeCredential) -> 404: like 1."
    );
}

#[tokio::test]
#[should_panic(expected = "expected 2 requests like this: createToken")]
async fn a_failed_assertion_panics() {
    let running = start(Bounds::default()).await;
    Operator::enter(&running).await;
    running.journal().expect("createToken").times(2);
}

#[tokio::test]
async fn an_assertion_can_wait() {
    let running = Arc::new(start(Bounds::default()).await);
    let caller = tokio::spawn({
        let running = running.clone();
        async move {
            call(&running, "GET /one", "", "").await;
            call(&running, "GET /two", "", "").await;
        }
    });
    running.journal().expect_any().within(Duration::from_mins(1)).times(2).await;
    caller.await.unwrap();
    let late = running.journal().expect_any().within(Duration::from_millis(1)).verify(3).await;
    assert_eq!(late.unwrap_err().received, 2);
}

/// The published schemas of the format in one document.
fn har_schema() -> Value {
    fn join(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for name in ["$id", "$schema"] {
                    members.remove(name);
                }
                if let Some(Value::String(target)) = members.get_mut("$ref") {
                    *target = format!("#/definitions/{}", target.trim_end_matches('#'));
                }
                members.values_mut().for_each(join);
            }
            Value::Array(items) => items.iter_mut().for_each(join),
            _ => {}
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/har");
    let mut definitions = serde_json::Map::new();
    for file in fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "json") {
            let mut schema = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
            join(&mut schema);
            definitions.insert(file.file_name().unwrap().to_string_lossy().into_owned(), schema);
        }
    }
    json!({
        "$schema": "http://json-schema.org/draft-06/schema#",
        "$ref": "#/definitions/har.json",
        "definitions": definitions,
    })
}

#[tokio::test]
async fn the_archive_keeps_to_the_published_schema() {
    let running = start(Bounds::default()).await;
    let operator = Operator::enter(&running).await;
    operator.issue(&running, "first").await;
    call(
        &running,
        "GET /dinie/v3/auth/credentials?limit=1&a=b%20c",
        &format!("{}cookie: a=b\r\n", operator.bearer()),
        "",
    )
    .await;
    call(&running, "PUT /elsewhere", "content-type: text/plain\r\n", "text").await;
    let schema = jsonschema::options().should_validate_formats(true).build(&har_schema()).unwrap();
    assert!(!schema.is_valid(&json!({ "log": { "version": "1.2", "entries": [{}] } })));

    let archive = serde_json::to_value(running.journal().har(&Filter::all())).unwrap();
    let errors: Vec<_> = schema.iter_errors(&archive).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let entries = archive["log"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 4);
    assert_eq!(entries[0]["_operation"], "createToken");
    assert_eq!(
        entries[0]["request"]["postData"]["params"][0],
        json!({ "name": "grant_type", "value": "client_credentials" })
    );
    assert_eq!(entries[0]["_caller"], json!({ "id": operator.id, "standing": "proven" }));
    assert_eq!(entries[2]["request"]["url"], "http://x/dinie/v3/auth/credentials?limit=1&a=b%20c");
    assert_eq!(entries[2]["request"]["queryString"][1], json!({ "name": "a", "value": "b c" }));
    assert_eq!(entries[2]["request"]["cookies"], json!([{ "name": "a", "value": "***" }]));
    assert_eq!(entries[3]["request"]["postData"]["comment"], "not read");
}
