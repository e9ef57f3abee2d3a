//! Schemas without a name that become types get one, made of where they stand, that nothing else has.

use serde_json::{Map, Value};

use super::draft::SchemaSlot;
use super::{Draft, compose};

pub(super) fn run(draft: &mut Draft<'_>) {
    let mut open: Vec<String> = draft.schemas.keys().cloned().collect();
    // Bodies of requests first: they are what users write by name.
    for index in 0..draft.calls.len() {
        let type_name = draft.calls[index].type_name.clone();
        let mut bodies = std::mem::take(&mut draft.calls[index].bodies);
        for body in &mut bodies {
            let written = matches!(body.kind, super::BodyKind::Json | super::BodyKind::Form);
            if written && body.slot.schema.get("$ref").is_none() {
                let name = draft.add(&format!("{type_name} Body"), body.slot.clone());
                body.slot.schema = Draft::reference(&name);
                open.push(name);
            }
            for part in &mut body.parts {
                let name = format!("{type_name} {}", part.name);
                hoist(draft, &mut open, &name, &mut part.slot.schema, &part.slot.pointer);
            }
        }
        draft.calls[index].bodies = bodies;
        let mut parameters = std::mem::take(&mut draft.calls[index].parameters);
        for place in &mut parameters {
            let name = format!("{type_name} {}", place.name);
            hoist(draft, &mut open, &name, &mut place.slot.schema, &place.slot.pointer);
        }
        draft.calls[index].parameters = parameters;
    }
    let mut next = 0;
    while let Some(name) = open.get(next).cloned() {
        next += 1;
        let Some(slot) = draft.schemas.get_mut(&name) else { continue };
        let (mut schema, pointer) = (std::mem::take(&mut slot.schema), slot.pointer.clone());
        within(draft, &mut open, &name, &mut schema, &pointer);
        if let Some(slot) = draft.schemas.get_mut(&name) {
            slot.schema = schema;
        }
    }
}

/// Gives names to the parts of a schema that is called `name`.
fn within(
    draft: &mut Draft<'_>,
    open: &mut Vec<String>,
    name: &str,
    schema: &mut Value,
    pointer: &rescind_specs::Pointer,
) {
    let Some(object) = schema.as_object_mut() else { return };
    // Alternatives beside members are merged with them, so they are no types yet.
    let beside = ["properties", "allOf", "additionalProperties", "required"]
        .iter()
        .any(|keyword| object.contains_key(*keyword));
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        for (key, property) in properties.iter_mut() {
            hoist(draft, open, &format!("{name} {key}"), property, &pointer.join("properties").join(key));
        }
    }
    for (keyword, word) in [("items", "Item"), ("additionalProperties", "Value")] {
        if let Some(part) = object.get_mut(keyword).filter(|part| part.is_object()) {
            hoist(draft, open, &format!("{name} {word}"), part, &pointer.join(keyword));
        }
    }
    for keyword in ["oneOf", "anyOf"] {
        let branches = object.get_mut(keyword).and_then(Value::as_array_mut).into_iter().flatten();
        for (index, branch) in branches.enumerate() {
            let wanted = format!("{name} Variant{index}");
            let here = pointer.join(keyword).index(index);
            if beside || compose::only_asserts(branch) {
                within(draft, open, &wanted, branch, &here);
            } else {
                hoist(draft, open, &wanted, branch, &here);
            }
        }
    }
    // The members of `allOf` are merged into the type itself.
    let branches = object.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten();
    for (index, branch) in branches.enumerate() {
        within(draft, open, name, branch, &pointer.join("allOf").index(index));
    }
}

/// Replaces a schema that becomes a type by a reference to it.
fn hoist(
    draft: &mut Draft<'_>,
    open: &mut Vec<String>,
    wanted: &str,
    schema: &mut Value,
    pointer: &rescind_specs::Pointer,
) {
    if let Some(alias) = compose::alias(schema) {
        *schema = alias;
        return;
    }
    if !becomes_type(schema) {
        within(draft, open, wanted, schema, pointer);
        return;
    }
    let Some(object) = schema.as_object_mut() else { return };
    let mut kept = Map::new();
    for flag in ["nullable", "readOnly", "writeOnly"] {
        kept.extend(object.remove(flag).map(|value| (flag.to_owned(), value)));
    }
    kept.extend(object.get("description").map(|text| ("description".to_owned(), text.clone())));
    let moved = std::mem::take(schema);
    let name = draft.add(wanted, SchemaSlot { schema: moved, pointer: pointer.clone() });
    open.push(name.clone());
    let mut reference = Draft::reference(&name);
    if let Some(reference) = reference.as_object_mut() {
        reference.extend(kept);
    }
    *schema = reference;
}

/// Whether such a schema gets a type of its own.
pub(super) fn becomes_type(schema: &Value) -> bool {
    let Some(object) = schema.as_object() else { return false };
    let kind = object.get("type").and_then(Value::as_str);
    let has = |keywords: &[&str]| keywords.iter().any(|keyword| object.contains_key(*keyword));
    if has(&["allOf", "anyOf", "oneOf"]) {
        return true;
    }
    match kind {
        Some("string") => {
            has(&["enum"])
                || (has(&["pattern", "minLength", "maxLength"]) && !super::shapes::is_native(schema))
        }
        Some("boolean" | "array") => false,
        Some("integer" | "number") => has(&["enum"]),
        _ => has(&["properties", "enum"]),
    }
}
