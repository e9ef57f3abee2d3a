//! Members of request bodies that may be missing and may be null: the two say different things, as in a partial
//! change, where null clears and absence keeps.
//!
//! Typify makes an `Option` of both. This pass finds the members; the emitter gives each a type that tells them apart.

use std::collections::BTreeSet;

use rescind_specs::Pointer;
use serde_json::Value;

use super::directions::reach;
use super::{BodyKind, Draft};
use crate::emit::nullable::{Member, Seat, seat};
use crate::emit::progenitor::{Builders, Spelling};

const PASS: &str = "optional_nullable";

pub(super) fn run(draft: &mut Draft<'_>) {
    let mut asked = BTreeSet::new();
    for body in draft.calls.iter().filter_map(|call| call.body.as_ref()) {
        // A form has no null.
        if body.kind == BodyKind::Json {
            reach(draft, &body.slot.schema, &mut asked);
        }
    }
    let mut found = BTreeSet::new();
    for name in &asked {
        if let Some(slot) = draft.schemas.get(name) {
            members(draft, name, &slot.schema, &slot.pointer, &mut BTreeSet::new(), &mut found);
        }
    }
    if found.is_empty() {
        return;
    }
    let spelling = Spelling { secret: "Secret".to_owned(), builders: Builders::No };
    // What is wrong with the types is told where they are emitted.
    let Ok(items) = crate::emit::types::raw(draft, &spelling) else { return };
    for (name, member, pointer) in found {
        match seat(&items, &name, &member) {
            Seat::Optional(holder) => {
                draft.nullable.insert(Member { holder, name: member });
            }
            Seat::Required => {}
            Seat::Nowhere => {
                let why = "its type has no member of its own for it, which null could be written to";
                draft.lose(PASS, &pointer, format!("`{member}` as null"), why);
            }
        }
    }
}

/// Adds the optional members of the type `name` that may be null, with where they stand.
fn members(
    draft: &Draft<'_>,
    name: &str,
    schema: &Value,
    at: &Pointer,
    merged: &mut BTreeSet<String>,
    found: &mut BTreeSet<(String, String, Pointer)>,
) {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |member: &str| required.is_some_and(|names| names.iter().any(|name| name == member));
    for (member, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if property.get("nullable") == Some(&Value::Bool(true)) && !is_required(member) {
            found.insert((name.to_owned(), member.clone(), at.join("properties").join(member)));
        }
    }
    // The members of `allOf` become members of the type itself, also those of a schema that it refers to.
    let branches = schema.get("allOf").and_then(Value::as_array);
    for (index, branch) in branches.into_iter().flatten().enumerate() {
        let target = branch.get("$ref").and_then(Value::as_str);
        match target.and_then(|target| target.strip_prefix("#/components/schemas/")) {
            Some(target) => {
                if merged.insert(target.to_owned())
                    && let Some(slot) = draft.schemas.get(target)
                {
                    members(draft, name, &slot.schema, &slot.pointer, merged, found);
                }
            }
            None => members(draft, name, branch, &at.join("allOf").index(index), merged, found),
        }
    }
    // Alternatives with members have types of their own by now, save for those that only restrict.
    for keyword in ["oneOf", "anyOf"] {
        let branches = schema.get(keyword).and_then(Value::as_array);
        for (index, branch) in branches.into_iter().flatten().enumerate() {
            members(draft, name, branch, &at.join(keyword).index(index), merged, found);
        }
    }
}
