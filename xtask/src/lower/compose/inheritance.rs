//! A parent with a `discriminator`, whose children name it in their `allOf`: who refers to the parent means any of
//! them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::target;
use crate::lower::Draft;
use crate::lower::draft::SchemaSlot;

/// The children of each schema, in order.
pub(super) type Family = BTreeMap<String, Vec<String>>;

/// Who names whom in `allOf`, before it is merged.
pub(super) fn family(draft: &Draft<'_>) -> Family {
    let mut family = Family::new();
    for (name, slot) in &draft.schemas {
        let mut parts: Vec<&Value> = vec![&slot.schema];
        while let Some(part) = parts.pop() {
            for branch in part.get("allOf").and_then(Value::as_array).into_iter().flatten() {
                match target(branch) {
                    Some(parent) => family.entry(parent.to_owned()).or_default().push(name.clone()),
                    None => parts.push(branch),
                }
            }
        }
    }
    family
}

pub(super) fn run(draft: &mut Draft<'_>, family: &Family) {
    let names: Vec<String> = draft.schemas.keys().cloned().collect();
    // A child that has children of its own is asked for them.
    let chooses = |draft: &Draft<'_>, name: &str| {
        draft.schemas.get(name).is_some_and(|slot| {
            slot.schema.get("discriminator").is_some() && slot.schema.get("oneOf").is_none()
        })
    };
    let parents: BTreeSet<String> = names
        .iter()
        .filter(|name| chooses(draft, name) && !target_names(draft, name, family).is_empty())
        .cloned()
        .collect();
    for name in names {
        if !chooses(draft, &name) {
            continue;
        }
        if !parents.contains(&name) {
            if let Some(object) = draft.schemas.get_mut(&name).and_then(|slot| slot.schema.as_object_mut()) {
                object.remove("discriminator");
            }
            continue;
        }
        let mut children = target_names(draft, &name, family);
        // Grandchildren, unless the child chooses among them.
        let mut next = 0;
        while let Some(child) = children.get(next).cloned() {
            next += 1;
            if parents.contains(&child) {
                continue;
            }
            for grandchild in family.get(&child).into_iter().flatten() {
                if !children.contains(grandchild) && *grandchild != name {
                    children.push(grandchild.clone());
                }
            }
        }
        let Some(slot) = draft.schemas.get(&name).cloned() else { continue };
        let mut base = slot.schema.clone();
        let discriminator = base.as_object_mut().and_then(|object| object.remove("discriminator"));
        let nullable = base.as_object_mut().and_then(|object| object.remove("nullable"));
        let own =
            draft.add(&format!("{name} Base"), SchemaSlot { schema: base, pointer: slot.pointer.clone() });
        draft.derived.insert(own.clone());
        let branches: Vec<Value> =
            children.iter().chain([&own]).map(|child| Draft::reference(child)).collect();
        let mut union = json!({
            "oneOf": branches,
            "discriminator": discriminator,
            "x-other": own,
        });
        if let Some(object) = union.as_object_mut() {
            for (keyword, value) in
                [("description", slot.schema.get("description").cloned()), ("nullable", nullable)]
            {
                object.extend(value.map(|value| (keyword.to_owned(), value)));
            }
        }
        if let Some(slot) = draft.schemas.get_mut(&name) {
            slot.schema = union;
        }
    }
}

/// The direct children of `name`, and what its mapping leads to.
fn target_names(draft: &Draft<'_>, name: &str, family: &Family) -> Vec<String> {
    let mut found: Vec<String> = family.get(name).cloned().unwrap_or_default();
    let mapping = draft.schemas.get(name).and_then(|slot| slot.schema.get("discriminator")?.get("mapping"));
    for value in mapping.and_then(Value::as_object).into_iter().flat_map(|mapping| mapping.values()) {
        let mapped = value.as_str().and_then(|text| draft.mapped(text));
        found.extend(mapped.filter(|mapped| mapped != name));
    }
    let mut seen = BTreeSet::new();
    found.retain(|child| child != name && seen.insert(child.clone()));
    found
}
