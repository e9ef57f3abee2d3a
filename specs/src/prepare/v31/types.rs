//! Types and listed values: several types, null among them, `const` and `enum`.

use serde_json::{Map, Value, json};

use super::schema::{Subject, null};

/// The types of one schema that have no place in a single `type`.
#[derive(Debug, Default)]
pub(super) struct Types {
    several: Vec<&'static str>,
    nullable: bool,
    values: Option<Vec<Value>>,
}

/// All types but null, with the keywords that speak of each.
const TYPES: [(&str, &[&str]); 6] = [
    ("string", &["minLength", "maxLength", "pattern"]),
    ("integer", NUMERIC),
    ("number", NUMERIC),
    ("boolean", &[]),
    ("array", &["items", "minItems", "maxItems", "uniqueItems"]),
    ("object", &["properties", "required", "additionalProperties", "minProperties", "maxProperties"]),
];
const NUMERIC: &[&str] = &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const NUMERIC_FORMATS: [&str; 4] = ["int32", "int64", "float", "double"];

impl Types {
    /// Writes what one `type` can say, and gives what it cannot.
    pub(super) fn of(subject: &mut Subject<'_>) -> Types {
        let declared = declared(subject.members.get("type"));
        if declared.is_none()
            && let Some(other) = subject.members.get("type")
        {
            // No type of JSON: the check of the result says so.
            subject.set("type", other.clone());
        }
        let values = listed(subject.members, declared.as_deref());
        if values.as_ref().is_some_and(Vec::is_empty) {
            subject.and(json!({ "not": {} }));
        }
        let inferred = || Some(values.as_ref()?.iter().map(type_of).collect::<Vec<_>>());
        let mut types: Vec<&'static str> = match (&declared, inferred()) {
            (Some(declared), Some(found)) if !found.is_empty() => {
                let fits = |kind: &str| found.iter().any(|found| is_kind(found, kind));
                declared.iter().copied().filter(|kind| fits(kind)).collect()
            }
            (Some(declared), _) => declared.clone(),
            (None, Some(found)) if one_simple_type(&found) => found,
            (None, _) => Vec::new(),
        };
        types.sort_unstable();
        types.dedup();
        if types.contains(&"number") {
            types.retain(|kind| *kind != "integer");
        }
        let nullable = types.contains(&"null");
        types.retain(|kind| *kind != "null");
        let values = values.filter(|values| !values.is_empty());
        match types.as_slice() {
            [] if nullable => {
                subject.set("nullable", true);
                subject.set("enum", json!([null]));
                return Types::default();
            }
            [] => {}
            [only] => {
                subject.set("type", *only);
                if nullable {
                    subject.set("nullable", true);
                }
                if *only == "array" && !subject.out.contains_key("items") {
                    subject.set("items", json!({}));
                }
            }
            // Everything there is needs no words.
            several if several.len() == 5 && several.contains(&"number") && nullable && values.is_none() => {}
            _ => return Types { several: types, nullable, values },
        }
        if let Some(values) = values {
            subject.set("enum", values);
        }
        Types::default()
    }

    /// Writes several types as alternatives, each with the keywords that speak of it.
    pub(super) fn spread(self, subject: &mut Subject<'_>) {
        if self.several.is_empty() {
            return;
        }
        let format = subject.out.get("format").and_then(Value::as_str).map(str::to_owned);
        let mut branches = Vec::new();
        let mut said: Vec<&str> = Vec::new();
        for kind in &self.several {
            let mut branch = Map::from_iter([("type".to_owned(), json!(kind))]);
            let keywords =
                TYPES.iter().find(|(name, _)| name == kind).map_or(&[][..], |(_, keywords)| keywords);
            for keyword in keywords {
                if let Some(value) = subject.out.get(*keyword) {
                    branch.insert((*keyword).to_owned(), value.clone());
                    said.push(keyword);
                }
            }
            if *kind == "array" {
                branch.entry("items").or_insert_with(|| json!({}));
            }
            if let Some(format) = &format
                && (NUMERIC_FORMATS.contains(&format.as_str()) && matches!(*kind, "integer" | "number")
                    || !NUMERIC_FORMATS.contains(&format.as_str()) && *kind == "string")
            {
                branch.insert("format".to_owned(), json!(format));
                said.push("format");
            }
            if let Some(values) = &self.values {
                let own: Vec<Value> =
                    values.iter().filter(|value| is_kind(type_of(value), kind)).cloned().collect();
                branch.insert("enum".to_owned(), json!(own));
            }
            branches.push(Value::Object(branch));
        }
        for keyword in said {
            subject.out.shift_remove(keyword);
        }
        if self.nullable {
            branches.push(null());
            subject.set("nullable", true);
        }
        subject.any_of(branches);
    }
}

/// The types that a schema names; `None` where it names none, or something else.
fn declared(value: Option<&Value>) -> Option<Vec<&'static str>> {
    let known = |value: &Value| match value {
        // Without quotes YAML reads it so.
        Value::Null => Some("null"),
        Value::String(text) if text == "null" => Some("null"),
        Value::String(text) => TYPES.iter().map(|(name, _)| *name).find(|name| name == text),
        _ => None,
    };
    match value? {
        Value::Array(kinds) if !kinds.is_empty() => kinds.iter().map(known).collect(),
        Value::Array(_) => None,
        one => Some(vec![known(one)?]),
    }
}

/// The values that `enum` and `const` leave, as far as the type allows them.
fn listed(members: &Map<String, Value>, declared: Option<&[&'static str]>) -> Option<Vec<Value>> {
    let constant = members.get("const");
    let mut values = match (members.get("enum").and_then(Value::as_array), constant) {
        (None, None) => return None,
        (None, Some(constant)) => vec![constant.clone()],
        (Some(list), None) => list.clone(),
        (Some(list), Some(constant)) => list.iter().filter(|value| *value == constant).cloned().collect(),
    };
    if let Some(declared) = declared {
        values.retain(|value| declared.iter().any(|kind| is_kind(type_of(value), kind)));
    }
    Some(values)
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => "integer",
        Value::Number(_) => "number",
    }
}

/// Whether a value of type `found` is of type `kind`.
fn is_kind(found: &str, kind: &str) -> bool {
    found == kind || found == "integer" && kind == "number"
}

/// Whether values of these types are texts, numbers or truths only, with or without null.
fn one_simple_type(found: &[&'static str]) -> bool {
    let simple = |kind: &str| matches!(kind, "string" | "integer" | "number" | "boolean");
    let mut kinds: Vec<&str> = found.iter().copied().filter(|kind| *kind != "null").collect();
    kinds.dedup_by(|a, b| {
        a == b || (matches!(*a, "integer" | "number") && matches!(*b, "integer" | "number"))
    });
    match kinds.as_slice() {
        [] => true,
        [first, rest @ ..] => simple(first) && rest.iter().all(|kind| kind == first),
    }
}
