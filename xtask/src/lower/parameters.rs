//! Parameters: those that a security scheme repeats go, the others become arguments that know how they are written.

use rescind_specs::{
    EmptyValue, KeyLocation, Operation, Parameter, ParameterLocation, ParameterStyle, SchemaType, SchemeKind,
};
use serde_json::json;

use super::wire_shape::{Lists, Shape, lists, shape};
use super::{Draft, Empty, Place, SchemaSlot, Writing};

const PASS: &str = "parameters";

pub(super) fn run(draft: &mut Draft<'_>) {
    for index in 0..draft.calls.len() {
        let operation = draft.calls[index].operation;
        for parameter in &operation.parameters {
            if repeats_scheme(draft, operation, parameter) || is_reserved(parameter) {
                continue;
            }
            if let Some(place) = place(draft, operation, parameter) {
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
        let known = |place: &Place| place.location == ParameterLocation::Path && place.name == name;
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
            location: ParameterLocation::Path,
            writing: Writing::Style { style: ParameterStyle::Simple, explode: false, reserved: false },
            required: true,
            empty: Empty::Excluded,
            description: None,
            slot: SchemaSlot { schema: json!({ "type": "string" }), pointer: operation.pointer.clone() },
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

fn place(draft: &mut Draft<'_>, operation: &Operation, parameter: &Parameter) -> Option<Place> {
    let what = format!("{} parameter `{}`", parameter.location, parameter.name);
    let mut lose = |what: String, why| draft.lose(PASS, &parameter.pointer, what, why);
    if parameter.location == ParameterLocation::Header && !is_token(&parameter.name) {
        lose(what, "this is not the name of a header");
        return None;
    }
    if parameter.location == ParameterLocation::Cookie && !is_token(&parameter.name) {
        lose(what, "this is not the name of a cookie");
        return None;
    }
    if parameter.location == ParameterLocation::Path
        && !operation.path.parameters().any(|name| name == parameter.name)
    {
        lose(what, "the path has no such part");
        return None;
    }
    let writing = writing(draft, parameter, &what);
    let mut slot = match &parameter.schema {
        Some(schema) => draft.schema_at(schema.pointer()),
        None if writing == Writing::Json => {
            SchemaSlot { schema: json!({}), pointer: parameter.pointer.clone() }
        }
        None => SchemaSlot { schema: json!({ "type": "string" }), pointer: parameter.pointer.clone() },
    };
    if let Some(object) = slot.schema.as_object_mut() {
        // Absence says the same.
        object.remove("nullable");
    }
    Some(Place {
        name: parameter.name.clone(),
        location: parameter.location,
        writing,
        required: parameter.required || parameter.location == ParameterLocation::Path,
        empty: empty(parameter),
        description: parameter.description.clone(),
        slot,
    })
}

/// RFC 9110 §5.6.2.
fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&byte))
}

/// How the value is written; what the specification leaves open is told.
fn writing(draft: &mut Draft<'_>, parameter: &Parameter, what: &str) -> Writing {
    use ParameterLocation::{Cookie, Header, Path, Query};
    use ParameterStyle::{DeepObject, Form, Label, Matrix, PipeDelimited, Simple, SpaceDelimited};

    let mut lose = |what: String, why| draft.lose(PASS, &parameter.pointer, what, why);
    if let Some(media_type) = &parameter.media_type {
        if !media_type.is_json()
            && parameter.schema.as_ref().is_some_and(|schema| shape(schema) != Shape::Scalar)
        {
            lose(format!("{what} as `{media_type}`"), "its members are written as JSON");
        }
        if media_type.is_json() {
            return Writing::Json;
        }
    }
    let style = match (parameter.location, parameter.style) {
        (Path, style @ (Simple | Label | Matrix))
        | (Header, style @ Simple)
        | (Cookie, style @ Form)
        | (Query, style @ (Form | SpaceDelimited | PipeDelimited | DeepObject)) => style,
        (location, _) => {
            lose(format!("the style of {what}"), "there is no such style in that place");
            if matches!(location, Path | Header) { Simple } else { Form }
        }
    };
    if let Some(schema) = &parameter.schema {
        match (style, shape(schema)) {
            (DeepObject, _) if lists(schema) == Lists::Some => {
                let why = "the specification has no style for them; each item is written with its number";
                lose(format!("the lists within {what}"), why);
            }
            (DeepObject, _) => {}
            (_, Shape::Nested) => {
                let why = "the specification has no style for it; it is written as JSON";
                lose(format!("what is within the items of {what}"), why);
            }
            _ => {}
        }
    }
    Writing::Style { style, explode: parameter.explode, reserved: parameter.allow_reserved }
}

/// Whether a call may send the name with nothing behind it, which no value of the schema says.
fn empty(parameter: &Parameter) -> Empty {
    let says_itself = parameter.schema.as_ref().is_some_and(|schema| {
        schema.kind() == Some(SchemaType::String)
            && ["enum", "pattern", "minLength", "format"]
                .into_iter()
                .all(|keyword| schema.keyword(keyword).is_none())
    });
    if parameter.location == ParameterLocation::Query
        && parameter.empty_value == EmptyValue::Allowed
        && !says_itself
    {
        Empty::Allowed
    } else {
        Empty::Excluded
    }
}
