//! Documented response headers as values of their documented types.

use std::borrow::Cow;
use std::fmt;

use reqwest::header::{HeaderMap, HeaderValue, SET_COOKIE};
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

/// A documented response header that is missing although it is required, or that is not of its documented type.
///
/// It costs the caller this one value and nothing else of the answer. Neither `Debug` nor `Display` prints the value.
#[derive(Clone, PartialEq, Eq)]
pub struct HeaderError(Box<Reason>);

/// What is wrong with a header. It is behind a pointer since every documented header has room for it.
#[derive(Clone, PartialEq, Eq)]
struct Reason {
    name: &'static str,
    documented: &'static str,
    value: Option<HeaderValue>,
}

impl HeaderError {
    fn new(name: &'static str, shape: Shape, value: Option<HeaderValue>) -> Self {
        Self(Box::new(Reason { name, documented: shape.documented(), value }))
    }

    /// The name of the header, as documented.
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// The value as received; `None` where the header is missing.
    pub fn value(&self) -> Option<&HeaderValue> {
        self.0.value.as_ref()
    }

    /// Whether the header is missing.
    pub fn is_missing(&self) -> bool {
        self.0.value.is_none()
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reason { name, documented, value } = self.0.as_ref();
        match value {
            None => write!(f, "the answer lacks the header `{name}`, which the contract requires"),
            Some(_) => {
                write!(f, "the header `{name}` of the answer is not {documented}, as the contract has it")
            }
        }
    }
}

impl fmt::Debug for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeaderError({self})")
    }
}

impl std::error::Error for HeaderError {}

/// How the value of a header is written (OpenAPI 3.0.3, Style Values, `simple`).
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// As it is.
    Text,
    /// A date and time of RFC 3339, or as HTTP writes it (RFC 9110 §5.6.7).
    Time,
    /// A number without a fraction.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Items between commas.
    Array(&'static Shape),
    /// Names and values by turns, all between commas.
    Object(&'static Members),
    /// `name=value` between commas.
    Exploded(&'static Members),
    /// JSON text.
    Json,
    /// A number or a boolean where it looks like one, text otherwise.
    Any,
}

/// The members of an object in a header.
#[derive(Clone, Copy, Debug)]
pub struct Members {
    /// Those with a name of their own.
    pub named: &'static [(&'static str, Shape)],
    /// All others.
    pub others: Shape,
}

impl Shape {
    fn documented(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Time => "a date and time",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "`true` or `false`",
            Self::Array(_) => "a list",
            Self::Object(_) | Self::Exploded(_) => "a list of names and values",
            Self::Json => "JSON",
            Self::Any => "a value",
        }
    }

    fn read(self, text: &str) -> Option<Value> {
        let text = text.trim_ascii();
        match self {
            Self::Text => Some(Value::from(text)),
            Self::Time => Some(Value::from(time(text))),
            Self::Integer => integer(text).map(Value::Number),
            Self::Number => number(text).map(Value::Number),
            Self::Boolean => text.parse().ok().map(Value::Bool),
            Self::Array(_) if text.is_empty() => Some(Value::Array(Vec::new())),
            Self::Array(item) => {
                text.split(',').map(|part| item.read(part)).collect::<Option<_>>().map(Value::Array)
            }
            Self::Object(members) => {
                let parts: Vec<&str> = if text.is_empty() { Vec::new() } else { text.split(',').collect() };
                let pairs = parts.chunks(2).map(|pair| match pair {
                    [name, value] => members.read(name, value),
                    _ => None,
                });
                pairs.collect::<Option<Map<_, _>>>().map(Value::Object)
            }
            Self::Exploded(members) => {
                let parts = text.split(',').filter(|part| !part.trim().is_empty());
                let pairs = parts.map(|part| {
                    let (name, value) = part.split_once('=')?;
                    members.read(name, value)
                });
                pairs.collect::<Option<Map<_, _>>>().map(Value::Object)
            }
            Self::Json => serde_json::from_str(text).ok(),
            Self::Any => Some(match (Self::Boolean.read(text), Self::Number.read(text)) {
                (Some(value), _) | (None, Some(value)) => value,
                (None, None) => Value::from(text),
            }),
        }
    }
}

impl Members {
    fn read(&self, name: &str, value: &str) -> Option<(String, Value)> {
        let name = name.trim();
        let known = self.named.iter().find(|(known, _)| *known == name);
        let shape = known.map_or(self.others, |(_, shape)| *shape);
        Some((name.to_owned(), shape.read(value)?))
    }
}

fn integer(text: &str) -> Option<Number> {
    text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok()
}

fn number(text: &str) -> Option<Number> {
    integer(text).or_else(|| text.parse().ok().and_then(Number::from_f64))
}

/// RFC 3339, whichever way the header has it.
fn time(text: &str) -> String {
    jiff::fmt::rfc2822::parse(text).map_or_else(|_| text.to_owned(), |time| time.timestamp().to_string())
}

/// The header `name` where it is there.
pub fn optional<T: DeserializeOwned>(
    headers: &HeaderMap,
    name: &'static str,
    shape: Shape,
) -> Result<Option<T>, HeaderError> {
    let Some((text, first)) = joined(headers, name) else { return Ok(None) };
    let value = text.and_then(|text| match shape.read(&text) {
        // A text that only looks like a number is a text where the type wants one.
        Some(value) if matches!(shape, Shape::Any) => {
            T::deserialize(&value).or_else(|_| T::deserialize(Value::from(text.trim()))).ok()
        }
        value => T::deserialize(value?).ok(),
    });
    match value {
        Some(value) => Ok(Some(value)),
        None => Err(HeaderError::new(name, shape, Some(first.clone()))),
    }
}

/// The header `name`, which the contract requires.
pub fn required<T: DeserializeOwned>(
    headers: &HeaderMap,
    name: &'static str,
    shape: Shape,
) -> Result<T, HeaderError> {
    optional(headers, name, shape)?.ok_or_else(|| HeaderError::new(name, shape, None))
}

/// All lines of a header as one (RFC 9110 §5.3), `None` where they are no text, and the first of them.
///
/// Cookies are the exception: they hold commas, so only the first is read.
fn joined<'h>(headers: &'h HeaderMap, name: &str) -> Option<(Option<Cow<'h, str>>, &'h HeaderValue)> {
    let mut lines = headers.get_all(name).iter();
    let first = lines.next()?;
    let text = |line: &'h HeaderValue| std::str::from_utf8(line.as_bytes()).ok();
    let mut joined = text(first).map(Cow::Borrowed);
    if !name.eq_ignore_ascii_case(SET_COOKIE.as_str()) {
        for line in lines {
            joined = joined.zip(text(line)).map(|(before, line)| Cow::Owned(format!("{before}, {line}")));
        }
    }
    Some((joined, first))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;

    use super::*;

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        headers
    }

    const MEMBERS: Members = Members { named: &[("R", Shape::Integer)], others: Shape::Text };

    #[test]
    fn every_shape() {
        for (shape, text, documented) in [
            (Shape::Text, " a, b ", Some(serde_json::json!("a, b"))),
            (Shape::Time, "Wed, 21 Oct 2026 07:28:00 GMT", Some(serde_json::json!("2026-10-21T07:28:00Z"))),
            (Shape::Time, "2026-10-21T07:28:00Z", Some(serde_json::json!("2026-10-21T07:28:00Z"))),
            (Shape::Integer, "007", Some(serde_json::json!(7))),
            (Shape::Integer, "18446744073709551615", Some(serde_json::json!(u64::MAX))),
            (Shape::Integer, "1.5", None),
            (Shape::Number, "1.5", Some(serde_json::json!(1.5))),
            (Shape::Number, "NaN", None),
            (Shape::Boolean, "true", Some(serde_json::json!(true))),
            (Shape::Boolean, "yes", None),
            (Shape::Array(&Shape::Integer), "1, 2,3", Some(serde_json::json!([1, 2, 3]))),
            (Shape::Array(&Shape::Integer), "", Some(serde_json::json!([]))),
            (Shape::Array(&Shape::Integer), "1,", None),
            (Shape::Object(&MEMBERS), "R,100,G,200", Some(serde_json::json!({"R": 100, "G": "200"}))),
            (Shape::Object(&MEMBERS), "R", None),
            (Shape::Exploded(&MEMBERS), "R=100, G=200", Some(serde_json::json!({"R": 100, "G": "200"}))),
            (Shape::Exploded(&MEMBERS), "R", None),
            (Shape::Json, "{\"a\":[1]}", Some(serde_json::json!({"a": [1]}))),
            (Shape::Any, "true", Some(serde_json::json!(true))),
            (Shape::Any, "12", Some(serde_json::json!(12))),
            (Shape::Any, "12a", Some(serde_json::json!("12a"))),
        ] {
            assert_eq!(shape.read(text), documented, "{shape:?} {text:?}");
        }
    }

    #[test]
    fn missing_several_and_wrong() {
        let headers = headers(&[("x-ids", "1"), ("X-Ids", "2, 3"), ("x-count", "many"), ("x-code", "12")]);
        let ids = required::<Vec<i64>>(&headers, "X-Ids", Shape::Array(&Shape::Integer));
        assert_eq!(ids.unwrap(), [1, 2, 3]);
        assert_eq!(optional::<i64>(&headers, "X-None", Shape::Integer), Ok(None));
        assert_eq!(optional::<i64>(&headers, "no header name", Shape::Integer), Ok(None));
        assert_eq!(required::<String>(&headers, "X-Code", Shape::Any).unwrap(), "12");

        let missing = required::<i64>(&headers, "X-None", Shape::Integer).unwrap_err();
        assert!(missing.is_missing());
        assert_eq!(missing.to_string(), "the answer lacks the header `X-None`, which the contract requires");
        let wrong = optional::<i64>(&headers, "X-Count", Shape::Integer).unwrap_err();
        assert_eq!((wrong.name(), wrong.value().unwrap().as_bytes()), ("X-Count", b"many".as_slice()));
        assert_eq!(
            wrong.to_string(),
            "the header `X-Count` of the answer is not an integer, as the contract has it"
        );
        assert!(!format!("{wrong:?}").contains("many"));
    }
}
