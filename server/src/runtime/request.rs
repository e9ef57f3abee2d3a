//! A request that keeps the contract, on its way into the types of its operation.

use std::sync::Arc;

use rescind_specs::Pointer;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::Context;
use super::answer::RawBody;
use super::arriving::BodyStream;
use super::body::{self, Parsed};
use super::gate::Door;
use super::multipart::Multipart;
use super::rejection::{Location, Rejection, RequestViolation};

/// A body that keeps the contract. Without a `Debug`, because it may hold secrets.
#[derive(Clone)]
pub enum AdmittedBody {
    /// The value of a JSON text or of a form.
    Json(Value),
    /// A text.
    Text(String),
    /// A form of several parts.
    Multipart(Multipart),
    /// Anything else.
    Raw(RawBody),
}

/// A request whose parameters are checked, and whose body is on its way into a type: it is checked when it is read.
/// Without a `Debug`, because it may hold secrets.
pub struct Admitted {
    /// Method, path, headers, extensions.
    pub context: Context,
    door: Arc<Door>,
    parameters: Vec<Option<Value>>,
    body: Option<Parsed>,
}

impl Admitted {
    pub(crate) fn new(
        context: Context,
        door: Arc<Door>,
        parameters: Vec<Option<Value>>,
        body: Option<Parsed>,
    ) -> Self {
        Self { context, door, parameters, body }
    }

    /// The value of the parameter at that place of the operation's list; for callers that know no types.
    pub fn value(&self, index: usize) -> Option<&Value> {
        self.parameters.get(index)?.as_ref()
    }

    /// The body, checked, for callers that know no types.
    pub async fn raw_body(&mut self) -> Result<Option<AdmittedBody>, Rejection> {
        let Some(parsed) = self.body.take() else { return Ok(None) };
        let limit = parsed.limit;
        Ok(Some(match parsed.held {
            body::Held::Unread(bytes) => {
                let value = self.door.read_json(parsed.content, &bytes)?;
                AdmittedBody::Json(value)
            }
            body::Held::Value(value) => AdmittedBody::Json(value),
            body::Held::Text(text) => AdmittedBody::Text(text),
            body::Held::Multipart(form, _) => AdmittedBody::Multipart(form.settled()),
            body::Held::Stream(stream) => AdmittedBody::Raw(stream.into_raw(limit).await?),
        }))
    }

    /// Checks a body that nobody is going to read.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn check_body(&mut self) -> Result<(), Rejection> {
        let Some(parsed) = self.body.take() else { return Ok(()) };
        match parsed.held {
            body::Held::Unread(bytes) => {
                if self.door.typed_json::<IgnoredAny>(parsed.content, &bytes).is_none() {
                    self.door.read_json(parsed.content, &bytes)?;
                }
            }
            body::Held::Stream(mut stream) => while stream.chunk().await?.is_some() {},
            // Checked when they came in.
            body::Held::Value(_) | body::Held::Text(_) | body::Held::Multipart(..) => {}
        }
        Ok(())
    }

    /// The parameter at that place of the operation's list.
    pub fn parameter<T: DeserializeOwned>(&mut self, index: usize) -> Result<T, Rejection> {
        match self.parameters.get_mut(index).and_then(Option::take) {
            Some(value) => self.typed(Some(index), value),
            None => Err(self.violation(Some(index), Pointer::root(), "required", "is required")),
        }
    }

    /// The parameter at that place of the operation's list, which need not be there.
    pub fn optional_parameter<T: DeserializeOwned>(&mut self, index: usize) -> Result<Option<T>, Rejection> {
        let value = self.parameters.get_mut(index).and_then(Option::take);
        value.map(|value| self.typed(Some(index), value)).transpose()
    }

    /// Which of the documented media types the body has; `None` without a body.
    pub fn content(&self) -> Option<usize> {
        self.body.as_ref().map(|parsed| parsed.content)
    }

    /// The body of a JSON text or a form, checked on its way into `T`.
    pub fn body<T: DeserializeOwned>(&mut self) -> Result<T, Rejection> {
        let Some(Parsed { content, held, .. }) = self.body.take() else { return Err(self.missing_body()) };
        match held {
            body::Held::Unread(bytes) => {
                if let Some(body) = self.door.typed_json(content, &bytes) {
                    return Ok(body);
                }
                let value = self.door.read_json(content, &bytes)?;
                self.typed(None, value)
            }
            body::Held::Value(value) => self.typed(None, value),
            body::Held::Text(text) => self.typed(None, Value::String(text)),
            body::Held::Multipart(..) | body::Held::Stream(_) => Err(self.missing_body()),
        }
    }

    /// The body as text.
    pub fn text_body(&mut self) -> Result<String, Rejection> {
        match self.body.take() {
            Some(Parsed { held: body::Held::Text(text), .. }) => Ok(text),
            _ => Err(self.missing_body()),
        }
    }

    /// The body as a form of several parts.
    pub fn multipart(&mut self) -> Result<Multipart, Rejection> {
        match self.body.take() {
            Some(Parsed { held: body::Held::Multipart(form, _), .. }) => Ok(form.settled()),
            _ => Err(self.missing_body()),
        }
    }

    /// The body as it arrives.
    pub fn stream(&mut self) -> Result<BodyStream, Rejection> {
        match self.body.take() {
            Some(Parsed { held: body::Held::Stream(stream), .. }) => Ok(stream),
            _ => Err(self.missing_body()),
        }
    }

    /// What stands for a body that is required and not there.
    pub fn missing_body(&self) -> Rejection {
        self.violation(None, Pointer::root(), "required", "is required")
    }

    /// A schema can allow what its Rust type cannot hold, such as an integer of a hundred digits.
    fn typed<T: DeserializeOwned>(&self, parameter: Option<usize>, value: Value) -> Result<T, Rejection> {
        let message = "is beyond what this server can represent";
        if !matches!(value, Value::Array(_) | Value::Object(_)) {
            // The error's text may repeat the value.
            return T::deserialize(value)
                .map_err(|_| self.violation(parameter, Pointer::root(), "type", message));
        }
        serde_path_to_error::deserialize(value).map_err(|error| {
            let pointer = error.path().iter().fold(Pointer::root(), |at, step| match step {
                serde_path_to_error::Segment::Seq { index } => at.index(*index),
                serde_path_to_error::Segment::Map { key } => at.join(key),
                _ => at,
            });
            self.violation(parameter, pointer, "type", message)
        })
    }

    fn violation(
        &self,
        parameter: Option<usize>,
        pointer: Pointer,
        keyword: &str,
        message: &str,
    ) -> Rejection {
        let reader = parameter.and_then(|index| self.door.parameter(index));
        Rejection::Violations(vec![match reader {
            Some(reader) => reader.violation(pointer, keyword, message),
            None => RequestViolation {
                location: Location::Body,
                parameter: None,
                pointer,
                keyword: keyword.to_owned(),
                message: message.to_owned(),
            },
        }])
    }
}
