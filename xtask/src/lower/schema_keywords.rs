//! Keywords that no type can carry, or that say nothing about values.

use serde_json::{Map, Value};

use super::Draft;

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
    });
    for (pointer, what, why) in lost {
        draft.lose(PASS, &pointer, what, why);
    }
}

/// Takes away keywords that say nothing about values of the documented type.
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
