//! Parameters: found in the request, read by style and schema (OpenAPI 3.0.3, Style Values), and checked.

use http::HeaderName;
use http::request::Parts;
use rescind_specs::{
    Contract, Diagnostic, Direction, Parameter, ParameterLocation, ParameterStyle, Pointer, Validator,
};
use serde_json::Value;

use super::presented;
use super::rejection::{Location, RequestViolation};
use super::route::Routed;
use super::shape::Shape;
use super::text::{self, Undecodable};

/// One parameter, ready to be read from requests.
#[derive(Debug)]
pub(crate) struct Reader {
    parameter: Parameter,
    /// The name, where it is one of a header.
    header: Option<HeaderName>,
    shape: Shape,
    validator: Option<Validator>,
    default: Option<Value>,
    /// The value is a JSON text: `content` instead of `schema`.
    json: bool,
}

/// Why a value could not be read.
enum Unreadable {
    Encoding,
    Repeated,
    Json,
}

impl From<Undecodable> for Unreadable {
    fn from(_: Undecodable) -> Self {
        Self::Encoding
    }
}

impl Reader {
    pub(crate) fn new(contract: &Contract, parameter: &Parameter) -> Result<Self, Diagnostic> {
        let schema = parameter.schema.as_ref();
        let validator = schema.map(|schema| contract.validator(schema, Direction::Request)).transpose()?;
        let default = schema.and_then(|schema| schema.keyword("default")).filter(|value| {
            !parameter.required && validator.as_ref().is_none_or(|validator| validator.is_valid(value))
        });
        Ok(Self {
            shape: Shape::of(schema),
            default: default.cloned(),
            json: contract.document().get(&parameter.pointer.join("content")).is_some(),
            validator,
            header: match parameter.location {
                ParameterLocation::Header => parameter.name.parse().ok(),
                _ => None,
            },
            parameter: parameter.clone(),
        })
    }

    /// The value in this request, or the default; violations are added to `found`.
    pub(crate) fn read(
        &self,
        routed: &Routed,
        parts: &Parts,
        found: &mut Vec<RequestViolation>,
    ) -> Option<Value> {
        match self.find(routed, parts) {
            Ok(Some(value)) => {
                if let Some(validator) = &self.validator
                    && !validator.is_valid(&value)
                {
                    let violations = validator.violations(&value);
                    found.extend(violations.into_iter().map(|violation| {
                        self.violation(violation.pointer, &violation.keyword, &violation.message)
                    }));
                }
                Some(value)
            }
            Ok(None) => {
                if self.parameter.required {
                    found.push(self.violation(Pointer::root(), "required", "is required"));
                }
                self.default.clone()
            }
            Err(unreadable) => {
                let (keyword, message) = match unreadable {
                    Unreadable::Encoding => ("encoding", "must be percent-encoded UTF-8"),
                    Unreadable::Repeated => ("style", "must be given once"),
                    Unreadable::Json => ("content", "must be a JSON text"),
                };
                found.push(self.violation(Pointer::root(), keyword, message));
                None
            }
        }
    }

    pub(crate) fn violation(&self, pointer: Pointer, keyword: &str, message: &str) -> RequestViolation {
        RequestViolation {
            location: match self.parameter.location {
                ParameterLocation::Path => Location::Path,
                ParameterLocation::Query => Location::Query,
                ParameterLocation::Header => Location::Header,
                ParameterLocation::Cookie => Location::Cookie,
            },
            parameter: Some(self.parameter.name.clone()),
            pointer,
            keyword: keyword.to_owned(),
            message: message.to_owned(),
        }
    }

    fn find(&self, routed: &Routed, parts: &Parts) -> Result<Option<Value>, Unreadable> {
        let name = self.parameter.name.as_str();
        match self.parameter.location {
            ParameterLocation::Path => {
                let raw = routed.values.iter().find(|(known, _)| **known == *name);
                raw.map(|(_, raw)| self.path(raw)).transpose()
            }
            ParameterLocation::Query => self.query(parts.uri.query().unwrap_or_default()),
            ParameterLocation::Header => {
                let Some(header) = &self.header else { return Ok(None) };
                let mut values = parts.headers.get_all(header).iter().map(|value| {
                    str::from_utf8(value.as_bytes()).map(str::trim).map_err(|_| Unreadable::Encoding)
                });
                let Some(first) = values.next().transpose()? else { return Ok(None) };
                let more = values.collect::<Result<Vec<_>, _>>()?;
                if more.is_empty() {
                    return self.plain(first).map(Some);
                }
                if !self.shape.is_array() {
                    return Err(Unreadable::Repeated);
                }
                self.plain(&[&[first], &*more].concat().join(",")).map(Some)
            }
            ParameterLocation::Cookie => {
                presented::cookie(&parts.headers, name).map(|value| self.plain(value)).transpose()
            }
        }
    }

    /// A value that is not percent-encoded, of a header or a cookie.
    fn plain(&self, raw: &str) -> Result<Value, Unreadable> {
        if self.json {
            return serde_json::from_str(raw).map_err(|_| Unreadable::Json);
        }
        let trimmed = |part: &str| Ok(part.trim().to_owned());
        self.structured(
            raw,
            &[","],
            self.parameter.explode && self.parameter.style == ParameterStyle::Simple,
            trimmed,
        )
    }

    fn path(&self, raw: &str) -> Result<Value, Unreadable> {
        let name = &self.parameter.name;
        if self.json {
            return serde_json::from_str(&text::decode(raw)?).map_err(|_| Unreadable::Json);
        }
        let explode = self.parameter.explode;
        match self.parameter.style {
            ParameterStyle::Label => {
                let raw = raw.strip_prefix('.').ok_or(Unreadable::Encoding)?;
                self.structured(raw, &[if explode { "." } else { "," }], explode, text::decode)
            }
            ParameterStyle::Matrix => {
                let raw = raw.strip_prefix(';').ok_or(Unreadable::Encoding)?;
                if explode && self.shape.is_object() {
                    return self.structured(raw, &[";"], true, text::decode);
                }
                let prefix = format!("{name}=");
                let values: Vec<&str> = raw
                    .split(';')
                    .map(|part| part.strip_prefix(&prefix))
                    .collect::<Option<_>>()
                    .ok_or(Unreadable::Encoding)?;
                self.structured(&values.join(","), &[","], false, text::decode)
            }
            _ => self.structured(raw, &[","], explode, text::decode),
        }
    }

    fn query(&self, query: &str) -> Result<Option<Value>, Unreadable> {
        let name = self.parameter.name.as_str();
        let style = self.parameter.style;
        let named = |key: &str| text::decode_form(key).as_deref() == Ok(name);
        if self.shape.is_object() && !self.json {
            if style == ParameterStyle::DeepObject {
                return self.members(query, |key| {
                    let member = key.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?;
                    Some(member.to_owned())
                });
            }
            if self.parameter.explode {
                let members = self.shape.members();
                return self.members(query, |key| {
                    members.iter().any(|(known, _)| known == key).then(|| key.to_owned())
                });
            }
        }
        let values: Vec<&str> =
            text::pairs(query).filter(|(key, _)| named(key)).map(|(_, value)| value).collect();
        let [first, more @ ..] = values.as_slice() else { return Ok(None) };
        if self.shape.is_array() && self.parameter.explode && !self.json {
            let items = values.iter().map(|raw| Ok(self.shape.items().value(text::decode_form(raw)?)));
            return Ok(Some(Value::Array(items.collect::<Result<_, Undecodable>>()?)));
        }
        if !more.is_empty() {
            return Err(Unreadable::Repeated);
        }
        if self.json {
            return serde_json::from_str(&text::decode_form(first)?).map(Some).map_err(|_| Unreadable::Json);
        }
        let separators: &[&str] = match style {
            ParameterStyle::SpaceDelimited => &["%20", "+"],
            ParameterStyle::PipeDelimited => &["|", "%7C", "%7c"],
            _ => &[","],
        };
        self.structured(first, separators, false, text::decode_form).map(Some)
    }

    /// An object whose members are query parameters of their own, named by `member`.
    fn members(
        &self,
        query: &str,
        member: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Value>, Unreadable> {
        let mut found = Vec::new();
        for (key, value) in text::pairs(query) {
            // A key that cannot be decoded is not ours.
            let Ok(key) = text::decode_form(key) else { continue };
            if let Some(name) = member(&key) {
                found.push((name, text::decode_form(value)?));
            }
        }
        Ok((!found.is_empty()).then(|| self.shape.assemble(found)))
    }

    /// A scalar, a list or an object from one text.
    fn structured(
        &self,
        raw: &str,
        separators: &[&str],
        explode: bool,
        decode: impl Fn(&str) -> Result<String, Undecodable>,
    ) -> Result<Value, Unreadable> {
        if self.shape.is_array() {
            let items =
                split(raw, separators).into_iter().map(|part| Ok(self.shape.items().value(decode(part)?)));
            return Ok(Value::Array(items.collect::<Result<_, Undecodable>>()?));
        }
        if self.shape.is_object() {
            let parts = split(raw, separators);
            let pairs: Vec<(&str, &str)> = if explode {
                parts.iter().map(|part| part.split_once('=').unwrap_or((part, ""))).collect()
            } else {
                parts.chunks(2).map(|pair| (pair[0], pair.get(1).copied().unwrap_or_default())).collect()
            };
            let decoded = pairs.into_iter().map(|(name, value)| Ok((decode(name)?, decode(value)?)));
            return Ok(self.shape.assemble(decoded.collect::<Result<Vec<_>, Undecodable>>()?));
        }
        Ok(self.shape.value(decode(raw)?))
    }
}

/// The parts of `raw` between any of the separators.
fn split<'r>(raw: &'r str, separators: &[&str]) -> Vec<&'r str> {
    let mut parts = Vec::new();
    let mut rest = raw;
    loop {
        let next =
            separators.iter().filter_map(|separator| Some((rest.find(separator)?, separator.len()))).min();
        let Some((at, length)) = next else { break };
        parts.push(&rest[..at]);
        rest = &rest[at + length..];
    }
    parts.push(rest);
    parts
}
