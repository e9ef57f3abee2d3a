//! What a page in a browser may ask and read, over real connections.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

use std::collections::BTreeMap;

use rescind_server::{Cors, Mock, Running, Server, Vendor};
use rescind_specs::Document;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PAGE: &str = "http://localhost:3000";

/// A contract with a header in its answer, and one that documents `OPTIONS`.
const DOCUMENT: &str = r"
openapi: 3.0.3
info: { title: Parcels, version: '1' }
paths:
  /parcels:
    get:
      operationId: listParcels
      responses:
        '200':
          description: ok
          headers: { X-Left: { schema: { type: integer }, required: true, example: 7 } }
          content: { application/json: { schema: { type: array, items: {} }, example: [] } }
    options:
      operationId: askParcels
      responses: { '204': { description: ok } }
";

fn parcels() -> Mock {
    Mock::new("parcels", Document::parse("parcels.yaml", DOCUMENT).unwrap(), None).unwrap()
}

async fn start(cors: Cors) -> Running {
    Server::builder().mock(parcels()).cors(cors).spawn().await.unwrap()
}

fn only(origin: &str) -> Cors {
    Cors::Origins(vec![origin.parse().unwrap()])
}

/// What came back.
struct Reply {
    status: u16,
    headers: BTreeMap<String, String>,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Whether anything in it is for a browser alone.
    fn is_for_browsers(&self) -> bool {
        self.headers.keys().any(|name| name.starts_with("access-control-") || name == "vary")
    }
}

async fn send(running: &Running, line: &str, headers: &[(&str, &str)]) -> Reply {
    let mut stream = TcpStream::connect(running.address()).await.unwrap();
    let mut text = format!("{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    stream.write_all((text + "\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, _) = answer.split_once("\r\n\r\n").unwrap();
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    Reply {
        status: head[9..12].parse().unwrap(),
        headers: lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    }
}

/// What a browser asks before it sends a request with a credential for a page.
async fn preflight(running: &Running, path: &str, origin: &str) -> Reply {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "DELETE"),
        ("access-control-request-headers", "authorization,idempotency-key"),
    ];
    send(running, &format!("OPTIONS {path}"), &headers).await
}

#[tokio::test]
async fn a_preflight_is_answered_before_the_contract() {
    let running = start(Cors::Anybody).await;
    let reply = preflight(&running, "/parcels", PAGE).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    assert_eq!(reply.header("access-control-allow-methods"), Some("DELETE"));
    assert_eq!(reply.header("access-control-allow-headers"), Some("authorization,idempotency-key"));
    assert_eq!(reply.header("access-control-allow-credentials"), None);
    // A path that is not there is told by the request itself, where a page can read it.
    assert_eq!(preflight(&running, "/nowhere", PAGE).await.status, 200);
    assert_eq!(running.journal().summary().kept, 0);
}

#[tokio::test]
async fn a_page_may_read_an_answer_and_all_its_headers() {
    let running = start(Cors::Anybody).await;
    let reply = send(&running, "GET /parcels", &[("origin", PAGE), ("x-request-id", "mine")]).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    assert_eq!(reply.header("vary"), Some("origin"));
    let shown: Vec<&str> = reply.header("access-control-expose-headers").unwrap().split(", ").collect();
    assert!(shown.contains(&"x-left") && shown.contains(&"x-request-id"), "{shown:?}");
    assert_eq!(running.journal().summary().kept, 1);
}

#[tokio::test]
async fn a_named_origin_may_send_cookies_and_others_may_read_nothing() {
    let running = start(only(PAGE)).await;
    for reply in [
        preflight(&running, "/parcels", PAGE).await,
        send(&running, "GET /parcels", &[("origin", PAGE)]).await,
    ] {
        assert_eq!(reply.header("access-control-allow-origin"), Some(PAGE));
        assert_eq!(reply.header("access-control-allow-credentials"), Some("true"));
        assert_eq!(reply.header("vary"), Some("origin"));
    }
    for other in ["http://localhost:3001", "https://localhost:3000", "null", "*"] {
        let asked = preflight(&running, "/parcels", other).await;
        assert_eq!((asked.status, asked.header("access-control-allow-origin")), (200, None), "{other}");
        // It is the browser that keeps it from the page.
        let reply = send(&running, "GET /parcels", &[("origin", other)]).await;
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, None), "{other}");
        assert_eq!(reply.header("access-control-expose-headers"), None, "{other}");
    }
}

#[tokio::test]
async fn a_page_may_read_what_goes_wrong() {
    let running = start(only(PAGE)).await;
    let calls = [
        ("status=429,retry-after=7s,times=1", "GET /parcels", 429),
        ("status=503,times=1", "GET /parcels", 503),
        ("", "GET /nowhere", 404),
        ("", "PUT /parcels", 405),
    ];
    for (rule, line, status) in calls {
        if !rule.is_empty() {
            running.disturb(rule.parse().unwrap()).unwrap();
        }
        let reply = send(&running, line, &[("origin", PAGE)]).await;
        assert_eq!(reply.status, status, "{line}");
        assert_eq!(reply.header("access-control-allow-origin"), Some(PAGE), "{line}");
        let shown = reply.header("access-control-expose-headers").unwrap();
        assert_eq!(shown.contains("retry-after"), status == 429, "{shown}");
    }
}

#[tokio::test]
async fn an_options_of_the_contract_is_no_preflight() {
    let running = start(Cors::Anybody).await;
    let reply = send(&running, "OPTIONS /parcels", &[("origin", PAGE)]).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (204, Some("*")));
    let reply = send(&running, "OPTIONS /parcels", &[("access-control-request-method", "GET")]).await;
    assert_eq!(reply.status, 204);
    assert_eq!(running.journal().summary().kept, 2);
}

#[tokio::test]
async fn whoever_is_no_page_gets_nothing_more_than_a_word_to_caches() {
    let running = start(Cors::Anybody).await;
    let reply = send(&running, "GET /parcels", &[]).await;
    assert_eq!((reply.status, reply.header("vary")), (200, Some("origin")));
    assert!(!reply.headers.keys().any(|name| name.starts_with("access-control-")), "{:?}", reply.headers);
}

#[tokio::test]
async fn without_being_asked_for_no_answer_has_such_a_header() {
    let running = Server::builder().mock(parcels()).contract(Vendor::Dinie).spawn().await.unwrap();
    for path in ["/parcels/parcels", "/dinie/v3/auth/credentials", "/nowhere"] {
        let asked = preflight(&running, path, PAGE).await;
        assert!(!asked.is_for_browsers(), "{path}: {:?}", asked.headers);
        let reply = send(&running, &format!("GET {path}"), &[("origin", PAGE)]).await;
        assert!(!reply.is_for_browsers(), "{path}: {:?}", reply.headers);
    }
    // A preflight is then a request like any other.
    assert_eq!(running.journal().summary().kept, 6);
}
