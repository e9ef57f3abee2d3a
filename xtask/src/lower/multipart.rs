//! The parts of a `multipart/form-data` body (OpenAPI 3.0.3, Encoding Object; RFC 7578).

use std::collections::BTreeSet;

use rescind_specs::{Content, Encoding, MediaType, Pointer, Schema, SchemaType};
use serde_json::{Value, json};

use super::wire_shape::{Shape, is_binary, shape};
use super::{Draft, More, Part, PartKind, SchemaSlot};

const PASS: &str = "request_bodies";

/// The parts that the content names, and whether it may have others.
pub(super) fn parts(draft: &mut Draft<'_>, content: &Content) -> (Vec<Part>, More) {
    let Some(schema) = &content.schema else { return (Vec::new(), More::Allowed) };
    let mut found = Found::default();
    found.collect(schema, true);
    if found.alternatives {
        let what = "which parts go together".to_owned();
        draft.lose(PASS, schema.pointer(), what, "every part can be given or left out on its own");
    }
    let parts = found
        .properties
        .into_iter()
        .map(|(name, property)| {
            let required = found.required.contains(&name);
            part(draft, name, &property, required, content)
        })
        .collect();
    let more = if found.closed { More::Excluded } else { More::Allowed };
    (parts, more)
}

/// What a schema says of the members of its values, alternatives included.
#[derive(Default)]
struct Found {
    properties: Vec<(String, Schema)>,
    required: BTreeSet<String>,
    seen: BTreeSet<Pointer>,
    closed: bool,
    alternatives: bool,
}

impl Found {
    fn collect(&mut self, schema: &Schema, always: bool) {
        if !self.seen.insert(schema.pointer().clone()) {
            return;
        }
        self.closed |= schema.closed();
        if always {
            self.required.extend(schema.required().map(str::to_owned));
        }
        for (name, property) in schema.properties() {
            // Requests have no such member.
            if !property.read_only() && !self.properties.iter().any(|(known, _)| known == name) {
                self.properties.push((name.to_owned(), property));
            }
        }
        for branch in schema.branches("allOf") {
            self.collect(&branch, always);
        }
        for branch in schema.branches("oneOf").into_iter().chain(schema.branches("anyOf")) {
            self.alternatives = true;
            self.collect(&branch, false);
        }
    }
}

fn part(draft: &mut Draft<'_>, name: String, property: &Schema, required: bool, content: &Content) -> Part {
    let encoding = content.encoding(&name);
    let item = (property.kind() == Some(SchemaType::Array)).then(|| property.items()).flatten();
    let repeated = item.is_some();
    let inner = item.as_ref().unwrap_or(property);
    let kind = if is_binary(inner) || is_file(inner, encoding) { PartKind::File } else { PartKind::Value };
    let documented = encoding.and_then(Encoding::content_type);
    let media_type = match kind {
        // A range as it is: the caller has to choose within it.
        PartKind::File => Some(
            documented
                .or_else(|| encoding?.content_types.first())
                .map_or_else(|| "application/octet-stream".to_owned(), ToString::to_string),
        ),
        PartKind::Value => match (documented, shape(inner)) {
            (Some(media_type), Shape::Scalar) => Some(media_type.to_string()),
            (Some(media_type), _) if media_type.is_json() => Some(media_type.to_string()),
            (Some(media_type), _) => {
                let what = format!("part `{name}` as `{media_type}`");
                let at = encoding.map_or(&content.pointer, |encoding| &encoding.pointer);
                draft.lose(PASS, at, what, "parts with members are written as JSON");
                Some("application/json".to_owned())
            }
            (None, Shape::Scalar) => None,
            (None, _) => Some("application/json".to_owned()),
        },
    };
    if kind == PartKind::Value
        && let Some(header) = encoding.and_then(|encoding| encoding.headers.first())
    {
        let what = format!("the headers of part `{name}`");
        draft.lose(PASS, &header.pointer, what, "only files have headers of their own");
    }
    let slot = match kind {
        PartKind::File => SchemaSlot { schema: json!({}), pointer: property.pointer().clone() },
        PartKind::Value => {
            let mut slot = draft.schema_at(property.pointer());
            if let Some(object) = slot.schema.as_object_mut() {
                // Absence says the same.
                object.remove("nullable");
            }
            slot
        }
    };
    Part {
        name,
        kind,
        repeated,
        required,
        media_type,
        description: property.keyword("description").and_then(Value::as_str).map(str::to_owned),
        slot,
    }
}

/// Whether the document says of a text that it is written as something that is none.
fn is_file(schema: &Schema, encoding: Option<&Encoding>) -> bool {
    let is_text = |media_type: &MediaType| {
        media_type.is_json() || media_type.is_text() || media_type.subtype().ends_with("xml")
    };
    let listed = encoding.map_or(&[][..], |encoding| &encoding.content_types);
    schema.kind() == Some(SchemaType::String)
        && schema.enumeration().is_none()
        && !listed.is_empty()
        && !listed.iter().any(is_text)
}
