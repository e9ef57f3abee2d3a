//! One operation: method, path template, parameters, request body, responses, security.

use std::fmt;

use crate::{Content, MediaType, Parameter, ParameterLocation, Pointer, Responses, SecurityRequirements};

/// The identifier of an operation, unique within a contract.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct OperationId(pub String);

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for OperationId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A piece of a path template.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathPiece {
    /// Text that stands as it is, slashes included.
    Literal(String),
    /// `{name}`.
    Parameter(String),
}

/// A path template such as `/credentials/{credential_id}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PathTemplate {
    text: String,
    pieces: Vec<PathPiece>,
}

impl PathTemplate {
    /// Reads a template. Braces that do not pair are literal text.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while let Some(open) = rest.find('{') {
            let Some(close) = rest[open..].find('}') else { break };
            if open > 0 {
                pieces.push(PathPiece::Literal(rest[..open].to_owned()));
            }
            pieces.push(PathPiece::Parameter(rest[open + 1..open + close].to_owned()));
            rest = &rest[open + close + 1..];
        }
        if !rest.is_empty() {
            pieces.push(PathPiece::Literal(rest.to_owned()));
        }
        Self { text, pieces }
    }

    /// The template as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its pieces in order.
    pub fn pieces(&self) -> &[PathPiece] {
        &self.pieces
    }

    /// The names between braces, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            PathPiece::Parameter(name) => Some(name.as_str()),
            PathPiece::Literal(_) => None,
        })
    }

    /// The path with each parameter replaced by what `value` gives for its name, percent-encoded as one segment.
    pub fn fill<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> String {
        self.pieces.iter().fold(String::new(), |mut path, piece| {
            match piece {
                PathPiece::Literal(text) => path.push_str(text),
                PathPiece::Parameter(name) => path.push_str(&encode_segment(value(name).unwrap_or_default())),
            }
            path
        })
    }
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Percent-encodes everything but unreserved characters (RFC 3986 §2.3).
fn encode_segment(text: &str) -> String {
    use std::fmt::Write as _;

    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// The documented body of a request.
#[derive(Clone, Debug)]
pub struct RequestBody {
    /// Whether a call without a body breaks the contract.
    pub required: bool,
    /// The bodies it may have, one a media type, in document order.
    pub content: Vec<Content>,
    /// Where the request body object stands (behind a `$ref`: its target).
    pub pointer: Pointer,
}

impl RequestBody {
    /// The documented body that a request of `media_type` has to satisfy; the most specific match wins.
    pub fn content_for(&self, media_type: &MediaType) -> Option<&Content> {
        self.content
            .iter()
            .filter(|content| content.media_type.accepts(media_type))
            .min_by_key(|content| content.media_type.is_range())
    }
}

/// One documented operation.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its identifier: the document's `operationId`, or one made of method and path where there is none.
    pub id: OperationId,
    /// Its method.
    pub method: http::Method,
    /// Its path template, relative to the server URL.
    pub path: PathTemplate,
    /// One line on what it does.
    pub summary: Option<String>,
    /// What it does at length.
    pub description: Option<String>,
    /// Its parameters, those of the path item included, in document order.
    pub parameters: Vec<Parameter>,
    /// Its request body; `None` where none is documented.
    pub request_body: Option<RequestBody>,
    /// Its documented responses.
    pub responses: Responses,
    /// What it requires of a caller.
    pub security: SecurityRequirements,
    /// Where the operation object stands.
    pub pointer: Pointer,
}

impl Operation {
    /// The parameter of that location and name; header names compare without case.
    pub fn parameter(&self, location: ParameterLocation, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| {
            parameter.location == location
                && if location == ParameterLocation::Header {
                    parameter.name.eq_ignore_ascii_case(name)
                } else {
                    parameter.name == name
                }
        })
    }

    /// `DELETE /auth/credentials/{client_id}`.
    pub fn signature(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// An identifier for an operation that has none: method and path in one word.
pub(crate) fn made_up_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(method.to_ascii_lowercase(), |mut id, word| {
        let mut letters = word.chars();
        id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        id.push_str(letters.as_str());
        id
    })
}

/// An identifier made of method and path that is not taken.
pub(crate) fn unused_id(method: &str, path: &str, taken: &dyn Fn(&str) -> bool) -> String {
    let id = made_up_id(method, path);
    let mut free = id.clone();
    let mut number = 2_usize;
    while taken(&free) {
        free = format!("{id}{number}");
        number += 1;
    }
    free
}
