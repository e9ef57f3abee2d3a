//! Parameters: those that a security scheme repeats go, and so do those that no argument can express.

use rescind_specs::{KeyLocation, Operation, Parameter, ParameterLocation, ParameterStyle, SchemeKind};
use serde_json::Value;

use super::{Draft, Place};

const PASS: &str = "parameters";

pub(super) fn run(draft: &mut Draft<'_>) {
    for index in 0..draft.calls.len() {
        let operation = draft.calls[index].operation;
        for parameter in &operation.parameters {
            if repeats_scheme(draft, operation, parameter) || is_reserved(parameter) {
                continue;
            }
            if let Some(place) = place(draft, parameter) {
                draft.calls[index].parameters.push(place);
            }
        }
        undeclared(draft, index);
    }
}

/// A part of the path that no parameter declares is an argument all the same.
fn undeclared(draft: &mut Draft<'_>, index: usize) {
    let operation = draft.calls[index].operation;
    for name in operation.path.parameters() {
        let known = |place: &Place| place.location == "path" && place.name == name;
        if draft.calls[index].parameters.iter().any(known) {
            continue;
        }
        draft.lose(
            PASS,
            &operation.pointer,
            format!("the type of `{{{name}}}` in the path"),
            "it is not declared",
        );
        draft.calls[index].parameters.push(Place {
            name: name.to_owned(),
            location: "path",
            required: true,
            description: None,
            slot: super::SchemaSlot {
                schema: serde_json::json!({ "type": "string" }),
                pointer: operation.pointer.clone(),
            },
        });
    }
}

/// Whether the parameter is the API key of a scheme that the operation requires: the credential fills it.
fn repeats_scheme(draft: &Draft<'_>, operation: &Operation, parameter: &Parameter) -> bool {
    operation.security.schemes().into_iter().filter_map(|name| draft.contract.scheme(name)).any(|scheme| {
        match &scheme.kind {
            SchemeKind::ApiKey { location: KeyLocation::Header, name } => {
                parameter.location == ParameterLocation::Header && parameter.name.eq_ignore_ascii_case(name)
            }
            SchemeKind::ApiKey { location: KeyLocation::Query, name } => {
                parameter.location == ParameterLocation::Query && parameter.name == *name
            }
            SchemeKind::ApiKey { location: KeyLocation::Cookie, name } => {
                parameter.location == ParameterLocation::Cookie && parameter.name == *name
            }
            SchemeKind::Basic | SchemeKind::Bearer | SchemeKind::OtherHttp(_) => false,
        }
    })
}

/// Header parameters that OpenAPI 3.0.3 says "shall be ignored" (Parameter Object, `name`).
fn is_reserved(parameter: &Parameter) -> bool {
    parameter.location == ParameterLocation::Header
        && ["accept", "content-type", "authorization"]
            .iter()
            .any(|name| parameter.name.eq_ignore_ascii_case(name))
}

fn place(draft: &mut Draft<'_>, parameter: &Parameter) -> Option<Place> {
    let what = || format!("{} parameter `{}`", parameter.location, parameter.name);
    let location = match (parameter.location, parameter.style) {
        (ParameterLocation::Path, ParameterStyle::Simple) => "path",
        (ParameterLocation::Query, ParameterStyle::Form) => "query",
        (ParameterLocation::Header, ParameterStyle::Simple) => "header",
        (ParameterLocation::Cookie, _) => {
            draft.lose(PASS, &parameter.pointer, what(), "cookies are not sent by the client");
            return None;
        }
        _ => {
            draft.lose(PASS, &parameter.pointer, what(), "this style of writing values is not supported");
            return text_in_path(parameter);
        }
    };
    if location == "header"
        && !parameter
            .name
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&byte))
    {
        draft.lose(PASS, &parameter.pointer, what(), "this is not the name of a header");
        return None;
    }
    let Some(schema) = &parameter.schema else {
        draft.lose(PASS, &parameter.pointer, what(), "a parameter with `content` is not supported");
        return text_in_path(parameter);
    };
    let mut slot = draft.schema_at(schema.pointer());
    let kind = schema.value().get("type").and_then(Value::as_str);
    let structured = matches!(kind, Some("array" | "object"))
        || ["allOf", "anyOf", "oneOf"].iter().any(|keyword| schema.value().get(keyword).is_some());
    let takes_array =
        parameter.location == ParameterLocation::Query && kind == Some("array") && parameter.explode;
    if structured && !takes_array {
        draft.lose(
            PASS,
            &parameter.pointer,
            format!("the type of {}", what()),
            "it is written as plain text",
        );
        slot.schema = serde_json::json!({ "type": "string" });
    } else if let Some(object) = slot.schema.as_object_mut() {
        // Absence says the same, and a header cannot carry null.
        object.remove("nullable");
    }
    Some(Place {
        name: parameter.name.clone(),
        location,
        required: parameter.required || location == "path",
        description: parameter.description.clone(),
        slot,
    })
}

/// A path without its parameter cannot be built, so it stays, as text.
fn text_in_path(parameter: &Parameter) -> Option<Place> {
    (parameter.location == ParameterLocation::Path).then(|| Place {
        name: parameter.name.clone(),
        location: "path",
        required: true,
        description: parameter.description.clone(),
        slot: super::SchemaSlot {
            schema: serde_json::json!({ "type": "string" }),
            pointer: parameter.pointer.clone(),
        },
    })
}
