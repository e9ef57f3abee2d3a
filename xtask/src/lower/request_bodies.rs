//! Request bodies: one function each media type, the one that the client can write best first.

use rescind_specs::{Content, MediaType, ParameterStyle, Pointer, Schema};
use serde_json::json;

use super::multipart;
use super::wire_shape::{Shape, shape};
use super::{Body, BodyKind, Draft, More, SchemaSlot, Writing};
use crate::emit::names::{Names, snake};

const PASS: &str = "request_bodies";

pub(super) fn run(draft: &mut Draft<'_>) {
    for index in 0..draft.calls.len() {
        let operation = draft.calls[index].operation;
        let Some(request) = &operation.request_body else { continue };
        let mut contents: Vec<&Content> = request.content.iter().collect();
        contents.sort_by_key(|content| rank(&content.media_type));
        let typed: Vec<&Pointer> = contents
            .iter()
            .filter(|content| is_typed(kind(&content.media_type)))
            .filter_map(|content| content.schema.as_ref().map(Schema::pointer))
            .collect();
        let mut setters = Names::default();
        for (position, content) in contents.iter().enumerate() {
            let kind = kind(&content.media_type);
            let schema = content.schema.as_ref();
            let told = schema.is_some_and(|schema| typed.contains(&schema.pointer()));
            if !is_typed(kind) && !told && schema.is_some_and(|schema| shape(schema) != Shape::Scalar) {
                let what = format!("the fields of request body `{}`", content.media_type);
                draft.lose(PASS, &content.pointer, what, "the client takes it as it is written");
            }
            let setter = if position == 0 { "body".to_owned() } else { setter(&content.media_type) };
            let mut body = Body {
                kind,
                media_type: content.media_type.to_string(),
                required: request.required,
                setter: setters.unique(setter.clone(), &setter),
                description: None,
                slot: slot(draft, content, kind),
                members: Vec::new(),
                parts: Vec::new(),
                more: More::Excluded,
            };
            match kind {
                BodyKind::Form => body.members = members(draft, content),
                BodyKind::Multipart => (body.parts, body.more) = multipart::parts(draft, content),
                _ => {}
            }
            draft.calls[index].bodies.push(body);
        }
    }
}

/// Order of preference.
fn rank(media_type: &MediaType) -> u8 {
    match (kind(media_type), &*media_type.to_string()) {
        (BodyKind::Json, "application/json") => 0,
        (BodyKind::Json, _) => 1,
        (BodyKind::Form, _) => 2,
        (BodyKind::Multipart, _) => 3,
        (BodyKind::Text, _) => 4,
        (BodyKind::Bytes, _) => 5,
        (BodyKind::Range, _) => 6,
    }
}

/// Whether the body has a type of its own.
fn is_typed(kind: BodyKind) -> bool {
    matches!(kind, BodyKind::Json | BodyKind::Form | BodyKind::Multipart)
}

fn kind(media_type: &MediaType) -> BodyKind {
    // JSON texts one after the other.
    const TEXTS: [&str; 6] = ["x-ndjson", "ndjson", "jsonl", "x-jsonlines", "x-jsonl", "json-seq"];
    match media_type {
        range if range.is_range() || range.subtype().contains('*') => BodyKind::Range,
        json if json.is_json() => BodyKind::Json,
        form if form.is_form() => BodyKind::Form,
        form if form.is_multipart_form() => BodyKind::Multipart,
        // The caller writes the parts, and says what parts them in a parameter of the media type.
        parts if parts.kind() == "multipart" => BodyKind::Range,
        text if text.is_text() || TEXTS.contains(&text.subtype()) => BodyKind::Text,
        _ => BodyKind::Bytes,
    }
}

/// The name of the function for a body that is not the preferred one.
fn setter(media_type: &MediaType) -> String {
    let word = match media_type.to_string().as_str() {
        "application/json" => "json".to_owned(),
        "application/x-www-form-urlencoded" => "form".to_owned(),
        "multipart/form-data" => "multipart".to_owned(),
        "application/octet-stream" => "bytes".to_owned(),
        "text/plain" => "text".to_owned(),
        "*/*" => "any".to_owned(),
        _ if media_type.is_range() => media_type.kind().to_owned(),
        _ if media_type.kind() == "application" => media_type.subtype().to_owned(),
        whole => whole.to_owned(),
    };
    snake(&format!("body {word}"))
}

fn slot(draft: &mut Draft<'_>, content: &Content, kind: BodyKind) -> SchemaSlot {
    let plain = |schema| SchemaSlot { schema, pointer: content.pointer.clone() };
    match (kind, &content.schema) {
        (BodyKind::Json | BodyKind::Form, Some(schema)) => draft.schema_at(schema.pointer()),
        (BodyKind::Json | BodyKind::Form, None) => plain(json!({})),
        (BodyKind::Bytes | BodyKind::Range | BodyKind::Multipart | BodyKind::Text, _) => {
            plain(json!({ "type": "string" }))
        }
    }
}

/// How the members of an urlencoded form are written, where the document says so.
fn members(draft: &mut Draft<'_>, content: &Content) -> Vec<(String, Writing)> {
    let mut members = Vec::new();
    for encoding in &content.encoding {
        let property = content.schema.as_ref().and_then(|schema| schema.property(&encoding.property));
        let structured = property.as_ref().is_some_and(|property| shape(property) != Shape::Scalar);
        let written = encoding.style.is_some() || encoding.explode.is_some() || encoding.allow_reserved;
        if !written {
            match encoding.content_type() {
                // Text is what a form holds anyhow.
                Some(media_type) if media_type.is_json() => {
                    members.push((encoding.property.clone(), Writing::Json));
                }
                Some(media_type) if structured => {
                    let what = format!("`{}` as `{media_type}`", encoding.property);
                    draft.lose(
                        PASS,
                        &encoding.pointer,
                        what,
                        "members of a form are written as text or JSON",
                    );
                }
                _ => {}
            }
            continue;
        }
        let writing = Writing::Style {
            style: encoding.style.unwrap_or(ParameterStyle::Form),
            explode: encoding.explodes(),
            reserved: encoding.allow_reserved,
        };
        members.push((encoding.property.clone(), writing));
    }
    members
}
