//! Does no answer repeat a secret?

use http::HeaderName;
use http::header::SET_COOKIE;
use rescind_specs::lifecycle::Template;
use rescind_specs::{Pointer, Schema};
use serde_json::Value;

use super::evidence::{Evidence, received};
use super::{Answer, ResponseCheck};
use crate::credential::place;
use crate::exchange::{Place, set_cookie};
use crate::finding::Finding;
use crate::verdict::Verdict;

/// The deepest place of a secret that is looked for in a schema.
const DEEPEST: usize = 8;

/// # What it does
/// Looks for every secret and token of the run in the headers and the body of every answer, also percent-encoded and
/// in Base64. The places at which an answer is documented to show a secret are left out: members of the format
/// `password`, and what the lifecycle document names as the secret of an issue or the token of an exchange. So is a
/// cookie that is set once more as the request had it.
/// # Verdicts
/// Fail: a secret is found elsewhere.
/// # Source
/// RFC 6819 §5.1.6 and §5.2.3.7; the contract's own sentence is judged by `secret_shown_once`.
pub struct NoSecretLeak;

impl ResponseCheck for NoSecretLeak {
    fn id(&self) -> &'static str {
        "no_secret_leak"
    }

    fn question(&self) -> &'static str {
        "Does no answer repeat a secret, in headers or body, plain or encoded?"
    }

    fn check(&self, answer: &Answer<'_>) -> Option<Vec<Finding>> {
        let evidence = Evidence::of(self.id(), answer.contract, answer.exchange);
        let at = answer.documented().map(|response| &response.pointer);
        let found = |place: String| {
            evidence.finding(
                Verdict::Fail,
                format!("an answer {} repeats a secret in {place}", answer.status()),
                "no secret outside the answer that issues it",
                format!("{} with a secret in {place}", received(answer.exchange)),
                at,
            )
        };
        let mut findings = Vec::new();
        let documented = documented(answer);
        for (name, value) in &answer.response.headers {
            let text = String::from_utf8_lossy(value.as_bytes());
            if !is_meant(answer, &documented, name, &text) && answer.secrets.found_in(&text) {
                findings.push(found(format!("the header {name}")));
            }
        }
        let Some(mut body) = answer.response.value() else {
            if answer.secrets.found_in(&String::from_utf8_lossy(&answer.response.body)) {
                findings.push(found("the body".to_owned()));
            }
            return Some(findings);
        };
        remove_documented(answer, &mut body);
        if answer.secrets.found_in(&body.to_string()) {
            let place = locate(answer, &body, String::new()).unwrap_or_default();
            findings.push(found(if place.is_empty() { "the body".to_owned() } else { place }));
        }
        Some(findings)
    }
}

/// The places of this answer that the lifecycle document gives a secret or a token.
fn documented(answer: &Answer<'_>) -> Vec<Place> {
    let (Some(operation), Some(lifecycle)) = (answer.operation, answer.contract.lifecycle()) else {
        return Vec::new();
    };
    let kinds = lifecycle.credentials.values();
    let shown = kinds.flat_map(|kind| {
        let issue = kind.issue.iter().filter(|issue| issue.call.operation == operation.id);
        let secret = issue.filter_map(|issue| issue.secret.as_ref());
        let secret = secret.filter(|_| answer.response.status.is_success());
        let tokens = kind.tokens.values().filter(|token| token.exchange.operation == operation.id);
        secret.chain(tokens.map(|token| &token.token))
    });
    shown.flat_map(Template::expressions).filter_map(place).collect()
}

/// Whether a header is documented to show a secret, or only prolongs a cookie.
fn is_meant(answer: &Answer<'_>, documented: &[Place], name: &HeaderName, value: &str) -> bool {
    let sets =
        |cookie: &str| *name == SET_COOKIE && set_cookie(value).is_some_and(|(known, ..)| known == cookie);
    let is_place = documented.iter().any(|place| match place {
        Place::Header(header) => header.eq_ignore_ascii_case(name.as_str()),
        Place::Cookie(cookie) => sets(cookie),
        Place::Body(_) => false,
    });
    is_place || (*name == SET_COOKIE && answer.exchange.prolongs(value))
}

/// Blanks what the answer is documented to show.
pub(crate) fn remove_documented(answer: &Answer<'_>, body: &mut Value) {
    let documented = documented(answer);
    let schema = answer.documented().and_then(|response| {
        let content = match answer.response.media_type() {
            Some(media_type) => response.content_for(&media_type),
            None => response.content.first(),
        };
        content?.schema.clone()
    });
    if let Some(schema) = schema {
        blank(&schema, body, 0);
    }
    for place in &documented {
        if let Place::Body(pointer) = place {
            clear(body, pointer);
        }
    }
}

fn clear(body: &mut Value, pointer: &Pointer) {
    if let Some(place) = body.pointer_mut(pointer.as_str()) {
        *place = Value::Null;
    }
}

/// Blanks every value whose schema says that it is a secret.
fn blank(schema: &Schema, value: &mut Value, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    if schema.is_secret() {
        *value = Value::Null;
        return;
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        for branch in schema.branches(keyword) {
            blank(&branch, value, depth + 1);
        }
    }
    match value {
        Value::Object(object) => {
            for (name, member) in object {
                if let Some(schema) = schema.property(name) {
                    blank(&schema, member, depth + 1);
                }
            }
        }
        Value::Array(items) => {
            let Some(schema) = schema.items() else { return };
            for item in items {
                blank(&schema, item, depth + 1);
            }
        }
        _ => {}
    }
}

/// Where in the body the secret stands, with `*` for each index.
fn locate(answer: &Answer<'_>, value: &Value, at: String) -> Option<String> {
    match value {
        Value::Object(object) => object.iter().find_map(|(name, member)| {
            if answer.secrets.found_in(name) {
                return Some(at.clone());
            }
            let name = name.replace('~', "~0").replace('/', "~1");
            locate(answer, member, format!("{at}/{name}"))
        }),
        Value::Array(items) => items.iter().find_map(|item| locate(answer, item, format!("{at}/*"))),
        Value::String(text) => answer.secrets.found_in(text).then_some(at),
        _ => None,
    }
}
