//! Keywords that typify refuses, or takes for more than they say.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Draft;
use crate::emit::names::pascal;

const PASS: &str = "schema_keywords";

pub(super) fn run(draft: &mut Draft<'_>) {
    let mut lost = Vec::new();
    draft.each_schema(&mut |pointer, schema| {
        // In OpenAPI 3.0 the siblings of a reference are ignored.
        let Some(object) = schema.as_object_mut() else { return };
        if object.contains_key("$ref") {
            return;
        }
        // A default is what the server assumes; a field that is filled in with it could not be left out.
        object.remove("default");
        // A title names nothing: types are named by where they stand.
        object.remove("title");
        object.remove("example");
        object.remove("examples");
        remove_alien(object);
        // Typify has a type of its own for a date with constraints, from a crate that nothing else needs.
        if matches!(object.get("format").and_then(Value::as_str), Some("date" | "date-time")) {
            for keyword in ["pattern", "minLength", "maxLength", "enum"] {
                if object.remove(keyword).is_some() {
                    let why = "the type of a date takes every date";
                    lost.push((pointer.join(keyword), format!("`{keyword}` of a date"), why));
                }
            }
        }
        if object.remove("not").is_some() {
            lost.push((pointer.join("not"), "`not`".to_owned(), "types cannot exclude values"));
        }
        if object.remove("discriminator").is_some() {
            let why = "the first alternative that fits the body is taken";
            lost.push((pointer.join("discriminator"), "`discriminator`".to_owned(), why));
        }
        if let Some(values) = object.get("enum").and_then(Value::as_array) {
            if object.get("type").and_then(Value::as_str) == Some("boolean") {
                object.remove("enum");
            } else if clashes(values) {
                object.remove("enum");
                let why = "two values would be the same variant";
                lost.push((pointer.join("enum"), "`enum`".to_owned(), why));
            }
        }
    });
    for (pointer, what, why) in lost {
        draft.lose(PASS, &pointer, what, why);
    }
}

/// Takes away keywords that say nothing about values of the documented type; typify stops on some of them.
fn remove_alien(object: &mut Map<String, Value>) {
    const STRING: [&str; 3] = ["pattern", "minLength", "maxLength"];
    const NUMBER: [&str; 5] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
    const ARRAY: [&str; 4] = ["items", "minItems", "maxItems", "uniqueItems"];
    const OBJECT: [&str; 5] =
        ["properties", "required", "additionalProperties", "minProperties", "maxProperties"];
    let alien: &[&[&str]] = match object.get("type").and_then(Value::as_str) {
        Some("string") => &[&NUMBER, &ARRAY, &OBJECT],
        Some("integer" | "number") => &[&STRING, &ARRAY, &OBJECT],
        Some("boolean") => &[&STRING, &NUMBER, &ARRAY, &OBJECT, &["format"]],
        Some("array") => &[&STRING, &NUMBER, &OBJECT, &["format"]],
        Some("object") => &[&STRING, &NUMBER, &ARRAY, &["format"]],
        _ => &[],
    };
    for keyword in alien.iter().copied().flatten() {
        object.remove(*keyword);
    }
}

/// Whether two texts become the same variant name.
fn clashes(values: &[Value]) -> bool {
    let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
    let distinct: BTreeSet<&str> = texts.iter().copied().collect();
    let named: BTreeSet<String> = distinct.iter().map(|text| pascal(text)).collect();
    named.len() != distinct.len()
        || texts.iter().any(|text| !text.chars().any(char::is_alphanumeric)) && texts.len() > 1
}
