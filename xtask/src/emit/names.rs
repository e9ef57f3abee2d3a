//! Identifiers: case, reserved words, collisions.

use std::collections::BTreeMap;

use heck::{ToPascalCase, ToSnakeCase};
use proc_macro2::{Ident, Span};

/// The name of a function, a field or a module, always a legal identifier.
pub fn snake(text: &str) -> String {
    legal(clean(text).to_snake_case())
}

/// The name of a type or a variant, always a legal identifier.
pub fn pascal(text: &str) -> String {
    let name = legal(clean(text).to_pascal_case());
    let mut letters = name.chars();
    match letters.next() {
        Some(first) if first.is_lowercase() && !name.starts_with("r#") => {
            first.to_uppercase().chain(letters).collect()
        }
        _ => name,
    }
}

/// A media type as a part of a name: `Json`, `ProblemJson`, `Text`, `Csv`, `Any`.
pub fn media_name(media_type: &str) -> String {
    match media_type {
        "*/*" => "Any".to_owned(),
        "text/plain" => "Text".to_owned(),
        "application/octet-stream" => "Bytes".to_owned(),
        "application/x-www-form-urlencoded" => "Form".to_owned(),
        "multipart/form-data" => "Multipart".to_owned(),
        _ => {
            let (kind, subtype) = media_type.split_once('/').unwrap_or((media_type, ""));
            if subtype == "*" { format!("Any{}", pascal(kind)) } else { pascal(subtype) }
        }
    }
}

/// Makes a token of a name that [`snake`], [`pascal`] or [`Names`] returned.
pub fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}

/// Names that have been given out in one scope.
///
/// Two texts that become the same identifier get different ones: the first keeps the plain name, later ones a
/// number. The order of the calls decides, so the same document gives the same names.
#[derive(Clone, Debug, Default)]
pub struct Names {
    taken: BTreeMap<String, String>,
    /// The lowest number that may be free, by the name that it is put behind.
    next: BTreeMap<String, usize>,
}

impl Names {
    /// A scope in which `reserved` names are never given out.
    pub fn reserving<'a>(reserved: impl IntoIterator<Item = &'a str>) -> Self {
        let taken = reserved.into_iter().map(|name| (name.to_owned(), String::new())).collect();
        Self { taken, next: BTreeMap::new() }
    }

    /// A name for `text` that nobody else in this scope has, based on `wanted`.
    pub fn unique(&mut self, wanted: String, text: &str) -> String {
        if !self.taken.contains_key(&wanted) {
            self.taken.insert(wanted.clone(), text.to_owned());
            return wanted;
        }
        let base = wanted.strip_prefix("r#").unwrap_or(&wanted);
        let mut number = self.next.get(base).copied().unwrap_or(2);
        loop {
            let candidate = format!("{base}{number}");
            number += 1;
            if !self.taken.contains_key(&candidate) {
                self.taken.insert(candidate.clone(), text.to_owned());
                self.next.insert(base.to_owned(), number);
                return candidate;
            }
        }
    }

    /// Whether `name` has been given out.
    pub fn contains(&self, name: &str) -> bool {
        self.taken.contains_key(name)
    }
}

/// Spells out signs that tell names apart and would otherwise vanish (`+1` and `-1`).
fn clean(text: &str) -> String {
    let mut out = String::new();
    for (position, sign) in text.chars().enumerate() {
        match sign {
            '+' if position == 0 => out.push_str("plus "),
            '-' if position == 0 => out.push_str("minus "),
            '*' => out.push_str(" star "),
            '@' => out.push_str(" at "),
            '$' => out.push_str(" dollar "),
            sign if sign.is_alphanumeric() || sign == '_' => out.push(sign),
            _ => out.push(' '),
        }
    }
    out
}

/// Turns a cased text into an identifier: never empty, never a number, never a keyword.
fn legal(text: String) -> String {
    let text = if text.is_empty() { "empty".to_owned() } else { text };
    let text = if text.starts_with(|sign: char| sign.is_numeric()) { format!("n{text}") } else { text };
    // These four cannot be raw identifiers.
    if matches!(text.as_str(), "self" | "Self" | "super" | "crate") {
        return format!("{text}_");
    }
    if is_plain(&text) || syn::parse_str::<Ident>(&text).is_ok() {
        return text;
    }
    let raw = format!("r#{text}");
    if syn::parse_str::<Ident>(&raw).is_ok() {
        return raw;
    }
    // Letters that Rust does not take in an identifier.
    let ascii: String =
        text.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign } else { '_' }).collect();
    format!("n{ascii}")
}

/// Whether a text is an identifier at first sight: of ASCII, and longer than any keyword.
fn is_plain(text: &str) -> bool {
    let starts = text.starts_with(|sign: char| sign.is_ascii_alphabetic() || sign == '_');
    starts && text.len() > 8 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        for (text, function, class) in [
            ("revokeCredential", "revoke_credential", "RevokeCredential"),
            (
                "OnboardingController_generate_v1",
                "onboarding_controller_generate_v1",
                "OnboardingControllerGenerateV1",
            ),
            ("type", "r#type", "Type"),
            ("self", "self_", "Self_"),
            ("2fa", "n2fa", "N2fa"),
            ("", "empty", "Empty"),
            ("X-Api-Key", "x_api_key", "XApiKey"),
            ("+1", "plus_1", "Plus1"),
            ("-1", "minus_1", "Minus1"),
            ("naïve", "naïve", "Naïve"),
        ] {
            assert_eq!((snake(text).as_str(), pascal(text).as_str()), (function, class), "{text}");
            ident(&snake(text));
            ident(&pascal(text));
        }
    }

    #[test]
    fn collisions_are_numbered_in_order() {
        let mut names = Names::reserving(["body"]);
        let given: Vec<String> =
            ["getFoo", "get_foo", "get-foo", "body"].map(|text| names.unique(snake(text), text)).to_vec();
        assert_eq!(given, ["get_foo", "get_foo2", "get_foo3", "body2"]);
    }
}
