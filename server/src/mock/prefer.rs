//! What a request asks of a mocked answer: `Prefer: code=404, example=name, dynamic=true` (RFC 7240), or the same in the
//! query (`__code`, `__example`, `__dynamic`) where no header can be set.

use std::fmt::Write as _;

use http::HeaderMap;
use http::request::Parts;

/// What is preferred. Preferences of other names are none of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Preference {
    /// The status, as it was written.
    pub(super) code: Option<String>,
    /// The name of a documented example.
    pub(super) example: Option<String>,
    /// Where the values come from.
    pub(super) values: Values,
}

/// Where the values of an answer come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Values {
    /// From the documented examples.
    #[default]
    Documented,
    /// Made from the schema, others each time.
    Dynamic,
}

impl Preference {
    /// What a request prefers; `None` for the many that prefer nothing.
    pub(super) fn of(parts: &Parts) -> Option<Self> {
        let query = parts.uri.query().filter(|query| query.contains("__"));
        if query.is_none() && !parts.headers.contains_key("prefer") {
            return None;
        }
        let mut found = Self::default();
        for (name, value) in preferences(&parts.headers) {
            found.add(&name, &value);
        }
        for (name, value) in query.into_iter().flat_map(crate::runtime::query_pairs) {
            if let Some(name) = name.strip_prefix("__") {
                found.add(name, &value);
            }
        }
        (found != Self::default()).then_some(found)
    }

    /// Of several values for one name the first counts (RFC 7240 §2).
    fn add(&mut self, name: &str, value: &str) {
        match name.to_ascii_lowercase().as_str() {
            "code" if self.code.is_none() => self.code = Some(value.to_owned()),
            "example" if self.example.is_none() => self.example = Some(value.to_owned()),
            "dynamic" if matches!(value, "" | "true" | "1") => self.values = Values::Dynamic,
            _ => {}
        }
    }

    /// The value of `Preference-Applied` for an answer that does as it was asked (RFC 7240 §3).
    pub(super) fn applied(&self) -> String {
        let mut text = String::new();
        let mut add = |name: &str, value: &str| {
            let comma = if text.is_empty() { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = if is_token(value) {
                write!(text, "{comma}{name}={value}")
            } else {
                write!(text, "{comma}{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
            };
        };
        if let Some(code) = &self.code {
            add("code", code);
        }
        if let Some(example) = &self.example {
            add("example", example);
        }
        if self.values == Values::Dynamic {
            add("dynamic", "true");
        }
        text
    }
}

/// RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Names and values of all preferences. A semicolon separates as a comma does, because many write it so.
fn preferences(headers: &HeaderMap) -> Vec<(String, String)> {
    let lines = headers.get_all("prefer").iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(split).filter(|(name, _)| !name.is_empty()).collect()
}

fn split(line: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut name, mut value) = (String::new(), None::<String>);
    let mut signs = line.chars();
    while let Some(sign) = signs.next() {
        match (sign, &mut value) {
            (',' | ';', _) => found.push(settled(&std::mem::take(&mut name), value.take())),
            ('=', None) => value = Some(String::new()),
            ('"', Some(value)) if value.trim().is_empty() => {
                value.clear();
                while let Some(sign) = signs.next().filter(|sign| *sign != '"') {
                    value.push(if sign == '\\' { signs.next().unwrap_or('\\') } else { sign });
                }
            }
            (sign, Some(value)) => value.push(sign),
            (sign, None) => name.push(sign),
        }
    }
    found.push(settled(&name, value));
    found
}

fn settled(name: &str, value: Option<String>) -> (String, String) {
    (name.trim().to_owned(), value.unwrap_or_default().trim().to_owned())
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn of(lines: &[&str], uri: &str) -> Option<Preference> {
        let request =
            lines.iter().fold(Request::builder().uri(uri), |request, line| request.header("Prefer", *line));
        Preference::of(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn preferences_are_read_as_people_write_them() {
        for (lines, uri, applied) in [
            (&["code=404"][..], "/", "code=404"),
            (
                &["respond-async, Code = 404; example=\"not \\\"there\\\"\""],
                "/",
                "code=404, example=\"not \\\"there\\\"\"",
            ),
            (&["code=404", "code=500, dynamic=true"], "/", "code=404, dynamic=true"),
            (&["dynamic"], "/", "dynamic=true"),
            (&[], "/?a=1&__code=409&__example=name%20taken", "code=409, example=\"name taken\""),
        ] {
            assert_eq!(of(lines, uri).unwrap().applied(), applied, "{lines:?} {uri}");
        }
        for (lines, uri) in [(&[][..], "/?code=1&__"), (&["return=minimal"], "/"), (&["dynamic=false"], "/")]
        {
            assert_eq!(of(lines, uri), None, "{lines:?} {uri}");
        }
    }
}
