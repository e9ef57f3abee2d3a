//! What is written down holds no value of its run, and comes back with those of another.

use std::collections::HashMap;

use bytes::Bytes;
use http::{HeaderMap, Method};
use proptest::prelude::*;
use rescind_specs::{Contract, Pointer, Vendor};

use super::*;
use crate::call::{basic, set_header};
use crate::counterexample::Scene;
use crate::deployment::Deployment;
use crate::exchange::{
    Exchange, ExchangeId, Origin, OriginKind, Place, Replica, Reply, Request, Span, Timing,
};
use crate::redact::Redactor;

const WORD: &str = "0123456789abcdef0123456789abcdef";

fn contract() -> &'static Contract {
    Vendor::Dinie.contract().unwrap()
}

fn deployment() -> Deployment {
    Deployment::at("http://localhost".parse().unwrap()).caller("operator", "op_1", "s3cr3t/+ \"x")
}

fn request(target: &str, body: &str, headers: &[(&str, &str)]) -> Request {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        set_header(&mut map, name, value).unwrap();
    }
    let body = (!body.is_empty()).then(|| Bytes::copy_from_slice(body.as_bytes()));
    Request {
        operation: None,
        method: Method::POST,
        target: target.to_owned(),
        headers: map,
        body,
        origins: Vec::new(),
    }
}

fn exchange(id: u64, request: Request) -> Exchange {
    let now = jiff::Timestamp::default();
    Exchange {
        id: ExchangeId(id),
        request,
        reply: Reply::Lost(String::new()),
        sent: now,
        received: now,
        took: std::time::Duration::ZERO,
        replica: Replica(0),
        timing: Timing::InTurn,
        span: Span::default(),
    }
}

fn redactor(secrets: &[&str]) -> Redactor {
    let redactor = Redactor::new();
    for secret in secrets {
        redactor.taint(secret);
    }
    redactor
}

fn kept(steps: &[Exchange], redactor: &Redactor) -> Option<Vec<KeptRequest>> {
    let deployment = deployment();
    let scene = Scene { contract: contract(), deployment: &deployment, redactor };
    let steps: Vec<&Exchange> = steps.iter().collect();
    let mut keeper = Keeper::new(scene, &steps);
    steps.iter().map(|step| keeper.keep(&step.request)).collect()
}

fn restored(kept: &KeptRequest, values: &[(&str, &str)]) -> Request {
    let values: HashMap<&str, &str> = values.iter().copied().collect();
    let mut value = |source: &Source| {
        let text = values.get(source.to_string().as_str());
        text.map(|text| (*text).to_owned()).ok_or_else(|| "unknown".to_owned())
    };
    kept.request(&mut value).unwrap()
}

#[test]
fn every_value_stands_as_where_it_comes_from() {
    let redactor = redactor(&["s3cr3t/+ \"x", "issued-secret"]);
    let signature = basic("op_1", "s3cr3t/+ \"x");
    let first = request(
        "/keys?name=s3cr3t%2F%2B%20%22x",
        &format!("{{\"name\":\"rescind {WORD}\",\"old\":\"s3cr3t/+ \\\"x\"}}"),
        &[("authorization", &signature), ("content-type", "application/json")],
    );
    let mut second =
        request(&format!("/keys/key_9?again={WORD}"), "", &[("authorization", "Bearer issued-secret")]);
    let from = |pointer: &str| OriginKind::Response {
        exchange: ExchangeId(4),
        place: Place::Body(Pointer::parse(pointer).unwrap()),
    };
    second.origins = vec![Origin::new("key_9", from("/id")), Origin::new("issued-secret", from("/secret"))];
    let kept = kept(&[exchange(4, first), exchange(7, second)], &redactor).unwrap();
    let text = serde_json::to_string_pretty(&kept).unwrap();
    insta::assert_snapshot!(text, @r##"
    [
      {
        "method": "POST",
        "target": "/keys?name={$caller.operator.secret}",
        "headers": [
          {
            "name": "authorization",
            "basic": "{$caller.operator.id}:{$caller.operator.secret}"
          },
          {
            "name": "content-type",
            "value": "application/json"
          }
        ],
        "body": {
          "text": "{\"name\":\"rescind {$unique.1}\",\"old\":\"{$caller.operator.secret}\"}"
        }
      },
      {
        "method": "POST",
        "target": "/keys/{$answer.1.body#/id}?again={$unique.1}",
        "headers": [
          {
            "name": "authorization",
            "value": "Bearer {$answer.1.body#/secret}"
          }
        ]
      }
    ]
    "##);
    assert!(!redactor.finds(&text) && !text.contains("key_9") && !text.contains(WORD));
    let again: Vec<KeptRequest> = serde_json::from_str(&text).unwrap();
    assert_eq!(again, kept);
    let values = [
        ("caller.operator.id", "op_2"),
        ("caller.operator.secret", "a b\"c"),
        ("answer.1.body#/id", "key/10"),
        ("answer.1.body#/secret", "another"),
        ("unique.1", "feed"),
    ];
    let first = restored(&kept[0], &values);
    assert_eq!(first.target, "/keys?name=a%20b%22c");
    assert_eq!(first.headers["authorization"], basic("op_2", "a b\"c"));
    assert_eq!(first.body.unwrap(), "{\"name\":\"rescind feed\",\"old\":\"a b\\\"c\"}");
    let second = restored(&kept[1], &values);
    assert_eq!(second.target, "/keys/key%2F10?again=feed");
    assert_eq!(second.headers["authorization"], "Bearer another");
}

#[test]
fn what_holds_a_secret_of_unknown_source_is_not_kept() {
    let redactor = redactor(&["nobody-knows"]);
    let check = |request: Request| assert_eq!(kept(&[exchange(1, request)], &redactor), None);
    check(request("/keys/nobody-knows", "", &[]));
    check(request("/keys", "{\"a\":\"nobody-knows\"}", &[("content-type", "application/json")]));
    check(request("/keys", "", &[("x-key", "nobody-knows")]));
    check(request("/keys", "", &[("authorization", &basic("a", "nobody-knows"))]));
    check(request("/keys/{$unique.1}", "", &[]));
    check(request("/keys", &"x".repeat(64 * 1024 + 1), &[]));
}

#[test]
fn what_cannot_be_made_again_says_why() {
    let kept = |text: &str| -> KeptRequest { serde_json::from_str(text).unwrap() };
    let check = |text: &str, says: &str| {
        let mut value = |_: &Source| Err("it was not supplied".to_owned());
        assert_eq!(kept(text).request(&mut value).map(|_| ()).unwrap_err().to_string(), says);
    };
    check(
        r#"{ "method": "GET", "target": "/{$caller.other.id}" }"#,
        "there is nothing to put in place of {$caller.other.id}: it was not supplied",
    );
    check(
        r#"{ "method": "GET", "target": "/{$nonsense}" }"#,
        "there is nothing to put in place of {$nonsense}: nothing is called that",
    );
    check(r#"{ "method": "GET", "target": "x" }"#, "a path that does not begin with a slash cannot be sent");
    check(r#"{ "method": "A B", "target": "/" }"#, "the method cannot be sent");
    check(
        r#"{ "method": "GET", "target": "/", "headers": [{ "name": "a b", "value": "" }] }"#,
        "the name of a header cannot be sent",
    );
    check(
        r#"{ "method": "GET", "target": "/", "body": { "base64": "?" } }"#,
        "a body that is no Base64 cannot be sent",
    );
}

proptest! {
    /// With the values of its own run a request comes back as it was.
    #[test]
    fn what_is_kept_comes_back(
        target in "/[a-z0-9/%{}$.?=&-]{0,40}",
        before in "[a-zA-Z0-9 \\\\\"{}$.é-]{0,20}",
        after in "[a-zA-Z0-9 \\\\\"{}$.é-]{0,20}",
        media_type in prop::sample::select(vec!["application/json", "text/plain", "application/x-www-form-urlencoded"]),
    ) {
        let redactor = redactor(&["s3cr3t/+ \"x"]);
        let body = format!("{before}{WORD}-op_1 {after}");
        let sent = request(&target, &body, &[("content-type", media_type)]);
        let (again, other) = (sent.target.clone(), sent.body.clone());
        // What looks like the words for a value is not kept.
        if let Some(kept) = kept(&[exchange(1, sent)], &redactor) {
            let made = restored(&kept[0], &[("caller.operator.id", "op_1"), ("unique.1", WORD)]);
            prop_assert_eq!(made.target, again);
            prop_assert_eq!(made.body, other);
        }
    }
}
