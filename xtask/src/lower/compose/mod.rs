//! `allOf` is merged into one schema, `oneOf` and `anyOf` become lists of types that stand on their own.
//!
//! Afterwards a named schema is an object, a value, a reference to another one, or alternatives with nothing beside
//! them; and wherever it is referred to polymorphically, a parent with a `discriminator` lists its children.

mod alternatives;
mod inheritance;
mod merge;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rescind_specs::Pointer;
use serde_json::{Map, Value, json};

use super::draft::{Draft, SchemaSlot};
pub(super) use alternatives::only_asserts;

pub(super) const PASS: &str = "compose";

/// Keywords that say nothing about values.
const ANNOTATIONS: [&str; 8] = [
    "description",
    "nullable",
    "readOnly",
    "writeOnly",
    "deprecated",
    "externalDocs",
    "xml",
    "discriminator",
];

pub(super) fn run(draft: &mut Draft<'_>) {
    let family = inheritance::family(draft);
    let names: Vec<String> = draft.schemas.keys().cloned().collect();
    let mut composer = Composer { draft, flat: BTreeMap::new(), open: Vec::new(), queue: names.into() };
    while let Some(name) = composer.queue.pop_front() {
        composer.flat(&name);
    }
    let flat = std::mem::take(&mut composer.flat);
    for (name, schema) in flat {
        if let Some(slot) = draft.schemas.get_mut(&name) {
            slot.schema = schema;
        }
    }
    inheritance::run(draft, &family);
}

struct Composer<'d, 'c> {
    draft: &'d mut Draft<'c>,
    /// Schemas that are done, by name.
    flat: BTreeMap<String, Value>,
    /// Schemas that are being done: a merge that leads back to one of them never ends.
    open: Vec<String>,
    /// Schemas to be done.
    queue: VecDeque<String>,
}

impl Composer<'_, '_> {
    /// The named schema without composition; `None` while it is being made, or if there is none.
    fn flat(&mut self, name: &str) -> Option<Value> {
        if let Some(done) = self.flat.get(name) {
            return Some(done.clone());
        }
        if self.open.iter().any(|open| open == name) {
            return None;
        }
        let slot = self.draft.schemas.get(name)?.clone();
        self.open.push(name.to_owned());
        let schema = self.flatten(name, slot.schema, &slot.pointer);
        self.open.pop();
        self.flat.insert(name.to_owned(), schema.clone());
        Some(schema)
    }

    /// The named schema behind references to references.
    fn resolved(&mut self, name: &str) -> Option<Value> {
        let mut seen = BTreeSet::new();
        let mut name = name.to_owned();
        let mut nullable = false;
        loop {
            if !seen.insert(name.clone()) {
                return None;
            }
            let mut schema = self.flat(&name)?;
            nullable |= is_nullable(&schema);
            if let Some(next) = target(&schema) {
                next.clone_into(&mut name);
            } else {
                if let Some(object) = schema.as_object_mut().filter(|_| nullable) {
                    object.insert("nullable".to_owned(), json!(true));
                }
                return Some(schema);
            }
        }
    }

    /// `schema` without composition.
    fn flatten(&mut self, name: &str, schema: Value, at: &Pointer) -> Value {
        if let Some(alias) = alias(&schema) {
            return alias;
        }
        let Value::Object(mut object) = schema else { return schema };
        if let Some(Value::Array(branches)) = object.remove("allOf") {
            object = self.all_of(name, object, branches, at);
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(Value::Array(branches)) = object.remove(keyword) {
                object = self.alternatives(name, object, keyword, branches, at);
            }
        }
        Value::Object(object)
    }

    fn all_of(
        &mut self,
        name: &str,
        mut whole: Map<String, Value>,
        branches: Vec<Value>,
        at: &Pointer,
    ) -> Map<String, Value> {
        let explicit = whole.remove("nullable").map(|flag| flag == json!(true));
        let count = branches.len();
        let mut nullable = 0;
        for (index, branch) in branches.into_iter().enumerate() {
            let here = at.join("allOf").index(index);
            let part = match target(&branch) {
                Some(target) => {
                    let found = self.resolved(target);
                    if found.is_none() {
                        self.draft.lose(PASS, &here, "this part", "the schema is made of itself");
                    }
                    found
                }
                None => Some(self.flatten(name, branch, &here)),
            };
            let Some(Value::Object(mut part)) = part else { continue };
            // The child is one of the parent's kinds and does not choose among them.
            part.remove("discriminator");
            part.remove("description");
            nullable += usize::from(part.remove("nullable") == Some(json!(true)));
            self.merge(name, &mut whole, part, &here);
        }
        if explicit.unwrap_or(false) || (explicit.is_none() && nullable == count && count > 0) {
            whole.insert("nullable".to_owned(), json!(true));
        }
        whole
    }

    /// Adds a schema that is to be composed as well.
    fn add(&mut self, wanted: &str, schema: Value, at: &Pointer) -> String {
        let name = self.draft.add(wanted, SchemaSlot { schema, pointer: at.clone() });
        self.draft.derived.insert(name.clone());
        self.queue.push_back(name.clone());
        name
    }
}

/// The name that a reference leads to.
pub(super) fn target(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")
}

/// Whether the schema says that null is a value.
pub(super) fn is_nullable(schema: &Value) -> bool {
    schema.get("nullable") == Some(&Value::Bool(true))
}

/// A schema that is one other schema and nothing besides, as a reference with annotations.
pub(super) fn alias(schema: &Value) -> Option<Value> {
    let object = schema.as_object()?;
    if object.contains_key("$ref") {
        return Some(schema.clone());
    }
    let mut rest = object.keys().filter(|key| !ANNOTATIONS.contains(&key.as_str()) && !key.starts_with("x-"));
    let keyword = rest.next()?;
    if rest.next().is_some() || !matches!(keyword.as_str(), "allOf" | "oneOf" | "anyOf") {
        return None;
    }
    let [only] = object.get(keyword)?.as_array()?.as_slice() else { return None };
    let mut alias = alias(only)?;
    if let Some(alias) = alias.as_object_mut() {
        for (key, value) in object.iter().filter(|(key, _)| ANNOTATIONS.contains(&key.as_str())) {
            if key != "discriminator" && !(key == "nullable" && value == &json!(false)) {
                alias.insert(key.clone(), value.clone());
            }
        }
    }
    Some(alias)
}
