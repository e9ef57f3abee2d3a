//! How values are written into paths, queries, headers and cookies (OpenAPI 3.0.3, Style Values; RFC 6570).

use std::borrow::Cow;

use serde_json::Value;

use super::escape::{Keep, encoded, push};

/// How the value of a parameter is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    kind: Kind,
    items: Items,
    keep: Keep,
    secrecy: Secrecy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Simple,
    Form,
    SpaceDelimited,
    PipeDelimited,
    DeepObject,
    Label,
    Matrix,
    Json,
}

/// Whether the items of a value stand together or each on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Items {
    Joined,
    Apart,
}

/// Whether HTTP libraries may print the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secrecy {
    Plain,
    Secret,
}

/// Why a value cannot be written where it belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unwritable(pub(super) &'static str);

impl Style {
    const fn new(kind: Kind) -> Self {
        Self { kind, items: Items::Joined, keep: Keep::Unreserved, secrecy: Secrecy::Plain }
    }

    /// `a,b`.
    pub const fn simple() -> Self {
        Self::new(Kind::Simple)
    }

    /// `name=a,b`.
    pub const fn form() -> Self {
        Self::new(Kind::Form)
    }

    /// `name=a%20b`.
    pub const fn space_delimited() -> Self {
        Self::new(Kind::SpaceDelimited)
    }

    /// `name=a%7Cb`.
    pub const fn pipe_delimited() -> Self {
        Self::new(Kind::PipeDelimited)
    }

    /// `name[member]=a`.
    pub const fn deep_object() -> Self {
        Self::new(Kind::DeepObject)
    }

    /// `.a,b`.
    pub const fn label() -> Self {
        Self::new(Kind::Label)
    }

    /// `;name=a,b`.
    pub const fn matrix() -> Self {
        Self::new(Kind::Matrix)
    }

    /// A JSON text.
    pub const fn json() -> Self {
        Self::new(Kind::Json)
    }

    /// The same style with `explode`: each item on its own.
    #[must_use]
    pub const fn exploded(mut self) -> Self {
        self.items = Items::Apart;
        self
    }

    /// The same style with `allowReserved`.
    #[must_use]
    pub const fn reserved(mut self) -> Self {
        self.keep = Keep::Reserved;
        self
    }

    /// The same style for a value that nobody prints.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secrecy = Secrecy::Secret;
        self
    }

    /// Whether a value is written as JSON, where a text differs from a number.
    pub(super) fn is_json(self) -> bool {
        self.kind == Kind::Json
    }

    pub(super) const fn secrecy(self) -> Secrecy {
        self.secrecy
    }

    fn shape(self, value: &Value) -> Shape<'_> {
        match value {
            Value::Array(items) if self.kind != Kind::Json => {
                Shape::List(items.iter().filter(|item| !item.is_null()).map(text).collect())
            }
            Value::Object(members) if self.kind != Kind::Json => Shape::Members(
                members
                    .iter()
                    .filter(|(_, value)| !value.is_null())
                    .map(|(name, value)| (Cow::from(name), text(value)))
                    .collect(),
            ),
            _ if self.kind == Kind::Json => Shape::Text(value.to_string().into()),
            _ => Shape::Text(text(value)),
        }
    }

    /// What stands in the path for `value`.
    pub(super) fn path(self, name: &str, value: &Value) -> Result<String, Unwritable> {
        let apart = self.items == Items::Apart;
        let keep = if self.kind == Kind::Label && apart { Keep::SaveStop } else { Keep::Unreserved };
        let (first, between, equals) = match (self.kind, apart) {
            (Kind::Label, true) => (".", ".", "="),
            (Kind::Label, false) => (".", ",", ","),
            (Kind::Matrix, true) => (";", ";", "="),
            (Kind::Matrix, false) => (";", ",", ","),
            (_, true) => ("", ",", "="),
            (_, false) => ("", ",", ","),
        };
        let mut out = first.to_owned();
        let named = |out: &mut String| {
            push(name, Keep::Unreserved, out);
            out.push('=');
        };
        match self.shape(value) {
            Shape::Text(text) => {
                if self.kind == Kind::Matrix {
                    named(&mut out);
                }
                push(&text, keep, &mut out);
            }
            Shape::List(items) if items.is_empty() => return Err(Unwritable("must not be empty")),
            Shape::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push_str(between);
                    }
                    if self.kind == Kind::Matrix && (apart || index == 0) {
                        named(&mut out);
                    }
                    push(item, keep, &mut out);
                }
            }
            Shape::Members(members) if members.is_empty() => return Err(Unwritable("must not be empty")),
            Shape::Members(members) => {
                for (index, (member, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push_str(between);
                    }
                    if self.kind == Kind::Matrix && !apart && index == 0 {
                        named(&mut out);
                    }
                    push(member, keep, &mut out);
                    out.push_str(equals);
                    push(value, keep, &mut out);
                }
            }
        }
        // URLs with such segments lead elsewhere, also when the stop is encoded.
        if matches!(out.replace("%2E", ".").as_str(), "" | "." | "..") {
            return Err(Unwritable("must not be empty, `.` or `..`"));
        }
        Ok(out)
    }

    /// Adds `name=value` to a query, as often as the value asks for.
    pub(super) fn query(self, name: &str, value: &Value, out: &mut String) {
        let name = encoded(name, Keep::Unreserved);
        if self.kind == Kind::DeepObject
            && !matches!(value, Value::String(_) | Value::Bool(_) | Value::Number(_))
        {
            self.deep(&name, value, out);
            return;
        }
        let joined = |items: &[Cow<'_, str>]| {
            let (between, keep) = match self.kind {
                Kind::SpaceDelimited => ("%20", self.keep),
                Kind::PipeDelimited => ("%7C", self.keep),
                _ if self.keep == Keep::Reserved => (",", Keep::ReservedSaveComma),
                _ => (",", self.keep),
            };
            items.iter().map(|item| encoded(item, keep)).collect::<Vec<_>>().join(between)
        };
        match self.shape(value) {
            Shape::Text(text) => pair(&name, &encoded(&text, self.keep), out),
            // An empty list is no list (RFC 6570 §2.3).
            Shape::List(items) if items.is_empty() => {}
            Shape::Members(members) if members.is_empty() => {}
            Shape::List(items) if self.items == Items::Apart => {
                for item in &items {
                    pair(&name, &encoded(item, self.keep), out);
                }
            }
            Shape::List(items) => pair(&name, &joined(&items), out),
            Shape::Members(members) if self.items == Items::Apart => {
                for (member, value) in &members {
                    pair(&encoded(member, Keep::Unreserved), &encoded(value, self.keep), out);
                }
            }
            Shape::Members(members) => {
                let items: Vec<_> = members.into_iter().flat_map(|(name, value)| [name, value]).collect();
                pair(&name, &joined(&items), out);
            }
        }
    }

    /// `name[member][inner]=value`; items of lists are numbered.
    fn deep(self, name: &str, value: &Value, out: &mut String) {
        match value {
            Value::Null => {}
            Value::Object(members) => {
                for (member, value) in members {
                    let member = encoded(member, Keep::Unreserved);
                    self.deep(&format!("{name}%5B{member}%5D"), value, out);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.deep(&format!("{name}%5B{index}%5D"), item, out);
                }
            }
            scalar => pair(name, &encoded(&text(scalar), self.keep), out),
        }
    }

    /// The value of a header; `None` where there is nothing to send.
    pub(super) fn header(self, value: &Value) -> Result<Option<String>, Unwritable> {
        let (items, equals) = match self.shape(value) {
            Shape::Text(text) => return Ok(Some(text.into_owned())),
            Shape::List(items) => (items.into_iter().map(|item| (item, None)).collect::<Vec<_>>(), ""),
            Shape::Members(members) => {
                let equals = if self.items == Items::Apart { "=" } else { "," };
                (members.into_iter().map(|(name, value)| (name, Some(value))).collect(), equals)
            }
        };
        let mut out = String::new();
        for (index, (first, second)) in items.iter().enumerate() {
            // Nothing is encoded in a header, so a comma in a value would part it.
            let parts = std::iter::once(first).chain(second);
            if parts.clone().any(|part| part.contains(',')) || (equals == "=" && first.contains('=')) {
                return Err(Unwritable("holds a sign that parts values in a header"));
            }
            if index > 0 {
                out.push(',');
            }
            out.push_str(first);
            if let Some(second) = second {
                out.push_str(equals);
                out.push_str(second);
            }
        }
        Ok((!items.is_empty()).then_some(out))
    }

    /// Adds `name=value` to the cookies.
    pub(super) fn cookie(self, name: &str, value: &Value, out: &mut String) {
        let mut cookie = |name: &str, value: &str| {
            if !out.is_empty() {
                out.push_str("; ");
            }
            out.push_str(name);
            out.push('=');
            out.push_str(value);
        };
        let joined = |items: &[Cow<'_, str>]| {
            items.iter().map(|item| encoded(item, Keep::Cookie)).collect::<Vec<_>>().join(",")
        };
        match self.shape(value) {
            Shape::Text(text) => cookie(name, &encoded(&text, Keep::Cookie)),
            Shape::List(items) if items.is_empty() => {}
            Shape::Members(members) if members.is_empty() => {}
            Shape::List(items) if self.items == Items::Apart => {
                for item in &items {
                    cookie(name, &encoded(item, Keep::Cookie));
                }
            }
            Shape::List(items) => cookie(name, &joined(&items)),
            Shape::Members(members) if self.items == Items::Apart => {
                for (member, value) in &members {
                    cookie(&encoded(member, Keep::Cookie), &encoded(value, Keep::Cookie));
                }
            }
            Shape::Members(members) => {
                let items: Vec<_> = members.into_iter().flat_map(|(name, value)| [name, value]).collect();
                cookie(name, &joined(&items));
            }
        }
    }
}

/// A value as the styles see it.
enum Shape<'v> {
    Text(Cow<'v, str>),
    List(Vec<Cow<'v, str>>),
    Members(Vec<(Cow<'v, str>, Cow<'v, str>)>),
}

/// A value as text; what has items of its own is a JSON text.
pub(super) fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        Value::Null => "".into(),
        other => other.to_string().into(),
    }
}

fn pair(name: &str, value: &str, out: &mut String) {
    out.reserve(name.len() + value.len() + 2);
    if !out.is_empty() {
        out.push('&');
    }
    out.push_str(name);
    out.push('=');
    out.push_str(value);
}

#[cfg(test)]
mod tests;
