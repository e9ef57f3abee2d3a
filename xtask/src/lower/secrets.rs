//! Strings of `format: password` become one type that never prints itself.

use serde_json::Value;

use super::Draft;

const PASS: &str = "secrets";

pub(super) fn run(draft: &mut Draft<'_>) {
    let mut constrained = Vec::new();
    draft.each_schema(&mut |pointer, schema| {
        if schema.get("format").and_then(Value::as_str) != Some("password") {
            return;
        }
        let Some(object) = schema.as_object_mut() else { return };
        for keyword in ["pattern", "minLength", "maxLength", "enum"] {
            if object.remove(keyword).is_some() {
                constrained.push(pointer.join(keyword));
            }
        }
    });
    for pointer in constrained {
        let keyword = pointer.last().unwrap_or_default();
        draft.lose(PASS, &pointer, format!("`{keyword}` of a secret"), "a secret is opaque to the client");
    }
    // Arguments are written as text into the request, which a secret refuses.
    for call in &mut draft.calls {
        for place in &mut call.parameters {
            if place.slot.schema.get("format").and_then(Value::as_str) == Some("password") {
                place.slot.schema["format"] = Value::Null;
                if let Some(object) = place.slot.schema.as_object_mut() {
                    object.remove("format");
                }
                draft.losses.push(super::Loss {
                    pointer: place.slot.pointer.clone(),
                    pass: PASS,
                    what: format!("secrecy of {} parameter `{}`", place.location, place.name),
                    why: "arguments are plain text",
                });
            }
        }
    }
}
