//! The words of messages and help: types, choices, and keywords of other versions.

use serde_json::Value;

use super::{any_of, closest, kind::Kind, shown};

/// What to write instead of a keyword that only OpenAPI 3.1 has.
pub(super) fn newer_keyword(kind: Kind, name: &str) -> Option<&'static str> {
    if kind != Kind::SCHEMA {
        return None;
    }
    match name {
        "const" => Some("OpenAPI 3.0 has no `const`; use `enum` with one value"),
        "examples" => Some("OpenAPI 3.0 has no `examples` here; use `example`"),
        "$defs" | "definitions" => Some("put the schemas in `components`"),
        "if"
        | "then"
        | "else"
        | "patternProperties"
        | "propertyNames"
        | "prefixItems"
        | "contains"
        | "dependentRequired"
        | "dependentSchemas"
        | "unevaluatedProperties"
        | "unevaluatedItems"
        | "$id"
        | "$schema"
        | "$anchor"
        | "$comment"
        | "contentEncoding"
        | "contentMediaType"
        | "contentSchema"
        | "additionalItems"
        | "dependencies" => Some("OpenAPI 3.0 does not have this keyword of JSON Schema"),
        _ => None,
    }
}

/// Names the values that are allowed, and the most likely one first.
pub(super) fn choice(found: Option<&str>, allowed: &[&str]) -> String {
    let list = format!("use {}", any_of(allowed.iter().copied()));
    match found.and_then(|found| closest(found, allowed.iter().copied())) {
        Some(meant) if allowed.len() > 1 => {
            format!("did you mean `{meant}`? {}{}", list[..1].to_uppercase(), &list[1..])
        }
        _ => list,
    }
}

pub(super) fn type_words(wanted: &str) -> &'static str {
    match wanted {
        "object" => "a mapping",
        "array" => "a sequence",
        "string" => "a string",
        "boolean" => "`true` or `false`",
        "integer" => "a whole number",
        _ => "a number",
    }
}

pub(super) fn found_words(value: &Value) -> String {
    match value {
        Value::Null => "no value (`null`)".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
        Value::Array(_) => "a sequence".to_owned(),
        Value::String(_) => format!("the string `{}`", shown(value)),
        other => format!("`{other}`"),
    }
}

/// What to do about a value of the wrong type, where a habit explains it.
pub(super) fn type_help(name: &str, wanted: &str, value: &Value) -> Option<&'static str> {
    match (wanted, value) {
        ("string", Value::Array(_)) if name == "type" => {
            Some("OpenAPI 3.0 takes one type; for null, add `nullable: true`")
        }
        ("boolean", Value::Number(_)) if name.starts_with("exclusive") => {
            Some("OpenAPI 3.0 takes the bound from `minimum` or `maximum`, and `true` here")
        }
        ("string", Value::Number(_) | Value::Bool(_)) => Some("put it in quotes"),
        ("number" | "integer" | "boolean", Value::String(_)) => Some("remove the quotes"),
        ("array", Value::Bool(_)) if name == "required" => {
            Some("list the names of required properties in the schema around this one")
        }
        ("array", Value::String(_)) => Some("start the value with `- `, or put it in brackets"),
        ("object", Value::Null) => Some("is the indentation of the next line right?"),
        _ => None,
    }
}
