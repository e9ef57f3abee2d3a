//! Schemas that typify gives up on become JSON of any shape, one by one, so that the rest keeps its types.

use serde_json::{Map, Value, json};

use super::draft::each_within;
use super::{Draft, SchemaSlot};
use crate::emit::progenitor::{Builders, Spelling, generate};

const PASS: &str = "refused_schemas";

pub(super) fn run(draft: &mut Draft<'_>) {
    let all: Vec<(&String, &SchemaSlot)> = draft.schemas.iter().collect();
    if accepted(&all) {
        return;
    }
    let mut refused = Vec::new();
    halves(&all, &mut refused);
    for name in refused {
        let Some(slot) = draft.schemas.get_mut(&name) else { continue };
        slot.schema = json!({});
        let pointer = slot.pointer.clone();
        draft.lose(PASS, &pointer, format!("the type `{name}`"), "typify stops on this schema");
    }
}

/// Finds the schemas that are refused on their own.
fn halves(slots: &[(&String, &SchemaSlot)], refused: &mut Vec<String>) {
    if accepted(slots) {
        return;
    }
    match slots {
        [] => {}
        [(name, _)] => refused.push((*name).clone()),
        _ => {
            let (left, right) = slots.split_at(slots.len() / 2);
            halves(left, refused);
            halves(right, refused);
        }
    }
}

/// Whether the types of `slots` can be made and are all there; references to others lead to any JSON.
fn accepted(slots: &[(&String, &SchemaSlot)]) -> bool {
    let mut schemas: Map<String, Value> =
        slots.iter().map(|(name, slot)| ((*name).clone(), slot.schema.clone())).collect();
    let mut others = Vec::new();
    for (name, slot) in slots {
        let mut schema = slot.schema.clone();
        each_within(&slot.pointer, &mut schema, &mut |_, schema| {
            let target = schema.get("$ref").and_then(Value::as_str);
            if let Some(other) = target.and_then(|target| target.strip_prefix("#/components/schemas/"))
                && other != name.as_str()
            {
                others.push(other.to_owned());
            }
        });
    }
    for other in others {
        schemas.entry(other).or_insert_with(|| json!({}));
    }
    let document = json!({
        "openapi": "3.0.3",
        "info": { "title": "", "version": "" },
        "paths": {},
        "components": { "schemas": schemas },
    });
    let spelling = Spelling { secret: "Secret".to_owned(), builders: Builders::No };
    let Ok(file) = generate(&document, &spelling) else { return false };
    let mut types = file.items.iter().filter_map(|item| match item {
        syn::Item::Mod(module) if module.ident == "types" => module.content.as_ref(),
        _ => None,
    });
    let Some((_, items)) = types.next() else { return false };
    slots.iter().all(|(name, _)| {
        items.iter().any(|item| match item {
            syn::Item::Struct(item) => item.ident == name.as_str(),
            syn::Item::Enum(item) => item.ident == name.as_str(),
            _ => false,
        })
    })
}
