//! The body of a request: read within bounds, of a documented media type, parsed and checked.

use axum::body::Body;
use axum::body::HttpBody as _;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use rescind_specs::{
    Content, Contract, Diagnostic, Direction, MediaType, Pointer, RequestBody, Validator, Violation,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::arriving::BodyStream;
use super::multipart::Multipart;
use super::rejection::{Location, Rejection, RequestViolation};
use super::shape::Shape;
use super::{Limits, multipart, text};

/// The documented body of one operation, ready to be read from requests.
#[derive(Debug)]
pub(crate) struct Reader {
    documented: RequestBody,
    contents: Vec<Kind>,
}

/// How one documented media type is read.
#[derive(Debug)]
struct Kind {
    encoding: Encoding,
    validator: Option<Validator>,
    /// As a well-behaved `Content-Type` has it.
    essence: String,
}

#[derive(Debug)]
enum Encoding {
    Json,
    Form(Shape),
    Multipart(multipart::Reader),
    Text,
    Raw,
}

/// A body of a documented media type, not yet checked against its schema.
pub(crate) struct Parsed {
    /// The place of the media type.
    pub(crate) content: usize,
    pub(crate) held: Held,
    /// How much of a stream is read for callers that want it as a whole.
    pub(crate) limit: usize,
}

impl Parsed {
    /// Whether the body is a text that nobody has looked at.
    pub(crate) fn is_unread(&self) -> bool {
        matches!(self.held, Held::Unread(_))
    }
}

/// What there is of a body.
pub(crate) enum Held {
    /// The bytes of what should be a JSON text.
    Unread(Bytes),
    /// A form.
    Value(Value),
    Text(String),
    Multipart(Multipart, Vec<RequestViolation>),
    Stream(BodyStream),
}

/// Refuses a body that is announced as longer than `limit`.
fn within(headers: &HeaderMap, limit: usize) -> Result<(), Rejection> {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    match length {
        Some(length) if usize::try_from(length).map_or(true, |length| length > limit) => {
            Err(Rejection::TooLarge { limit })
        }
        _ => Ok(()),
    }
}

fn malformed(reason: impl Into<String>) -> Rejection {
    Rejection::MalformedBody { reason: reason.into() }
}

impl Reader {
    pub(crate) fn new(contract: &Contract, documented: &RequestBody) -> Result<Self, Diagnostic> {
        let kind = |content: &Content| {
            let encoding = if content.media_type.is_json() {
                Encoding::Json
            } else if content.media_type.is_form() {
                Encoding::Form(Shape::of(content.schema.as_ref()))
            } else if content.media_type.is_multipart_form() && !content.media_type.is_range() {
                Encoding::Multipart(multipart::Reader::new(content))
            } else if content.media_type.is_text() && !content.media_type.is_range() {
                Encoding::Text
            } else {
                Encoding::Raw
            };
            let schema = content.schema.as_ref().filter(|_| !matches!(encoding, Encoding::Raw));
            let validator =
                schema.map(|schema| contract.validator(schema, Direction::Request)).transpose()?;
            Ok(Kind { encoding, validator, essence: content.media_type.to_string() })
        };
        let contents = documented.content.iter().map(kind).collect::<Result<_, Diagnostic>>()?;
        Ok(Self { contents, documented: documented.clone() })
    }

    /// Reads a body by its media type; no bytes are no body.
    pub(crate) async fn read(
        &self,
        headers: &HeaderMap,
        body: Body,
        limits: Limits,
    ) -> Result<Option<Parsed>, Rejection> {
        let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let found = self.content(given);
        let streamed = found.filter(|(_, kind)| matches!(kind.encoding, Encoding::Raw));
        let limit = if streamed.is_some() { limits.stream } else { limits.body };
        within(headers, limit)?;
        if body.is_end_stream() {
            return Ok(None);
        }
        let parsed = |content, held| Ok(Some(Parsed { content, held, limit: limits.body }));
        if let Some((content, _)) = streamed {
            return parsed(content, Held::Stream(BodyStream::new(given.to_owned(), body, limit)));
        }
        let bytes = BodyStream::new(String::new(), body, limit).bytes(limit).await?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let Some((content, kind)) = found else {
            let documented = self.documented.content.iter().map(|content| content.media_type.clone());
            return Err(Rejection::UnsupportedMediaType { documented: documented.collect() });
        };
        let held = match &kind.encoding {
            Encoding::Json | Encoding::Raw => Held::Unread(bytes),
            Encoding::Form(shape) => {
                let form = form(shape, &bytes);
                let value = form.ok_or_else(|| malformed("it is no URL-encoded form of UTF-8 text"))?;
                Held::Value(value)
            }
            Encoding::Multipart(reader) => {
                let mut found = Vec::new();
                // Boxed, so that other requests need not carry room for it.
                let form = Box::pin(reader.read(given, bytes, &mut found)).await?;
                Held::Multipart(form, found)
            }
            Encoding::Text => {
                let text = String::from_utf8(bytes.to_vec()).map_err(|_| malformed("it is not UTF-8"))?;
                Held::Text(text)
            }
        };
        parsed(content, held)
    }

    /// Adds what is wrong with a body, or with there being none, to `found`.
    pub(crate) fn check(
        &self,
        parsed: Option<&Parsed>,
        found: &mut Vec<RequestViolation>,
    ) -> Result<(), Rejection> {
        let Some(parsed) = parsed else {
            if self.documented.required {
                found.push(violation(Pointer::root(), "required".to_owned(), "is required".to_owned()));
            }
            return Ok(());
        };
        match &parsed.held {
            Held::Unread(bytes) => self.value(parsed.content, bytes, found).map(drop)?,
            Held::Value(value) => self.judge(parsed.content, value, found),
            Held::Text(text) => self.judge(parsed.content, &Value::String(text.clone()), found),
            Held::Multipart(form, broken) => {
                found.extend(broken.iter().cloned());
                self.judge(parsed.content, &form.value(), found);
            }
            Held::Stream(_) => {}
        }
        Ok(())
    }

    /// A JSON text as a `T`, checked while it is read; `None` where that is not certain.
    pub(crate) fn typed<T: DeserializeOwned>(&self, content: usize, bytes: &[u8]) -> Option<T> {
        match &self.contents.get(content)?.validator {
            Some(validator) => validator.read(bytes),
            None => serde_json::from_slice(bytes).ok(),
        }
    }

    /// A JSON text as a value; what is wrong with it is added to `found`.
    pub(crate) fn value(
        &self,
        content: usize,
        bytes: &[u8],
        found: &mut Vec<RequestViolation>,
    ) -> Result<Value, Rejection> {
        let value = serde_json::from_slice(bytes).map_err(|error| malformed(place(&error)))?;
        self.judge(content, &value, found);
        Ok(value)
    }

    fn judge(&self, content: usize, value: &Value, found: &mut Vec<RequestViolation>) {
        let Some(kind) = self.contents.get(content) else { return };
        let validator = kind.validator.as_ref().filter(|validator| !validator.is_valid(value));
        let Some(validator) = validator else { return };
        let relevant = |broken: &Violation| match &kind.encoding {
            Encoding::Multipart(reader) => reader.relevant(broken),
            _ => true,
        };
        let violations = validator.violations(value).into_iter().filter(relevant);
        found.extend(violations.map(|broken| violation(broken.pointer, broken.keyword, broken.message)));
    }

    /// The documented media type that covers `given`, the most specific one first.
    fn content(&self, given: &str) -> Option<(usize, &Kind)> {
        let essence = given.split(';').next().unwrap_or_default().trim();
        let same = |kind: &Kind| kind.essence.eq_ignore_ascii_case(essence);
        if let Some(exact) = self.contents.iter().position(same) {
            return Some((exact, self.contents.get(exact)?));
        }
        let given: MediaType = given.parse().ok()?;
        let contents = self.documented.content.iter().zip(&self.contents).enumerate();
        contents
            .filter(|(_, (content, _))| content.media_type.accepts(&given))
            .min_by_key(|(_, (content, _))| content.media_type.is_range())
            .map(|(index, (_, kind))| (index, kind))
    }
}

fn violation(pointer: Pointer, keyword: String, message: String) -> RequestViolation {
    RequestViolation { location: Location::Body, parameter: None, pointer, keyword, message }
}

/// Where a JSON text is broken. The parser's own words can repeat a part of the text.
fn place(error: &serde_json::Error) -> String {
    let what = if error.is_eof() { "it ends too early" } else { "it is not JSON" };
    format!("{what} at line {}, column {}", error.line(), error.column())
}

fn form(shape: &Shape, bytes: &[u8]) -> Option<Value> {
    let text = str::from_utf8(bytes).ok()?;
    let decoded = text::pairs(text)
        .map(|(name, value)| Some((text::decode_form(name).ok()?, text::decode_form(value).ok()?)));
    Some(shape.assemble(decoded.collect::<Option<Vec<_>>>()?))
}
