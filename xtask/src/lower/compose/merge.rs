//! Two schemas that hold at once, as one.

use rescind_specs::Pointer;
use serde_json::{Map, Value, json};

use super::{ANNOTATIONS, Composer, PASS, target};

impl Composer<'_, '_> {
    /// Makes `whole` say what `part` says as well; `name` is the type that comes of it.
    pub(super) fn merge(
        &mut self,
        name: &str,
        whole: &mut Map<String, Value>,
        part: Map<String, Value>,
        at: &Pointer,
    ) {
        for (keyword, value) in part {
            let Some(known) = whole.get_mut(&keyword) else {
                whole.insert(keyword, value);
                continue;
            };
            if *known == value {
                continue;
            }
            match keyword.as_str() {
                "type" => match (known.as_str(), value.as_str()) {
                    (Some("number"), Some("integer")) => *known = value,
                    (Some("integer"), Some("number")) => {}
                    _ => {
                        let why = "no value has both types that are asked for";
                        self.draft.lose(PASS, &at.join("type"), "this `type`", why);
                    }
                },
                "properties" => {
                    let Value::Object(properties) = value else { continue };
                    let mut known = whole.remove("properties").unwrap_or_default();
                    if let Some(known) = known.as_object_mut() {
                        for (key, property) in properties {
                            let here = at.join("properties").join(&key);
                            let both = match known.remove(&key) {
                                Some(first) => self.both(&format!("{name} {key}"), first, property, &here),
                                None => property,
                            };
                            known.insert(key, both);
                        }
                    }
                    whole.insert("properties".to_owned(), known);
                }
                "required" => {
                    let Some(known) = known.as_array_mut() else { continue };
                    for member in value.as_array().into_iter().flatten() {
                        if !known.contains(member) {
                            known.push(member.clone());
                        }
                    }
                }
                // What one part closes, another one fills: the type passes over what neither knows.
                "additionalProperties" => match (known.is_object(), value.is_object()) {
                    (true, true) => {
                        let first = known.take();
                        let here = at.join("additionalProperties");
                        let both = self.both(&format!("{name} Value"), first, value, &here);
                        whole.insert(keyword, both);
                    }
                    (false, true) => *known = value,
                    (true, false) => {}
                    (false, false) => drop(whole.remove("additionalProperties")),
                },
                "items" => {
                    let first = known.take();
                    let both = self.both(&format!("{name} Item"), first, value, &at.join("items"));
                    whole.insert(keyword, both);
                }
                "enum" => {
                    let (Some(first), Some(second)) = (known.as_array(), value.as_array()) else { continue };
                    let common: Vec<Value> =
                        first.iter().filter(|value| second.contains(value)).cloned().collect();
                    if common.is_empty() {
                        let why = "no value is in both enumerations";
                        self.draft.lose(PASS, &at.join("enum"), "this `enum`", why);
                    } else {
                        *known = Value::Array(common);
                    }
                }
                "oneOf" | "anyOf" => {
                    let why = "other alternatives hold at the same time";
                    self.draft.lose(PASS, &at.join(&keyword), format!("this `{keyword}`"), why);
                    open(whole);
                }
                "minimum" | "minLength" | "minItems" | "minProperties" if value.as_f64() > known.as_f64() => {
                    *known = value;
                }
                "maximum" | "maxLength" | "maxItems" | "maxProperties" if value.as_f64() < known.as_f64() => {
                    *known = value;
                }
                "readOnly" | "writeOnly" => *known = json!(true),
                // Any other keyword restricts more than a type does.
                _ => {}
            }
        }
    }

    /// One schema for a member that two schemas describe.
    fn both(&mut self, name: &str, first: Value, second: Value, at: &Pointer) -> Value {
        let (bare_first, bare_second) = (bare(&first), bare(&second));
        let with = |mut chosen: Value, other: &Value| {
            if let (Some(chosen), Some(other)) = (chosen.as_object_mut(), other.as_object()) {
                for flag in ["readOnly", "writeOnly"] {
                    if other.get(flag) == Some(&json!(true)) {
                        chosen.insert(flag.to_owned(), json!(true));
                    }
                }
            }
            chosen
        };
        if bare_first == bare_second || is_open(&bare_second) {
            let nullable = super::is_nullable(&first) && (super::is_nullable(&second) || is_open(&second));
            let mut chosen = with(first, &second);
            set_nullable(&mut chosen, nullable);
            return chosen;
        }
        if is_open(&bare_first) {
            return with(second, &first);
        }
        // The narrower of the two stays as it is: a type that exists is better than another one like it.
        let looked_up = |composer: &mut Self, schema: &Value| match target(schema) {
            Some(target) => composer.resolved(target),
            None => Some(schema.clone()),
        };
        let (Some(Value::Object(one)), Some(Value::Object(other))) =
            (looked_up(self, &first), looked_up(self, &second))
        else {
            return second;
        };
        let mut merged = one.clone();
        let before = self.draft.losses.len();
        self.merge(name, &mut merged, other.clone(), at);
        if self.draft.losses.len() > before {
            return second;
        }
        let merged = bare(&Value::Object(merged));
        if merged == bare(&Value::Object(other)) {
            return with(second, &first);
        }
        if merged == bare(&Value::Object(one)) {
            return with(first, &second);
        }
        let mut plain = merged;
        set_nullable(&mut plain, super::is_nullable(&first) && super::is_nullable(&second));
        let mut schema = if crate::lower::inline_schemas::becomes_type(&plain) {
            Draft::reference(&self.add(name, plain, at))
        } else {
            plain
        };
        for side in [&first, &second] {
            schema = with(schema, side);
        }
        schema
    }
}

use super::super::Draft;

/// The schema without what says nothing about values.
pub(super) fn bare(schema: &Value) -> Value {
    let Value::Object(object) = schema else { return schema.clone() };
    let kept =
        object.iter().filter(|(key, _)| !ANNOTATIONS.contains(&key.as_str()) && !key.starts_with("x-"));
    Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// Whether every value satisfies the schema.
fn is_open(schema: &Value) -> bool {
    bare(schema).as_object().is_some_and(Map::is_empty) || schema == &json!(true)
}

fn set_nullable(schema: &mut Value, nullable: bool) {
    let Some(object) = schema.as_object_mut() else { return };
    if nullable {
        object.insert("nullable".to_owned(), json!(true));
    } else {
        object.remove("nullable");
    }
}

/// Makes the schema take every value.
pub(super) fn open(schema: &mut Map<String, Value>) {
    schema.retain(|key, _| matches!(key.as_str(), "description" | "nullable"));
}
