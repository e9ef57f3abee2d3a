//! Schemas without a name that would become types get one, made of where they stand, that nothing else has.
//!
//! Left to typify, two such schemas with one name would share the type of the first.

use serde_json::{Map, Value, json};

use super::Draft;
use super::draft::SchemaSlot;

pub(super) fn run(draft: &mut Draft<'_>) {
    // Bodies of requests first: they are what users write by name.
    for index in 0..draft.calls.len() {
        let type_name = draft.calls[index].type_name.clone();
        if let Some(mut body) = draft.calls[index].body.take() {
            let written = matches!(body.kind, super::BodyKind::Json | super::BodyKind::Form);
            if written && body.slot.schema.get("$ref").is_none() {
                let name = draft.add(&format!("{type_name} Body"), body.slot.clone());
                body.slot.schema = Draft::reference(&name);
            }
            draft.calls[index].body = Some(body);
        }
        let mut parameters = std::mem::take(&mut draft.calls[index].parameters);
        for place in &mut parameters {
            let name = format!("{type_name} {}", place.name);
            hoist(draft, &name, &mut place.slot.schema, &place.slot.pointer);
        }
        draft.calls[index].parameters = parameters;
    }
    let mut open: Vec<String> = draft.schemas.keys().cloned().collect();
    let mut next = 0;
    while let Some(name) = open.get(next).cloned() {
        next += 1;
        let Some(mut slot) = draft.schemas.remove(&name) else { continue };
        let before = draft.schemas.len();
        within(draft, &name, &mut slot.schema, &slot.pointer);
        if draft.schemas.len() != before {
            let known: std::collections::BTreeSet<&String> = open.iter().collect();
            let new: Vec<String> = draft.schemas.keys().filter(|key| !known.contains(key)).cloned().collect();
            open.extend(new);
        }
        draft.schemas.insert(name, slot);
    }
}

/// Gives names to the parts of a schema that is called `name`.
fn within(draft: &mut Draft<'_>, name: &str, schema: &mut Value, pointer: &rescind_specs::Pointer) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        for (key, property) in properties.iter_mut() {
            hoist(draft, &format!("{name} {key}"), property, &pointer.join("properties").join(key));
        }
    }
    for (keyword, word) in [("items", "Item"), ("additionalProperties", "Value")] {
        if let Some(part) = object.get_mut(keyword).filter(|part| part.is_object()) {
            hoist(draft, &format!("{name} {word}"), part, &pointer.join(keyword));
        }
    }
    for keyword in ["oneOf", "anyOf"] {
        for (index, branch) in
            object.get_mut(keyword).and_then(Value::as_array_mut).into_iter().flatten().enumerate()
        {
            hoist(draft, &format!("{name} Variant{index}"), branch, &pointer.join(keyword).index(index));
        }
    }
    // The members of `allOf` are merged into the type itself.
    for (index, branch) in
        object.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten().enumerate()
    {
        within(draft, name, branch, &pointer.join("allOf").index(index));
    }
}

/// Replaces a schema that would become a type by a reference to it.
fn hoist(draft: &mut Draft<'_>, wanted: &str, schema: &mut Value, pointer: &rescind_specs::Pointer) {
    let Some(object) = schema.as_object_mut() else { return };
    if object.contains_key("$ref") {
        return;
    }
    if !becomes_type(object) {
        within(draft, wanted, schema, pointer);
        return;
    }
    let nullable = object.remove("nullable").is_some_and(|value| value == json!(true));
    let mut moved = std::mem::replace(schema, Value::Null);
    if let Some(values) = moved.get_mut("enum").and_then(Value::as_array_mut).filter(|_| nullable) {
        values.retain(|value| !value.is_null());
    }
    let description = moved.get("description").cloned();
    let name = draft.add(wanted, SchemaSlot { schema: moved, pointer: pointer.clone() });
    let reference = Draft::reference(&name);
    *schema = match (nullable, description) {
        (true, _) => json!({ "nullable": true, "oneOf": [reference] }),
        (false, Some(description)) => json!({ "description": description, "allOf": [reference] }),
        (false, None) => reference,
    };
}

/// Whether typify gives such a schema a type of its own.
fn becomes_type(object: &Map<String, Value>) -> bool {
    let kind = object.get("type").and_then(Value::as_str);
    let has = |keywords: &[&str]| keywords.iter().any(|keyword| object.contains_key(*keyword));
    match kind {
        Some("string") if has(&["format"]) => has(&["enum"]),
        Some("string") => has(&["enum", "pattern", "minLength", "maxLength"]),
        Some("integer" | "number") => has(&["enum"]),
        Some("object") | None => has(&["properties", "allOf", "anyOf", "oneOf", "enum"]),
        _ => false,
    }
}
