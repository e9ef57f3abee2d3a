//! Responses leave the document that progenitor sees, and are remembered for the typed layer.

use rescind_specs::{Response, StatusPattern};

use super::{Draft, Payload, Reply, words};

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
            let payload = payload(draft, &type_name, response);
            draft.calls[index].replies.push(Reply {
                status: response.status,
                description: response.description.clone(),
                payload,
                media_types: response.content.iter().map(|content| content.media_type.to_string()).collect(),
            });
        }
    }
}

fn payload(draft: &mut Draft<'_>, type_name: &str, response: &Response) -> Payload {
    // RFC 9110 §15.3.5: a 204 has no content, whatever the document says.
    if response.content.is_empty() || response.status == StatusPattern::Exact(204) {
        return Payload::Empty;
    }
    let json =
        response.content.iter().find(|content| content.media_type.is_json() && content.schema.is_some());
    let chosen = json.or_else(|| response.content.first());
    let Some(chosen) = chosen else { return Payload::Empty };
    for other in response.content.iter().filter(|content| content.pointer != chosen.pointer) {
        // The same schema under another JSON media type is decoded just as well.
        let same = other.media_type.is_json()
            && other.schema.as_ref().map(rescind_specs::Schema::pointer)
                == chosen.schema.as_ref().map(rescind_specs::Schema::pointer);
        if !same {
            let what = format!("response {} as `{}`", response.status, other.media_type);
            draft.lose(
                PASS,
                &other.pointer,
                what,
                "one media type of a response has a type, the others are bytes",
            );
        }
    }
    match &chosen.schema {
        Some(schema) if chosen.media_type.is_json() => {
            let slot = draft.schema_at(schema.pointer());
            if let Some(name) = draft.named.get(schema.pointer()) {
                return Payload::Json(name.clone());
            }
            let name = draft.add(&wanted(type_name, response), slot);
            draft.named.insert(schema.pointer().clone(), name.clone());
            Payload::Json(name)
        }
        _ if chosen.media_type.is_text() => Payload::Text,
        _ => Payload::Bytes,
    }
}

/// A shared response names the type by its own name, any other by operation and status.
fn wanted(type_name: &str, response: &Response) -> String {
    let shared = response.pointer.parent().is_some_and(|parent| parent.as_str() == "/components/responses");
    match response.pointer.last() {
        Some(name) if shared => name,
        _ => format!("{type_name} {}", words(response.status)),
    }
}
