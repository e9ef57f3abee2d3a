//! Each check on one answer that it catches and on one that is right; and the cases that it makes.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use rescind_specs::{Direction, Document, Operation, Vendor};
use serde_json::{Value, json};

use super::*;
use crate::exchange::{ExchangeId, Reply, Response};

/// Two paths: one with a guarded operation that takes a body, one that documents no refusal.
fn contract() -> Contract {
    let document = json!({
        "openapi": "3.0.3",
        "info": { "title": "t", "version": "1" },
        "paths": {
            "/things/{id}": { "put": {
                "operationId": "change",
                "security": [{ "key": [], "secret": [] }],
                "parameters": [
                    { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } },
                    { "name": "page", "in": "query", "schema": { "type": "integer", "minimum": 1 } },
                ],
                "requestBody": { "required": true, "content": { "application/json": { "schema": {
                    "type": "object", "required": ["name"],
                    "properties": { "name": { "type": "string", "maxLength": 8 } } } } } },
                "responses": { "200": { "description": "ok" }, "400": { "description": "bad" },
                    "401": { "description": "who" }, "404": { "description": "none" } },
            } },
            "/silent": { "post": {
                "operationId": "silent",
                "requestBody": { "content": { "application/json": { "schema": { "type": "object" } } } },
                "responses": { "200": { "description": "ok" } },
            } },
        },
        "components": { "securitySchemes": {
            "key": { "type": "apiKey", "in": "header", "name": "X-Key" },
            "secret": { "type": "apiKey", "in": "header", "name": "X-Secret" },
        } },
    });
    Contract::new("t", Document::parse("t.yaml", document.to_string()).unwrap(), None).unwrap()
}

fn request() -> Request {
    Request {
        operation: Some("change".into()),
        method: Method::PUT,
        target: "/things/1".to_owned(),
        headers: HeaderMap::new(),
        body: None,
        origins: Vec::new(),
    }
}

fn exchange(id: u64, status: u16) -> Exchange {
    Exchange {
        id: ExchangeId(id),
        request: request(),
        reply: match StatusCode::from_u16(status) {
            Ok(status) => Reply::Received(Response { status, headers: HeaderMap::new(), body: Bytes::new() }),
            Err(_) => Reply::Lost("the connection broke".to_owned()),
        },
        sent: Timestamp::UNIX_EPOCH,
        received: Timestamp::UNIX_EPOCH,
        took: Duration::ZERO,
        replica: crate::exchange::Replica::default(),
        timing: crate::exchange::Timing::default(),
        span: crate::exchange::Span::default(),
    }
}

fn case(operation: &str, keyword: &'static str) -> Case {
    Case {
        operation: operation.into(),
        what: "something special".to_owned(),
        keyword: keyword.into(),
        request: request(),
        credentials: Presented::Right,
        tree: None,
        twin: None,
        target: Target::Nothing,
        place: Pointer::root(),
    }
}

/// What a check says of an answer with this status; 0 is no answer at all.
fn says(check: &dyn RequestCheck, case: &Case, status: u16) -> Option<Vec<String>> {
    says_after(check, case, status, 404, Afterwards::Works)
}

fn says_after(
    check: &dyn RequestCheck,
    case: &Case,
    status: u16,
    twin: u16,
    afterwards: Afterwards,
) -> Option<Vec<String>> {
    let exchange = exchange(7, status);
    let others = [Arc::new(self::exchange(6, twin))];
    let sent = Sent { exchange: &exchange, others: &others, afterwards };
    let findings = check.judge(&contract(), case, &sent)?;
    Some(findings.iter().map(|finding| format!("{}: {}", finding.verdict, finding.message)).collect())
}

fn silent(check: &dyn RequestCheck, case: &Case, statuses: &[u16]) {
    for status in statuses {
        assert_eq!(says(check, case, *status), Some(Vec::new()), "{} on {status}", check.id());
    }
}

fn open(check: &dyn RequestCheck, case: &Case, statuses: &[u16]) {
    for status in statuses {
        assert_eq!(says(check, case, *status), None, "{} on {status}", check.id());
    }
}

fn caught(check: &dyn RequestCheck, case: &Case, status: u16, message: &str) {
    let said = says(check, case, status).unwrap_or_default().join("\n");
    assert!(said.contains(message), "{} on {status} says {said:?}", check.id());
}

#[test]
fn valid_requests() {
    let case = case("change", "maxLength");
    let check = &BoundaryValidAccepted;
    silent(check, &case, &[200, 404, 409]);
    open(check, &case, &[401, 413, 429, 503, 0]);
    caught(check, &case, 400, "fail: PUT /things/{id} refuses a valid request as invalid");
    caught(check, &case, 422, "fail: ");
    caught(check, &case, 500, "fail: PUT /things/{id} fails on a valid request");
}

#[test]
fn invalid_requests() {
    let checks: [&dyn RequestCheck; 2] = [&InvalidInputRejected, &MalformedBodyRejected];
    for check in checks {
        let known = case("change", "maxLength");
        silent(check, &known, &[400, 404, 422]);
        open(check, &known, &[401, 429, 0]);
        caught(check, &known, 200, "fail: PUT /things/{id} accepts a request with something special");
        caught(check, &known, 500, "fail: PUT /things/{id} fails on a request with something special");
        // Without a documented refusal nobody knows what one looks like.
        let unknown = case("silent", "maxLength");
        open(check, &unknown, &[400]);
        caught(check, &unknown, 200, "accepts");
    }
}

#[test]
fn oversized_bodies() {
    let case = case("change", "size");
    silent(&OversizedBodyHandled, &case, &[0, 200, 400, 413]);
    open(&OversizedBodyHandled, &case, &[503]);
    caught(&OversizedBodyHandled, &case, 500, "fails on a request with");
}

#[test]
fn media_types() {
    let text = case("change", "text");
    silent(&WrongMediaTypeRejected, &text, &[400, 415]);
    open(&WrongMediaTypeRejected, &text, &[401, 0]);
    caught(&WrongMediaTypeRejected, &text, 200, "divergence: PUT /things/{id} accepts");
    caught(&WrongMediaTypeRejected, &case("change", "xml"), 200, "fail: ");
    caught(&WrongMediaTypeRejected, &text, 500, "fail: ");
}

#[test]
fn credentials() {
    let checks: [&dyn RequestCheck; 2] = [&MissingCredentialsRejected, &WrongCredentialsRejected];
    for check in checks {
        let case = case("change", "missing");
        silent(check, &case, &[401, 403]);
        open(check, &case, &[429, 0]);
        caught(check, &case, 200, "fail: PUT /things/{id} accepts a call with");
        caught(check, &case, 404, "divergence: PUT /things/{id} answers past authentication");
        caught(check, &case, 418, "fail: PUT /things/{id} does not refuse with 401");
        caught(check, &case, 500, "fail: PUT /things/{id} fails on");
    }
}

#[test]
fn methods() {
    let case = case("change", "method");
    silent(&UndocumentedMethodRejected, &case, &[404, 405, 501]);
    open(&UndocumentedMethodRejected, &case, &[0]);
    caught(&UndocumentedMethodRejected, &case, 204, "succeeds, though it is not documented");
    caught(&UndocumentedMethodRejected, &case, 500, "fails, though it is not documented");
    let check = &HeadAndOptionsHarmless;
    assert_eq!(says_after(check, &case, 405, 200, Afterwards::Works), Some(Vec::new()));
    assert_eq!(says_after(check, &case, 405, 200, Afterwards::Unknown), None);
    let said = says_after(check, &case, 204, 200, Afterwards::Refused).unwrap();
    assert_eq!(said, ["fail: PUT /things/{id} has the effect of the documented method"]);
}

#[test]
fn encodings() {
    let case = case("change", "encoding");
    let check = &PercentEncodingEqual;
    assert_eq!(says_after(check, &case, 404, 404, Afterwards::Unknown), Some(Vec::new()));
    assert_eq!(says_after(check, &case, 404, 429, Afterwards::Unknown), None);
    let said = says_after(check, &case, 400, 404, Afterwards::Unknown).unwrap();
    assert_eq!(said, ["fail: PUT /things/{id} answers otherwise to a percent-encoded identifier"]);
}

fn cases(check: &dyn RequestCheck, contract: &Contract, operation: &Operation) -> Vec<Case> {
    let base = Base::of(contract, operation);
    let unique = || "0123456789abcdef".to_owned();
    let subject = Subject { base: &base, most: usize::MAX, unique: &unique };
    check.cases(&subject, &mut TestRunner::deterministic())
}

#[test]
fn cases_are_what_they_say() {
    for vendor in Vendor::ALL {
        let contract = Contract::of(vendor).unwrap();
        for operation in contract.operations() {
            let schema = Base::of(&contract, operation).body_schema().cloned();
            let validator = schema.map(|schema| contract.validator(&schema, Direction::Request).unwrap());
            let body =
                |case: &Case| -> Option<Value> { serde_json::from_slice(case.request.body.as_ref()?).ok() };
            for check in REQUEST_CHECKS {
                for case in cases(*check, &contract, operation) {
                    let text = format!("{} {} {}: {}", contract.name(), operation.id, check.id(), case.what);
                    assert!(case.request.target.starts_with('/'), "{text}: {}", case.request.target);
                    assert!(!case.request.headers.contains_key("authorization"), "{text}");
                    let valid =
                        |value: &Value| validator.as_ref().is_none_or(|validator| validator.is_valid(value));
                    match check.id() {
                        "boundary_valid_accepted" => {
                            let good = body(&case).is_none_or(|body| valid(&body));
                            assert!(good, "{text}: {:?}", body(&case));
                        }
                        "malformed_body_rejected" => assert_eq!(body(&case), None, "{text}"),
                        _ => {}
                    }
                }
            }
        }
    }
}

#[test]
fn what_cannot_be_undone_is_not_done() {
    let contract = contract();
    for operation in contract.operations() {
        // Nothing tells how a success is undone.
        assert_eq!(cases(&BoundaryValidAccepted, &contract, operation).len(), 0);
        assert_eq!(cases(&OversizedBodyHandled, &contract, operation).len(), 0);
        assert!(!cases(&InvalidInputRejected, &contract, operation).is_empty());
    }
}

#[test]
fn a_supplied_pair_is_never_used_up() {
    let contract = Contract::of(Vendor::EntryTarget).unwrap();
    let operation = contract.operation(&"registerCredential".into()).unwrap();
    assert_eq!(Base::of(&contract, operation).role, crate::strategy::request::Role::Register);
    for check in REQUEST_CHECKS {
        // The pairs are made up: there is no pool here, and still there are cases.
        let _ = cases(*check, &contract, operation);
    }
    assert!(!cases(&InvalidInputRejected, &contract, operation).is_empty());
}

#[test]
fn each_of_several_credentials_is_tried() {
    let contract = contract();
    let operation = &contract.operations()[0];
    let missing = cases(&MissingCredentialsRejected, &contract, operation);
    let without: Vec<_> = missing.into_iter().map(|case| case.credentials).collect();
    let scheme = |name: &str| SchemeName(name.to_owned());
    let expected =
        [Presented::Missing, Presented::Without(scheme("key")), Presented::Without(scheme("secret"))];
    assert_eq!(without, expected);
    let wrong = cases(&WrongCredentialsRejected, &contract, operation);
    assert!(wrong.iter().any(|case| case.credentials == Presented::Wrong(scheme("secret"))));
    assert!(wrong.iter().any(|case| case.credentials == Presented::Misplaced(scheme("key"))));
}

#[test]
fn every_check_has_its_own_name_and_question() {
    let mut seen = std::collections::BTreeSet::new();
    for check in REQUEST_CHECKS {
        assert!(seen.insert(check.id()), "{} twice", check.id());
        assert!(check.question().ends_with('?'));
    }
}
