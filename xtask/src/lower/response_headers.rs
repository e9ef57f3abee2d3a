//! Documented response headers: which type each has, and which responses share them.

use std::collections::BTreeMap;

use rescind_specs::{Pointer, Response, ResponseHeader, Schema, SchemaType};
use serde_json::Value;

use super::Draft;
use crate::emit::names::{Names, pascal, snake};

/// Deepest nesting that a header can be written in.
const DEEPEST: usize = 3;

/// Documented headers that one or several responses carry.
#[derive(Clone, Debug)]
pub struct HeaderSet {
    /// The name of their struct.
    pub name: String,
    /// The headers, in document order.
    pub fields: Vec<HeaderField>,
    users: usize,
    key: Vec<String>,
}

/// One documented header.
#[derive(Clone, Debug)]
pub struct HeaderField {
    /// Its name on the wire.
    pub wire: String,
    /// Its name as a field.
    pub field: String,
    /// Whether every such response carries it.
    pub required: bool,
    /// What it means.
    pub description: Option<String>,
    /// The type of its value.
    pub rust: HeaderType,
    /// How its value is written.
    pub shape: HeaderShape,
}

/// The type of a header's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderType {
    /// A text.
    Text,
    /// A text that is never printed.
    Secret,
    /// A point in time.
    Time,
    /// A day.
    Date,
    /// A UUID.
    Uuid,
    /// A number of 32 bits.
    Int32,
    /// A number of 64 bits.
    Int64,
    /// A number of single precision.
    Float,
    /// A number of double precision.
    Double,
    /// `true` or `false`.
    Boolean,
    /// JSON of any shape.
    Any,
    /// Several values.
    List(Box<HeaderType>),
    /// The type of a schema.
    Named(String),
}

/// How a header's value is written.
#[derive(Clone, Debug)]
pub enum HeaderShape {
    /// As it is.
    Text,
    /// A date and time.
    Time,
    /// A number without a fraction.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// JSON text.
    Json,
    /// Whatever it looks like.
    Any,
    /// Items between commas.
    Array(Box<HeaderShape>),
    /// Members with names.
    Object {
        /// Whether they are written `name=value`.
        explode: bool,
        /// Those with a name of their own.
        named: Vec<(String, HeaderShape)>,
        /// All others.
        others: Box<HeaderShape>,
    },
}

/// The place of the response's headers in [`Draft::header_sets`]; responses with the same headers share one.
pub(super) fn set(draft: &mut Draft<'_>, wanted: &str, response: &Response) -> Option<usize> {
    if response.headers.is_empty() {
        return None;
    }
    let mut names = Names::default();
    let fields: Vec<HeaderField> = response
        .headers
        .iter()
        .map(|header| field(draft, wanted, header, names.unique(snake(&header.name), &header.name)))
        .collect();
    let key: Vec<String> =
        fields.iter().map(|field| format!("{}:{}:{:?}", field.wire, field.required, field.rust)).collect();
    if let Some(known) = draft.header_sets.iter().position(|known| known.key == key) {
        draft.header_sets[known].users += 1;
        return Some(known);
    }
    // The final name depends on how many use it.
    draft.header_sets.push(HeaderSet { name: pascal(&format!("{wanted}Headers")), fields, users: 1, key });
    Some(draft.header_sets.len() - 1)
}

/// Names of one user are made of the response, names of several of the header, or simply `Headers`.
pub(super) fn name(draft: &mut Draft<'_>) {
    for set in &mut draft.header_sets {
        let wanted = match (set.users, set.fields.as_slice()) {
            (1, _) => continue,
            (_, [only]) => format!("{}Header", pascal(&only.wire)),
            _ => "Headers".to_owned(),
        };
        set.name = wanted;
    }
}

fn field(draft: &mut Draft<'_>, wanted: &str, header: &ResponseHeader, field: String) -> HeaderField {
    let document = draft.contract.document().clone();
    let explode = document.get(&header.pointer.join("explode")) == Some(&Value::Bool(true));
    let shared = header.pointer.parent().is_some_and(|parent| parent.as_str() == "/components/headers");
    let wanted = match header.pointer.last() {
        Some(name) if shared => name,
        _ => format!("{wanted} {}", header.name),
    };
    let (mut rust, shape) = match (&header.schema, media_type_schema(draft, &header.pointer)) {
        (Some(schema), _) => (of(draft, &wanted, schema, schema.pointer(), 0), shape(schema, explode, 0)),
        (None, Some(at)) => (json(draft, &wanted, &at), HeaderShape::Json),
        (None, None) => (HeaderType::Text, HeaderShape::Text),
    };
    let secret = ["set-cookie", "authorization"].iter().any(|name| header.name.eq_ignore_ascii_case(name));
    if secret && rust == HeaderType::Text {
        rust = HeaderType::Secret;
    }
    HeaderField {
        wire: header.name.clone(),
        field,
        required: header.required,
        description: header.description.clone(),
        rust,
        shape,
    }
}

/// The schema of a header that is written as JSON (`content` instead of `schema`).
fn media_type_schema(draft: &Draft<'_>, header: &Pointer) -> Option<Pointer> {
    let document = draft.contract.document();
    let at = header.join("content");
    let (media_type, content) = document.get(&at)?.as_object()?.iter().next()?;
    let json = media_type.parse::<rescind_specs::MediaType>().is_ok_and(|media_type| media_type.is_json());
    content.get("schema").filter(|_| json)?;
    let at = at.join(media_type).join("schema");
    Some(document.resolve(&at).map_or(at, |(target, _)| target))
}

fn json(draft: &mut Draft<'_>, wanted: &str, at: &Pointer) -> HeaderType {
    let empty =
        draft.contract.document().get(at).and_then(Value::as_object).is_none_or(serde_json::Map::is_empty);
    if empty { HeaderType::Any } else { named(draft, wanted, at) }
}

/// The type of the schema at `at`, which gets a name if it has none.
fn named(draft: &mut Draft<'_>, wanted: &str, at: &Pointer) -> HeaderType {
    if let Some(name) = draft.named.get(at) {
        return HeaderType::Named(name.clone());
    }
    let slot = draft.schema_at(at);
    let name = draft.add(wanted, slot);
    draft.named.insert(at.clone(), name.clone());
    HeaderType::Named(name)
}

fn of(draft: &mut Draft<'_>, wanted: &str, schema: &Schema, at: &Pointer, depth: usize) -> HeaderType {
    if let Some(name) = draft.named.get(at) {
        return HeaderType::Named(name.clone());
    }
    let constrained = |keywords: &[&str]| keywords.iter().any(|keyword| schema.keyword(keyword).is_some());
    match schema.kind() {
        Some(SchemaType::String) => match schema.format() {
            Some("password") => HeaderType::Secret,
            Some("date-time") => HeaderType::Time,
            Some("date") => HeaderType::Date,
            Some("uuid") => HeaderType::Uuid,
            _ if constrained(&["enum", "pattern", "minLength", "maxLength"]) => named(draft, wanted, at),
            _ => HeaderType::Text,
        },
        Some(SchemaType::Integer | SchemaType::Number) if constrained(&["enum"]) => named(draft, wanted, at),
        Some(SchemaType::Integer) if schema.format() == Some("int32") => HeaderType::Int32,
        Some(SchemaType::Integer) => HeaderType::Int64,
        Some(SchemaType::Number) if schema.format() == Some("float") => HeaderType::Float,
        Some(SchemaType::Number) => HeaderType::Double,
        Some(SchemaType::Boolean) => HeaderType::Boolean,
        Some(SchemaType::Array) if depth < DEEPEST => {
            let item = schema.items().map_or(HeaderType::Text, |item| {
                of(draft, &format!("{wanted} Item"), &item, item.pointer(), depth + 1)
            });
            HeaderType::List(Box::new(item))
        }
        Some(SchemaType::Array) => HeaderType::Any,
        Some(SchemaType::Object) => named(draft, wanted, at),
        None if constrained(&["properties", "allOf", "oneOf", "anyOf", "enum"]) => named(draft, wanted, at),
        None => HeaderType::Text,
    }
}

fn shape(schema: &Schema, explode: bool, depth: usize) -> HeaderShape {
    if depth > DEEPEST {
        return HeaderShape::Any;
    }
    match schema.kind() {
        Some(SchemaType::String) if schema.format() == Some("date-time") => HeaderShape::Time,
        Some(SchemaType::String) => HeaderShape::Text,
        Some(SchemaType::Integer) => HeaderShape::Integer,
        Some(SchemaType::Number) => HeaderShape::Number,
        Some(SchemaType::Boolean) => HeaderShape::Boolean,
        Some(SchemaType::Array) => {
            let item = schema.items().map_or(HeaderShape::Text, |item| shape(&item, false, depth + 1));
            HeaderShape::Array(Box::new(item))
        }
        Some(SchemaType::Object) => object(schema, explode, depth),
        None if schema.keyword("properties").is_some() => object(schema, explode, depth),
        None => match schema.branches("allOf").as_slice() {
            [only] => shape(only, explode, depth + 1),
            _ if schema.value().as_object().is_none_or(serde_json::Map::is_empty) => HeaderShape::Text,
            _ => HeaderShape::Any,
        },
    }
}

fn object(schema: &Schema, explode: bool, depth: usize) -> HeaderShape {
    let members: BTreeMap<String, HeaderShape> = schema
        .properties()
        .map(|(name, member)| (name.to_owned(), shape(&member, false, depth + 1)))
        .collect();
    let others =
        schema.additional_properties().map_or(HeaderShape::Any, |member| shape(&member, false, depth + 1));
    HeaderShape::Object { explode, named: members.into_iter().collect(), others: Box::new(others) }
}
