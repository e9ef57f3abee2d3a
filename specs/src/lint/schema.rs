//! Schemas: bounds that can be met, patterns that can be read, required properties that exist.

use std::collections::HashMap;

use serde_json::Value;

use super::{Repair, closest, kind::Kind, meta::Survey, shown};
use crate::pointer::Pointer;

/// Longest pattern and most brackets in it that the regular expression reader is given.
const MAX_PATTERN: (usize, usize) = (20_000, 200);

pub(super) fn check(survey: &mut Survey<'_>) {
    let mut patterns = HashMap::new();
    for at in survey.places(Kind::SCHEMA) {
        let Some(schema) = survey.document.get(&at).filter(|schema| schema.is_object()) else { continue };
        bounds(survey, &at, schema);
        pattern(survey, &at, schema, &mut patterns);
        required(survey, &at, schema);
        if schema["type"] == "array" && schema.get("items").is_none() {
            let diagnostic = survey
                .document
                .diagnostic(&at.join("type"), "an array needs `items`, the schema of its items");
            let diagnostic = diagnostic.with_help("add `items: {}` if anything may be in it");
            let any = serde_json::json!({});
            survey.push(diagnostic, Repair::Set(at.join("items"), any, "read as `items: {}`"));
        }
    }
}

fn bounds(survey: &mut Survey<'_>, at: &Pointer, schema: &Value) {
    for (least, most) in [
        ("minimum", "maximum"),
        ("minLength", "maxLength"),
        ("minItems", "maxItems"),
        ("minProperties", "maxProperties"),
    ] {
        let bound = |name| schema.get(name).and_then(Value::as_f64);
        if let (Some(low), Some(high)) = (bound(least), bound(most))
            && low > high
        {
            let message = format!(
                "`{least}` {} is greater than `{most}` {}, so no value fits",
                shown(&schema[least]),
                shown(&schema[most])
            );
            let diagnostic = survey.document.diagnostic(&at.join(least), message);
            let help = format!("correct one of them, or exchange `{least}` and `{most}`");
            survey.push(diagnostic.with_help(help), Repair::DropBoth(at.join(least), at.join(most)));
        }
    }
}

fn pattern(
    survey: &mut Survey<'_>,
    at: &Pointer,
    schema: &Value,
    seen: &mut HashMap<String, Option<String>>,
) {
    let Some(pattern) = schema.get("pattern").and_then(Value::as_str) else { return };
    let problem = seen.entry(pattern.to_owned()).or_insert_with(|| unreadable(pattern)).clone();
    if let Some(problem) = problem {
        let place = at.join("pattern");
        let help = "correct it, or remove it and let the code that reads the value check it";
        survey.push(survey.document.diagnostic(&place, problem).with_help(help), Repair::Drop(place));
    }
}

/// Why no value can be checked against a pattern.
fn unreadable(pattern: &str) -> Option<String> {
    let (length, brackets) = MAX_PATTERN;
    if pattern.len() > length || pattern.matches(['(', '[']).count() > brackets {
        return Some("this pattern is too large to be checked".to_owned());
    }
    // JSON Schema asks for ECMA-262 and recommends its Unicode mode; real patterns rely on either.
    if let Err(error) = regress::Regex::with_flags(pattern, "u")
        && regress::Regex::new(pattern).is_err()
    {
        let reason = lower_first(&error.to_string());
        return Some(format!("this pattern is no regular expression of ECMA-262: {reason}"));
    }
    // What checks values at run time must be able to read it as well.
    let schema = serde_json::json!({ "pattern": pattern });
    let built = jsonschema::options().with_draft(jsonschema::Draft::Draft4).build(&schema);
    built.is_err().then(|| "this pattern uses a feature that cannot be checked".to_owned())
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_lowercase).into_iter().flatten();
    first.chain(characters).collect()
}

/// Only where the schema alone decides which properties there are.
fn required(survey: &mut Survey<'_>, at: &Pointer, schema: &Value) {
    let composed = ["allOf", "anyOf", "oneOf", "not", "additionalProperties"];
    if composed.iter().any(|keyword| schema.get(keyword).is_some()) || is_branch(at) {
        return;
    }
    let (Some(required), Some(properties)) = (
        schema.get("required").and_then(Value::as_array),
        schema.get("properties").and_then(Value::as_object),
    ) else {
        return;
    };
    for (index, name) in required.iter().enumerate() {
        let Some(name) = name.as_str().filter(|name| !properties.contains_key(*name)) else { continue };
        let diagnostic = survey.document.diagnostic(
            &at.join("required").index(index),
            format!("required property `{name}` is not described"),
        );
        let diagnostic = match closest(name, properties.keys().map(String::as_str)) {
            Some(meant) => diagnostic.with_help(format!("did you mean `{meant}`?")),
            None => diagnostic.with_help("add it to `properties`"),
        };
        survey.warn(diagnostic);
    }
}

/// Whether this schema is one branch of a composition, whose other branches may describe the properties.
fn is_branch(at: &Pointer) -> bool {
    let keyword = at.parent().and_then(|parent| parent.last()).unwrap_or_default();
    let last = at.last().unwrap_or_default();
    last == "not"
        || (matches!(keyword.as_str(), "allOf" | "anyOf" | "oneOf")
            && last.bytes().all(|byte| byte.is_ascii_digit()))
}
