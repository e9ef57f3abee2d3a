//! `readOnly` and `writeOnly`: a member that one direction never carries is not required there.
//!
//! One type serves both directions, so a member that either excludes is optional in it. A schema that occurs in one
//! direction only keeps what that direction requires.

use std::collections::BTreeSet;

use rescind_specs::Pointer;
use serde_json::Value;

use super::draft::each_within;
use super::{Draft, compose};

const PASS: &str = "directions";

pub(super) fn run(draft: &mut Draft<'_>) {
    let mut asked = BTreeSet::new();
    let mut answered = BTreeSet::new();
    for call in &draft.calls {
        for schema in call.asked() {
            reach(draft, schema, &mut asked);
        }
        for reply in &call.replies {
            for name in reply.schemas() {
                reach(draft, &Draft::reference(name), &mut answered);
            }
        }
    }
    let mut lost = Vec::new();
    let flagged = |keyword| {
        let has = |slot: &super::SchemaSlot| slot.schema.get(keyword) == Some(&Value::Bool(true));
        draft.schemas.iter().filter(|(_, slot)| has(slot)).map(|(name, _)| name.clone()).collect()
    };
    let flags = Flags { read_only: flagged("readOnly"), write_only: flagged("writeOnly") };
    for (name, slot) in &mut draft.schemas {
        let (asked, answered) = (asked.contains(name), answered.contains(name));
        each_within(&slot.pointer, &mut slot.schema, &mut |at, schema| {
            relax(at, schema, asked, answered, &flags, &mut lost);
        });
    }
    for call in &mut draft.calls {
        for body in &mut call.bodies {
            each_within(&body.slot.pointer, &mut body.slot.schema, &mut |at, schema| {
                relax(at, schema, true, false, &flags, &mut lost);
            });
        }
    }
    for pointer in lost {
        let name = pointer.last().unwrap_or_default();
        draft.lose(PASS, &pointer, format!("that `{name}` is required"), "the other direction excludes it");
    }
}

/// Adds the names of all schemas that `schema` leads to.
pub(super) fn reach(draft: &Draft<'_>, schema: &Value, seen: &mut BTreeSet<String>) {
    match schema {
        Value::Object(object) => {
            let target = object.get("$ref").and_then(Value::as_str);
            if let Some(name) = target.and_then(|target| target.strip_prefix("#/components/schemas/"))
                && seen.insert(name.to_owned())
                && let Some(slot) = draft.schemas.get(name)
            {
                reach(draft, &slot.schema, seen);
            }
            object.values().for_each(|value| reach(draft, value, seen));
        }
        Value::Array(items) => items.iter().for_each(|item| reach(draft, item, seen)),
        _ => {}
    }
}

/// The schemas that are read-only or write-only wherever they are referred to.
struct Flags {
    read_only: BTreeSet<String>,
    write_only: BTreeSet<String>,
}

fn relax(
    at: &Pointer,
    schema: &mut Value,
    asked: bool,
    answered: bool,
    flags: &Flags,
    lost: &mut Vec<Pointer>,
) {
    let mut excluded = BTreeSet::new();
    for (name, property) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten()
    {
        let referred =
            |names: &BTreeSet<String>| compose::target(property).is_some_and(|name| names.contains(name));
        let referred = (referred(&flags.read_only), referred(&flags.write_only));
        let Some(property) = property.as_object_mut() else { continue };
        let mut flag = |keyword| property.remove(keyword).is_some_and(|value| value == true);
        let (read_only, write_only) = (flag("readOnly") || referred.0, flag("writeOnly") || referred.1);
        if (read_only && asked) || (write_only && answered) {
            excluded.insert(name.clone());
        }
    }
    let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) else { return };
    required.retain(|name| {
        let Some(name) = name.as_str().filter(|name| excluded.contains(*name)) else { return true };
        if asked && answered {
            lost.push(at.join("properties").join(name));
        }
        false
    });
    if required.is_empty()
        && let Some(object) = schema.as_object_mut()
    {
        object.remove("required");
    }
}
