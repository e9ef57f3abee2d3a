//! `oneOf` and `anyOf`: each alternative becomes a type that stands on its own.

use std::collections::{BTreeMap, BTreeSet};

use rescind_specs::Pointer;
use serde_json::{Map, Value, json};

use super::merge::{bare, open};
use super::{ANNOTATIONS, Composer, PASS, is_nullable, target};
use crate::lower::Draft;

/// Keywords that describe what an object holds.
const STRUCTURE: [&str; 3] = ["properties", "additionalProperties", "required"];

impl Composer<'_, '_> {
    /// `base` with the alternatives in it, and nothing beside them.
    pub(super) fn alternatives(
        &mut self,
        name: &str,
        mut base: Map<String, Value>,
        keyword: &str,
        branches: Vec<Value>,
        at: &Pointer,
    ) -> Map<String, Value> {
        let here = at.join(keyword);
        let (nulls, branches): (Vec<_>, Vec<_>) = branches.into_iter().partition(is_null);
        if !nulls.is_empty() {
            base.insert("nullable".to_owned(), json!(true));
        }
        if branches.iter().all(only_asserts) {
            if !branches.is_empty() {
                self.draft.lose(
                    PASS,
                    &here,
                    format!("`{keyword}`"),
                    "types do not tell which members go together",
                );
            }
            return base;
        }
        if base.contains_key("oneOf") {
            let why = "other alternatives hold at the same time";
            self.draft.lose(PASS, &here, format!("this `{keyword}`"), why);
            open(&mut base);
            return base;
        }
        let structured = STRUCTURE.iter().any(|keyword| base.contains_key(*keyword));
        let mut shared: Map<String, Value> = base.clone();
        shared.retain(|key, _| !ANNOTATIONS.contains(&key.as_str()));
        base.retain(|key, _| ANNOTATIONS.contains(&key.as_str()));
        let mut list: Vec<Value> = Vec::new();
        for (index, branch) in branches.into_iter().enumerate() {
            let place = here.index(index);
            let mut branch = branch;
            if is_nullable(&branch) || target(&branch).is_some_and(|name| self.says_nullable(name)) {
                base.insert("nullable".to_owned(), json!(true));
            }
            let wanted = match target(&branch) {
                Some(target) => format!("{name} {target}"),
                None => format!("{name} Variant{index}"),
            };
            if structured {
                branch = self.beside(&wanted, &shared, branch, &place);
            } else if target(&branch).is_none() {
                for (key, value) in &shared {
                    if let Some(object) = branch.as_object_mut() {
                        object.entry(key.clone()).or_insert_with(|| value.clone());
                    }
                }
                branch = self.stand_alone(&wanted, branch, &place);
            }
            if let Some(object) = branch.as_object_mut() {
                object.remove("nullable");
            }
            if !list.contains(&branch) {
                list.push(branch);
            }
        }
        if keyword == "anyOf" && !base.contains_key("discriminator") {
            list.extend(self.several(name, &list, &here));
        }
        match <[Value; 1]>::try_from(list) {
            Ok([only]) => {
                base.remove("discriminator");
                if let Value::Object(only) = only {
                    for (key, value) in only {
                        base.entry(key).or_insert(value);
                    }
                }
            }
            Err(list) => drop(base.insert("oneOf".to_owned(), Value::Array(list))),
        }
        base
    }

    /// Whether a schema says that null is a value, as far as is known now.
    fn says_nullable(&self, name: &str) -> bool {
        let slot = self.draft.schemas.get(name).map(|slot| &slot.schema);
        self.flat.get(name).or(slot).is_some_and(is_nullable)
    }

    /// The alternative together with what is documented beside all alternatives.
    fn beside(&mut self, wanted: &str, shared: &Map<String, Value>, branch: Value, at: &Pointer) -> Value {
        let part = match target(&branch) {
            Some(target) => {
                let found = self.resolved(target);
                if found.is_none() {
                    self.draft.lose(PASS, at, "this alternative", "the schema is made of itself");
                }
                found
            }
            None => Some(self.flatten(wanted, branch.clone(), at)),
        };
        let mut whole = shared.clone();
        if let Some(Value::Object(mut part)) = part {
            for annotation in ["discriminator", "nullable"] {
                part.remove(annotation);
            }
            if let Some(description) = part.remove("description") {
                whole.insert("description".to_owned(), description);
            }
            // An alternative that adds nothing to the base but its own name is the type of that name.
            if target(&branch).is_some() && covers(&part, &whole) {
                return branch;
            }
            self.merge(wanted, &mut whole, part, at);
        }
        let name = self.add(wanted, Value::Object(whole), at);
        if let Some(target) = target(&branch) {
            self.draft.origins.insert(name.clone(), target.to_owned());
        }
        Draft::reference(&name)
    }

    /// A named type of an alternative that has none, where it needs one.
    fn stand_alone(&mut self, wanted: &str, branch: Value, at: &Pointer) -> Value {
        if let Some(alias) = super::alias(&branch) {
            return alias;
        }
        if crate::lower::inline_schemas::becomes_type(&branch) {
            return Draft::reference(&self.add(wanted, branch, at));
        }
        branch
    }

    /// A value may satisfy several alternatives of `anyOf`: the type with the members of all of them, where no single
    /// one has them.
    fn several(&mut self, name: &str, list: &[Value], at: &Pointer) -> Option<Value> {
        let mut members: Vec<Map<String, Value>> = Vec::new();
        for branch in list {
            members.push(self.resolved(target(branch)?)?.as_object().cloned()?);
        }
        let mut keys: Vec<BTreeSet<&String>> = Vec::new();
        for object in &members {
            if object.get("additionalProperties").is_some_and(|rest| rest != &json!(true)) {
                return None;
            }
            keys.push(object.get("properties")?.as_object()?.keys().collect());
        }
        let all: BTreeSet<&String> = keys.iter().flatten().copied().collect();
        if members.len() < 2 || keys.iter().any(|keys| keys.len() == all.len()) {
            return None;
        }
        let mut properties: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (key, property) in
            members.iter().filter_map(|object| object.get("properties")?.as_object()).flatten()
        {
            let known = properties.entry(key.clone()).or_default();
            match known.iter_mut().find(|known| bare(known) == bare(property)) {
                Some(known) if is_nullable(property) => *known = property.clone(),
                Some(_) => {}
                None => known.push(property.clone()),
            }
        }
        let wanted = format!("{name} Several");
        let mut merged = Map::new();
        for (key, mut kinds) in properties {
            let schema = if kinds.len() == 1 {
                kinds.remove(0)
            } else {
                let union = json!({ "anyOf": kinds });
                Draft::reference(&self.add(&format!("{wanted} {key}"), union, at))
            };
            merged.insert(key, schema);
        }
        let required = |object: &Map<String, Value>, key: &Value| {
            object.get("required").and_then(Value::as_array).is_some_and(|names| names.contains(key))
        };
        let common: Vec<Value> = merged
            .keys()
            .map(|key| json!(key))
            .filter(|key| members.iter().all(|object| required(object, key)))
            .collect();
        let schema = json!({
            "type": "object",
            "description": "The members of all alternatives, for a value that is several of them.",
            "properties": merged,
            "required": common,
        });
        Some(Draft::reference(&self.add(&wanted, schema, at)))
    }
}

/// Whether `part` describes every member that `whole` describes, in the same way.
fn covers(part: &Map<String, Value>, whole: &Map<String, Value>) -> bool {
    whole.iter().all(|(keyword, value)| match keyword.as_str() {
        "properties" => value.as_object().into_iter().flatten().all(|(key, property)| {
            part.get("properties").and_then(|known| known.get(key)).is_some_and(|known| known == property)
        }),
        "required" => value.as_array().into_iter().flatten().all(|member| {
            part.get("required").and_then(Value::as_array).is_some_and(|known| known.contains(member))
        }),
        _ => part.get(keyword) == Some(value),
    })
}

/// Whether null is the only value of the schema.
fn is_null(schema: &Value) -> bool {
    let Some(object) = schema.as_object() else { return false };
    object.get("type") == Some(&json!("null"))
        || object.get("enum") == Some(&json!([null]))
        || (is_nullable(schema) && object.keys().all(|key| ANNOTATIONS.contains(&key.as_str())))
}

/// Whether the schema restricts values without describing any: `required: [a]`, `not: …`.
pub(in crate::lower) fn only_asserts(schema: &Value) -> bool {
    const ASSERTIONS: [&str; 6] = ["required", "not", "minProperties", "maxProperties", "type", "if"];
    let Some(object) = schema.as_object() else { return schema.is_boolean() };
    let known = |key: &String| ASSERTIONS.contains(&key.as_str()) || ANNOTATIONS.contains(&key.as_str());
    let bare = |property: &Value| {
        property.as_object().is_none_or(|property| {
            property.keys().all(|key| ANNOTATIONS.contains(&key.as_str()) || key == "not")
        })
    };
    let rest = object.iter().filter(|(key, _)| !known(key)).all(|(key, value)| match key.as_str() {
        // Members that are named only to be required.
        "properties" => value.as_object().is_some_and(|properties| properties.values().all(bare)),
        key => key.starts_with("x-"),
    });
    let asserts =
        ["required", "not", "minProperties", "maxProperties"].iter().any(|key| object.contains_key(*key));
    rest && (asserts || (!object.contains_key("type") && !object.is_empty()))
}
