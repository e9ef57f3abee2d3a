//! Mocks of contracts that the server has no code for.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

use std::net::SocketAddr;

use rescind_server::mock::Mock;
use rescind_server::{Builder, Clock, Fault, Rule, Running, Server, StartError, Vendor};
use rescind_specs::Document;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A small contract with most of what an answer can be chosen by.
const DOCUMENT: &str = r"
openapi: 3.1.0
info: { title: Parcels, version: '1' }
servers: [{ url: 'https://parcels.example/v2' }]
security: [{ key: [] }]
paths:
  /parcels/{id}:
    get:
      operationId: getParcel
      parameters:
        - { name: id, in: path, required: true, schema: { type: string, pattern: '^p[0-9]+$' } }
        - { name: depth, in: query, schema: { type: integer, minimum: 1 } }
      responses:
        '200':
          description: ok
          headers:
            X-Left: { schema: { type: integer }, required: true, example: 7 }
          content:
            application/json:
              schema: { $ref: '#/components/schemas/Parcel' }
              examples:
                small: { value: { id: p1, weight: 1, sent: '2026-01-01T00:00:00Z' } }
                broken: { value: { id: 5 } }
                large: { value: { id: p2, weight: 900, sent: '2026-01-01T00:00:00Z' } }
            text/csv:
              schema: { type: string }
              example: id,weight
        '401': { $ref: '#/components/responses/Refused' }
        '404': { $ref: '#/components/responses/Refused' }
        '400': { $ref: '#/components/responses/Refused' }
        5XX: { description: broken }
  /parcels:
    post:
      operationId: sendParcel
      security: []
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [weight]
              properties: { weight: { type: integer, minimum: 1 }, note: { type: string } }
      responses:
        '201':
          description: sent
          content: { application/json: { schema: { $ref: '#/components/schemas/Parcel' } } }
        '400': { $ref: '#/components/responses/Refused' }
components:
  securitySchemes:
    key: { type: apiKey, in: header, name: X-Key }
  responses:
    Refused:
      description: no
      content:
        application/json:
          schema:
            type: object
            required: [code, message]
            properties: { code: { type: string }, message: { type: string }, field: { type: string } }
          example: { code: E_REFUSED, message: No., field: other }
  schemas:
    Parcel:
      type: object
      required: [id, weight]
      properties:
        id: { type: string, pattern: '^p[0-9]+$' }
        weight: { type: integer, minimum: 1, maximum: 1000 }
        sent: { type: string, format: date-time }
";

fn parcels() -> Mock {
    Mock::new("parcels", Document::parse("parcels.yaml", DOCUMENT).unwrap(), None).unwrap()
}

async fn start(mock: Mock) -> Running {
    Server::builder().seed(1).clock(Clock::virtual_from_now()).mock(mock).spawn().await.unwrap()
}

/// An answer as it was received.
#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    text: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// Sends a request with header lines and a body.
async fn ask(running: &Running, line: &str, headers: &[&str], body: &str) -> Reply {
    ask_at(running.address(), line, headers, body).await
}

async fn ask_at(address: SocketAddr, line: &str, headers: &[&str], body: &str) -> Reply {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let headers = headers.iter().map(|header| format!("{header}\r\n")).collect::<Vec<_>>().concat();
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    Reply { status: head[9..12].parse().unwrap(), head: head.to_owned(), text: text.to_owned() }
}

#[tokio::test]
async fn an_operation_is_answered_by_its_first_right_example() {
    let running = start(parcels()).await;
    let reply = ask(&running, "GET /parcels/p9", &["X-Key: k"], "").await;
    assert_eq!((reply.status, reply.json()["id"].as_str()), (200, Some("p1")), "{reply:?}");
    assert_eq!(reply.header("x-left"), Some("7"));
    assert_eq!(running.base_url("parcels"), format!("http://{}", running.address()));
    // Without an example it is made from the schema.
    let reply = ask(&running, "POST /parcels", &["content-type: application/json"], r#"{"weight": 1}"#).await;
    assert_eq!(reply.status, 201);
    assert!(reply.json()["id"].as_str().unwrap().starts_with('p'), "{reply:?}");
}

#[tokio::test]
async fn accept_chooses_among_the_documented_media_types() {
    let running = start(parcels()).await;
    let accepts: [(&[&str], &str); 9] = [
        (&[], "application/json"),
        (&["*/*"], "application/json"),
        (&["application/json"], "application/json"),
        (&["text/csv"], "text/csv"),
        (&["text/*"], "text/csv"),
        (&["text/csv, application/json;q=0.5"], "text/csv"),
        // Several lines are one list (RFC 9110 §5.3).
        (&["application/json;q=0.5", "text/csv"], "text/csv"),
        (&["*/*;q=0.1", "text/csv"], "text/csv"),
        // A mock that has nothing of the kind answers all the same.
        (&["image/png"], "application/json"),
    ];
    for (accepts, expected) in accepts {
        let lines: Vec<String> = accepts.iter().map(|accept| format!("Accept: {accept}")).collect();
        let lines: Vec<&str> = ["X-Key: k"].into_iter().chain(lines.iter().map(String::as_str)).collect();
        let reply = ask(&running, "GET /parcels/p9", &lines, "").await;
        assert_eq!(reply.header("content-type"), Some(expected), "{accepts:?}");
    }
}

#[tokio::test]
async fn a_request_may_prefer_another_answer() {
    let running = start(parcels()).await;
    for (preference, status, member, value, applied) in [
        ("code=404", 404, "code", json!("E_REFUSED"), Some("code=404")),
        ("code=200, example=large", 200, "weight", json!(900), Some("code=200, example=large")),
        ("example=large", 200, "weight", json!(900), Some("example=large")),
        // As it is written, because it was asked for by name.
        ("example=broken", 200, "id", json!(5), Some("example=broken")),
        ("code=418", 400, "statuses", json!(["200", "401", "404", "400", "5XX"]), None),
        ("code=many", 400, "statuses", json!(["200", "401", "404", "400", "5XX"]), None),
        ("example=missing", 400, "examples", json!(["small", "broken", "large"]), None),
        ("return=minimal", 200, "id", json!("p1"), None),
    ] {
        let reply =
            ask(&running, "GET /parcels/p9", &["X-Key: k", &format!("Prefer: {preference}")], "").await;
        assert_eq!((reply.status, &reply.json()[member]), (status, &value), "{preference}: {reply:?}");
        assert_eq!(reply.header("preference-applied"), applied, "{preference}");
    }
    let reply = ask(&running, "GET /parcels/p9?__code=503", &["X-Key: k"], "").await;
    assert_eq!((reply.status, reply.text.as_str()), (503, ""));
    let csv = ask(&running, "GET /parcels/p9", &["X-Key: k", "Accept: text/csv, */*;q=0.1"], "").await;
    assert_eq!((csv.header("content-type"), csv.text.as_str()), (Some("text/csv"), "id,weight"));
}

#[tokio::test]
async fn dynamic_values_satisfy_the_schema_and_differ() {
    let running = start(parcels()).await;
    let mut seen = Vec::new();
    for _ in 0..8 {
        let reply = ask(&running, "GET /parcels/p9", &["X-Key: k", "Prefer: dynamic=true"], "").await;
        let (id, weight) = (reply.json()["id"].clone(), reply.json()["weight"].clone());
        assert!((1..=1000).contains(&weight.as_i64().unwrap()), "{reply:?}");
        assert!(id.as_str().unwrap().starts_with('p'));
        seen.push((id, weight));
    }
    assert!(seen.iter().any(|other| *other != seen[0]), "{seen:?}");
}

#[tokio::test]
async fn what_breaks_the_contract_is_refused_in_its_envelope() {
    let running = start(parcels()).await;
    // The code of the example stays; message and field are of this request.
    let reply = ask(&running, "GET /parcels/x?depth=0", &["X-Key: k"], "").await;
    let body = reply.json();
    assert_eq!((reply.status, &body["code"], &body["field"]), (400, &json!("E_REFUSED"), &json!("id")));
    assert!(body["message"].as_str().unwrap().contains("depth"), "{body}");
    let reply = ask(&running, "GET /parcels/p9", &[], "").await;
    assert_eq!((reply.status, &reply.json()["code"]), (401, &json!("E_REFUSED")));
    for wrong in ["", "{", "{}", r#"{"weight": 0}"#, r#"{"weight": 1, "note": 5}"#] {
        let reply = ask(&running, "POST /parcels", &["content-type: application/json"], wrong).await;
        assert_eq!((reply.status, &reply.json()["code"]), (400, &json!("E_REFUSED")), "{wrong}: {reply:?}");
    }
    let reply = ask(&running, "DELETE /parcels/p9", &["X-Key: k"], "").await;
    assert_eq!((reply.status, reply.header("allow")), (405, Some("GET")));
}

#[tokio::test]
async fn a_base_path_is_where_it_was_asked_for_and_hinted_at_elsewhere() {
    let running = start(parcels()).await;
    let lost = ask(&running, "GET /v2/parcels/p9", &["X-Key: k"], "").await;
    assert_eq!(lost.status, 404);
    assert!(lost.text.contains("--base-path /v2"), "{}", lost.text);
    let running = start(parcels().below("/v2".parse().unwrap())).await;
    assert_eq!(ask(&running, "GET /v2/parcels/p9", &["X-Key: k"], "").await.status, 200);
    assert_eq!(ask(&running, "GET /parcels/p9", &["X-Key: k"], "").await.status, 404);
    assert_eq!(running.base_url("parcels"), format!("http://{}/v2", running.address()));
}

#[tokio::test]
async fn mocks_stand_beside_other_contracts() {
    let other = Mock::new("other", Document::parse("other.yaml", DOCUMENT).unwrap(), None).unwrap();
    let running = Server::builder().mock(parcels()).mock(other).spawn().await.unwrap();
    for name in ["parcels", "other"] {
        assert_eq!(running.base_url(name), format!("http://{}/{name}", running.address()));
        assert_eq!(ask(&running, &format!("GET /{name}/parcels/p9"), &["X-Key: k"], "").await.status, 200);
    }
    let twice = Server::builder().mock(parcels()).mock(parcels()).spawn().await.unwrap_err();
    assert!(twice.to_string().contains("two contracts are called parcels"), "{twice}");
}

#[test]
fn a_document_without_operations_is_no_mock() {
    let document =
        Document::parse("none.yaml", "openapi: 3.0.3\ninfo: { title: t, version: '1' }\npaths: {}\n");
    let error = Mock::new("none", document.unwrap(), None).unwrap_err().to_string();
    assert!(error.starts_with("none.yaml:3:"), "{error}");
}

/// Documents that are hard to answer by.
const HARD: &str = r"
openapi: 3.0.3
info: { title: Hard, version: '1' }
paths:
  /impossible:
    get:
      operationId: impossible
      responses:
        '200':
          description: a value that nobody can make
          content:
            application/json: { schema: { type: string, pattern: '^(?!0)[0-9]{8}$' } }
        default:
          description: an error
          content: { application/json: { schema: { type: object, required: [message] } } }
  /framed:
    get:
      operationId: framed
      responses:
        '200':
          description: a value
          headers:
            Content-Length: { required: true, schema: { type: integer, example: 1024 } }
            Content-Encoding: { schema: { type: string, example: gzip } }
            X-Total: { schema: { type: integer, example: 7 } }
          content: { application/json: { example: { id: 7 } } }
  /numbered:
    get:
      operationId: numbered
      parameters: [{ name: page, in: query, schema: { type: integer } }]
      responses:
        '204': { description: nothing }
        '400':
          description: wrong
          content:
            application/json:
              schema:
                type: object
                required: [code, status]
                properties: { code: { type: integer }, status: { type: integer }, message: { type: string } }
              example: { code: 40012, status: 422, message: Invalid. }
";

fn hard() -> Mock {
    Mock::new("hard", Document::parse("hard.yaml", HARD).unwrap(), None).unwrap()
}

#[tokio::test]
async fn a_success_that_cannot_be_made_is_no_other_answer() {
    let running = start(hard()).await;
    let reply = ask(&running, "GET /impossible", &[], "").await;
    assert_eq!(reply.status, 501, "{reply:?}");
}

#[tokio::test]
async fn how_a_message_is_sent_is_no_matter_of_examples() {
    let running = start(hard()).await;
    let reply = ask(&running, "GET /framed", &[], "").await;
    assert_eq!((reply.status, reply.json()), (200, json!({ "id": 7 })));
    assert_eq!(reply.header("content-length"), Some("8"));
    assert_eq!((reply.header("content-encoding"), reply.header("x-total")), (None, Some("7")));
}

#[tokio::test]
async fn a_number_of_the_contracts_own_stays_in_a_refusal() {
    let running = start(hard()).await;
    let reply = ask(&running, "GET /numbered?page=x", &[], "").await;
    assert_eq!(reply.status, 400, "{reply:?}");
    assert_eq!((&reply.json()["code"], &reply.json()["status"]), (&json!(40012), &json!(400)));
}

/// Many ways lead from one schema to the next; what nothing demands is left out before what is needed.
#[tokio::test]
async fn schemas_that_refer_to_each_other_in_many_ways_have_a_value() {
    let names: Vec<String> = (0..12).map(|number| format!("E{number}")).collect();
    let mut schemas = serde_json::Map::new();
    for (number, name) in names.iter().enumerate() {
        let mut members = serde_json::Map::new();
        for step in 1..=4 {
            let other = format!("#/components/schemas/{}", names[(number + step * step) % names.len()]);
            members.insert(format!("r{step}"), json!({ "type": "array", "items": { "$ref": other } }));
        }
        for scalar in 0..6 {
            members.insert(format!("s{scalar}"), json!({ "type": "string" }));
        }
        schemas.insert(name.clone(), json!({ "type": "object", "properties": members }));
    }
    let page = json!({
        "type": "object",
        "required": ["content", "total"],
        "properties": {
            "content": { "type": "array", "items": { "$ref": "#/components/schemas/E0" } },
            "total": { "type": "integer" }
        }
    });
    let document = json!({
        "openapi": "3.0.3",
        "info": { "title": "Linked", "version": "1" },
        "paths": { "/page": { "get": { "operationId": "page", "responses": { "200": {
            "description": "a page",
            "content": { "application/json": { "schema": page } }
        } } } } },
        "components": { "schemas": schemas }
    });
    let document = Document::parse("linked.json", document.to_string()).unwrap();
    let running = start(Mock::new("linked", document, None).unwrap()).await;
    let reply = ask(&running, "GET /page", &[], "").await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(reply.json()["total"].is_i64());
}

/// The catalogue of broken promises is about the bundled contracts.
#[tokio::test]
async fn a_mock_has_no_promises_of_the_catalogue_to_break() {
    let admin = "127.0.0.1:0".parse().unwrap();
    let with = async |server: Builder| {
        let running = server.mock(parcels()).admin(admin).spawn().await.unwrap();
        let address = running.admin_url().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
        let faults = ask_at(address, "GET /faults", &[], "").await.json();
        let set = ask_at(address, "PUT /faults/guard-ignored", &[], "").await.status;
        (faults.as_array().map(Vec::len), set)
    };
    assert_eq!(with(Server::builder()).await, (Some(0), 404));
    let rule = || Rule::fault(Fault::GuardIgnored);
    let refused = Server::builder().mock(parcels()).disturb(rule()).spawn().await;
    assert!(matches!(refused, Err(StartError::Disturbance { .. })));
    let beside = Server::builder().contract(Vendor::ShiftAgent).mock(parcels());
    let refused = beside.clone().disturb(rule().contract("parcels")).spawn().await;
    assert!(matches!(refused, Err(StartError::Disturbance { .. })));
    beside.disturb(rule()).spawn().await.unwrap();
    let (beside, set) = with(Server::builder().contract(Vendor::ShiftAgent)).await;
    assert!(beside > Some(10) && set == 200, "{beside:?} {set}");
}
