//! Does an instance satisfy a schema, and if not, where and by which keyword?
//!
//! Two ways lead to one verdict. A schema is compiled into a [`program`], which is followed while a JSON text is read
//! into its Rust type; what it accepts is accepted. Whatever it does not accept is judged by the JSON Schema library,
//! which also names all violations. So refusing costs a second look, and accepting next to nothing.

mod checked;
mod compile;
mod format;
mod pattern;
mod program;
mod rewrite;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, Registry};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use self::checked::{At, Checked};
use self::compile::Compiler;
use self::program::Program;
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

/// A compiled schema. Cheap to clone.
#[derive(Clone)]
pub struct Validator(Arc<Compiled>);

struct Compiled {
    whole: jsonschema::Validator,
    pointer: Pointer,
    half: Arc<Half>,
    /// Made on first use; `None` where the schema has no program.
    program: OnceLock<Option<Program>>,
}

impl fmt::Debug for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Validator")
    }
}

impl Validator {
    /// Whether `instance` satisfies the schema. Faster than [`Validator::violations`].
    pub fn is_valid(&self, instance: &Value) -> bool {
        self.start().is_some_and(|at| IgnoredAny::deserialize(Checked { at, inner: instance }).is_ok())
            || self.0.whole.is_valid(instance)
    }

    /// Every violation, in the order of the schema; empty when the instance satisfies it.
    pub fn violations(&self, instance: &Value) -> Vec<Violation> {
        self.0.whole.iter_errors(instance).map(|error| violation(&error)).collect()
    }

    /// The value of a JSON text as a `T`, checked against the schema while it is read.
    ///
    /// `None` says that this did not work out, and not why: the text may be no JSON, break the schema, not fit `T`, or
    /// need a second look. Parse it, and ask [`Validator::violations`]. `Some` is certain.
    pub fn read<'t, T: Deserialize<'t>>(&self, text: &'t [u8]) -> Option<T> {
        // Once for all strings, and for those that nobody looks at.
        let text = str::from_utf8(text).ok()?;
        let mut inner = serde_json::Deserializer::from_str(text);
        let value = T::deserialize(Checked { at: self.start()?, inner: &mut inner }).ok()?;
        inner.end().ok()?;
        Some(value)
    }

    fn start(&self) -> Option<At<'_>> {
        let compiled = &*self.0;
        let program = compiled.program.get_or_init(|| {
            let whole = |pointer: &Pointer| compiled.half.build(pointer).ok();
            Compiler::new(&compiled.half.root, &whole).compile(&compiled.pointer)
        });
        At::start(program.as_ref()?)
    }
}

/// The validators of a document, compiled on first use.
#[derive(Debug)]
pub(crate) struct Validators {
    document: Document,
    request: OnceLock<Result<Arc<Half>, String>>,
    response: OnceLock<Result<Arc<Half>, String>>,
    compiled: Mutex<HashMap<(Direction, Pointer), Validator>>,
}

/// The document as one direction sees it.
#[derive(Debug)]
struct Half {
    root: Value,
    registry: Registry<'static>,
}

/// The URI under which the rewritten document is registered.
const BASE: &str = "rescind:/document";

impl Half {
    fn new(document: &Document, direction: Direction) -> Result<Self, jsonschema::ReferencingError> {
        let mut root = document.root().clone();
        rewrite::rewrite(&mut root, direction);
        let registry = Registry::new().draft(Draft::Draft4).add(BASE, root.clone())?.prepare()?;
        Ok(Self { root, registry })
    }

    fn build(&self, pointer: &Pointer) -> Result<jsonschema::Validator, String> {
        format::options()
            .with_registry(&self.registry)
            .build(&json!({ "$ref": format!("{BASE}#{}", pointer.to_fragment()) }))
            .map_err(|error| error.to_string())
    }
}

impl Validators {
    pub(crate) fn new(document: &Document) -> Self {
        Self {
            document: document.clone(),
            request: OnceLock::new(),
            response: OnceLock::new(),
            compiled: Mutex::default(),
        }
    }

    fn half(&self, direction: Direction) -> Result<&Arc<Half>, String> {
        let cell = match direction {
            Direction::Request => &self.request,
            Direction::Response => &self.response,
        };
        let half = cell.get_or_init(|| {
            Half::new(&self.document, direction).map(Arc::new).map_err(|error| error.to_string())
        });
        half.as_ref().map_err(Clone::clone)
    }

    /// The validator of `schema`; an error is the text of why the schema cannot be compiled.
    pub(crate) fn get(&self, schema: &Schema, direction: Direction) -> Result<Validator, String> {
        let key = (direction, schema.pointer().clone());
        let lock = || self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = lock().get(&key) {
            return Ok(validator.clone());
        }
        let half = self.half(direction)?;
        let validator = Validator(Arc::new(Compiled {
            whole: half.build(schema.pointer())?,
            pointer: schema.pointer().clone(),
            half: half.clone(),
            program: OnceLock::new(),
        }));
        lock().insert(key, validator.clone());
        Ok(validator)
    }
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
        Kind::Not { schema } if schema.get(rewrite::ONE_WAY).is_some() => {
            return Violation {
                pointer,
                keyword: "readOnly".to_owned(),
                message: "is for answers only".to_owned(),
            };
        }
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
