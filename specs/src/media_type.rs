//! A media type such as `application/problem+json`, parsed once and compared by its parts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A media type or media range without its parameters, in lower case.
///
/// ```
/// use rescind_specs::MediaType;
///
/// let documented: MediaType = "application/json".parse().unwrap();
/// assert!(documented.accepts(&"Application/JSON; charset=utf-8".parse().unwrap()));
/// assert!(!documented.accepts(&"application/problem+json".parse().unwrap()));
/// ```
///
/// Source: RFC 9110 §8.3.1.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MediaType {
    kind: String,
    subtype: String,
}

/// The text is not `type/subtype`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a media type; write `type/subtype`, for example `application/json`")]
pub struct MediaTypeError(String);

impl MediaType {
    /// `application/json`.
    pub fn json() -> Self {
        Self { kind: "application".into(), subtype: "json".into() }
    }

    /// `application/x-www-form-urlencoded`.
    pub fn form() -> Self {
        Self { kind: "application".into(), subtype: "x-www-form-urlencoded".into() }
    }

    /// Whether bodies of this type are JSON texts: `application/json`, the older `text/json`, or any `+json` suffix
    /// (RFC 6839 §3.1).
    pub fn is_json(&self) -> bool {
        (matches!(&*self.kind, "application" | "text") && self.subtype == "json")
            || self.subtype.ends_with("+json")
    }

    /// Whether bodies of this type are forms of parts (RFC 7578).
    pub fn is_multipart_form(&self) -> bool {
        self.kind == "multipart" && self.subtype == "form-data"
    }

    /// The part after the slash: `png` of `image/png`.
    pub fn subtype(&self) -> &str {
        &self.subtype
    }

    /// The part before the slash: `image` of `image/png`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether bodies of this type are URL-encoded forms.
    pub fn is_form(&self) -> bool {
        *self == Self::form()
    }

    /// Whether bodies of this type are problem details (RFC 9457 §3).
    pub fn is_problem(&self) -> bool {
        self.kind == "application" && self.subtype == "problem+json"
    }

    /// Whether bodies of this type are text.
    pub fn is_text(&self) -> bool {
        self.kind == "text"
    }

    /// Whether this is a range: `*/*` or `text/*`.
    pub fn is_range(&self) -> bool {
        self.subtype == "*"
    }

    /// Whether an answer of type `other` matches this documented type or range.
    pub fn accepts(&self, other: &Self) -> bool {
        (self.kind == "*" || self.kind == other.kind)
            && (self.subtype == "*" || self.subtype == other.subtype)
    }
}

impl FromStr for MediaType {
    type Err = MediaTypeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let essence = text.split(';').next().unwrap_or_default().trim();
        let token = |part: &str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_graphic() && !"/()<>@,;:\\\"[]?={}".contains(c))
        };
        match essence.split_once('/') {
            Some((kind, subtype)) if token(kind) && token(subtype) => {
                Ok(Self { kind: kind.to_ascii_lowercase(), subtype: subtype.to_ascii_lowercase() })
            }
            _ => Err(MediaTypeError(text.to_owned())),
        }
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.subtype)
    }
}

impl TryFrom<String> for MediaType {
    type Error = MediaTypeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<MediaType> for String {
    fn from(value: MediaType) -> Self {
        value.to_string()
    }
}
