//! A request that keeps the contract, on its way into the types of its operation.

use bytes::Bytes;
use rescind_specs::Pointer;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Context;
use super::answer::RawBody;
use super::rejection::{Location, Rejection, RequestViolation};

/// A body that keeps the contract. Without a `Debug`, because it may hold secrets.
#[derive(Clone)]
pub enum AdmittedBody {
    /// The value of a JSON text or of a form.
    Json(Value),
    /// A text.
    Text(String),
    /// Anything else.
    Raw(RawBody),
}

/// The parts of a request after all checks. Without a `Debug`, because they may hold secrets.
#[derive(Clone)]
pub struct Admitted {
    /// Method, path, headers, extensions.
    pub context: Context,
    parameters: Vec<Slot>,
    body: Option<(usize, AdmittedBody)>,
}

/// The value of one documented parameter.
#[derive(Clone)]
pub(crate) struct Slot {
    pub(crate) location: Location,
    pub(crate) name: String,
    pub(crate) value: Option<Value>,
}

impl Admitted {
    pub(crate) fn new(context: Context, parameters: Vec<Slot>, body: Option<(usize, AdmittedBody)>) -> Self {
        Self { context, parameters, body }
    }

    /// The value of the parameter at that place of the operation's list; for callers that know no types.
    pub fn value(&self, index: usize) -> Option<&Value> {
        self.parameters.get(index)?.value.as_ref()
    }

    /// The body, for callers that know no types.
    pub fn raw_body(&self) -> Option<&AdmittedBody> {
        self.body.as_ref().map(|(_, body)| body)
    }

    /// The parameter at that place of the operation's list.
    pub fn parameter<T: DeserializeOwned>(&mut self, index: usize) -> Result<T, Rejection> {
        let value = self.parameters.get_mut(index).and_then(|slot| slot.value.take());
        match value {
            Some(value) => self.typed(Some(index), value),
            None => Err(self.violation(Some(index), Pointer::root(), "required", "is required")),
        }
    }

    /// The parameter at that place of the operation's list, which need not be there.
    pub fn optional_parameter<T: DeserializeOwned>(&mut self, index: usize) -> Result<Option<T>, Rejection> {
        let value = self.parameters.get_mut(index).and_then(|slot| slot.value.take());
        value.map(|value| self.typed(Some(index), value)).transpose()
    }

    /// Which of the documented media types the body has; `None` without a body.
    pub fn content(&self) -> Option<usize> {
        self.body.as_ref().map(|(content, _)| *content)
    }

    /// The body of a JSON text or a form.
    pub fn body<T: DeserializeOwned>(&mut self) -> Result<T, Rejection> {
        match self.body.take() {
            Some((_, AdmittedBody::Json(value))) => self.typed(None, value),
            Some((_, AdmittedBody::Text(text))) => self.typed(None, Value::String(text)),
            Some((_, AdmittedBody::Raw(_))) | None => Err(self.missing_body()),
        }
    }

    /// The body as text.
    pub fn text_body(&mut self) -> Result<String, Rejection> {
        match self.body.take() {
            Some((_, AdmittedBody::Text(text))) => Ok(text),
            _ => Err(self.missing_body()),
        }
    }

    /// The bytes of the body.
    pub fn bytes_body(&mut self) -> Result<Bytes, Rejection> {
        self.raw().map(|raw| raw.bytes)
    }

    /// The bytes of the body with their media type.
    pub fn raw(&mut self) -> Result<RawBody, Rejection> {
        match self.body.take() {
            Some((_, AdmittedBody::Raw(raw))) => Ok(raw),
            _ => Err(self.missing_body()),
        }
    }

    /// What stands for a body that is required and not there.
    pub fn missing_body(&self) -> Rejection {
        self.violation(None, Pointer::root(), "required", "is required")
    }

    /// A schema can allow what its Rust type cannot hold, such as an integer of a hundred digits.
    fn typed<T: DeserializeOwned>(&self, parameter: Option<usize>, value: Value) -> Result<T, Rejection> {
        serde_path_to_error::deserialize(value).map_err(|error| {
            // The error's text may repeat the value.
            let pointer = error.path().iter().fold(Pointer::root(), |at, step| match step {
                serde_path_to_error::Segment::Seq { index } => at.index(*index),
                serde_path_to_error::Segment::Map { key } => at.join(key),
                _ => at,
            });
            self.violation(parameter, pointer, "type", "is beyond what this server can represent")
        })
    }

    fn violation(
        &self,
        parameter: Option<usize>,
        pointer: Pointer,
        keyword: &str,
        message: &str,
    ) -> Rejection {
        let slot = parameter.and_then(|index| self.parameters.get(index));
        Rejection::Violations(vec![RequestViolation {
            location: slot.map_or(Location::Body, |slot| slot.location),
            parameter: slot.map(|slot| slot.name.clone()),
            pointer,
            keyword: keyword.to_owned(),
            message: message.to_owned(),
        }])
    }
}
