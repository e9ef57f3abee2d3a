//! Strings of `format: password` become one type that never prints itself.

pub(crate) use rescind_specs::describes_secret as is_secret;
use serde_json::Value;

use super::Draft;

const PASS: &str = "secrets";

pub(super) fn run(draft: &mut Draft<'_>) {
    let mut constrained = Vec::new();
    draft.each_schema(&mut |pointer, schema| {
        if !is_secret(schema) {
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
    // A name of its own would only hide the secret behind a second type.
    for call in &mut draft.calls {
        for place in &mut call.parameters {
            let target = place.slot.schema.get("$ref").and_then(Value::as_str);
            let target = target.and_then(|target| target.strip_prefix("#/components/schemas/"));
            if let Some(slot) = target.and_then(|target| draft.schemas.get(target))
                && is_secret(&slot.schema)
            {
                place.slot = slot.clone();
            }
        }
    }
}
