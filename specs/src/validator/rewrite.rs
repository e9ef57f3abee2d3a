//! OpenAPI 3.0 schemas as JSON Schema draft 4, in place, so that every pointer stays what it was.

use serde_json::{Map, Value, json};

use super::Direction;
use crate::Pointer;

/// What a schema says that nothing satisfies because its member only travels the other way.
pub(super) const ONE_WAY: &str = "x-one-way";

/// Rewrites all schemas of a document for one direction.
pub(super) fn rewrite(root: &mut Value, direction: Direction) {
    let tags = Tags::of(root);
    walk(root, direction);
    tags.apply(root);
}

fn walk(value: &mut Value, direction: Direction) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, direction)),
        Value::Object(object) => {
            rewrite_object(object, direction);
            for (key, child) in object.iter_mut() {
                // Values under these are instances or data, never schemas.
                if !matches!(key.as_str(), "enum" | "default" | "required" | "example" | "examples") {
                    walk(child, direction);
                }
            }
        }
        _ => {}
    }
}

fn rewrite_object(object: &mut Map<String, Value>, direction: Direction) {
    // Draft 4 would take an `id` inside an example for a base URI.
    if !object.get("example").is_some_and(is_schema_like) {
        object.remove("example");
    }
    let Some(kind) = object.get("type").and_then(Value::as_str).map(str::to_owned) else {
        return hide(object, direction);
    };
    if object.get("nullable") == Some(&Value::Bool(true)) {
        object.insert("type".into(), json!([kind, "null"]));
        if let Some(Value::Array(values)) = object.get_mut("enum")
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
    }
    if kind == "integer" {
        let bounds = match object.get("format").and_then(Value::as_str) {
            Some("int32") => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
            Some("int64") => Some((i64::MIN, i64::MAX)),
            _ => None,
        };
        if let Some((low, high)) = bounds {
            object.entry("minimum").or_insert(json!(low));
            object.entry("maximum").or_insert(json!(high));
        }
    }
    hide(object, direction);
}

/// A property called `example` is a schema; the keyword `example` is an instance.
fn is_schema_like(value: &Value) -> bool {
    value.as_object().is_some_and(|object| {
        ["$ref", "type", "allOf", "anyOf", "oneOf"].iter().any(|key| object.contains_key(*key))
            && object.get("type").is_none_or(Value::is_string)
    })
}

/// A required `readOnly` property is required of responses only, a `writeOnly` one of requests only
/// (OpenAPI 3.0.3, Schema Object). A request must not carry the former.
fn hide(object: &mut Map<String, Value>, direction: Direction) {
    let flag = match direction {
        Direction::Request => "readOnly",
        Direction::Response => "writeOnly",
    };
    let Some(Value::Object(properties)) = object.get_mut("properties") else { return };
    let mut hidden = Vec::new();
    for (name, schema) in properties.iter_mut() {
        if schema.get(flag) == Some(&Value::Bool(true)) {
            hidden.push(name.clone());
            // What else the schema says stays where it is: a pointer may lead there.
            if let Value::Object(schema) = schema
                && direction == Direction::Request
            {
                schema.insert("not".to_owned(), json!({ ONE_WAY: flag }));
            }
        }
    }
    if hidden.is_empty() {
        return;
    }
    let mut empty = false;
    if let Some(Value::Array(required)) = object.get_mut("required") {
        required.retain(|name| name.as_str().is_none_or(|name| !hidden.iter().any(|hidden| hidden == name)));
        empty = required.is_empty();
    }
    if empty {
        // Draft 4 demands at least one name.
        object.remove("required");
    }
}

/// The schemas with a discriminator over documented alternatives. An object has to carry a tag that one of them has:
/// the names in `mapping`, and the names of the alternatives themselves (OpenAPI 3.0.3, Discriminator Object).
struct Tags(Vec<(Pointer, Value)>);

impl Tags {
    fn of(root: &Value) -> Self {
        let mut found = Vec::new();
        Self::find(root, &Pointer::root(), &mut found);
        Self(found)
    }

    fn find(value: &Value, at: &Pointer, found: &mut Vec<(Pointer, Value)>) {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    Self::find(item, &at.index(index), found);
                }
            }
            Value::Object(object) => {
                if let Some(constraint) = Self::constraint(object) {
                    found.push((at.clone(), constraint));
                }
                for (key, child) in object {
                    if !matches!(key.as_str(), "enum" | "default" | "required" | "example" | "examples") {
                        Self::find(child, &at.join(key), found);
                    }
                }
            }
            _ => {}
        }
    }

    fn constraint(object: &Map<String, Value>) -> Option<Value> {
        let discriminator = object.get("discriminator")?.as_object()?;
        let name = discriminator.get("propertyName")?.as_str()?;
        let branches = ["oneOf", "anyOf"].iter().find_map(|keyword| object.get(*keyword)?.as_array())?;
        let mapping = discriminator.get("mapping").and_then(Value::as_object);
        let mut tags: Vec<&str> =
            mapping.into_iter().flat_map(|mapping| mapping.keys().map(String::as_str)).collect();
        for branch in branches {
            // An alternative without a name has no tag that could be told here.
            tags.push(branch.get("$ref")?.as_str()?.rsplit('/').next()?);
        }
        tags.sort_unstable();
        tags.dedup();
        // Null and what is no object are for the alternatives to judge.
        Some(json!({ "required": [name], "properties": { name: { "enum": tags } } }))
    }

    fn apply(self, root: &mut Value) {
        for (at, constraint) in self.0 {
            let Some(Value::Object(object)) = root.pointer_mut(at.as_str()) else { continue };
            match object.get_mut("allOf") {
                Some(Value::Array(parts)) => parts.push(constraint),
                _ => {
                    object.insert("allOf".to_owned(), json!([constraint]));
                }
            }
        }
    }
}
