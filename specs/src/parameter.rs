//! Parameters of operations.

use std::fmt;

use crate::{MediaType, Pointer, Schema};

/// Where a parameter travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ParameterLocation {
    /// A part of the path template.
    Path,
    /// The query string.
    Query,
    /// A request header.
    Header,
    /// A cookie.
    Cookie,
}

impl ParameterStyle {
    /// The style of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "simple" => Self::Simple,
            "form" => Self::Form,
            "spaceDelimited" => Self::SpaceDelimited,
            "pipeDelimited" => Self::PipeDelimited,
            "deepObject" => Self::DeepObject,
            "label" => Self::Label,
            "matrix" => Self::Matrix,
            _ => return None,
        })
    }
}

impl fmt::Display for ParameterLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
        })
    }
}

/// How a structured value is written into a parameter (OpenAPI 3.0.3, Style Values).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParameterStyle {
    /// Comma separated, for path parameters and headers.
    Simple,
    /// `name=value` pairs, for query parameters and cookies.
    Form,
    /// Space separated query arrays.
    SpaceDelimited,
    /// Pipe separated query arrays.
    PipeDelimited,
    /// `name[member]=value` query objects.
    DeepObject,
    /// `.value` path segments.
    Label,
    /// `;name=value` path segments.
    Matrix,
}

/// Whether a query parameter may be sent with an empty value that its schema does not allow (`allowEmptyValue`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EmptyValue {
    /// It may.
    Allowed,
    /// The schema alone decides.
    BySchema,
}

/// One documented parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name, as written; header names compare without case.
    pub name: String,
    /// Where it travels.
    pub location: ParameterLocation,
    /// Whether a call without it breaks the contract.
    pub required: bool,
    /// The schema of its value; `None` where the document gives none.
    pub schema: Option<Schema>,
    /// The media type that the value is written as: `content` instead of `schema`; style and `explode` do not apply.
    pub media_type: Option<MediaType>,
    /// How a structured value is written.
    pub style: ParameterStyle,
    /// Whether the items of an array repeat the name.
    pub explode: bool,
    /// Whether reserved characters (RFC 3986 §2.2) stand as they are in a query.
    pub allow_reserved: bool,
    /// Whether it may be sent empty.
    pub empty_value: EmptyValue,
    /// What it means.
    pub description: Option<String>,
    /// The documented example, if there is one.
    pub example: Option<serde_json::Value>,
    /// Where the parameter object stands (behind a `$ref`: its target).
    pub pointer: Pointer,
}
