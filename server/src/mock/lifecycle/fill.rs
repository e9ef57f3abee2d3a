//! Filling a documented answer with what a request says and what is known now.

use jiff::Timestamp;
use rescind_specs::{Operation, Pointer, Schema};
use serde_json::{Value, json};

use super::asked::Asked;
use super::form::Form;

/// Texts shorter than this are too likely to be a part of something else.
const SHORTEST: usize = 4;

/// Repeats members of the request under their names, where the answer may have them. What the example shows of a
/// member that this request left out goes.
pub(super) fn echo(form: &Form, asked: &Asked<'_>, answer: &mut Value, except: &[&Pointer]) {
    let Some(Value::Object(given)) = &asked.body else { return };
    let is_excepted = |name: &str| except.iter().any(|pointer| **pointer == Pointer::root().join(name));
    for (name, value) in given {
        let is_shown = answer.get(name).is_some();
        if is_excepted(name) || !(is_shown || form.declares(name)) {
            continue;
        }
        replace(form, answer, name, Some(value.clone()));
    }
    if let Some(schema) = request_schema(asked.operation) {
        for (name, property) in schema.properties() {
            if given.contains_key(name) || is_excepted(name) || answer.get(name).is_none() {
                continue;
            }
            let default = property.keyword("default").cloned();
            let ways = [default, Some(Value::Null), None, Some(json!({})), Some(json!([]))];
            // The first is that there is no default.
            let skip = usize::from(ways[0].is_none());
            let _ = ways.into_iter().skip(skip).any(|way| replace(form, answer, name, way));
        }
    }
}

/// Lets members that tell a time tell that of now, and those of an expiry the given one.
pub(super) fn stamp(form: &Form, answer: &mut Value, now: Timestamp, expires: Option<Timestamp>) {
    let Value::Object(members) = &*answer else { return };
    let names: Vec<String> = members.keys().cloned().collect();
    for name in names {
        let shown = answer.get(&name);
        let is_time = shown.and_then(Value::as_str).is_some_and(|text| text.parse::<Timestamp>().is_ok());
        if !is_time {
            continue;
        }
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let plain = plain.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| plain.contains(word));
        if says(&["expir", "validuntil", "notafter"]) {
            if let Some(expires) = expires {
                replace(form, answer, &name, Some(expires.to_string().into()));
            }
        } else if says(&["used", "seen", "access", "revoked", "deleted", "synced"]) {
            // Nothing of that has happened yet.
            let _ = replace(form, answer, &name, Some(Value::Null)) || replace(form, answer, &name, None);
        } else if says(&["created", "updated", "issued", "registered", "modified", "changed", "timestamp"]) {
            replace(form, answer, &name, Some(now.to_string().into()));
        }
    }
}

/// Lets members that tell when something was revoked or deleted tell that it was now.
pub(super) fn stamp_end(form: &Form, answer: &mut Value, now: Timestamp) {
    let Value::Object(members) = &*answer else { return };
    let is_end = |name: &&String| ["revoked", "deleted", "updated"].iter().any(|word| name.starts_with(word));
    let names: Vec<String> = members.keys().filter(is_end).cloned().collect();
    for name in names {
        let shown = answer.get(&name).and_then(Value::as_str);
        if shown.is_some_and(|text| text.parse::<Timestamp>().is_ok()) {
            replace(form, answer, &name, Some(now.to_string().into()));
        }
    }
}

/// Sets or takes away a member, unless the schema forbids it.
pub(super) fn replace(form: &Form, answer: &mut Value, name: &str, value: Option<Value>) -> bool {
    let was_right = form.fits(answer);
    let Value::Object(members) = answer else { return false };
    let before = members.clone();
    match value {
        Some(value) => drop(members.insert(name.to_owned(), value)),
        None => drop(members.shift_remove(name)),
    }
    if was_right && !form.fits(answer) {
        *answer = Value::Object(before);
        return false;
    }
    true
}

/// Puts `fresh` wherever a text has `stale` in it: an id in a member, in a path, in a link.
pub(super) fn rename(value: &mut Value, stale: &str, fresh: &str) {
    if stale.len() < SHORTEST {
        return;
    }
    match value {
        Value::String(text) if text.contains(stale) => *text = text.replace(stale, fresh),
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, stale, fresh)),
        Value::Object(members) => members.values_mut().for_each(|member| rename(member, stale, fresh)),
        _ => {}
    }
}

fn request_schema(operation: &Operation) -> Option<Schema> {
    operation.request_body.as_ref()?.content.iter().find_map(|content| content.schema.clone())
}
