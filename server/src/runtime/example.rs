//! An answer that the document itself gives: an example of a success, or a value made from its schema.

use http::StatusCode;
use rescind_specs::{Content, Contract, Direction, Operation, Response, Schema, SchemaType, StatusPattern};
use serde_json::{Map, Value, json};

use super::Answer;

/// How deep values are made.
const DEPTH: usize = 8;

/// The first documented success, by its example. `None` where no success is documented, or no value of its schema is
/// found.
pub(crate) fn answer(contract: &Contract, operation: &Operation) -> Option<Answer> {
    let successes = operation.responses.iter().filter(|response| response.status.is_success());
    let response = successes.min_by_key(|response| response.status)?;
    of(contract, response, status(response)?)
}

/// The documented response by its example, under a status that it covers.
pub(crate) fn of(contract: &Contract, response: &Response, status: StatusCode) -> Option<Answer> {
    let mut answer = match response.content.iter().find(|content| !content.media_type.is_range()) {
        None if response.content.is_empty() => Answer::empty(status),
        None => return None,
        Some(content) => {
            let media_type = content.media_type.to_string();
            let value = value(contract, content)?;
            if content.media_type.is_json() {
                Answer::json(status, &media_type, &value)
            } else {
                Answer::text(status, &media_type, value.as_str()?)
            }
        }
    };
    for header in &response.headers {
        let example = contract.document().get(&header.pointer.join("example")).cloned();
        let made = example.or_else(|| header.schema.as_ref().and_then(|schema| make(schema, DEPTH)));
        match made {
            Some(value) => answer = answer.with_typed_header(&header.name, &value),
            None if header.required => return None,
            None => {}
        }
    }
    Some(answer)
}

fn status(response: &Response) -> Option<StatusCode> {
    StatusCode::from_u16(match response.status {
        StatusPattern::Exact(code) => code,
        StatusPattern::Range(class) => u16::from(class) * 100,
        StatusPattern::Default => 200,
    })
    .ok()
}

/// A value of the body that satisfies its schema: a documented example, or one made up.
fn value(contract: &Contract, content: &Content) -> Option<Value> {
    let Some(schema) = &content.schema else {
        return Some(content.examples.first().map_or_else(|| json!({}), |(_, example)| example.clone()));
    };
    let validator = contract.validator(schema, Direction::Response).ok()?;
    let examples = content.examples.iter().map(|(_, example)| example.clone());
    examples.chain(make(schema, DEPTH)).find(|value| validator.is_valid(value))
}

/// A value that a schema suggests; it need not satisfy the schema.
fn make(schema: &Schema, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    let said =
        schema.example().or_else(|| schema.keyword("default")).or_else(|| schema.enumeration()?.first());
    if let Some(value) = said {
        return Some(value.clone());
    }
    match schema.kind() {
        Some(SchemaType::String) => Some(text(schema).into()),
        Some(SchemaType::Integer | SchemaType::Number) => Some(number(schema)),
        Some(SchemaType::Boolean) => Some(json!(true)),
        Some(SchemaType::Array) => {
            let least = schema.count("minItems").unwrap_or(0).min(16);
            let items = (0..least).map(|_| make(&schema.items()?, depth)).collect::<Option<Vec<_>>>()?;
            Some(Value::Array(items))
        }
        Some(SchemaType::Object) => object(schema, depth),
        None => {
            if !schema.branches("allOf").is_empty() || schema.properties().next().is_some() {
                return object(schema, depth);
            }
            let mut choices = schema.branches("oneOf").into_iter().chain(schema.branches("anyOf"));
            choices.find_map(|choice| make(&choice, depth)).or_else(|| Some(json!({})))
        }
    }
}

fn object(schema: &Schema, depth: usize) -> Option<Value> {
    let mut members = Map::new();
    for branch in schema.branches("allOf") {
        if let Some(Value::Object(more)) = make(&branch, depth) {
            members.extend(more);
        }
    }
    let required: Vec<&str> = schema.required().collect();
    for (name, property) in schema.properties().filter(|(_, property)| !property.write_only()) {
        match make(&property, depth) {
            Some(value) => {
                members.insert(name.to_owned(), value);
            }
            None if property.nullable() => {
                members.insert(name.to_owned(), Value::Null);
            }
            None if required.contains(&name) => return None,
            None => {}
        }
    }
    Some(Value::Object(members))
}

fn text(schema: &Schema) -> String {
    let sample = match schema.format() {
        Some("date-time") => "2026-01-01T00:00:00Z",
        Some("date") => "2026-01-01",
        Some("uuid") => "00000000-0000-4000-8000-000000000000",
        Some("uri") => "https://example.org/",
        Some("uri-reference") => "/",
        Some("email") => "someone@example.org",
        Some("ipv4") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        Some("byte") => "AA==",
        _ => "text",
    };
    let least = usize::try_from(schema.count("minLength").unwrap_or(0)).unwrap_or(0).min(4096);
    let most = schema.count("maxLength").and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let padding = "x".repeat(least.saturating_sub(sample.len()));
    format!("{sample}{padding}").chars().take(most).collect()
}

fn number(schema: &Schema) -> Value {
    let step = schema.keyword("multipleOf").cloned();
    let exclusive = schema.flag("exclusiveMinimum");
    match schema.keyword("minimum") {
        Some(least) if !exclusive => least.clone(),
        Some(least) => match least.as_i64() {
            Some(least) => json!(least.saturating_add(1)),
            None => json!(least.as_f64().unwrap_or_default() + 1.0),
        },
        None => step.or_else(|| schema.keyword("maximum").cloned()).unwrap_or(json!(0)),
    }
}
