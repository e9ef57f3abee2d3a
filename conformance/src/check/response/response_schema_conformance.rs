//! Does the body satisfy the schema of its documented response?

use rescind_specs::Direction;
use serde_json::Value;

use super::evidence::Evidence;
use super::{Answer, ResponseCheck};
use crate::finding::Finding;
use crate::verdict::Verdict;

/// The violations that are told of one answer.
const MOST: usize = 8;

/// # What it does
/// Validates each JSON body, and each text, against the schema that is documented for its status and media type.
/// Members beyond the documented ones are welcome unless `additionalProperties` forbids them.
/// # Verdicts
/// Fail: the body is no JSON, or breaks a keyword; one finding a violation, with its JSON pointer. Not applicable:
/// another media type than documented, which has a check of its own.
/// # Source
/// OpenAPI 3.0.3, Schema Object.
pub struct ResponseSchemaConformance;

impl ResponseCheck for ResponseSchemaConformance {
    fn id(&self) -> &'static str {
        "response_schema_conformance"
    }

    fn question(&self) -> &'static str {
        "Does each body satisfy the schema of its documented response?"
    }

    fn check(&self, answer: &Answer<'_>) -> Option<Vec<Finding>> {
        let operation = answer.operation?;
        let documented = answer.documented()?;
        if answer.response.body.is_empty() {
            return None;
        }
        let media_type = answer.response.media_type()?;
        let content = documented.content_for(&media_type)?;
        let schema = content.schema.as_ref()?;
        let evidence = Evidence::of(self.id(), answer.contract, answer.exchange);
        let status = answer.status();
        let signature = operation.signature();
        let body = if media_type.is_json() {
            let Some(body) = answer.response.json() else {
                return Some(vec![evidence.finding(
                    Verdict::Fail,
                    format!("{signature} answered {status} with a body that is no JSON"),
                    format!("a JSON text, as {media_type} is"),
                    format!("{} bytes that are no JSON text", answer.response.body.len()),
                    Some(&content.pointer),
                )]);
            };
            body
        } else if media_type.is_text() {
            Value::String(String::from_utf8_lossy(&answer.response.body).into_owned())
        } else {
            return None;
        };
        let validator = answer.contract.validator(schema, Direction::Response).ok()?;
        let violations = validator.violations(&body);
        Some(
            violations
                .iter()
                .take(MOST)
                .map(|violation| {
                    let there = violation.pointer.as_str();
                    let there = if there.is_empty() { "the body".to_owned() } else { generic(there) };
                    let received = match violation.pointer.get(&body) {
                        None => format!("{there} is missing"),
                        Some(value) => format!("{there} is {}", kind(value)),
                    };
                    evidence.finding(
                        Verdict::Fail,
                        format!(
                            "{signature} answered {status} with a body that breaks {}",
                            violation.keyword
                        ),
                        format!("{there} {}", violation.message),
                        received,
                        Some(schema.pointer()),
                    )
                })
                .collect(),
        )
    }
}

/// The pointer with `*` for each index: what is wrong with one item is mostly wrong with all of them.
fn generic(pointer: &str) -> String {
    let parts: Vec<&str> = pointer
        .split('/')
        .map(
            |part| {
                if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) { "*" } else { part }
            },
        )
        .collect();
    parts.join("/")
}

/// A value without its content, which may be secret.
fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("a string of {} characters", text.chars().count()),
        Value::Array(items) => format!("an array of {} items", items.len()),
        Value::Object(members) => format!("an object of {} members", members.len()),
    }
}
