//! No secret gets through the door, wherever it stands and however it is written.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use jiff::Timestamp;
use proptest::prelude::*;
use rescind_specs::{Contract, Document, OperationId};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::Redactor;
use crate::clock::Clock;
use crate::journal::entry::Passage;
use crate::journal::raw::{Captured, End, Raw, RawAnswer};
use crate::journal::{Bounds, Filter, Journal};
use crate::runtime::Matched;

/// Every place at which a document can say that a secret stands.
fn contract() -> Contract {
    let secret = json!({ "type": "string", "format": "password" });
    let parameter = |location: &str, name: &str| json!({ "in": location, "name": name, "required": true, "schema": secret });
    let body = |schema: Value| json!({ "content": { "application/json": { "schema": schema } } });
    let nested = json!({
        "type": "object",
        "properties": {
            "member": secret,
            "once": { "type": "string", "writeOnly": true },
            "list": { "type": "array", "items": secret },
            "deep": { "type": "object", "properties": { "inner": { "allOf": [{ "type": "object", "properties": { "leaf": secret } }] } } },
        },
    });
    let mut answer = body(nested.clone());
    answer["description"] = "done".into();
    answer["headers"] = json!({ "X-Issued": { "schema": secret } });
    let document = json!({
        "openapi": "3.0.3",
        "info": { "title": "t", "version": "1" },
        "components": { "securitySchemes": {
            "basic": { "type": "http", "scheme": "basic" },
            "bearer": { "type": "http", "scheme": "bearer" },
            "header": { "type": "apiKey", "in": "header", "name": "X-Key" },
            "query": { "type": "apiKey", "in": "query", "name": "key" },
            "cookie": { "type": "apiKey", "in": "cookie", "name": "session" },
        } },
        "paths": { "/a/{token}/b": { "post": {
            "operationId": "act",
            "parameters": [parameter("path", "token"), parameter("query", "q"), parameter("header", "X-Proof")],
            "requestBody": body(nested),
            "responses": { "200": answer },
        } } },
    });
    Contract::new("t", Document::parse("t.json", document.to_string()).unwrap(), None).unwrap()
}

/// A contract with no secret, and a member and a header of its own that are secrets elsewhere.
fn other() -> Contract {
    let document = json!({
        "openapi": "3.0.3",
        "info": { "title": "other", "version": "1" },
        "paths": { "/plain": { "post": {
            "operationId": "plain",
            "parameters": [{ "in": "header", "name": "X-Proof", "schema": { "type": "string" } }],
            "requestBody": { "content": { "application/json": { "schema": {
                "type": "object", "properties": {
                    "once": { "type": "string" },
                    // Names of what is no member elsewhere.
                    "key": { "type": "string" },
                    "x-key": { "type": "string" },
                },
            } } } },
            "responses": { "204": { "description": "done" } },
        } } },
    });
    Contract::new("other", Document::parse("other.json", document.to_string()).unwrap(), None).unwrap()
}

/// A place where the contract, or HTTP, says that a secret stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    Basic,
    Bearer,
    Unknown,
    KeyHeader,
    ProofHeader,
    Query,
    KeyQuery,
    TokenQuery,
    Cookie,
    Path,
    Member(&'static str),
    Form,
    Issued,
    IssuedHeader,
    SetCookie,
}

/// A place where nobody says so.
#[derive(Clone, Copy, Debug)]
enum Echo {
    Path,
    Query,
    Header,
    HeaderName,
    Base64,
    Sent,
    SentName,
    Answer,
    AnswerHeader,
    Lines,
    Text,
}

const PLACES: [Place; 18] = [
    Place::Basic,
    Place::Bearer,
    Place::Unknown,
    Place::KeyHeader,
    Place::ProofHeader,
    Place::Query,
    Place::KeyQuery,
    Place::TokenQuery,
    Place::Cookie,
    Place::Path,
    Place::Member("member"),
    Place::Member("once"),
    Place::Member("list"),
    Place::Member("deep"),
    Place::Form,
    Place::Issued,
    Place::IssuedHeader,
    Place::SetCookie,
];

const ECHOES: [Echo; 11] = [
    Echo::Path,
    Echo::Query,
    Echo::Header,
    Echo::HeaderName,
    Echo::Base64,
    Echo::Sent,
    Echo::SentName,
    Echo::Answer,
    Echo::AnswerHeader,
    Echo::Lines,
    Echo::Text,
];

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
}

fn body(text: &str) -> Captured {
    Captured {
        length: text.len() as u64,
        bytes: Zeroizing::new(text.as_bytes().to_vec()),
        passage: Passage::Complete,
    }
}

fn raw() -> Raw {
    Raw {
        at: Timestamp::UNIX_EPOCH,
        microseconds: 1,
        request_id: "1".into(),
        method: Method::POST,
        uri: "/t/a/x/b".parse().unwrap(),
        version: Version::HTTP_11,
        headers: HeaderMap::new(),
        sent: Captured::nothing(),
        answer: Some(RawAnswer {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            matched: Some(Matched::new("t".into(), OperationId("act".to_owned()), "/a/{token}/b")),
            disturbance: None,
            body: Captured::nothing(),
        }),
        caller: None,
        end: End::Abandoned,
    }
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    headers.insert(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
}

fn sent(raw: &mut Raw, media_type: &str, text: &str) {
    set(&mut raw.headers, "content-type", media_type);
    raw.sent = body(text);
}

fn answered(raw: &mut Raw, media_type: &str, text: &str) {
    let Some(answer) = &mut raw.answer else { return };
    set(&mut answer.headers, "content-type", media_type);
    answer.body = body(text);
}

fn planted(place: Place, secret: &str) -> Raw {
    let mut raw = raw();
    let header = |raw: &mut Raw, name, value: &str| set(&mut raw.headers, name, value);
    match place {
        Place::Basic => {
            header(&mut raw, "authorization", &format!("Basic {}", STANDARD.encode(format!("me:{secret}"))));
        }
        Place::Bearer => header(&mut raw, "authorization", &format!("bearer {secret}")),
        Place::Unknown => header(&mut raw, "authorization", secret),
        Place::KeyHeader => header(&mut raw, "x-key", secret),
        Place::ProofHeader => header(&mut raw, "x-proof", secret),
        Place::Query => raw.uri = format!("/t/a/x/b?q={}", encoded(secret)).parse().unwrap(),
        Place::KeyQuery => raw.uri = format!("/t/a/x/b?a=1&k%65y={}", encoded(secret)).parse().unwrap(),
        Place::TokenQuery => raw.uri = format!("/t/a/x/b?access_token={}", encoded(secret)).parse().unwrap(),
        Place::Cookie => header(&mut raw, "cookie", &format!("a=1; session={secret}")),
        Place::Path => raw.uri = format!("/t/a/{}/b", encoded(secret)).parse().unwrap(),
        Place::Member("list") => {
            sent(&mut raw, "application/json", &json!({ "list": ["x", secret] }).to_string());
        }
        Place::Member("deep") => {
            let text = json!([{ "deep": { "inner": { "leaf": secret } } }]).to_string();
            sent(&mut raw, "application/json", &text);
        }
        Place::Member(name) => sent(&mut raw, "application/json", &json!({ name: secret }).to_string()),
        Place::Form => {
            let text = format!("a=b&client_secret={}", encoded(secret));
            sent(&mut raw, "application/x-www-form-urlencoded", &text);
        }
        Place::Issued => {
            answered(&mut raw, "application/json", &json!({ "data": { "member": secret } }).to_string());
        }
        Place::IssuedHeader | Place::SetCookie => {
            if let Some(answer) = &mut raw.answer {
                match place {
                    Place::IssuedHeader => set(&mut answer.headers, "x-issued", secret),
                    _ => set(&mut answer.headers, "set-cookie", &format!("id={secret}; Path=/")),
                }
            }
        }
    }
    raw
}

fn echoed(echo: Echo, secret: &str) -> Raw {
    let mut raw = raw();
    match echo {
        Echo::Path => raw.uri = format!("/t/elsewhere/{}", encoded(secret)).parse().unwrap(),
        Echo::Query => raw.uri = format!("/other?z={}", encoded(secret)).parse().unwrap(),
        Echo::Header => set(&mut raw.headers, "x-trace", &format!("a {secret} b")),
        Echo::HeaderName => {
            // Names are in lower case; what is not the secret any more need not be found.
            if let Ok(name) = HeaderName::from_bytes(format!("x-{secret}").as_bytes()) {
                raw.headers.insert(name, HeaderValue::from_static("1"));
            }
        }
        Echo::Base64 => {
            set(&mut raw.headers, "x-one", &STANDARD.encode(format!("user:{secret}")));
            set(&mut raw.headers, "x-two", &URL_SAFE_NO_PAD.encode(format!("{secret}|")));
        }
        Echo::Sent => {
            sent(&mut raw, "application/json", &json!({ "note": format!("is {secret} right?") }).to_string());
        }
        Echo::SentName => sent(&mut raw, "application/json", &json!({ secret: 1 }).to_string()),
        Echo::Answer => {
            answered(&mut raw, "application/problem+json", &json!({ "detail": [secret] }).to_string());
        }
        Echo::AnswerHeader => {
            if let Some(answer) = &mut raw.answer {
                set(&mut answer.headers, "location", &format!("/a?b={}", encoded(secret)));
            }
        }
        Echo::Lines => answered(
            &mut raw,
            "text/event-stream",
            &format!("data: {}\n\nid: {secret}\n\n", json!({ "a": secret })),
        ),
        Echo::Text => answered(&mut raw, "text/plain", &format!("no {secret} here")),
    }
    raw
}

/// A journal with these exchanges, as everything that can be read from it.
fn told(exchanges: &[Raw]) -> String {
    let journal = Journal::new(Bounds::default(), Clock::virtual_at(Timestamp::UNIX_EPOCH));
    let contract = contract();
    let other = other();
    let served = [("/t".to_owned(), &contract), ("/other".to_owned(), &other)];
    let redactor = Redactor::new(served, journal.0.taints.clone());
    for raw in exchanges {
        journal.push(redactor.entry(raw));
    }
    let entries = journal.entries(&Filter::all());
    let har = serde_json::to_string(&journal.har(&Filter::all())).unwrap();
    format!("{}\n{har}\n{entries:?}\n{journal:?}\n{redactor:?}", serde_json::to_string(&entries).unwrap())
}

/// What must not be in there, in any way of writing.
fn forms(secret: &str) -> Vec<String> {
    let quoted = json!(secret).to_string();
    vec![
        secret.to_owned(),
        encoded(secret),
        encoded(secret).to_lowercase(),
        quoted.trim_matches('"').to_owned(),
        json!(quoted).to_string().trim_matches('"').trim_matches('\\').to_owned(),
        STANDARD.encode(format!("me:{secret}")),
        STANDARD.encode(format!("user:{secret}")),
        URL_SAFE_NO_PAD.encode(format!("{secret}|")),
    ]
}

fn secrets() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9+/_.~!-]{10,40}"
}

proptest! {
    #[test]
    fn a_secret_at_its_place_gets_no_further(secret in secrets(), place in prop::sample::select(&PLACES[..])) {
        let told = told(&[planted(place, &secret)]);
        for form in forms(&secret) {
            prop_assert!(!told.contains(&form), "{place:?} shows {form}: {told}");
        }
        prop_assert!(told.contains("***"));
    }

    #[test]
    fn a_secret_that_was_seen_gets_no_further_anywhere(
        secret in secrets(),
        place in prop::sample::select(&PLACES[..]),
        echoes in prop::sample::subsequence(&ECHOES[..], 1..ECHOES.len()),
    ) {
        let mut exchanges = vec![planted(place, &secret)];
        exchanges.extend(echoes.iter().map(|echo| echoed(*echo, &secret)));
        let told = told(&exchanges);
        for form in forms(&secret) {
            prop_assert!(!told.contains(&form), "{place:?} and {echoes:?} show {form}: {told}");
        }
    }

    #[test]
    fn a_body_that_is_cut_or_broken_shows_no_secret(
        secret in secrets(),
        place in prop::sample::select(&PLACES[10..15]),
        cut in 0_usize..80,
        broken in any::<bool>(),
    ) {
        let mut raw = planted(place, &secret);
        let whole = raw.sent.length;
        let cut = cut.min(raw.sent.bytes.len());
        raw.sent.bytes.truncate(cut);
        if broken {
            raw.sent.bytes.insert(0, b',');
            raw.sent.length = raw.sent.bytes.len() as u64;
        } else {
            raw.sent.length = whole;
        }
        let told = told(&[raw]);
        // A few characters may be found by chance; so many may not.
        for part in secret.as_bytes().windows(6) {
            let part = String::from_utf8_lossy(part);
            prop_assert!(!told.contains(&*part) && !told.contains(&encoded(&part)), "{part}: {told}");
        }
    }
}

#[test]
fn whoever_mistakes_one_contract_for_another_shows_no_secret() {
    let mut raw = raw();
    raw.uri = "/other/plain?key=planted-query".parse().unwrap();
    raw.answer.as_mut().unwrap().matched = None;
    set(&mut raw.headers, "x-key", "planted-header");
    set(&mut raw.headers, "x-proof", "shown-header");
    sent(&mut raw, "application/json", r#"{"member": "planted-member", "once": "shown-member"}"#);
    let told = told(&[raw]);
    assert!(!told.contains("planted"), "{told}");
    assert!(told.contains("shown-header") && told.contains("shown-member"), "{told}");
}

#[test]
fn what_is_no_secret_stays() {
    let mut raw = raw();
    raw.uri = "/t/a/x/c?z=1".parse().unwrap();
    raw.answer.as_mut().unwrap().matched = None;
    sent(&mut raw, "application/json", r#"{"note": "hello",  "n": 1.50}"#);
    answered(&mut raw, "application/json", r#"{"data": []}"#);
    let told = told(&[raw]);
    for kept in ["/t/a/x/c", "z=1", r#"{\"note\": \"hello\",  \"n\": 1.50}"#, r#"{\"data\": []}"#] {
        assert!(told.contains(kept), "{kept}: {told}");
    }
    assert!(!told.contains("***\""), "{told}");
}
