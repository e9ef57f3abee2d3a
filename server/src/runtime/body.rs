//! The body of a request: read within bounds, of a documented media type, parsed and checked.

use axum::body::Body;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use rescind_specs::{Content, Contract, Diagnostic, Direction, MediaType, Pointer, RequestBody, Validator};
use serde_json::Value;

use super::answer::RawBody;
use super::rejection::{Location, Rejection, RequestViolation};
use super::request::AdmittedBody;
use super::shape::Shape;
use super::text;

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
}

#[derive(Debug)]
enum Encoding {
    Json,
    Form(Shape),
    Text,
    Raw,
}

/// A body of a documented media type, not yet checked against its schema.
pub(crate) struct Parsed {
    content: usize,
    body: AdmittedBody,
}

/// The bytes of a body, no more than `limit`.
pub(crate) async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Rejection> {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
        return Err(Rejection::TooLarge { limit });
    }
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Rejection::TooLarge { limit }),
        Err(_) => Err(Rejection::MalformedBody { reason: "it ended early".to_owned() }),
    }
}

impl Reader {
    pub(crate) fn new(contract: &Contract, documented: &RequestBody) -> Result<Self, Diagnostic> {
        let kind = |content: &Content| {
            let encoding = if content.media_type.is_json() {
                Encoding::Json
            } else if content.media_type.is_form() {
                Encoding::Form(Shape::of(content.schema.as_ref()))
            } else if content.media_type.is_text() && !content.media_type.is_range() {
                Encoding::Text
            } else {
                Encoding::Raw
            };
            let schema = content.schema.as_ref().filter(|_| !matches!(encoding, Encoding::Raw));
            let validator =
                schema.map(|schema| contract.validator(schema, Direction::Request)).transpose()?;
            Ok(Kind { encoding, validator })
        };
        let contents = documented.content.iter().map(kind).collect::<Result<_, Diagnostic>>()?;
        Ok(Self { contents, documented: documented.clone() })
    }

    /// Parses the bytes by their media type; no bytes are no body.
    pub(crate) fn parse(&self, headers: &HeaderMap, bytes: Bytes) -> Result<Option<Parsed>, Rejection> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let found = given.and_then(|given| self.content(&given.parse().ok()?));
        let Some((content, kind)) = found else {
            let documented = self.documented.content.iter().map(|content| content.media_type.clone());
            return Err(Rejection::UnsupportedMediaType { documented: documented.collect() });
        };
        let malformed = |reason: String| Rejection::MalformedBody { reason };
        let body = match &kind.encoding {
            Encoding::Json => {
                AdmittedBody::Json(serde_json::from_slice(&bytes).map_err(|error| malformed(place(&error)))?)
            }
            Encoding::Form(shape) => {
                let reason = "it is no URL-encoded form of UTF-8 text";
                AdmittedBody::Json(form(shape, &bytes).ok_or_else(|| malformed(reason.to_owned()))?)
            }
            Encoding::Text => {
                let text = String::from_utf8(bytes.to_vec());
                AdmittedBody::Text(text.map_err(|_| malformed("it is not UTF-8".to_owned()))?)
            }
            Encoding::Raw => {
                AdmittedBody::Raw(RawBody { media_type: given.unwrap_or_default().to_owned(), bytes })
            }
        };
        Ok(Some(Parsed { content, body }))
    }

    /// Adds what is wrong with a body, or with there being none, to `found`.
    pub(crate) fn check(&self, parsed: Option<&Parsed>, found: &mut Vec<RequestViolation>) {
        let violation = |pointer: Pointer, keyword: &str, message: &str| RequestViolation {
            location: Location::Body,
            parameter: None,
            pointer,
            keyword: keyword.to_owned(),
            message: message.to_owned(),
        };
        let Some(parsed) = parsed else {
            if self.documented.required {
                found.push(violation(Pointer::root(), "required", "is required"));
            }
            return;
        };
        let Some(validator) = self.contents.get(parsed.content).and_then(|kind| kind.validator.as_ref())
        else {
            return;
        };
        let text;
        let value = match &parsed.body {
            AdmittedBody::Json(value) => value,
            AdmittedBody::Text(body) => {
                text = Value::String(body.clone());
                &text
            }
            AdmittedBody::Raw(_) => return,
        };
        if !validator.is_valid(value) {
            let violations = validator.violations(value);
            found.extend(
                violations
                    .into_iter()
                    .map(|broken| violation(broken.pointer, &broken.keyword, &broken.message)),
            );
        }
    }

    fn content(&self, given: &MediaType) -> Option<(usize, &Kind)> {
        let contents = self.documented.content.iter().zip(&self.contents).enumerate();
        contents
            .filter(|(_, (content, _))| content.media_type.accepts(given))
            .min_by_key(|(_, (content, _))| content.media_type.is_range())
            .map(|(index, (_, kind))| (index, kind))
    }
}

impl Parsed {
    pub(crate) fn into_admitted(self) -> (usize, AdmittedBody) {
        (self.content, self.body)
    }
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
