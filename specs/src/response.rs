//! Documented responses, and how a received status finds the one that documents it.

use std::fmt;
use std::str::FromStr;

use crate::{Encoding, MediaType, Pointer, Schema};

/// The key of a response: one status, a range such as `4XX`, or `default`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatusPattern {
    /// Exactly this status, 100 to 599.
    Exact(u16),
    /// All statuses of one class; 4 stands for `4XX`.
    Range(u8),
    /// Every status that no other key covers.
    Default,
}

impl StatusPattern {
    /// Whether `status` is covered by this key alone.
    pub fn covers(self, status: u16) -> bool {
        match self {
            Self::Exact(code) => code == status,
            Self::Range(class) => status / 100 == u16::from(class),
            Self::Default => true,
        }
    }

    /// Whether this key documents successes only: `200`, `2XX`.
    pub fn is_success(self) -> bool {
        match self {
            Self::Exact(code) => (200..300).contains(&code),
            Self::Range(class) => class == 2,
            Self::Default => false,
        }
    }
}

/// The text is no response key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a response key; write a status such as `404`, a range such as `4XX`, or `default`")]
pub struct StatusPatternError(String);

impl FromStr for StatusPattern {
    type Err = StatusPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || StatusPatternError(text.to_owned());
        if text == "default" {
            return Ok(Self::Default);
        }
        if let Some(class) = text.strip_suffix("XX") {
            return match class.parse() {
                Ok(class @ 1..=5) => Ok(Self::Range(class)),
                _ => Err(error()),
            };
        }
        match text.parse() {
            Ok(code @ 100..=599) => Ok(Self::Exact(code)),
            _ => Err(error()),
        }
    }
}

impl fmt::Display for StatusPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(code) => write!(f, "{code}"),
            Self::Range(class) => write!(f, "{class}XX"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One body that a request or a response may have.
#[derive(Clone, Debug)]
pub struct Content {
    /// The media type or range that is documented.
    pub media_type: MediaType,
    /// The schema of the body; `None` where the document gives none.
    pub schema: Option<Schema>,
    /// The documented examples, in document order; the bare `example` goes by the empty name.
    pub examples: Vec<(String, serde_json::Value)>,
    /// How the properties of a form or multipart body are written, where the document says so.
    pub encoding: Vec<Encoding>,
    /// Where the media type object stands.
    pub pointer: Pointer,
}

impl Content {
    /// How `property` is written, if the document says so.
    pub fn encoding(&self, property: &str) -> Option<&Encoding> {
        self.encoding.iter().find(|encoding| encoding.property == property)
    }
}

/// A documented response header.
#[derive(Clone, Debug)]
pub struct ResponseHeader {
    /// Its name, as written.
    pub name: String,
    /// Whether every such response carries it.
    pub required: bool,
    /// The schema of its value.
    pub schema: Option<Schema>,
    /// What it means.
    pub description: Option<String>,
    /// Where the header object stands.
    pub pointer: Pointer,
}

/// One documented response of an operation.
#[derive(Clone, Debug)]
pub struct Response {
    /// The statuses that it documents.
    pub status: StatusPattern,
    /// What it means.
    pub description: String,
    /// Its headers, in document order.
    pub headers: Vec<ResponseHeader>,
    /// Its bodies, one a media type; empty where no body is documented.
    pub content: Vec<Content>,
    /// Where the response object stands (behind a `$ref`: its target).
    pub pointer: Pointer,
}

impl Response {
    /// The documented body that an answer of `media_type` has to satisfy; the most specific match wins.
    pub fn content_for(&self, media_type: &MediaType) -> Option<&Content> {
        self.content
            .iter()
            .filter(|content| content.media_type.accepts(media_type))
            .min_by_key(|content| content.media_type.is_range())
    }
}

/// All documented responses of one operation.
#[derive(Clone, Debug, Default)]
pub struct Responses(pub Vec<Response>);

impl Responses {
    /// The response that documents `status`: the exact key, else the range, else `default` (OpenAPI 3.0.3, Responses Object).
    pub fn find(&self, status: u16) -> Option<&Response> {
        self.0.iter().filter(|response| response.status.covers(status)).min_by_key(|response| response.status)
    }

    /// The documented responses in document order.
    pub fn iter(&self) -> std::slice::Iter<'_, Response> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Responses {
    type Item = &'a Response;
    type IntoIter = std::slice::Iter<'a, Response>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
