//! A condition on an answer: status, media type, members of the body, headers.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::JsonTemplate;
use crate::{MediaType, Pointer, StatusPattern};

/// One status, a range, or several of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Statuses", into = "Statuses")]
pub struct StatusSet(Vec<StatusPattern>);

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Statuses {
    Code(u16),
    Text(String),
    Several(Vec<Statuses>),
}

impl StatusSet {
    /// Whether `status` is one of them.
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|pattern| pattern.covers(status))
    }

    /// The patterns, as written.
    pub fn patterns(&self) -> &[StatusPattern] {
        &self.0
    }
}

impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, pattern) in self.0.iter().enumerate() {
            write!(f, "{}{pattern}", if index == 0 { "" } else { " or " })?;
        }
        Ok(())
    }
}

impl TryFrom<Statuses> for StatusSet {
    type Error = crate::StatusPatternError;

    fn try_from(raw: Statuses) -> Result<Self, Self::Error> {
        Ok(match raw {
            Statuses::Code(code) => Self(vec![StatusPattern::from_str(&code.to_string())?]),
            Statuses::Text(text) => Self(vec![text.parse()?]),
            Statuses::Several(items) => {
                let sets = items.into_iter().map(Self::try_from).collect::<Result<Vec<_>, _>>()?;
                Self(sets.into_iter().flat_map(|set| set.0).collect())
            }
        })
    }
}

impl From<StatusSet> for Statuses {
    fn from(set: StatusSet) -> Self {
        let one = |pattern: &StatusPattern| match pattern {
            StatusPattern::Exact(code) => Self::Code(*code),
            other => Self::Text(other.to_string()),
        };
        match set.0.as_slice() {
            [single] => one(single),
            several => Self::Several(several.iter().map(one).collect()),
        }
    }
}

impl JsonSchema for StatusSet {
    fn schema_name() -> Cow<'static, str> {
        "StatusSet".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A status (`204`), a range (`2XX`), or a list of them.",
            "oneOf": [
                { "type": "integer", "minimum": 100, "maximum": 599 },
                { "type": "string", "pattern": "^[1-5]XX$" },
                { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/StatusSet" } },
            ],
        })
    }
}

/// A regular expression (ECMA-262, as in JSON Schema) that some part of a text has to match.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    text: String,
    regex: regress::Regex,
}

/// The text is no regular expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a regular expression: {reason}")]
pub struct PatternError {
    text: String,
    reason: String,
}

impl Pattern {
    /// The expression as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether some part of `text` matches.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.find(text).is_some()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match regress::Regex::with_flags(text, "u") {
            Ok(regex) => Ok(Self { text: text.to_owned(), regex }),
            Err(error) => Err(PatternError { text: text.to_owned(), reason: error.text }),
        }
    }
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.text
    }
}

impl JsonSchema for Pattern {
    fn schema_name() -> Cow<'static, str> {
        "Pattern".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A regular expression that some part of the text has to match.",
            "type": "string",
            "format": "regex",
        })
    }
}

/// What an answer has to be like. Everything that is named has to hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The statuses that satisfy it; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusSet>,
    /// The media type of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub media_type: Option<MediaType>,
    /// Whether the answer has a body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
    /// Values that stand in the JSON body, by JSON pointer.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "std::collections::BTreeMap<String, JsonTemplate>")]
    pub body: IndexMap<Pointer, JsonTemplate>,
    /// Strings in the JSON body that match a regular expression, by JSON pointer.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "std::collections::BTreeMap<String, Pattern>")]
    pub matches: IndexMap<Pointer, Pattern>,
    /// JSON pointers at which the body has something, whatever it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub present: Vec<Pointer>,
    /// JSON pointers at which the body has nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub absent: Vec<Pointer>,
    /// Headers and their values.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, JsonTemplate>,
}

/// Whether an answer has a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Payload {
    /// No byte of body.
    Empty,
    /// At least one byte of body.
    Some,
}
