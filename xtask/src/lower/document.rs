//! The lowered document in the shape that progenitor reads.

use std::collections::BTreeMap;

use rescind_specs::StatusPattern;
use serde_json::{Map, Value, json};

use super::{BodyKind, Call, Draft, Shape, TypeRef};

/// Names of the types in the document that progenitor reads, by their names in the output. Types are written by an
/// emitter of our own; progenitor needs to know only that they are there.
pub(crate) fn stand_ins<'d>(draft: &'d Draft<'_>) -> BTreeMap<&'d str, String> {
    draft.types.keys().enumerate().map(|(index, name)| (name.as_str(), format!("T{index}"))).collect()
}

/// The OpenAPI 3.0 document of a draft.
///
/// Operations and parameters are numbered (`op0`, `p0`): progenitor makes identifiers of their names in its own way,
/// which knows no collisions. The emitter puts the real names back.
pub fn document(draft: &Draft<'_>) -> Value {
    let names = stand_ins(draft);
    let mut paths = Map::new();
    for (index, call) in draft.calls.iter().enumerate() {
        let path = path(index, call);
        let item = paths.entry(path).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(
                call.operation.method.as_str().to_ascii_lowercase(),
                operation(draft, &names, index, call),
            );
        }
    }
    let schemas: Map<String, Value> = names
        .iter()
        .map(|(name, stand_in)| {
            let schema = match draft.types.get(*name).map(|definition| &definition.shape) {
                // What can be built member by member is an object.
                Some(Shape::Struct(_)) => {
                    json!({ "type": "object", "properties": { "any": { "type": "string" } } })
                }
                _ => json!({ "type": "string", "maxLength": 1 }),
            };
            (stand_in.clone(), schema)
        })
        .collect();
    json!({
        "openapi": "3.0.3",
        "info": { "title": draft.contract.title(), "version": draft.contract.version() },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

/// A path that holds the parameters and nothing else; the emitter writes the real one.
fn path(index: usize, call: &Call<'_>) -> String {
    call.parameters
        .iter()
        .enumerate()
        .filter(|(_, place)| place.location == "path")
        .fold(format!("/op{index}"), |text, (position, _)| format!("{text}/{{p{position}}}"))
}

fn operation(draft: &Draft<'_>, names: &BTreeMap<&str, String>, index: usize, call: &Call<'_>) -> Value {
    let parameters: Vec<Value> = call
        .parameters
        .iter()
        .enumerate()
        .map(|(position, place)| {
            json!({
                "name": format!("p{position}"),
                "in": place.location,
                "required": place.required,
                "schema": plain(&draft.type_ref(&place.slot.schema), names),
            })
        })
        .collect();
    let mut operation = json!({
        "operationId": format!("op{index}"),
        "parameters": parameters,
        // One answer of any kind: the typed layer reads the real ones.
        "responses": { "200": { "description": "", "content": { "*/*": {} } } },
    });
    if let Some(body) = &call.body {
        let media_type = match body.kind {
            BodyKind::Json => "application/json",
            BodyKind::Form => "application/x-www-form-urlencoded",
            BodyKind::Bytes => "application/octet-stream",
            BodyKind::Text => "text/plain",
        };
        let schema = match body.kind {
            BodyKind::Json | BodyKind::Form => plain(&draft.type_ref(&body.slot.schema), names),
            BodyKind::Bytes | BodyKind::Text => body.slot.schema.clone(),
        };
        let mut content = Map::new();
        content.insert(media_type.to_owned(), json!({ "schema": schema }));
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    operation
}

/// The schema that progenitor makes that type of.
fn plain(ty: &TypeRef, names: &BTreeMap<&str, String>) -> Value {
    let text = |format: &str| json!({ "type": "string", "format": format });
    match ty {
        TypeRef::Any => json!({}),
        TypeRef::Object => json!({ "type": "object" }),
        TypeRef::Text => json!({ "type": "string" }),
        TypeRef::Secret => text("password"),
        TypeRef::Timestamp => text("date-time"),
        TypeRef::Date => text("date"),
        TypeRef::Uuid => text("uuid"),
        TypeRef::Ip => text("ip"),
        TypeRef::Ipv4 => text("ipv4"),
        TypeRef::Ipv6 => text("ipv6"),
        TypeRef::Boolean => json!({ "type": "boolean" }),
        TypeRef::Integer(name) => {
            let format = match *name {
                "i8" => "int8",
                "i16" => "int16",
                "i32" => "int32",
                "u8" => "uint8",
                "u16" => "uint16",
                "u32" => "uint32",
                "u64" => "uint64",
                _ => "int64",
            };
            json!({ "type": "integer", "format": format })
        }
        TypeRef::Float("f32") => json!({ "type": "number", "format": "float" }),
        TypeRef::Float(_) | TypeRef::Number => json!({ "type": "number", "format": "double" }),
        TypeRef::Named(name) => match names.get(name.as_str()) {
            Some(stand_in) => Draft::reference(stand_in),
            None => json!({}),
        },
        TypeRef::List(item) => json!({ "type": "array", "items": plain(item, names) }),
        TypeRef::Map(value) => json!({ "type": "object", "additionalProperties": plain(value, names) }),
        TypeRef::Option(inner) => {
            let inner = plain(inner, names);
            json!({ "nullable": true, "oneOf": [inner] })
        }
    }
}

/// The name of a status in words: `NotFound`, `ClientError`, `Default`.
pub(crate) fn words(status: StatusPattern) -> String {
    match status {
        StatusPattern::Exact(code) => reason(code).map_or_else(|| format!("Status{code}"), str::to_owned),
        StatusPattern::Range(1) => "Informational".to_owned(),
        StatusPattern::Range(2) => "Success".to_owned(),
        StatusPattern::Range(3) => "Redirection".to_owned(),
        StatusPattern::Range(4) => "ClientError".to_owned(),
        StatusPattern::Range(5) => "ServerError".to_owned(),
        StatusPattern::Range(class) => format!("Status{class}xx"),
        StatusPattern::Default => "Default".to_owned(),
    }
}

/// Names of RFC 9110 §15 and the registered extensions.
fn reason(code: u16) -> Option<&'static str> {
    Some(match code {
        200 => "Ok",
        201 => "Created",
        202 => "Accepted",
        203 => "NonAuthoritativeInformation",
        204 => "NoContent",
        205 => "ResetContent",
        206 => "PartialContent",
        207 => "MultiStatus",
        300 => "MultipleChoices",
        301 => "MovedPermanently",
        302 => "Found",
        303 => "SeeOther",
        304 => "NotModified",
        307 => "TemporaryRedirect",
        308 => "PermanentRedirect",
        400 => "BadRequest",
        401 => "Unauthorized",
        402 => "PaymentRequired",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        406 => "NotAcceptable",
        407 => "ProxyAuthenticationRequired",
        408 => "RequestTimeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "LengthRequired",
        412 => "PreconditionFailed",
        413 => "ContentTooLarge",
        414 => "UriTooLong",
        415 => "UnsupportedMediaType",
        416 => "RangeNotSatisfiable",
        417 => "ExpectationFailed",
        418 => "ImATeapot",
        421 => "MisdirectedRequest",
        422 => "UnprocessableContent",
        423 => "Locked",
        424 => "FailedDependency",
        425 => "TooEarly",
        426 => "UpgradeRequired",
        428 => "PreconditionRequired",
        429 => "TooManyRequests",
        431 => "RequestHeaderFieldsTooLarge",
        451 => "UnavailableForLegalReasons",
        500 => "InternalServerError",
        501 => "NotImplemented",
        502 => "BadGateway",
        503 => "ServiceUnavailable",
        504 => "GatewayTimeout",
        505 => "HttpVersionNotSupported",
        507 => "InsufficientStorage",
        508 => "LoopDetected",
        511 => "NetworkAuthenticationRequired",
        _ => return None,
    })
}
