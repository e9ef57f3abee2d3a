//! Does no answer repeat a secret?

use rescind_specs::lifecycle::{Expression, Template};
use rescind_specs::{Pointer, Schema};
use serde_json::Value;

use super::evidence::{Evidence, received};
use super::{Answer, ResponseCheck};
use crate::finding::Finding;
use crate::verdict::Verdict;

/// The deepest place of a secret that is looked for in a schema.
const DEEPEST: usize = 8;

/// # What it does
/// Looks for every secret and token of the run in the headers and the body of every answer, also percent-encoded and
/// in Base64. The places at which an answer is documented to show a secret are left out: members of the format
/// `password`, and what the lifecycle document names as the secret of an issue or the token of an exchange.
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
        for (name, value) in &answer.response.headers {
            if answer.secrets.found_in(&String::from_utf8_lossy(value.as_bytes())) {
                findings.push(found(format!("the header {name}")));
            }
        }
        let Some(mut body) = answer.response.json() else {
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

/// Blanks what the answer is documented to show.
pub(crate) fn remove_documented(answer: &Answer<'_>, body: &mut Value) {
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
    let Some(operation) = answer.operation else { return };
    let Some(lifecycle) = answer.contract.lifecycle() else { return };
    let mut blank_at = |template: &Template| {
        for expression in template.expressions() {
            if let Expression::ResponseBody(pointer) = expression {
                clear(body, pointer);
            }
        }
    };
    for kind in lifecycle.credentials.values() {
        if let Some(issue) = kind.issue.as_ref().filter(|issue| issue.call.operation == operation.id)
            && let Some(secret) = &issue.secret
            && answer.response.status.is_success()
        {
            blank_at(secret);
        }
        for token in kind.tokens.values().filter(|token| token.exchange.operation == operation.id) {
            blank_at(&token.token);
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
