//! The last pass: each named schema becomes the definition of a type.

use std::collections::{BTreeMap, BTreeSet};

use rescind_specs::Pointer;
use serde_json::{Map, Value};

use super::directions::reach;
use super::shape::{Definition, Field, Presence, Rest, Rules, Shape, Struct, TypeRef, Word};
use super::{BodyKind, Draft, compose};
use crate::emit::names::{Names, pascal, snake};

const PASS: &str = "shapes";

pub(super) fn run(draft: &mut Draft<'_>) {
    let mut asked = BTreeSet::new();
    for body in draft.calls.iter().flat_map(|call| &call.bodies) {
        // A form has no null.
        if body.kind == BodyKind::Json {
            reach(draft, &body.slot.schema, &mut asked);
        }
    }
    let mut types = BTreeMap::new();
    let mut lost = Vec::new();
    for (name, slot) in &draft.schemas {
        let mut reader = Reader { draft, lost: &mut lost, asked: asked.contains(name) };
        let shape = reader.shape(name, &slot.schema, &slot.pointer);
        let description = slot.schema.get("description").and_then(Value::as_str).map(str::to_owned);
        types.insert(name.clone(), Definition { shape, description });
    }
    end_alias_loops(&mut types, draft, &mut lost);
    draft.types = types;
    for (pointer, what, why) in lost {
        draft.lose(PASS, &pointer, what, why);
    }
}

/// What could not be carried: where, what and why.
type Lost = (Pointer, String, &'static str);

pub(super) struct Reader<'d, 'c> {
    pub(super) draft: &'d Draft<'c>,
    pub(super) lost: &'d mut Vec<Lost>,
    asked: bool,
}

impl Reader<'_, '_> {
    pub(super) fn lose(&mut self, at: Pointer, what: impl Into<String>, why: &'static str) {
        self.lost.push((at, what.into(), why));
    }

    fn shape(&mut self, name: &str, schema: &Value, at: &Pointer) -> Shape {
        let Some(object) = schema.as_object() else { return Shape::Alias(TypeRef::Any) };
        if compose::target(schema).is_some() {
            return Shape::Alias(self.draft.type_ref(schema));
        }
        if let Some(branches) = object.get("oneOf").and_then(Value::as_array) {
            return self.union(name, object, branches, at);
        }
        let kind = object.get("type").and_then(Value::as_str);
        if let Some(values) = object.get("enum").and_then(Value::as_array)
            && let Some(shape) = self.enumeration(kind, object, values, at)
        {
            return shape;
        }
        match kind {
            Some("string") if !is_native(schema) => {
                let count = |keyword| object.get(keyword).and_then(Value::as_u64);
                let mut rules = Rules {
                    min_length: count("minLength").filter(|least| *least > 0),
                    max_length: count("maxLength"),
                    pattern: object.get("pattern").and_then(Value::as_str).map(str::to_owned),
                };
                if rules.pattern.as_deref().is_some_and(|pattern| regress::Regex::new(pattern).is_err()) {
                    rules.pattern = None;
                    self.lose(at.join("pattern"), "`pattern`", "this is no regular expression of ECMA 262");
                }
                if rules == Rules::default() { Shape::Alias(TypeRef::Text) } else { Shape::Text(rules) }
            }
            Some("object") | None => match self.structure(object) {
                Some(item) => Shape::Struct(item),
                None => Shape::Alias(self.draft.type_ref(schema)),
            },
            _ => Shape::Alias(self.draft.type_ref(schema)),
        }
    }

    fn structure(&self, object: &Map<String, Value>) -> Option<Struct> {
        let none = Map::new();
        let properties = object.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let rest = object.get("additionalProperties");
        let closed = rest == Some(&Value::Bool(false));
        if properties.is_empty() && !closed {
            return None;
        }
        let required: BTreeSet<&str> = object
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let any = Value::Object(Map::new());
        let mut members: BTreeMap<&str, &Value> =
            properties.iter().map(|(name, schema)| (name.as_str(), schema)).collect();
        if !closed {
            for name in &required {
                members.entry(name).or_insert(&any);
            }
        }
        let mut names = Names::default();
        let mut fields: Vec<Field> = Vec::new();
        // Names that are identifiers as they are keep them.
        let plain = |wire: &str| field_name(wire) == wire;
        let mut order: Vec<(&str, &Value)> = members.into_iter().collect();
        order.sort_by_key(|(wire, _)| (!plain(wire), *wire));
        for (wire, schema) in order {
            let mut ty = self.draft.type_ref(schema);
            let presence = match (required.contains(wire), &ty) {
                (true, _) => Presence::Required,
                (false, TypeRef::Option(inner)) => {
                    let null = self.asked;
                    ty = (**inner).clone();
                    if null { Presence::OptionalOrNull } else { Presence::Optional }
                }
                (false, _) => Presence::Optional,
            };
            fields.push(Field {
                wire: wire.to_owned(),
                name: names.unique(field_name(wire), wire),
                ty,
                presence,
                description: schema.get("description").and_then(Value::as_str).map(str::to_owned),
            });
        }
        fields.sort_by(|one, other| one.wire.cmp(&other.wire));
        let rest = match rest {
            Some(Value::Bool(false)) => Rest::Refused,
            Some(Value::Bool(true)) => Rest::Kept(names.unique("extra".to_owned(), ""), TypeRef::Any),
            Some(schema @ Value::Object(_)) => {
                Rest::Kept(names.unique("extra".to_owned(), ""), self.draft.type_ref(schema))
            }
            _ => Rest::Ignored,
        };
        Some(Struct { fields, rest })
    }

    fn enumeration(
        &mut self,
        kind: Option<&str>,
        object: &Map<String, Value>,
        values: &[Value],
        at: &Pointer,
    ) -> Option<Shape> {
        let fits = |value: &Value| match kind {
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            _ => true,
        };
        let mut kept: Vec<&Value> = Vec::new();
        for (index, value) in values.iter().enumerate() {
            if value.is_null() {
                continue;
            }
            if !fits(value) {
                self.lose(
                    at.join("enum").index(index),
                    "a value of `enum`",
                    "it is not of the documented type",
                );
            } else if !kept.contains(&value) {
                kept.push(value);
            }
        }
        if kept.is_empty() || kept.iter().all(|value| value.is_boolean()) {
            return None;
        }
        if kept.iter().all(|value| value.is_string()) {
            let mut names = Names::default();
            // A value that is written like its variant keeps the name.
            let mut words: Vec<(usize, Word)> = Vec::new();
            let mut order: Vec<(usize, &str)> =
                kept.iter().enumerate().filter_map(|(index, value)| Some((index, value.as_str()?))).collect();
            order.sort_by_key(|(index, text)| (pascal(text) != *text, *index));
            for (index, text) in order {
                words.push((index, Word { name: names.unique(pascal(text), text), wire: text.to_owned() }));
            }
            words.sort_by_key(|(index, _)| *index);
            return Some(Shape::Words(words.into_iter().map(|(_, word)| word).collect()));
        }
        if kept.iter().all(|value| value.is_number()) {
            let whole = kept.iter().all(|value| value.is_i64() || value.is_u64());
            let number = match (kind, whole) {
                (Some("integer") | None, true) => match integer(object) {
                    TypeRef::Number => TypeRef::Integer("i64"),
                    chosen => chosen,
                },
                _ => TypeRef::Float("f64"),
            };
            let fits = |value: &Value| match number {
                TypeRef::Integer("i64") => value.is_i64(),
                TypeRef::Integer("i32") => value.as_i64().is_some_and(|value| i32::try_from(value).is_ok()),
                TypeRef::Integer("i128") => true,
                TypeRef::Integer(_) => value.is_u64(),
                _ => true,
            };
            let number = if kept.iter().all(|value| fits(value)) { number } else { TypeRef::Integer("i128") };
            let values = kept
                .iter()
                .map(|value| match number {
                    TypeRef::Float(_) => format!("{:?}", value.as_f64().unwrap_or_default()),
                    _ => value.to_string(),
                })
                .collect();
            return Some(Shape::Numbers { number, values });
        }
        let mut names = Names::default();
        let words = kept.iter().map(|value| {
            let wire = value.to_string();
            let text = value.as_str().unwrap_or(&wire);
            Word { name: names.unique(pascal(text), text), wire: wire.clone() }
        });
        Some(Shape::Constants(words.collect()))
    }
}

/// The name of a field.
fn field_name(wire: &str) -> String {
    let name = snake(wire);
    match name.strip_prefix("r#") {
        Some(keyword) => format!("{keyword}_"),
        None => name,
    }
}

/// Whether the strings of a schema have a type of their own, which knows their form.
pub(super) fn is_native(schema: &Value) -> bool {
    native(schema).is_some()
}

fn native(schema: &Value) -> Option<TypeRef> {
    Some(match schema.get("format")?.as_str()? {
        "password" => TypeRef::Secret,
        "date-time" => TypeRef::Timestamp,
        "date" => TypeRef::Date,
        "uuid" => TypeRef::Uuid,
        "ip" => TypeRef::Ip,
        "ipv4" => TypeRef::Ipv4,
        "ipv6" => TypeRef::Ipv6,
        _ => return None,
    })
}

/// The Rust type that holds every documented integer.
fn integer(object: &Map<String, Value>) -> TypeRef {
    let bound = |keyword: &str| object.get(keyword).and_then(Value::as_f64);
    let (least, greatest) = (bound("minimum"), bound("maximum"));
    let within = |low: f64, high: f64| {
        least.is_none_or(|least| least >= low) && greatest.is_none_or(|greatest| greatest <= high)
    };
    let named = match object.get("format").and_then(Value::as_str) {
        Some("int8") if within(-128.0, 127.0) => Some("i8"),
        Some("uint8") if within(0.0, 255.0) => Some("u8"),
        Some("int16") if within(-32768.0, 32767.0) => Some("i16"),
        Some("uint16") if within(0.0, 65535.0) => Some("u16"),
        Some("int32") if within(-2_147_483_648.0, 2_147_483_647.0) => Some("i32"),
        Some("uint32") if within(0.0, 4_294_967_295.0) => Some("u32"),
        Some("uint64") if within(0.0, 18_446_744_073_709_551_615.0) => Some("u64"),
        _ => None,
    };
    if let Some(named) = named {
        return TypeRef::Integer(named);
    }
    let is_int64 = object.get("format").and_then(Value::as_str) == Some("int64");
    match (least, greatest) {
        (_, Some(greatest)) if greatest > 18_446_744_073_709_551_615.0 => TypeRef::Number,
        (Some(least), _) if least < -9_223_372_036_854_775_808.0 => TypeRef::Number,
        (Some(least), Some(greatest)) if greatest > 9_223_372_036_854_775_807.0 && least >= 0.0 => {
            TypeRef::Integer("u64")
        }
        (_, Some(greatest)) if greatest > 9_223_372_036_854_775_807.0 => TypeRef::Integer("i128"),
        (Some(least), None) if least >= 0.0 && !is_int64 => TypeRef::Integer("u64"),
        _ => TypeRef::Integer("i64"),
    }
}

impl Draft<'_> {
    /// The type of a value that a schema describes: a named schema, or one that needs no name.
    pub fn type_ref(&self, schema: &Value) -> TypeRef {
        if let Some(name) = compose::target(schema) {
            let Some(slot) = self.schemas.get(name) else { return TypeRef::Any };
            let named = TypeRef::Named(name.to_owned());
            let nullable = compose::is_nullable(schema) || compose::is_nullable(&slot.schema);
            return if nullable { named.optional() } else { named };
        }
        let Some(object) = schema.as_object() else { return TypeRef::Any };
        let has = |keyword: &str| object.contains_key(keyword);
        let kind = object.get("type").and_then(Value::as_str);
        let plain = match kind {
            Some("string") => native(schema).unwrap_or(TypeRef::Text),
            Some("boolean") => TypeRef::Boolean,
            Some("integer") => integer(object),
            Some("number") if object.get("format").and_then(Value::as_str) == Some("float") => {
                TypeRef::Float("f32")
            }
            Some("number") => TypeRef::Float("f64"),
            Some("array") => self.list(object),
            None if has("items") => self.list(object),
            Some("object") => self.map(object),
            None if object.get("additionalProperties").is_some_and(Value::is_object) => self.map(object),
            _ => TypeRef::Any,
        };
        if compose::is_nullable(schema) { plain.optional() } else { plain }
    }

    fn list(&self, object: &Map<String, Value>) -> TypeRef {
        TypeRef::List(Box::new(object.get("items").map_or(TypeRef::Any, |items| self.type_ref(items))))
    }

    fn map(&self, object: &Map<String, Value>) -> TypeRef {
        match object
            .get("additionalProperties")
            .filter(|rest| rest.is_object())
            .map(|rest| self.type_ref(rest))
        {
            None | Some(TypeRef::Any) => TypeRef::Object,
            Some(value) => TypeRef::Map(Box::new(value)),
        }
    }
}

/// A name for itself under other names is no type; any JSON stands in for it.
fn end_alias_loops(types: &mut BTreeMap<String, Definition>, draft: &Draft<'_>, lost: &mut Vec<Lost>) {
    let next = |types: &BTreeMap<String, Definition>, name: &str| match &types.get(name)?.shape {
        Shape::Alias(ty) => match ty.bare() {
            TypeRef::Named(next) => Some(next.clone()),
            _ => None,
        },
        _ => None,
    };
    for name in types.keys().cloned().collect::<Vec<_>>() {
        let mut seen = BTreeSet::new();
        let mut current = name.clone();
        while let Some(following) = next(types, &current) {
            if following == name {
                if let Some(found) = types.get_mut(&name) {
                    found.shape = Shape::Alias(TypeRef::Any);
                }
                let at = draft.schemas.get(&name).map(|slot| slot.pointer.clone()).unwrap_or_default();
                lost.push((at, format!("the type `{name}`"), "the schema is nothing but itself"));
                break;
            }
            if !seen.insert(following.clone()) {
                break;
            }
            current = following;
        }
    }
}
