//! What a text of a parameter or a form becomes as JSON, read from its schema once.

use rescind_specs::{Schema, SchemaType};
use serde_json::{Map, Number, Value};

/// How deep a schema is followed; a value of text has no more levels than an object of arrays.
const DEPTH: usize = 6;

/// The JSON form of a text.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    String,
    Integer,
    Number,
    Boolean,
    Array(Box<Shape>),
    Object {
        members: Vec<(String, Shape)>,
        rest: Box<Shape>,
    },
    /// One of several; the first that the text can be.
    Choice(Vec<Shape>),
    /// One of the values listed, known by their text.
    Listed(Vec<Value>),
}

impl Shape {
    /// What values of `schema` look like; without a schema, text.
    pub(crate) fn of(schema: Option<&Schema>) -> Self {
        schema.map_or(Self::String, |schema| Self::at(schema, DEPTH))
    }

    fn at(schema: &Schema, depth: usize) -> Self {
        let Some(depth) = depth.checked_sub(1) else { return Self::String };
        match schema.kind() {
            Some(SchemaType::String) => Self::String,
            Some(SchemaType::Integer) => Self::Integer,
            Some(SchemaType::Number) => Self::Number,
            Some(SchemaType::Boolean) => Self::Boolean,
            Some(SchemaType::Array) => {
                Self::Array(Box::new(schema.items().map_or(Self::String, |items| Self::at(&items, depth))))
            }
            Some(SchemaType::Object) => Self::object(schema, depth),
            None => Self::untyped(schema, depth),
        }
    }

    fn object(schema: &Schema, depth: usize) -> Self {
        let mut members: Vec<(String, Self)> = schema
            .properties()
            .map(|(name, property)| (name.to_owned(), Self::at(&property, depth)))
            .collect();
        for branch in ["allOf", "anyOf", "oneOf"].iter().flat_map(|keyword| schema.branches(keyword)) {
            if let Self::Object { members: more, .. } = Self::at(&branch, depth) {
                let fresh =
                    more.into_iter().filter(|(name, _)| !members.iter().any(|(known, _)| known == name));
                let fresh: Vec<_> = fresh.collect();
                members.extend(fresh);
            }
        }
        let rest = schema.additional_properties().map_or(Self::String, |rest| Self::at(&rest, depth));
        Self::Object { members, rest: Box::new(rest) }
    }

    fn untyped(schema: &Schema, depth: usize) -> Self {
        if schema.properties().next().is_some() {
            return Self::object(schema, depth);
        }
        if let Some(values) = schema.enumeration() {
            return Self::Listed(values.to_vec());
        }
        let parts: Vec<Self> =
            schema.branches("allOf").iter().map(|branch| Self::at(branch, depth)).collect();
        if parts.iter().any(Self::is_object) {
            return Self::object(schema, depth);
        }
        if let Some(part) = parts.into_iter().find(|part| !matches!(part, Self::String)) {
            return part;
        }
        let choices: Vec<Self> = ["oneOf", "anyOf"]
            .iter()
            .flat_map(|keyword| schema.branches(keyword))
            .map(|branch| Self::at(&branch, depth))
            .collect();
        if choices.is_empty() { Self::String } else { Self::Choice(choices) }
    }

    pub(crate) fn is_array(&self) -> bool {
        match self {
            Self::Array(_) => true,
            Self::Choice(choices) => choices.iter().any(Self::is_array),
            _ => false,
        }
    }

    pub(crate) fn is_object(&self) -> bool {
        match self {
            Self::Object { .. } => true,
            Self::Choice(choices) => choices.iter().any(Self::is_object),
            _ => false,
        }
    }

    /// The shape of array items.
    pub(crate) fn items(&self) -> &Self {
        match self {
            Self::Array(items) => items,
            Self::Choice(choices) => {
                choices.iter().find(|choice| choice.is_array()).map_or(self, Self::items)
            }
            other => other,
        }
    }

    /// The documented members of an object.
    pub(crate) fn members(&self) -> Vec<&(String, Self)> {
        match self {
            Self::Object { members, .. } => members.iter().collect(),
            Self::Choice(choices) => choices.iter().flat_map(Self::members).collect(),
            _ => Vec::new(),
        }
    }

    /// The shape of the member of that name.
    pub(crate) fn member(&self, name: &str) -> &Self {
        match self {
            Self::Object { members, rest } => {
                members.iter().find(|(known, _)| known == name).map_or(rest, |(_, shape)| shape)
            }
            Self::Choice(choices) => choices
                .iter()
                .find(|choice| choice.is_object())
                .map_or(&Self::String, |choice| choice.member(name)),
            _ => &Self::String,
        }
    }

    /// The JSON value of a text. What is no number stays a text, so that the schema reports the wrong type.
    pub(crate) fn value(&self, text: String) -> Value {
        match self {
            Self::String => Value::String(text),
            _ => self.scalar(&text).unwrap_or(Value::String(text)),
        }
    }

    fn scalar(&self, text: &str) -> Option<Value> {
        match self {
            Self::String => Some(Value::String(text.to_owned())),
            Self::Integer => integer(text),
            Self::Number => number(text),
            Self::Boolean => text.parse().ok().map(Value::Bool),
            Self::Listed(values) => values.iter().find(|value| spelled(value) == text).cloned(),
            Self::Choice(choices) => choices.iter().find_map(|choice| choice.scalar(text)),
            Self::Array(_) | Self::Object { .. } => None,
        }
    }

    /// An object of decoded pairs, in the shape of this schema. Names that repeat fill an array where one is documented;
    /// elsewhere they become an array all the same, so that the schema reports the wrong type.
    pub(crate) fn assemble(&self, pairs: impl IntoIterator<Item = (String, String)>) -> Value {
        let mut members: Map<String, Value> = Map::new();
        for (name, text) in pairs {
            let shape = self.member(&name);
            let array = shape.is_array();
            let value = if array { shape.items().value(text) } else { shape.value(text) };
            match members.get_mut(&name) {
                Some(Value::Array(items)) => items.push(value),
                Some(known) => {
                    let first = known.take();
                    *known = Value::Array(vec![first, value]);
                }
                None => {
                    members.insert(name, if array { Value::Array(vec![value]) } else { value });
                }
            }
        }
        Value::Object(members)
    }
}

fn spelled(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Digits with an optional minus; a number too great for 64 bits keeps its magnitude, for the schema to judge.
fn integer(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if let Ok(value) = text.parse::<i64>() {
        return Some(value.into());
    }
    if let Ok(value) = text.parse::<u64>() {
        return Some(value.into());
    }
    Number::from_f64(text.parse().ok()?).map(Value::Number)
}

/// A number as JSON writes it.
fn number(text: &str) -> Option<Value> {
    match serde_json::from_str::<Value>(text) {
        Ok(value @ Value::Number(_)) if text.trim() == text => Some(value),
        _ => None,
    }
}
