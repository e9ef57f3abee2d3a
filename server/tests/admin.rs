//! The admin listener over the wire: every answer is one that its document has, and only those who may come in do.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use rescind_server::generated::admin;
use rescind_server::{AdminToken, Clock, Fault, Running, Server, StartError, Vendor};
use rescind_specs::Direction;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// An answer as it was received.
#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: Value,
    text: String,
}

/// Sends a request with these headers, and with a JSON body if there is one.
async fn send(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| *name == "host") {
        let _ = write!(request, "host: {address}\r\n");
    }
    for (name, value) in headers {
        let _ = write!(request, "{name}: {value}\r\n");
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{request}\r\n{body}").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    Reply {
        status: head[9..12].parse().unwrap(),
        head: head.to_ascii_lowercase(),
        body: serde_json::from_str(text).unwrap_or_default(),
        text: text.to_owned(),
    }
}

fn admin_address(running: &Running) -> SocketAddr {
    running.admin_url().unwrap().strip_prefix("http://").unwrap().parse().unwrap()
}

fn any() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

async fn start() -> Running {
    let clock = Clock::virtual_at(Timestamp::from_second(1_000_000).unwrap());
    Server::builder().clock(clock).seed(1).admin(any()).spawn().await.unwrap()
}

/// Whether the answer is one that the document has for the operation.
fn measure(operation: &str, reply: &Reply) {
    let contract = admin::contract().unwrap();
    let documented = contract.operation(&operation.into()).unwrap();
    let response =
        documented.responses.find(reply.status).unwrap_or_else(|| panic!("{operation}: {reply:?}"));
    let Some(content) = response.content.iter().find(|content| content.media_type.is_json()) else { return };
    let Some(schema) = &content.schema else { return };
    let validator = contract.validator(schema, Direction::Response).unwrap();
    assert!(validator.is_valid(&reply.body), "{operation}: {}", reply.text);
}

#[tokio::test]
async fn every_answer_is_a_documented_one() {
    let running = start().await;
    let address = admin_address(&running);
    let contract = Vendor::ALL[0].name();
    let openapi = format!("/contracts/{contract}/openapi.yaml");
    for (status, operation, method, path, body) in [
        (200, "getHealth", "GET", "/health", ""),
        (200, "getReady", "GET", "/ready", ""),
        (200, "getDocument", "GET", "/openapi.yaml", ""),
        (200, "getDocumentAsJson", "GET", "/openapi.json", ""),
        (200, "listContracts", "GET", "/contracts", ""),
        (200, "getContractOpenapi", "GET", openapi.as_str(), ""),
        (404, "getContractOpenapi", "GET", "/contracts/none/openapi.yaml", ""),
        (404, "getContractLifecycle", "GET", "/contracts/none/lifecycle.yaml", ""),
        (200, "getClock", "GET", "/clock", ""),
        (200, "setClock", "PUT", "/clock", r#"{"now": "2030-01-01T00:00:00Z"}"#),
        (409, "setClock", "PUT", "/clock", r#"{"now": "2029-01-01T00:00:00Z"}"#),
        (400, "setClock", "PUT", "/clock", r#"{"now": "tomorrow"}"#),
        (200, "advanceClock", "POST", "/clock/advance", r#"{"seconds": 0.5}"#),
        (409, "advanceClock", "POST", "/clock/advance", r#"{"seconds": 1e15}"#),
        (400, "advanceClock", "POST", "/clock/advance", "{"),
        (200, "listFaults", "GET", "/faults", ""),
        (200, "setFault", "PUT", "/faults/sliding-cache", ""),
        (404, "setFault", "PUT", "/faults/none", ""),
        (200, "clearFault", "DELETE", "/faults/sliding-cache", ""),
        (404, "clearFault", "DELETE", "/faults/none", ""),
        (200, "clearFaults", "DELETE", "/faults", ""),
        (200, "runClock", "POST", "/clock/run", ""),
        (200, "freezeClock", "POST", "/clock/freeze", ""),
        (404, "runHook", "POST", "/hooks/none/restart", ""),
        (201, "addDisturbance", "POST", "/disturbances", r#"{"what": "drop", "times": 1}"#),
        (
            201,
            "addDisturbance",
            "POST",
            "/disturbances",
            r#"{"what": {"latency": "1ms..2ms"}, "probability": 0.5}"#,
        ),
        (400, "addDisturbance", "POST", "/disturbances", r#"{"what": {"latency": "soon"}}"#),
        (400, "addDisturbance", "POST", "/disturbances", r#"{"what": "drop", "when": "always"}"#),
        (409, "addDisturbance", "POST", "/disturbances", r#"{"what": "drop", "contract": "none"}"#),
        (200, "listDisturbances", "GET", "/disturbances", ""),
        (200, "getDisturbance", "GET", "/disturbances/1", ""),
        (404, "getDisturbance", "GET", "/disturbances/99", ""),
        (200, "removeDisturbance", "DELETE", "/disturbances/1", ""),
        (404, "removeDisturbance", "DELETE", "/disturbances/1", ""),
        (204, "clearDisturbances", "DELETE", "/disturbances", ""),
        (200, "listRequests", "GET", "/journal", ""),
        (200, "listRequests", "GET", "/journal?status=4XX&method=get&path=/a&limit=5&disturbed=false", ""),
        (400, "listRequests", "GET", "/journal?status=often", ""),
        (400, "listRequests", "GET", "/journal?path=~(", ""),
        (400, "listRequests", "GET", "/journal?statuses=404", ""),
        (200, "exportJournal", "GET", "/journal.har?method=GET", ""),
        (400, "exportJournal", "GET", "/journal.har?limit=1", ""),
        (204, "clearJournal", "DELETE", "/journal", ""),
        (200, "listCredentials", "GET", "/credentials", ""),
        (200, "listCredentials", "GET", "/credentials?state=active&search=OPERATOR&limit=1", ""),
        (400, "listCredentials", "GET", "/credentials?state=lost", ""),
        (400, "listCredentials", "GET", "/credentials?after=here", ""),
        (400, "listCredentials", "GET", "/credentials?contracts=all", ""),
        (200, "getSnapshot", "GET", "/snapshot", ""),
        (400, "restoreSnapshot", "PUT", "/snapshot", "{}"),
        (200, "seed", "POST", "/seed", r#"{"pairs": [{"id": "ak_1", "secret": "sk_1"}]}"#),
        (200, "seed", "POST", "/seed", r#"{"pairs": [{"id": "ak_1", "secret": "sk_1"}]}"#),
        (409, "seed", "POST", "/seed", r#"{"pairs": [{"id": "ak_1", "secret": "sk_2"}]}"#),
        (400, "seed", "POST", "/seed", r#"{"pairs": [{"id": "", "secret": "sk_2"}]}"#),
        (204, "reset", "POST", "/reset", ""),
        (200, "mint", "POST", "/mint?count=2", ""),
        (400, "mint", "POST", "/mint?counts=2", ""),
    ] {
        let reply = send(address, method, path, &[("content-type", "application/json")], body).await;
        assert_eq!(reply.status, status, "{operation}: {reply:?}");
        measure(operation, &reply);
        assert_eq!(reply.body["error"].is_string(), status >= 400, "{operation}: {reply:?}");
        assert!(reply.head.contains("cache-control: no-store"), "{reply:?}");
    }
}

#[tokio::test]
async fn the_contracts_are_shown_with_their_documents() {
    let running = start().await;
    let address = admin_address(&running);
    let contracts = send(address, "GET", "/contracts", &[], "").await.body;
    let names: Vec<_> = contracts.as_array().unwrap().iter().map(|contract| &contract["name"]).collect();
    assert_eq!(json!(names), json!(Vendor::ALL.map(Vendor::name)));
    for (contract, vendor) in contracts.as_array().unwrap().iter().zip(Vendor::ALL) {
        assert_eq!(contract["url"], json!(running.base_url(vendor)));
        for (kind, (_, text)) in ["openapi", "lifecycle"].into_iter().zip(vendor.documents()) {
            let path = contract["documents"][kind].as_str().unwrap();
            let document = send(address, "GET", path, &[], "").await;
            assert!(document.head.contains("content-type: application/yaml"), "{document:?}");
            assert_eq!(document.text, text);
        }
    }
}

/// `curl --data` says that its body is a form.
#[tokio::test]
async fn a_body_of_curl_is_read_as_json() {
    let running = start().await;
    let address = admin_address(&running);
    for headers in [&[("content-type", "application/x-www-form-urlencoded")][..], &[]] {
        let reply = send(address, "POST", "/clock/advance", headers, r#"{"seconds": 1}"#).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    let text = [("content-type", "text/plain")];
    assert_eq!(send(address, "POST", "/clock/advance", &text, r#"{"seconds": 1}"#).await.status, 415);
}

#[tokio::test]
async fn a_page_of_another_site_has_no_effect() {
    let running = start().await;
    let address = admin_address(&running);
    let before = running.clock().now();
    for headers in [
        &[("origin", "http://evil.example"), ("content-type", "text/plain")][..],
        &[("sec-fetch-site", "cross-site")],
        &[("host", "rebound.example:80"), ("origin", "http://rebound.example:80")],
    ] {
        let reply = send(address, "POST", "/clock/advance", headers, r#"{"seconds": 1}"#).await;
        assert_eq!(reply.status, 403, "{reply:?}");
        assert!(reply.body["error"].is_string(), "{reply:?}");
    }
    assert_eq!(running.clock().now(), before);
}

#[tokio::test]
async fn a_token_is_demanded_where_it_was_set() {
    let token = AdminToken::new(TOKEN).unwrap();
    let running = Server::builder().admin(any()).admin_token(token).spawn().await.unwrap();
    let address = admin_address(&running);
    for (path, method) in
        [("/clock", "GET"), ("/reset", "POST"), ("/nothing", "GET"), ("/openapi.yaml", "GET")]
    {
        let reply = send(address, method, path, &[], "").await;
        assert_eq!(reply.status, 401, "{path}");
        assert!(reply.head.contains("www-authenticate: bearer"), "{reply:?}");
        let wrong = [("authorization", "Bearer 0123456789abcdef0123456789abcdee")];
        assert_eq!(send(address, method, path, &wrong, "").await.status, 401, "{path}");
    }
    for open in ["/health", "/ready"] {
        assert_eq!(send(address, "GET", open, &[], "").await.status, 200, "{open}");
    }
    let right = [("authorization", format!("Bearer {TOKEN}"))];
    let right = [(right[0].0, right[0].1.as_str())];
    assert_eq!(send(address, "GET", "/clock", &right, "").await.status, 200);
    // Whoever judges the server finds the token where it finds everything else, and nowhere else.
    let target = running.describe();
    assert_eq!(target.control.as_ref().unwrap().token.as_ref().unwrap().literal.expose(), TOKEN);
    assert!(!format!("{running:?} {target:?}").contains(TOKEN));
}

#[tokio::test]
async fn nobody_is_let_in_from_elsewhere_without_a_token() {
    let wide = SocketAddr::from(([0, 0, 0, 0], 0));
    let refused = Server::builder().admin(wide).spawn().await.unwrap_err();
    assert!(matches!(refused, StartError::AdminOpen { .. }));
    let told = refused.to_string();
    assert!(told.contains("--admin-token-file") && told.contains("openssl rand"), "{told}");
    let token = AdminToken::new(TOKEN).unwrap();
    assert!(Server::builder().admin(wide).admin_token(token).spawn().await.is_ok());
}

/// What is seeded is accepted over the API, and listed: latest first, on pages that lose nothing.
#[tokio::test]
async fn what_is_seeded_is_listed_on_pages() {
    let running = start().await;
    let address = admin_address(&running);
    let contract = Vendor::Dinie.name();
    let credential = |number: u32| {
        json!({
            "contract": contract, "kind": "credentials", "tenant": "partner-1", "secret": format!("secret-{number}"),
            "id": format!("seeded_{number}"), "name": if number.is_multiple_of(2) { "even_%" } else { "odd" },
            "created_at": format!("1970-01-12T13:{:02}:00Z", number),
            "expires_at": if number == 3 { json!("1970-01-12T13:40:00Z") } else { json!("2999-01-01T00:00:00Z") },
            "revoked_at": (number == 4).then_some("1970-01-12T13:45:00Z"),
        })
    };
    let mut seed = json!({ "credentials": (0..7).map(credential).collect::<Vec<_>>(), "pairs": [] });
    for value in seed["credentials"].as_array_mut().unwrap() {
        value.as_object_mut().unwrap().retain(|_, member| !member.is_null());
    }
    for number in 0..5 {
        let created = format!("1970-01-12T13:{:02}:30Z", number * 2);
        seed["pairs"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "id": format!("ak_seeded_{number}"), "secret": "sk", "created_at": created }));
    }
    let added = send(address, "POST", "/seed", &[], &seed.to_string()).await;
    assert_eq!(added.body, json!({ "credentials": 7, "pairs": 5, "resources": 0 }), "{added:?}");
    let again = send(address, "POST", "/seed", &[], &seed.to_string()).await;
    assert_eq!(again.body, json!({ "credentials": 0, "pairs": 0, "resources": 0 }), "{again:?}");

    let listed = async |query: &str| {
        let mut found: Vec<Value> = Vec::new();
        let mut next = String::new();
        loop {
            let page = send(address, "GET", &format!("/credentials?{query}{next}"), &[], "").await;
            assert_eq!(page.status, 200, "{page:?}");
            assert!(!page.text.contains("secret"), "{page:?}");
            found.extend(page.body["items"].as_array().unwrap().iter().cloned());
            match page.body["next"].as_str() {
                Some(after) => next = format!("&after={after}"),
                None => return found,
            }
        }
    };
    let ids = |found: &[Value]| -> Vec<String> {
        found.iter().map(|credential| credential["id"].as_str().unwrap().to_owned()).collect()
    };
    let whole = listed("limit=1000").await;
    for limit in [1, 3, 4, 12] {
        assert_eq!(ids(&listed(&format!("limit={limit}")).await), ids(&whole), "pages of {limit}");
    }
    let seeded = ids(&listed("search=SEEDED_&limit=5").await);
    let wanted = "seeded_6 seeded_5 ak_seeded_4 seeded_4 ak_seeded_3 seeded_3 ak_seeded_2 seeded_2 ak_seeded_1 \
                  seeded_1 ak_seeded_0 seeded_0";
    let mut times: Vec<_> = whole.iter().map(|one| one["created_at"].as_str().unwrap().to_owned()).collect();
    assert_eq!(seeded.len(), 12);
    assert_eq!(
        seeded.iter().map(String::as_str).collect::<std::collections::BTreeSet<_>>(),
        wanted.split_whitespace().collect()
    );
    times.dedup();
    assert!(times.len() > 10);
    assert_eq!(ids(&listed("search=even_%25").await), ["seeded_6", "seeded_4", "seeded_2", "seeded_0"]);
    assert_eq!(ids(&listed("state=revoked").await), ["seeded_4"]);
    assert_eq!(ids(&listed("state=expired").await), ["seeded_3"]);
    let pairs = ids(&listed("kind=pairs&search=seeded").await);
    assert_eq!(pairs.len(), 5);
    assert_eq!(ids(&listed(&format!("contract={contract}&search=seeded")).await).len(), 7);
}

#[tokio::test]
async fn a_seed_says_which_item_does_not_fit() {
    let running = start().await;
    let address = admin_address(&running);
    let credential = |member: &str, value: &str| {
        let mut credential =
            json!({ "contract": Vendor::Dinie.name(), "kind": "credentials", "id": "a", "secret": "b" });
        credential[member] = json!(value);
        json!({ "credentials": [credential] }).to_string()
    };
    for (member, value, told) in [
        ("contract", "none", "credentials[0]: contract \"none\" is not served"),
        ("kind", "keys", "it keeps credentials"),
    ] {
        let refused = send(address, "POST", "/seed", &[], &credential(member, value)).await;
        assert_eq!(refused.status, 409, "{refused:?}");
        assert!(refused.body["error"].as_str().unwrap().contains(told), "{refused:?}");
    }
    assert_eq!(send(address, "POST", "/seed", &[], &credential("tenant", "t")).await.status, 200);
    let other = send(address, "POST", "/seed", &[], &credential("tenant", "u")).await;
    assert!(other.body["error"].as_str().unwrap().contains("with another tenant"), "{other:?}");
}

/// A reader learns of a request as it is answered, and keeps no server from stopping.
#[tokio::test]
async fn the_journal_is_followed_as_it_grows() {
    let running = start().await;
    let address = admin_address(&running);
    let mut stream = TcpStream::connect(address).await.unwrap();
    let ask = format!("GET /journal/stream HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut received = String::new();
    let mut read_until = async |wanted: &str, stream: &mut TcpStream| {
        let mut buffer = [0; 4096];
        while !received.contains(wanted) {
            let count = stream.read(&mut buffer).await.unwrap();
            assert_ne!(count, 0, "ended before {wanted}: {received}");
            received.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
        received.clone()
    };
    let head = read_until("event: open", &mut stream).await;
    assert!(head.to_ascii_lowercase().contains("content-type: text/event-stream"), "{head}");
    let prefix = running.base_url(Vendor::Dinie);
    let path = prefix.strip_prefix(&format!("http://{}", running.address())).unwrap();
    send(running.address(), "GET", &format!("{path}/nowhere"), &[], "").await;
    let entry = read_until("/nowhere", &mut stream).await;
    assert!(entry.contains("event: entry"), "{entry}");
    send(address, "DELETE", "/journal", &[], "").await;
    read_until("event: cleared", &mut stream).await;
    running.shutdown().await;
    assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap_or_default(), 5, "the last chunk");
}

#[tokio::test]
async fn a_snapshot_brings_everything_back() {
    let running = start().await;
    let address = admin_address(&running);
    let state = async |id: &str| {
        let listed = send(address, "GET", &format!("/credentials?search={id}"), &[], "").await.body;
        listed["items"][0]["state"].as_str().map(str::to_owned)
    };
    let seed = json!({ "pairs": [{ "id": "ak_kept", "secret": "sk_kept" }] }).to_string();
    assert_eq!(send(address, "POST", "/seed", &[], &seed).await.status, 200);
    send(address, "PUT", "/faults/sliding-cache", &[], "").await;
    send(address, "POST", "/disturbances", &[], r#"{"what": {"latency": "1ms"}, "times": 3}"#).await;
    send(address, "POST", "/disturbances", &[], r#"{"what": "drop", "times": 1}"#).await;
    let mut dropped = TcpStream::connect(running.address()).await.unwrap();
    dropped.write_all(b"GET /entrytarget/health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert_eq!(dropped.read_to_end(&mut Vec::new()).await.unwrap(), 0);
    let snapshot = send(address, "GET", "/snapshot", &[], "").await;
    assert_eq!(snapshot.status, 200, "{snapshot:?}");
    measure("getSnapshot", &snapshot);
    assert!(!snapshot.text.contains("sk_kept"), "{snapshot:?}");

    let now = running.clock().advance(Duration::from_mins(1)).unwrap();
    assert!(running.state().store().revoke_pair("ak_kept", now).await.unwrap());
    assert_eq!(send(address, "POST", "/reset", &[], "").await.status, 204);
    assert_eq!(state("ak_kept").await, None);

    let restored = send(address, "PUT", "/snapshot", &[], &snapshot.text).await;
    assert_eq!(restored.status, 204, "{restored:?}");
    assert_eq!(state("ak_kept").await.as_deref(), Some("active"));
    assert!(running.faults().is_on(Fault::SlidingCache));
    // Of the rules, what they have yet to do.
    let rules = running.disturbances().list();
    assert_eq!(rules.iter().map(|listed| listed.remaining).collect::<Vec<_>>(), [Some(2)]);
    assert_eq!(running.clock().now(), now, "a clock never goes back");
    // Whoever could call from the start still can.
    let operator = &running.target(Vendor::EntryTarget).callers["operator"];
    assert_eq!(state(&operator.id).await.as_deref(), Some("active"));

    for (status, member, value) in [
        (400, "faults", json!(["none"])),
        (400, "disturbances", json!([{ "what": { "latency": "soon" } }])),
        (400, "facts", json!({ "version": "one" })),
        (409, "facts", json!({ "version": 99 })),
    ] {
        let mut wrong = snapshot.body.clone();
        wrong[member] = value;
        let refused = send(address, "PUT", "/snapshot", &[], &wrong.to_string()).await;
        assert_eq!(refused.status, status, "{refused:?}");
        assert_eq!(state("ak_kept").await.as_deref(), Some("active"), "{member}");
    }
}
