//! Does an instance satisfy a schema, and if not, where and by which keyword?

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, Registry};
use serde_json::{Map, Value, json};

use crate::{Document, Pointer, Schema};

/// Which way a body travels; `readOnly` and `writeOnly` depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the caller to the deployment.
    Request,
    /// From the deployment to the caller.
    Response,
}

/// One way in which an instance breaks a schema. It never repeats the instance's value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// Where in the instance; for a missing member, where it would stand.
    pub pointer: Pointer,
    /// The broken keyword, such as `maxLength`.
    pub keyword: String,
    /// What is documented, as a phrase: `at most 255 characters`.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = self.pointer.as_str();
        write!(
            f,
            "{}: {} ({})",
            if pointer.is_empty() { "body" } else { pointer },
            self.message,
            self.keyword
        )
    }
}

/// A compiled schema.
#[derive(Clone)]
pub struct Validator(Arc<jsonschema::Validator>);

impl fmt::Debug for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Validator")
    }
}

impl Validator {
    /// Whether `instance` satisfies the schema. Faster than [`Validator::violations`].
    pub fn is_valid(&self, instance: &Value) -> bool {
        self.0.is_valid(instance)
    }

    /// Every violation, in the order of the schema; empty when the instance satisfies it.
    pub fn violations(&self, instance: &Value) -> Vec<Violation> {
        self.0.iter_errors(instance).map(|error| violation(&error)).collect()
    }
}

/// The validators of a document, compiled on first use.
#[derive(Debug)]
pub(crate) struct Validators {
    document: Document,
    request: OnceLock<Result<Registry<'static>, String>>,
    response: OnceLock<Result<Registry<'static>, String>>,
    compiled: Mutex<HashMap<(Direction, Pointer), Validator>>,
}

/// The URI under which the rewritten document is registered.
const BASE: &str = "rescind:/document";

impl Validators {
    pub(crate) fn new(document: &Document) -> Self {
        Self {
            document: document.clone(),
            request: OnceLock::new(),
            response: OnceLock::new(),
            compiled: Mutex::default(),
        }
    }

    fn registry(&self, direction: Direction) -> Result<&Registry<'static>, String> {
        let cell = match direction {
            Direction::Request => &self.request,
            Direction::Response => &self.response,
        };
        let registry = cell.get_or_init(|| {
            let mut root = self.document.root().clone();
            rewrite(&mut root, direction);
            Registry::new()
                .draft(Draft::Draft4)
                .add(BASE, root)
                .and_then(jsonschema::RegistryBuilder::prepare)
                .map_err(|error| error.to_string())
        });
        registry.as_ref().map_err(Clone::clone)
    }

    /// The validator of `schema`; an error is the text of why the schema cannot be compiled.
    pub(crate) fn get(&self, schema: &Schema, direction: Direction) -> Result<Validator, String> {
        let key = (direction, schema.pointer().clone());
        let lock = || self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = lock().get(&key) {
            return Ok(validator.clone());
        }
        let registry = self.registry(direction)?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft4)
            .with_registry(registry)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true)
            .with_format("uuid", |text: &str| is_uuid(text))
            .with_format("byte", is_base64)
            .with_format("uri-reference", |text: &str| !text.contains(char::is_whitespace))
            .build(&json!({ "$ref": format!("{BASE}#{}", schema.pointer().to_fragment()) }))
            .map_err(|error| error.to_string())?;
        let validator = Validator(Arc::new(validator));
        lock().insert(key, validator.clone());
        Ok(validator)
    }
}

/// Turns OpenAPI 3.0 schemas into JSON Schema draft 4, in place, so that every pointer stays what it was.
fn rewrite(value: &mut Value, direction: Direction) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, direction)),
        Value::Object(object) => {
            rewrite_object(object, direction);
            for (key, child) in object.iter_mut() {
                // Values under these are instances or data, never schemas.
                if !matches!(key.as_str(), "enum" | "default" | "required" | "example" | "examples") {
                    rewrite(child, direction);
                }
            }
        }
        _ => {}
    }
}

fn rewrite_object(object: &mut Map<String, Value>, direction: Direction) {
    // Draft 4 would take an `id` inside an example for a base URI.
    if !object.get("example").is_some_and(is_schema_like) {
        object.remove("example");
    }
    let Some(kind) = object.get("type").and_then(Value::as_str).map(str::to_owned) else {
        return hide(object, direction);
    };
    if object.get("nullable") == Some(&Value::Bool(true)) {
        object.insert("type".into(), json!([kind, "null"]));
        if let Some(Value::Array(values)) = object.get_mut("enum")
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
    }
    if kind == "integer" {
        let bounds = match object.get("format").and_then(Value::as_str) {
            Some("int32") => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
            Some("int64") => Some((i64::MIN, i64::MAX)),
            _ => None,
        };
        if let Some((low, high)) = bounds {
            object.entry("minimum").or_insert(json!(low));
            object.entry("maximum").or_insert(json!(high));
        }
    }
    hide(object, direction);
}

/// A property called `example` is a schema; the keyword `example` is an instance.
fn is_schema_like(value: &Value) -> bool {
    value.as_object().is_some_and(|object| {
        ["$ref", "type", "allOf", "anyOf", "oneOf"].iter().any(|key| object.contains_key(*key))
            && object.get("type").is_none_or(Value::is_string)
    })
}

/// A required `readOnly` property is required of responses only, a `writeOnly` one of requests only
/// (OpenAPI 3.0.3, Schema Object).
fn hide(object: &mut Map<String, Value>, direction: Direction) {
    let flag = match direction {
        Direction::Request => "readOnly",
        Direction::Response => "writeOnly",
    };
    let hidden: Vec<String> = object
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(_, schema)| schema.get(flag) == Some(&Value::Bool(true)))
        .map(|(name, _)| name.clone())
        .collect();
    if hidden.is_empty() {
        return;
    }
    let mut empty = false;
    if let Some(Value::Array(required)) = object.get_mut("required") {
        required.retain(|name| name.as_str().is_none_or(|name| !hidden.iter().any(|hidden| hidden == name)));
        empty = required.is_empty();
    }
    if empty {
        // Draft 4 demands at least one name.
        object.remove("required");
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - body.len() <= 2
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

fn violation(error: &jsonschema::ValidationError<'_>) -> Violation {
    use ValidationErrorKind as Kind;

    let mut pointer = Pointer::parse(error.instance_path().as_str()).unwrap_or_default();
    let message = match error.kind() {
        Kind::Required { property } => {
            if let Some(name) = property.as_str() {
                pointer = pointer.join(name);
            }
            "is required".to_owned()
        }
        Kind::Type { kind } => format!("must be of type {}", type_names(kind)),
        Kind::MinLength { limit } => format!("must have at least {limit} characters"),
        Kind::MaxLength { limit } => format!("must have at most {limit} characters"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be greater than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::MinItems { limit } => format!("must have at least {limit} items"),
        Kind::MaxItems { limit } => format!("must have at most {limit} items"),
        Kind::MinProperties { limit } => format!("must have at least {limit} members"),
        Kind::MaxProperties { limit } => format!("must have at most {limit} members"),
        Kind::Pattern { pattern } => format!("must match the pattern {pattern}"),
        Kind::Format { format } => format!("must be in the format {format}"),
        Kind::Enum { options } => format!("must be one of {options}"),
        Kind::AdditionalProperties { .. } => "has a member that is not documented".to_owned(),
        Kind::UniqueItems => "must not repeat an item".to_owned(),
        Kind::MultipleOf { multiple_of } => format!("must be a multiple of {multiple_of}"),
        Kind::OneOfNotValid { .. } | Kind::AnyOf { .. } => "matches none of the documented forms".to_owned(),
        Kind::OneOfMultipleValid { .. } => "matches more than one of the documented forms".to_owned(),
        Kind::Not { .. } => "matches a form that is excluded".to_owned(),
        other => format!("breaks {}", other.keyword()),
    };
    Violation { pointer, keyword: error.kind().keyword().to_owned(), message }
}

fn type_names(kind: &jsonschema::error::TypeKind) -> String {
    use jsonschema::error::TypeKind;

    match kind {
        TypeKind::Single(single) => single.to_string(),
        TypeKind::Multiple(several) => {
            several.iter().map(|single| single.to_string()).collect::<Vec<_>>().join(" or ")
        }
    }
}
