//! The one character that PostgreSQL cannot store, U+0000: written there as U+001A with `0` behind it, and U+001A itself
//! with `1`, so that every text comes back as it was and two texts are equal when they were.

use std::borrow::Cow;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::secret::hex;
use crate::store::Attributes;

/// The longest text that is indexed as it is; an index of PostgreSQL has no room for much more.
const LONGEST_INDEXED: usize = 512;

/// What an indexed hash begins with. A text that begins so is hashed too, so that it is not taken for another one's hash.
const HASHED: &str = "sha256:";

/// A caller's text as it stands in an index: a long one as its hash.
pub(super) fn indexed(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_INDEXED && !text.starts_with(HASHED) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{HASHED}{}", hex(&Sha256::digest(text.as_bytes()))))
}

const ESCAPE: char = '\u{1a}';

/// A text as it is stored.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', ESCAPE]) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        match character {
            '\0' => escaped.extend([ESCAPE, '0']),
            ESCAPE => escaped.extend([ESCAPE, '1']),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

/// A text as it was before it was stored. One that somebody else stored is left as it is where it cannot be ours.
pub(super) fn unescaped(text: String) -> String {
    if !text.contains(ESCAPE) {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let meant = match (character, characters.peek()) {
            (ESCAPE, Some('0')) => Some('\0'),
            (ESCAPE, Some('1')) => Some(ESCAPE),
            _ => None,
        };
        if meant.is_some() {
            characters.next();
        }
        plain.push(meant.unwrap_or(character));
    }
    plain
}

/// Attributes as they are stored, unless that is as they are. In JSON the character is an escape sequence, which
/// PostgreSQL stores but cannot read.
pub(super) fn escaped_members(attributes: &Attributes) -> Option<Attributes> {
    let needs = |text: &str| text.contains(['\0', ESCAPE]);
    if !attributes.iter().any(|(name, value)| needs(name) || any_text(value, &needs)) {
        return None;
    }
    Some(mapped(attributes.clone(), &|text| escaped(&text).into_owned()))
}

/// Attributes as they were before they were stored.
pub(super) fn unescaped_members(attributes: &mut Attributes) {
    let needs = |text: &str| text.contains(ESCAPE);
    if attributes.iter().any(|(name, value)| needs(name) || any_text(value, &needs)) {
        *attributes = mapped(std::mem::take(attributes), &unescaped);
    }
}

fn any_text(value: &Value, holds: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => holds(text),
        Value::Array(items) => items.iter().any(|item| any_text(item, holds)),
        Value::Object(members) => members.iter().any(|(name, value)| holds(name) || any_text(value, holds)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn mapped(attributes: Attributes, map: &impl Fn(String) -> String) -> Attributes {
    attributes.into_iter().map(|(name, value)| (map(name), mapped_value(value, map))).collect()
}

fn mapped_value(value: Value, map: &impl Fn(String) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(map(text)),
        Value::Array(items) => items.into_iter().map(|item| mapped_value(item, map)).collect(),
        Value::Object(members) => Value::Object(mapped(members, map)),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_text_comes_back(text in "[\\x00\\x1a01a]{0,12}") {
            let stored = escaped(&text).into_owned();
            prop_assert!(!stored.contains('\0'));
            prop_assert_eq!(unescaped(stored), text);
        }
    }

    #[test]
    fn attributes_come_back() {
        let plain = serde_json::json!({ "a\0": ["\u{1a}0", { "b": "\0" }, 1, null], "c": "d" });
        let Value::Object(plain) = plain else { panic!("no object") };
        let mut stored = escaped_members(&plain).unwrap();
        assert!(!serde_json::to_string(&stored).unwrap().contains("\\u0000"));
        unescaped_members(&mut stored);
        assert_eq!(stored, plain);
        assert_eq!(escaped_members(&serde_json::Map::new()), None);
    }
}
