//! Request bodies: one media type each, the one that the client can write best.

use rescind_specs::{Content, MediaType};
use serde_json::json;

use super::{Body, BodyKind, Draft, SchemaSlot};

const PASS: &str = "request_bodies";

pub(super) fn run(draft: &mut Draft<'_>) {
    for index in 0..draft.calls.len() {
        let operation = draft.calls[index].operation;
        let Some(request) = &operation.request_body else { continue };
        let Some(chosen) = request.content.iter().min_by_key(|content| rank(&content.media_type)) else {
            continue;
        };
        for other in request.content.iter().filter(|content| content.pointer != chosen.pointer) {
            let what = format!("request body `{}`", other.media_type);
            draft.lose(PASS, &other.pointer, what, "a call takes one media type, and another was preferred");
        }
        let kind = kind(&chosen.media_type);
        if rank(&chosen.media_type) > 3 {
            let what = format!("the fields of request body `{}`", chosen.media_type);
            draft.lose(PASS, &chosen.pointer, what, "the client takes it as bytes");
        }
        let slot = slot(draft, chosen, kind);
        // A range says which types are taken, not which one is sent.
        let media_type = if chosen.media_type.is_range() {
            "application/octet-stream".to_owned()
        } else {
            chosen.media_type.to_string()
        };
        draft.calls[index].body =
            Some(Body { kind, media_type, required: request.required, description: None, slot });
    }
}

/// Order of preference; above 3 the body is opaque.
fn rank(media_type: &MediaType) -> u8 {
    match media_type.to_string().as_str() {
        "application/json" => 0,
        "application/octet-stream" => 3,
        _ if media_type.is_json() => 1,
        _ if media_type.is_form() => 2,
        _ if media_type.is_text() && !media_type.is_range() => 3,
        _ => 4,
    }
}

fn kind(media_type: &MediaType) -> BodyKind {
    match media_type {
        json if json.is_json() => BodyKind::Json,
        form if form.is_form() => BodyKind::Form,
        text if text.is_text() && !text.is_range() => BodyKind::Text,
        _ => BodyKind::Bytes,
    }
}

fn slot(draft: &mut Draft<'_>, content: &Content, kind: BodyKind) -> SchemaSlot {
    match (kind, &content.schema) {
        (BodyKind::Json | BodyKind::Form, Some(schema)) => draft.schema_at(schema.pointer()),
        (BodyKind::Json | BodyKind::Form, None) => {
            SchemaSlot { schema: json!({}), pointer: content.pointer.clone() }
        }
        (BodyKind::Bytes, _) => SchemaSlot {
            schema: json!({ "type": "string", "format": "binary" }),
            pointer: content.pointer.clone(),
        },
        (BodyKind::Text, _) => {
            SchemaSlot { schema: json!({ "type": "string" }), pointer: content.pointer.clone() }
        }
    }
}
