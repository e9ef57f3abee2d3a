//! Each check on one answer that it catches and on the same answer put right.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rescind_specs::{Contract, Document, StatusPattern, Vendor};
use serde_json::{Value, json};

use super::*;
use crate::exchange::{ExchangeId, Reply, Request};

const SECRET: &str = "sk_0123456789abcdef";

/// A contract with every kind of documented answer.
fn contract() -> Contract {
    let problem = json!({ "type": "object", "required": ["type", "title", "status"], "properties": {
        "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" },
        "detail": { "type": "string" } } });
    let thing = json!({ "type": "object", "required": ["id"], "properties": {
        "id": { "type": "string", "maxLength": 4 }, "secret": { "type": "string", "format": "password" },
        "items": { "type": "array", "items": { "type": "string" } } } });
    let document = json!({
        "openapi": "3.0.3",
        "info": { "title": "t", "version": "1" },
        "paths": {
            "/x": { "post": {
                "operationId": "make",
                "requestBody": { "content": { "application/json": { "schema": { "type": "object" } } } },
                "responses": {
                    "201": { "description": "made",
                        "headers": { "X-Limit": { "required": true, "schema": { "type": "integer" } } },
                        "content": { "application/json": { "schema": thing } } },
                    "204": { "description": "nothing" },
                    "4XX": { "description": "refused",
                        "content": { "application/problem+json": { "schema": problem } } },
                },
            } },
            "/text": { "get": { "operationId": "read", "responses": {
                "200": { "description": "ok", "content": { "text/plain": { "schema": { "type": "string" } } } } } } },
        },
    });
    Contract::new("t", Document::parse("t.yaml", document.to_string()).unwrap(), None).unwrap()
}

fn exchange(
    operation: Option<&str>,
    status: u16,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Exchange {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    Exchange {
        id: ExchangeId(3),
        request: Request {
            operation: operation.map(Into::into),
            method: Method::POST,
            target: "/x".to_owned(),
            headers: HeaderMap::new(),
            body: None,
            origins: Vec::new(),
        },
        reply: Reply::Received(Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers: map,
            body: body.into(),
        }),
        sent: Timestamp::UNIX_EPOCH,
        received: Timestamp::UNIX_EPOCH,
        took: Duration::ZERO,
        replica: crate::exchange::Replica::default(),
        timing: crate::exchange::Timing::default(),
        span: crate::exchange::Span::default(),
    }
}

fn secrets() -> Secrets {
    Secrets::new(&[SECRET.to_owned()].into())
}

/// What a check says of an exchange: `None`, or the messages of its findings.
fn says(check: &dyn ResponseCheck, exchange: &Exchange) -> Option<Vec<String>> {
    let contract = contract();
    let secrets = secrets();
    let answer = Answer::of(&contract, exchange, &secrets).unwrap();
    let findings = check.check(&answer)?;
    Some(findings.into_iter().map(|finding| format!("{}: {}", finding.verdict, finding.message)).collect())
}

const JSON: (&str, &str) = ("content-type", "application/json");
const PROBLEM: (&str, &str) = ("content-type", "application/problem+json");
const LIMIT: (&str, &str) = ("x-limit", "5");

/// The check is silent on the good answer and says this of the bad one.
fn check(check: &dyn ResponseCheck, good: &Exchange, bad: &Exchange, message: &str) {
    assert_eq!(says(check, good), Some(Vec::new()), "{} on the good answer", check.id());
    let said = says(check, bad).unwrap_or_default();
    assert!(said.iter().any(|line| line.contains(message)), "{}: {said:?} lacks {message:?}", check.id());
}

#[test]
fn status() {
    let good = exchange(Some("make"), 201, &[JSON, LIMIT], r#"{"id":"a"}"#);
    let bad = exchange(Some("make"), 202, &[], "");
    check(&StatusCodeConformance, &good, &bad, "fail: POST /x answered 202, which it does not document");
    // `read` documents no refusal, so a refusal says nothing.
    assert_eq!(says(&StatusCodeConformance, &exchange(Some("read"), 401, &[], "")), None);
    assert_eq!(says(&StatusCodeConformance, &exchange(None, 405, &[], "")), None);
}

#[test]
fn a_status_that_a_requirement_names_is_left_to_that_requirement() {
    let contract = Contract::of(Vendor::WattShift).unwrap();
    let secrets = secrets();
    let says = |status| {
        let exchange = exchange(Some("revokeAgentSandboxCredential"), status, &[], "");
        let answer = Answer::of(&contract, &exchange, &secrets).unwrap();
        StatusCodeConformance.check(&answer).map(|findings| findings.len())
    };
    // 404 for an unknown id is a divergence of R8; nobody speaks of 410.
    assert_eq!([says(200), says(404), says(410), says(429)], [Some(0), None, Some(1), None]);
}

#[test]
fn media_type() {
    let good =
        exchange(Some("make"), 404, &[("content-type", "Application/Problem+JSON; charset=utf-8")], "{}");
    let bad = exchange(Some("make"), 404, &[JSON], "{}");
    check(&ContentTypeConformance, &good, &bad, "fail: POST /x answered 404 as application/json");
    let good = exchange(Some("make"), 204, &[], "");
    check(
        &ContentTypeConformance,
        &good,
        &exchange(Some("make"), 204, &[], "x"),
        "though none is documented",
    );
    check(
        &ContentTypeConformance,
        &good,
        &exchange(Some("make"), 404, &[], ""),
        "without the documented body",
    );
    check(&ContentTypeConformance, &good, &exchange(Some("make"), 404, &[], "{}"), "of no media type");
}

#[test]
fn schema() {
    let good = exchange(Some("make"), 201, &[JSON], r#"{"id":"a","more":1}"#);
    let bad = exchange(Some("make"), 201, &[JSON], r#"{"id":"abcde"}"#);
    check(&ResponseSchemaConformance, &good, &bad, "breaks maxLength");
    let bad = exchange(Some("make"), 201, &[JSON], "{}");
    check(&ResponseSchemaConformance, &good, &bad, "breaks required");
    let bad = exchange(Some("make"), 201, &[JSON], "{");
    check(&ResponseSchemaConformance, &good, &bad, "no JSON");
    let text = exchange(Some("read"), 200, &[("content-type", "text/plain")], "hello");
    assert_eq!(says(&ResponseSchemaConformance, &text), Some(Vec::new()));
}

#[test]
fn headers() {
    let good = exchange(Some("make"), 201, &[JSON, LIMIT], r#"{"id":"a"}"#);
    let bad = exchange(Some("make"), 201, &[JSON], r#"{"id":"a"}"#);
    check(&ResponseHeadersConformance, &good, &bad, "lacks the header X-Limit");
    let bad = exchange(Some("make"), 201, &[JSON, ("x-limit", "many")], r#"{"id":"a"}"#);
    check(&ResponseHeadersConformance, &good, &bad, "breaks type");
    let good = exchange(None, 405, &[("allow", "GET")], "");
    check(
        &ResponseHeadersConformance,
        &good,
        &exchange(None, 405, &[], ""),
        "divergence: an answer 405 lacks",
    );
    for good in ["120", "Wed, 21 Oct 2026 07:28:00 GMT"] {
        let good = exchange(Some("make"), 429, &[("retry-after", good)], "");
        let bad = exchange(Some("make"), 429, &[("retry-after", "soon")], "");
        check(&ResponseHeadersConformance, &good, &bad, "Retry-After");
    }
}

#[test]
fn problem_details() {
    let problem = |body: Value| exchange(Some("make"), 404, &[PROBLEM], body.to_string());
    let good =
        problem(json!({ "type": "https://x.example/a", "title": "t", "status": 404, "instance": "/x" }));
    let cases = [
        (json!({ "type": "a", "title": "t", "status": 400 }), "another status"),
        (json!({ "type": "a b", "title": "t", "status": 404 }), "the type of problem details"),
        (json!({ "type": "a", "title": 3 }), "the title of problem details"),
        (json!([]), "no JSON object"),
    ];
    for (bad, message) in cases {
        check(&ProblemDetailsConformance, &good, &problem(bad), message);
    }
    // No member is required by RFC 9457 itself.
    assert_eq!(says(&ProblemDetailsConformance, &problem(json!({}))), Some(Vec::new()));
}

#[test]
fn server_error() {
    let good = exchange(Some("make"), 404, &[], "");
    check(&NotAServerError, &good, &exchange(Some("make"), 500, &[], ""), "fail: POST /x was answered 500");
    check(&NotAServerError, &good, &exchange(Some("make"), 503, &[], ""), "inconclusive");
    assert_eq!(says(&NotAServerError, &exchange(None, 501, &[], "")), Some(Vec::new()));
}

#[test]
fn secret_leak() {
    let issued = json!({ "id": "a", "secret": SECRET }).to_string();
    let good = exchange(Some("make"), 201, &[JSON], issued.clone());
    let leaks = [
        exchange(Some("make"), 201, &[JSON], json!({ "id": SECRET }).to_string()),
        exchange(Some("make"), 201, &[JSON], json!({ "items": ["a", SECRET] }).to_string()),
        exchange(
            Some("make"),
            404,
            &[PROBLEM],
            json!({ "detail": format!("key {SECRET} is bad") }).to_string(),
        ),
        exchange(Some("read"), 200, &[("x-echo", SECRET)], ""),
        exchange(Some("read"), 200, &[], format!("plain {SECRET}")),
        exchange(Some("read"), 200, &[], "c2tfMDEyMzQ1Njc4OWFiY2RlZg=="),
    ];
    for leak in leaks {
        check(&NoSecretLeak, &good, &leak, "repeats a secret");
    }
}

#[test]
fn internal_leak() {
    let refusal =
        |detail: &str| exchange(Some("make"), 400, &[PROBLEM], json!({ "detail": detail }).to_string());
    let good = refusal("expected value at line 1 column 1; see https://x.example/docs/errors.html");
    let leaks = [
        "boom\nstack backtrace:\n   0: core::panicking::panic_fmt\n             at src/handler.rs:41:9",
        "Traceback (most recent call last)\n  File \"app.py\", line 3",
        "UNIQUE constraint failed: credential.name",
        "at a (handler.js:12:5)\nat b (index.js:3:1)",
    ];
    for leak in leaks {
        check(&NoInternalLeak, &good, &refusal(leak), "fail: an answer 400 holds");
    }
    check(&NoInternalLeak, &good, &refusal("see /var/www/app"), "divergence");
    assert_eq!(says(&NoInternalLeak, &exchange(Some("make"), 201, &[], "panicked at x")), None);
}

#[test]
fn every_check_has_its_own_name_and_question() {
    let mut seen = BTreeSet::new();
    for check in RESPONSE_CHECKS {
        assert!(seen.insert(check.id()), "{} twice", check.id());
        assert!(check.question().ends_with('?'));
    }
}

#[test]
fn documented_examples_pass() {
    for vendor in Vendor::ALL {
        let contract = Contract::of(vendor).unwrap();
        let secrets = secrets();
        for operation in contract.operations() {
            for response in &operation.responses {
                let StatusPattern::Exact(status) = response.status else { continue };
                for content in &response.content {
                    for (name, example) in &content.examples {
                        let media_type = content.media_type.to_string();
                        let body = match example {
                            Value::String(text) if content.media_type.is_text() => text.clone(),
                            other => other.to_string(),
                        };
                        let exchange = exchange(
                            Some(&operation.id.0),
                            status,
                            &[
                                ("content-type", &media_type),
                                ("x-ratelimit-limit", "1"),
                                ("x-ratelimit-remaining", "1"),
                                ("x-ratelimit-reset", "1"),
                            ],
                            body,
                        );
                        let answer = Answer::of(&contract, &exchange, &secrets).unwrap();
                        for check in RESPONSE_CHECKS {
                            let findings = check.check(&answer).unwrap_or_default();
                            // A documented server error is one all the same for nobody but its operator.
                            assert_eq!(findings, [], "{} {} {name}", operation.id, check.id());
                        }
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_makes_a_check_fail(
        operation in prop::option::of(prop::sample::select(vec!["make", "read", "other"])),
        status in 100_u16..600,
        media_type in prop::option::of(prop::sample::select(vec!["application/json", "application/problem+json", "text/plain", "x"])),
        header in "[ -~]{0,20}",
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            "[\\[\\]{}\":,a-z0-9 ]{0,40}".prop_map(String::into_bytes),
            Just(br#"{"status":1e400,"type":null}"#.to_vec()),
        ],
    ) {
        let contract = contract();
        let secrets = secrets();
        let mut headers = vec![("retry-after", header.as_str()), ("x-limit", header.as_str())];
        headers.extend(media_type.map(|media_type| ("content-type", media_type)));
        let exchange = exchange(operation, status, &headers, body);
        let answer = Answer::of(&contract, &exchange, &secrets).unwrap();
        for check in RESPONSE_CHECKS {
            let _ = check.check(&answer);
        }
    }
}
