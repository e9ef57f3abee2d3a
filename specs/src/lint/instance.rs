//! Whether an example satisfies a schema, and if not, the first reason.
//!
//! Schemas are followed in place: to compile each of the thousands of schemas that examples belong to would take
//! longer than everything else that is done with a document.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    any_of, shown,
    words::{found_words, type_words},
};
use crate::{document::Document, pointer::Pointer};

/// Most schemas that one example is held against; beyond that it is not judged.
const MAX_STEPS: usize = 20_000;
const MAX_DEPTH: usize = 60;

/// A reason why an instance does not satisfy a schema, and the steps to the value that is wrong.
pub(super) struct Mismatch {
    pub(super) steps: Vec<String>,
    pub(super) reason: String,
}

/// The example is too large or its schema too broken to be judged.
struct Undecided;

type Judged = Result<Option<Mismatch>, Undecided>;

/// Holds examples against the schemas of a document.
pub(super) struct Judge<'d> {
    document: &'d Document,
    patterns: HashMap<&'d str, Option<jsonschema::Validator>>,
    steps: usize,
}

impl<'d> Judge<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self { document, patterns: HashMap::new(), steps: 0 }
    }

    /// The first reason why an instance does not satisfy the schema at a place.
    pub(super) fn mismatch(&mut self, schema: &Pointer, instance: &Value) -> Option<Mismatch> {
        self.steps = 0;
        let schema = self.document.get(schema)?;
        let mut path = Vec::new();
        self.schema(schema, instance, &mut path, 0).unwrap_or_default()
    }

    fn schema(
        &mut self,
        schema: &'d Value,
        instance: &Value,
        path: &mut Vec<String>,
        depth: usize,
    ) -> Judged {
        self.steps += 1;
        if self.steps > MAX_STEPS || depth > MAX_DEPTH {
            return Err(Undecided);
        }
        let members = match self.target(schema)? {
            Value::Object(members) => members,
            Value::Bool(true) => return Ok(None),
            _ => return Err(Undecided),
        };
        if instance.is_null()
            && members.get("nullable") == Some(&Value::Bool(true))
            && members.contains_key("type")
        {
            return Ok(None);
        }
        let failed = |path: &[String], reason: String| Ok(Some(Mismatch { steps: path.to_vec(), reason }));
        if let Some(reason) = self.scalar(members, instance) {
            return failed(path, reason);
        }
        match instance {
            Value::Object(values) => {
                if let Some(mismatch) = self.object(members, values, path, depth)? {
                    return Ok(Some(mismatch));
                }
            }
            Value::Array(items) => {
                if let Some(item_schema) = members.get("items") {
                    for (index, item) in items.iter().enumerate() {
                        path.push(index.to_string());
                        let judged = self.schema(item_schema, item, path, depth + 1)?;
                        path.pop();
                        if judged.is_some() {
                            return Ok(judged);
                        }
                    }
                }
            }
            _ => {}
        }
        self.branches(members, instance, path, depth)
    }

    fn branches(
        &mut self,
        schema: &'d Map<String, Value>,
        instance: &Value,
        path: &mut Vec<String>,
        depth: usize,
    ) -> Judged {
        let failed = |path: &[String], reason: &str| {
            Ok(Some(Mismatch { steps: path.to_vec(), reason: reason.to_owned() }))
        };
        let list = |keyword| schema.get(keyword).and_then(Value::as_array);
        for branch in list("allOf").into_iter().flatten() {
            let judged = self.schema(branch, instance, path, depth + 1)?;
            if judged.is_some() {
                return Ok(judged);
            }
        }
        for keyword in ["anyOf", "oneOf"] {
            let Some(branches) = list(keyword) else { continue };
            let mut fitting = 0;
            for branch in branches {
                if self.schema(branch, instance, path, depth + 1)?.is_none() {
                    fitting += 1;
                    if keyword == "anyOf" || fitting > 1 {
                        break;
                    }
                }
            }
            if fitting == 0 {
                return failed(path, "no alternative fits");
            }
            if fitting > 1 {
                return failed(path, "more than one alternative of `oneOf` fits");
            }
        }
        if let Some(excluded) = schema.get("not")
            && self.schema(excluded, instance, path, depth + 1)?.is_none()
        {
            return failed(path, "`not` does not hold");
        }
        Ok(None)
    }

    fn object(
        &mut self,
        schema: &'d Map<String, Value>,
        values: &Map<String, Value>,
        path: &mut Vec<String>,
        depth: usize,
    ) -> Judged {
        let failed = |path: &[String], reason: String| Ok(Some(Mismatch { steps: path.to_vec(), reason }));
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            if name.as_str().is_some_and(|name| !values.contains_key(name)) {
                return failed(path, format!("`{}` is missing", shown(name)));
            }
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let mut unexpected = Vec::new();
        for (name, value) in values {
            let rule = match properties.and_then(|properties| properties.get(name)) {
                Some(rule) => Some(rule),
                None => match schema.get("additionalProperties") {
                    Some(Value::Bool(false)) => {
                        unexpected.push(name.as_str());
                        None
                    }
                    other => other.filter(|rule| rule.is_object()),
                },
            };
            let Some(rule) = rule else { continue };
            path.push(name.clone());
            let judged = self.schema(rule, value, path, depth + 1)?;
            path.pop();
            if judged.is_some() {
                return Ok(judged);
            }
        }
        if unexpected.is_empty() {
            return Ok(None);
        }
        failed(path, format!("{} is not described", any_of(unexpected)))
    }

    /// What is said of the value itself.
    fn scalar(&mut self, schema: &'d Map<String, Value>, instance: &Value) -> Option<String> {
        let found = || found_words(instance);
        if let Some(wanted) = schema.get("type").and_then(Value::as_str)
            && !has_type(instance, wanted)
        {
            return Some(format!("it must be {}, found {}", type_words(wanted), found()));
        }
        if let Some(options) = schema.get("enum").and_then(Value::as_array)
            && !options.iter().any(|option| equal(option, instance))
        {
            let options: Vec<String> = options.iter().map(shown).collect();
            return Some(format!("{} is not {}", found(), any_of(options.iter().map(String::as_str))));
        }
        let number = |name: &str| schema.get(name).and_then(Value::as_f64);
        let flag = |name: &str| schema.get(name) == Some(&Value::Bool(true));
        match instance {
            Value::Number(value) => {
                let value = value.as_f64().unwrap_or_default();
                if let Some(limit) = number("minimum")
                    && (value < limit || (value <= limit && flag("exclusiveMinimum")))
                {
                    let words = if flag("exclusiveMinimum") { "not greater" } else { "less" };
                    return Some(format!("{} is {words} than {}", found(), shown(&schema["minimum"])));
                }
                if let Some(limit) = number("maximum")
                    && (value > limit || (value >= limit && flag("exclusiveMaximum")))
                {
                    let words = if flag("exclusiveMaximum") { "not less" } else { "greater" };
                    return Some(format!("{} is {words} than {}", found(), shown(&schema["maximum"])));
                }
                if let Some(step) = number("multipleOf").filter(|step| *step > 0.0) {
                    let parts = value / step;
                    if (parts - parts.round()).abs() > 1e-9 * parts.abs().max(1.0) {
                        return Some("`multipleOf` does not hold".to_owned());
                    }
                }
            }
            Value::String(text) => {
                let length = text.chars().count();
                if let Some(limit) = count(schema, "minLength").filter(|limit| length < *limit) {
                    return Some(format!("{} is shorter than {limit}", found()));
                }
                if let Some(limit) = count(schema, "maxLength").filter(|limit| length > *limit) {
                    return Some(format!("{} is longer than {limit}", found()));
                }
                if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
                    && !self.matches(pattern, instance)
                {
                    return Some(format!("{} does not match `{pattern}`", found()));
                }
            }
            Value::Array(items) => {
                let length = items.len();
                for (keyword, broken) in [
                    ("minItems", count(schema, "minItems").is_some_and(|limit| length < limit)),
                    ("maxItems", count(schema, "maxItems").is_some_and(|limit| length > limit)),
                    ("uniqueItems", flag("uniqueItems") && repeats(items)),
                ] {
                    if broken {
                        return Some(format!("`{keyword}` does not hold"));
                    }
                }
            }
            Value::Object(values) => {
                let length = values.len();
                for (keyword, broken) in [
                    ("minProperties", count(schema, "minProperties").is_some_and(|limit| length < limit)),
                    ("maxProperties", count(schema, "maxProperties").is_some_and(|limit| length > limit)),
                ] {
                    if broken {
                        return Some(format!("`{keyword}` does not hold"));
                    }
                }
            }
            _ => {}
        }
        None
    }

    /// A pattern that cannot be read is reported where it stands, and one that takes too long is not decided.
    fn matches(&mut self, pattern: &'d str, instance: &Value) -> bool {
        let compiled = self.patterns.entry(pattern).or_insert_with(|| {
            let schema = serde_json::json!({ "pattern": pattern });
            jsonschema::options().with_draft(jsonschema::Draft::Draft4).build(&schema).ok()
        });
        compiled.as_ref().is_none_or(|compiled| compiled.is_valid(instance))
    }

    fn target(&self, schema: &'d Value) -> Result<&'d Value, Undecided> {
        let mut schema = schema;
        for _ in 0..MAX_DEPTH {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return Ok(schema) };
            let pointer = Pointer::parse_fragment(reference).map_err(|_| Undecided)?;
            schema = self.document.get(&pointer).ok_or(Undecided)?;
        }
        Err(Undecided)
    }
}

fn count(schema: &Map<String, Value>, name: &str) -> Option<usize> {
    schema.get(name)?.as_u64().and_then(|limit| usize::try_from(limit).ok())
}

fn has_type(value: &Value, wanted: &str) -> bool {
    match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => true,
    }
}

/// `1` and `1.0` are the same instance.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}

fn repeats(items: &[Value]) -> bool {
    // Larger lists are not worth the time in an example.
    items.len() <= 1_000
        && items
            .iter()
            .enumerate()
            .any(|(index, item)| items.iter().take(index).any(|known| equal(known, item)))
}
