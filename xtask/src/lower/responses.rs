//! Responses, as the typed layer reads them.

use rescind_specs::{Content, MediaType, Operation, Response, Schema, SchemaType, StatusPattern};
use serde_json::Value;

use super::{Draft, Payload, Reply, ReplyForm, words};

const PASS: &str = "responses";

pub(super) fn run(draft: &mut Draft<'_>) {
    for index in 0..draft.calls.len() {
        let operation = draft.calls[index].operation;
        for response in &operation.responses {
            // Interim responses never reach the caller of an HTTP client.
            if matches!(response.status, StatusPattern::Exact(100..=199) | StatusPattern::Range(1)) {
                let what = format!("response {}", response.status);
                draft.lose(PASS, &response.pointer, what, "interim responses do not reach the caller");
                continue;
            }
            let type_name = draft.calls[index].type_name.clone();
            let empty = never_has_body(draft, operation, response);
            let forms = if empty { Vec::new() } else { forms(draft, &type_name, response) };
            let wanted = format!("{type_name}{}", words(response.status));
            let headers = super::response_headers::set(draft, &wanted, response);
            draft.calls[index].replies.push(Reply {
                status: response.status,
                description: response.description.clone(),
                forms,
                headers,
            });
        }
    }
    super::response_headers::name(draft);
}

/// RFC 9110 §9.3.2, §15.3.5, §15.3.6, §15.4.5: these have no content, whatever the document says.
fn never_has_body(draft: &mut Draft<'_>, operation: &Operation, response: &Response) -> bool {
    let why = if operation.method == "HEAD" {
        "an answer to HEAD has no body"
    } else if matches!(response.status, StatusPattern::Exact(204 | 205 | 304)) {
        "an answer of this status has no body"
    } else {
        return false;
    };
    if !response.content.is_empty() {
        draft.lose(PASS, &response.pointer, format!("the body of response {}", response.status), why);
    }
    true
}

/// The bodies that the response may have. Media types that mean the same body share one.
fn forms(draft: &mut Draft<'_>, type_name: &str, response: &Response) -> Vec<ReplyForm> {
    let mut forms: Vec<(ReplyForm, &Content)> = Vec::new();
    let mut text_of_json = Vec::new();
    for content in &response.content {
        let kind = Kind::of(content);
        let media_type = as_documented(content);
        if kind == Kind::Text && structured(content) {
            text_of_json.push((content, media_type));
            continue;
        }
        let same = forms.iter_mut().find(|(_, other)| {
            kind == Kind::Json && Kind::of(other) == Kind::Json && same_schema(content, other)
        });
        if let Some((form, _)) = same {
            form.media_types.push(media_type);
            continue;
        }
        let payload = payload(draft, type_name, response, content, kind);
        forms.push((ReplyForm { media_types: vec![media_type], payload }, content));
    }
    for (content, media_type) in text_of_json {
        // Where the same schema is documented for JSON, the text is JSON as well.
        let same =
            forms.iter_mut().find(|(_, other)| Kind::of(other) == Kind::Json && same_schema(content, other));
        if let Some((form, _)) = same {
            form.media_types.push(media_type);
        } else {
            lose_schema(draft, response, content, "text is carried as it is");
            forms.push((ReplyForm { media_types: vec![media_type], payload: Payload::Text }, content));
        }
    }
    forms.into_iter().map(|(form, _)| form).collect()
}

/// The media type with its parameters, as long as it can be sent as a header.
fn as_documented(content: &Content) -> String {
    let essence = content.media_type.to_string();
    content
        .pointer
        .last()
        .filter(|key| key.chars().all(|sign| sign.is_ascii_graphic() || sign == ' ') && !key.contains(','))
        .filter(|key| key.parse::<MediaType>().is_ok_and(|parsed| parsed.to_string() == essence))
        .map_or(essence, |key| key.trim().to_owned())
}

/// How a body of a media type is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Json,
    Text,
    /// A document of another format, read whole.
    Bytes,
    /// A file, or something without an end.
    Stream,
}

impl Kind {
    fn of(content: &Content) -> Self {
        let media_type = content.media_type.to_string();
        let schema = content.schema.as_ref();
        let (kind, subtype) = media_type.split_once('/').unwrap_or((&media_type, ""));
        if schema.is_some_and(is_binary) {
            return Self::Stream;
        }
        if content.media_type.is_json() || media_type == "text/json" {
            return Self::Json;
        }
        match (kind, subtype) {
            // Generators that know no media type write this for whatever the operation returns.
            ("*" | "application", "*") if structured(content) => Self::Json,
            ("*", "*") if schema.and_then(Schema::kind) == Some(SchemaType::String) => Self::Text,
            (_, "event-stream" | "x-ndjson" | "ndjson" | "jsonl" | "x-jsonlines" | "json-seq") => {
                Self::Stream
            }
            ("text", _) => Self::Text,
            ("application", "xml" | "yaml" | "x-yaml" | "x-www-form-urlencoded" | "javascript") => {
                Self::Bytes
            }
            _ if subtype.ends_with("+xml") || subtype.ends_with("+yaml") => Self::Bytes,
            _ => Self::Stream,
        }
    }
}

/// `type: string, format: binary`: octets, whatever they are labelled with.
fn is_binary(schema: &Schema) -> bool {
    schema.kind() == Some(SchemaType::String) && schema.format() == Some("binary")
}

/// Whether the schema describes more than a text.
fn structured(content: &Content) -> bool {
    let Some(schema) = &content.schema else { return false };
    match schema.kind() {
        Some(SchemaType::String) => false,
        Some(_) => true,
        None => ["properties", "items", "allOf", "oneOf", "anyOf", "additionalProperties"]
            .iter()
            .any(|keyword| schema.keyword(keyword).is_some()),
    }
}

fn same_schema(one: &Content, other: &Content) -> bool {
    match (&one.schema, &other.schema) {
        (Some(one), Some(other)) => one.pointer() == other.pointer() || one.value() == other.value(),
        (one, other) => one.is_none() && other.is_none(),
    }
}

fn payload(
    draft: &mut Draft<'_>,
    type_name: &str,
    response: &Response,
    content: &Content,
    kind: Kind,
) -> Payload {
    let why = match kind {
        Kind::Json => {
            return match &content.schema {
                Some(schema) => json(draft, type_name, response, schema),
                None => Payload::Any,
            };
        }
        Kind::Text => return Payload::Text,
        Kind::Bytes => "only JSON has a type, other documents are bytes",
        Kind::Stream => "only JSON has a type, the stream is bytes",
    };
    if structured(content) {
        lose_schema(draft, response, content, why);
    }
    if kind == Kind::Bytes { Payload::Bytes } else { Payload::Stream }
}

fn lose_schema(draft: &mut Draft<'_>, response: &Response, content: &Content, why: &'static str) {
    let what = format!("the schema of response {} as `{}`", response.status, content.media_type);
    draft.lose(PASS, &content.pointer, what, why);
}

fn json(draft: &mut Draft<'_>, type_name: &str, response: &Response, schema: &Schema) -> Payload {
    // A schema that says nothing is JSON of any shape, and no type that wraps it.
    if schema.value().as_object().is_some_and(serde_json::Map::is_empty)
        || *schema.value() == Value::Bool(true)
    {
        return Payload::Any;
    }
    let slot = draft.schema_at(schema.pointer());
    if let Some(name) = draft.named.get(schema.pointer()) {
        return Payload::Json(name.clone());
    }
    let name = draft.add(&wanted(type_name, response), slot);
    draft.named.insert(schema.pointer().clone(), name.clone());
    Payload::Json(name)
}

/// A shared response names the type by its own name, any other by operation and status.
fn wanted(type_name: &str, response: &Response) -> String {
    let shared = response.pointer.parent().is_some_and(|parent| parent.as_str() == "/components/responses");
    match response.pointer.last() {
        Some(name) if shared => name,
        _ => format!("{type_name} {}", words(response.status)),
    }
}
