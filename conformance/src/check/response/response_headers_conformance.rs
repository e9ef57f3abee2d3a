//! Does each answer carry its documented headers, with values that satisfy their schemas?

use http::header::{ALLOW, RETRY_AFTER};
use rescind_specs::{Direction, Schema, SchemaType};
use serde_json::Value;

use super::evidence::{Evidence, received};
use super::{Answer, ResponseCheck};
use crate::finding::Finding;
use crate::verdict::Verdict;

/// # What it does
/// Looks for every required header of the documented response, and validates the value of each documented header
/// that is there. `Allow` belongs to a 405; `Retry-After` is a number of seconds or a date.
/// # Verdicts
/// Fail: a required header is missing, a value breaks its schema, a `Retry-After` cannot be read. Divergence: a 405
/// without `Allow`, which HTTP demands and the contract does not repeat.
/// # Source
/// OpenAPI 3.0.3, Header Object; RFC 9110 §10.2.3 and §15.5.6.
pub struct ResponseHeadersConformance;

impl ResponseCheck for ResponseHeadersConformance {
    fn id(&self) -> &'static str {
        "response_headers_conformance"
    }

    fn question(&self) -> &'static str {
        "Does each answer carry its documented headers, with values that satisfy their schemas?"
    }

    fn check(&self, answer: &Answer<'_>) -> Option<Vec<Finding>> {
        let evidence = Evidence::of(self.id(), answer.contract, answer.exchange);
        let headers = &answer.response.headers;
        let status = answer.status();
        let mut applies = false;
        let mut findings = Vec::new();
        let documented = answer.documented().map(|response| response.headers.as_slice()).unwrap_or_default();
        // OpenAPI 3.0.3: a documented `Content-Type` header is to be ignored.
        for header in documented.iter().filter(|header| !header.name.eq_ignore_ascii_case("content-type")) {
            applies |= header.required;
            let Some(value) = headers.get(header.name.as_str()) else {
                if header.required {
                    findings.push(evidence.finding(
                        Verdict::Fail,
                        format!("an answer {status} lacks the header {}", header.name),
                        format!("{} on every such answer", header.name),
                        format!("{} without it", received(answer.exchange)),
                        Some(&header.pointer),
                    ));
                }
                continue;
            };
            applies = true;
            let Some(schema) = &header.schema else { continue };
            let Ok(validator) = answer.contract.validator(schema, Direction::Response) else { continue };
            let value = typed(schema, &String::from_utf8_lossy(value.as_bytes()));
            for violation in validator.violations(&value) {
                findings.push(evidence.finding(
                    Verdict::Fail,
                    format!("the header {} of an answer {status} breaks {}", header.name, violation.keyword),
                    format!("{} {}", header.name, violation.message),
                    format!("a value of {} characters that does not", value.to_string().len()),
                    Some(&header.pointer),
                ));
            }
        }
        if let Some(value) = headers.get(RETRY_AFTER) {
            applies = true;
            let text = String::from_utf8_lossy(value.as_bytes());
            if !is_retry_after(text.trim()) {
                findings.push(evidence.finding(
                    Verdict::Fail,
                    "a Retry-After cannot be read",
                    "a number of seconds or an HTTP date (RFC 9110 §10.2.3)",
                    "neither",
                    None,
                ));
            }
        }
        if status == 405 {
            applies = true;
            if !headers.contains_key(ALLOW) {
                findings.push(evidence.finding(
                    Verdict::Divergence,
                    "an answer 405 lacks the header Allow",
                    "Allow with the methods of the resource (RFC 9110 §15.5.6)",
                    "405 without it",
                    None,
                ));
            }
        }
        applies.then_some(findings)
    }
}

fn is_retry_after(text: &str) -> bool {
    let seconds = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    seconds || jiff::fmt::rfc2822::parse(text).is_ok()
}

/// The text of a header as the JSON value that its schema speaks of (style `simple`).
fn typed(schema: &Schema, text: &str) -> Value {
    let text = text.trim();
    let string = || Value::String(text.to_owned());
    match schema.kind() {
        Some(SchemaType::Integer) => text.parse::<i64>().map_or_else(|_| string(), Value::from),
        Some(SchemaType::Number) => {
            text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map_or_else(string, Value::Number)
        }
        Some(SchemaType::Boolean) => text.parse::<bool>().map_or_else(|_| string(), Value::Bool),
        Some(SchemaType::Array) => {
            let item = schema.items();
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            Value::Array(
                parts
                    .map(|part| match &item {
                        Some(item) => typed(item, part),
                        None => Value::String(part.to_owned()),
                    })
                    .collect(),
            )
        }
        _ => string(),
    }
}
