//! Text for bash: quoted literals with variables between them.

use std::fmt::Write as _;

use super::names::{Name, Names};
use crate::redact::Redactor;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part<'n> {
    /// Text that stands as it is.
    Literal(String),
    /// A named value, written in that manner.
    Named(&'n Name, Encoding),
}

/// How a value is written into the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As it is.
    Plain,
    /// Percent-encoded.
    Percent,
    /// With JSON escapes.
    Json,
}

/// The parts of `text`: named values, in any encoding, and what stands between them, redacted.
pub(super) fn parts<'n>(text: &str, names: &'n Names, redactor: &Redactor) -> Vec<Part<'n>> {
    let mut needles: Vec<(String, &Name, Encoding)> = Vec::new();
    for (value, name) in names.iter() {
        needles.push((value.to_owned(), name, Encoding::Plain));
        needles.extend([(percent(value), name, Encoding::Percent), (json(value), name, Encoding::Json)]);
    }
    // At one place the longest value is meant, and the plain one of equals.
    needles.sort_by_key(|(needle, ..)| std::cmp::Reverse(needle.len()));
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let found =
            needles.iter().find(|(needle, ..)| !needle.is_empty() && rest.starts_with(needle.as_str()));
        let Some((needle, name, encoding)) = found else {
            literal.push(next);
            rest = &rest[next.len_utf8()..];
            continue;
        };
        flush(&mut parts, &mut literal, redactor);
        parts.push(Part::Named(name, *encoding));
        rest = &rest[needle.len()..];
    }
    flush(&mut parts, &mut literal, redactor);
    parts
}

fn flush(parts: &mut Vec<Part<'_>>, literal: &mut String, redactor: &Redactor) {
    if !literal.is_empty() {
        parts.push(Part::Literal(redactor.redact(literal).into_owned()));
        literal.clear();
    }
}

/// The parts as one word of bash.
pub(super) fn word(parts: &[Part<'_>]) -> String {
    let literals = parts.iter().filter_map(|part| match part {
        Part::Literal(text) => Some(text.as_str()),
        Part::Named(..) => None,
    });
    let plain = parts.iter().all(|part| !matches!(part, Part::Named(_, Encoding::Percent | Encoding::Json)));
    let named = parts.iter().any(|part| matches!(part, Part::Named(..)));
    let harmless = |c: char| !c.is_control() && !"\"$`\\!".contains(c);
    if named && plain && literals.clone().all(|text| text.chars().all(harmless)) {
        let inner = parts.iter().map(|part| match part {
            Part::Literal(text) => text.clone(),
            Part::Named(name, _) => format!("${{{}}}", name.variable),
        });
        return format!("\"{}\"", inner.collect::<String>());
    }
    let words = parts.iter().map(|part| match part {
        Part::Literal(text) => quote(text),
        Part::Named(name, encoding) => variable(name, *encoding),
    });
    let word: String = words.collect();
    if word.is_empty() { "''".to_owned() } else { word }
}

fn variable(name: &Name, encoding: Encoding) -> String {
    let variable = &name.variable;
    match encoding {
        Encoding::Plain => format!("\"${variable}\""),
        Encoding::Percent => format!("\"$(printf %s \"${variable}\" | jq -sRr @uri)\""),
        Encoding::Json => format!("\"$(printf %s \"${variable}\" | jq -sRr 'tojson[1:-1]')\""),
    }
}

/// The text as a literal of bash, on one line.
pub(super) fn quote(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !text.is_empty() && text.chars().all(bare) {
        return text.to_owned();
    }
    if !text.chars().any(char::is_control) {
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    let mut quoted = String::from("$'");
    for c in text.chars() {
        match c {
            '\'' => quoted.push_str("\\'"),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    // Octal, of exactly three digits: what follows is never read as a part of it.
                    let _ = write!(quoted, "\\{byte:03o}");
                }
            }
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

pub(super) fn percent(text: &str) -> String {
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

pub(super) fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_quoted_as_little_as_it_needs() {
        let check = |text: &str, expected: &str| assert_eq!(quote(text), expected);
        check("/auth/credentials", "/auth/credentials");
        check("", "''");
        check("a b", "'a b'");
        check("it's", "'it'\\''s'");
        check("a\nb'\\", "$'a\\nb\\'\\\\'");
        check("\u{1}1", "$'\\0011'");
    }
}
