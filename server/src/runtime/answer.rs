//! An answer before it goes onto the wire: status, headers, body with its exact media type.

use std::fmt;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, InvalidHeaderValue};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use rescind_specs::MediaType;
use serde::Serialize;

use super::{OpenBody, StreamBody};

/// A body of a media type that the document leaves open.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RawBody {
    /// The value of `Content-Type`; empty where a request has none.
    pub media_type: String,
    /// The bytes.
    pub bytes: Bytes,
}

impl fmt::Debug for RawBody {
    /// Media type and length only; the bytes may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawBody({}, {} bytes)", self.media_type, self.bytes.len())
    }
}

/// The body of an answer.
pub enum AnswerBody {
    /// No body and no `Content-Type`.
    None,
    /// Bytes of a media type.
    Of {
        /// The value of `Content-Type`.
        media_type: HeaderValue,
        /// The bytes.
        bytes: Bytes,
    },
    /// Bytes of a media type that are not all there yet.
    Stream {
        /// The value of `Content-Type`.
        media_type: HeaderValue,
        /// The bytes to come.
        body: StreamBody,
    },
}

impl fmt::Debug for AnswerBody {
    /// Media type and length only; the bytes may hold a secret that is shown once.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Of { media_type, bytes } => write!(f, "Of({media_type:?}, {} bytes)", bytes.len()),
            Self::Stream { media_type, body } => write!(f, "Stream({media_type:?}, {body:?})"),
        }
    }
}

/// Status, headers and body.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers, save `Content-Type`, which belongs to the body.
    pub headers: HeaderMap,
    /// The body.
    pub body: AnswerBody,
    fault: Option<String>,
}

impl Answer {
    /// An answer without a body.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: AnswerBody::None, fault: None }
    }

    /// `value` as JSON; `media_type` is `application/json` or any other that ends in `+json`.
    pub fn json(status: StatusCode, media_type: &str, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(text) => Self::bytes(status, media_type, text),
            Err(error) => {
                Self::empty(status).with_fault(format!("the body cannot be written as JSON: {error}"))
            }
        }
    }

    /// A text.
    pub fn text(status: StatusCode, media_type: &str, text: impl Into<String>) -> Self {
        Self::bytes(status, media_type, text.into())
    }

    /// Bytes of any media type.
    pub fn bytes(status: StatusCode, media_type: &str, bytes: impl Into<Bytes>) -> Self {
        match content_type(media_type) {
            Ok(media_type) => {
                Self { body: AnswerBody::Of { media_type, bytes: bytes.into() }, ..Self::empty(status) }
            }
            Err(_) => Self::empty(status).with_fault("the media type cannot be written as a header"),
        }
    }

    /// Adds a header that the document names. A value that no header can carry spoils the answer: the caller gets the
    /// answer to an internal failure instead.
    #[must_use]
    pub fn with_header(self, name: &str, value: &str) -> Self {
        self.with_value(name, HeaderValue::from_str(value))
    }

    fn with_value(mut self, name: &str, value: Result<HeaderValue, InvalidHeaderValue>) -> Self {
        match (HeaderName::try_from(name), value) {
            (Ok(name), Ok(value)) => {
                self.headers.append(name, value);
                self
            }
            _ => self.with_fault(format!("the value of header {name} cannot be written")),
        }
    }

    /// Adds a header whose value is written as OpenAPI has it for headers: numbers and texts as they are, the items of
    /// an array separated by commas.
    #[must_use]
    pub fn with_typed_header(self, name: &str, value: &impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => self.with_value(name, header_value(value)),
            Err(error) => self.with_fault(format!("the value of header {name} cannot be written: {error}")),
        }
    }

    /// Bytes of any media type, sent as they come.
    pub fn stream(status: StatusCode, media_type: &str, body: impl Into<StreamBody>) -> Self {
        match HeaderValue::from_str(media_type) {
            Ok(media_type) => {
                Self { body: AnswerBody::Stream { media_type, body: body.into() }, ..Self::empty(status) }
            }
            Err(_) => Self::empty(status).with_fault("the media type cannot be written as a header"),
        }
    }

    /// Bytes of a media type that `documented`, a range, covers.
    pub fn open(status: StatusCode, documented: &str, body: OpenBody) -> Self {
        let parsed = (documented.parse::<MediaType>(), body.media_type.parse::<MediaType>());
        match parsed {
            (Ok(range), Ok(given)) if range.accepts(&given) => {
                Self::stream(status, &body.media_type, body.body)
            }
            _ => Self::empty(status)
                .with_fault(format!("the media type of the body is not within {documented}")),
        }
    }

    /// Adds the documented headers of a response.
    #[must_use]
    pub fn with_headers(self, headers: impl HeaderSet) -> Self {
        headers.write(self)
    }

    /// Spoils the answer if its status is one of those that another response documents.
    #[must_use]
    pub fn unless_documented(self, statuses: &[u16]) -> Self {
        let status = self.status.as_u16();
        if statuses.contains(&status) {
            self.with_fault(format!("status {status} has a documented response of its own"))
        } else {
            self
        }
    }

    /// Marks the answer as one that cannot be sent; `reason` is for the log.
    #[must_use]
    pub fn with_fault(mut self, reason: impl Into<String>) -> Self {
        self.fault.get_or_insert_with(|| reason.into());
        self
    }

    /// Why the answer cannot be sent, if it cannot.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }
}

/// The documented headers of a response.
pub trait HeaderSet {
    /// Adds them to an answer.
    fn write(self, answer: Answer) -> Answer;
}

/// A value of `Content-Type`; nothing is copied for those that nearly all answers have.
fn content_type(media_type: &str) -> Result<HeaderValue, InvalidHeaderValue> {
    match media_type {
        "application/json" => Ok(HeaderValue::from_static("application/json")),
        "application/problem+json" => Ok(HeaderValue::from_static("application/problem+json")),
        other => HeaderValue::from_str(other),
    }
}

/// A JSON value as the value of a header.
fn header_value(value: serde_json::Value) -> Result<HeaderValue, InvalidHeaderValue> {
    use serde_json::Value;

    match value {
        Value::Number(number) if number.is_i64() => Ok(number.as_i64().unwrap_or_default().into()),
        Value::String(text) => HeaderValue::try_from(text),
        other => HeaderValue::try_from(simple(&other)),
    }
}

/// A JSON value in the style `simple` (OpenAPI 3.0.3, Style Values), not exploded.
fn simple(value: &serde_json::Value) -> String {
    use serde_json::Value;

    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(simple).collect::<Vec<_>>().join(","),
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| [name.clone(), simple(value)])
            .collect::<Vec<_>>()
            .join(","),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let (body, media_type) = match self.body {
            AnswerBody::None => (Body::empty(), None),
            AnswerBody::Of { media_type, bytes } => (Body::from(bytes), Some(media_type)),
            AnswerBody::Stream { media_type, body } => (body.into_inner(), Some(media_type)),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        if let Some(media_type) = media_type {
            response.headers_mut().insert(CONTENT_TYPE, media_type);
        }
        response
    }
}

/// A status of one class, for responses that a document keys by range: `RangeStatus<4>` is 400 to 499.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RangeStatus<const CLASS: u16>(StatusCode);

/// The status is not of the class that the document names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("status {status} is outside of the documented range {class}XX")]
pub struct StatusOutOfRange {
    status: u16,
    class: u16,
}

impl<const CLASS: u16> RangeStatus<CLASS> {
    /// The status itself.
    pub fn get(self) -> StatusCode {
        self.0
    }
}

impl<const CLASS: u16> TryFrom<StatusCode> for RangeStatus<CLASS> {
    type Error = StatusOutOfRange;

    fn try_from(status: StatusCode) -> Result<Self, StatusOutOfRange> {
        let code = status.as_u16();
        if code / 100 == CLASS {
            Ok(Self(status))
        } else {
            Err(StatusOutOfRange { status: code, class: CLASS })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_cannot_be_written_is_a_fault() {
        let answer = Answer::empty(StatusCode::OK).with_header("X-Name", "a\nb");
        assert_eq!(answer.fault(), Some("the value of header X-Name cannot be written"));
        let answer = Answer::empty(StatusCode::OK).with_typed_header("X-Ids", &[1, 2]);
        assert_eq!(answer.headers.get("x-ids").unwrap(), "1,2");
        assert_eq!(answer.fault(), None);
    }

    #[test]
    fn a_range_holds_its_class_only() {
        assert!(RangeStatus::<4>::try_from(StatusCode::IM_A_TEAPOT).is_ok());
        let error = RangeStatus::<4>::try_from(StatusCode::OK).unwrap_err();
        assert_eq!(error.to_string(), "status 200 is outside of the documented range 4XX");
    }
}
