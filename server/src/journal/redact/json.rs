//! JSON texts and forms with the values of secret members masked. The rest stays as it was sent, to the byte.

use std::borrow::Cow;

use rescind_specs::disguise::MASK;
use serde::de::IgnoredAny;

use super::places::{Cover, Places};

/// What a JSON text is, as far as it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// All of it, or the beginning of one.
    Sound,
    /// Something else.
    Broken,
}

/// Whether a text is JSON, or could become it with more behind it.
pub(super) fn form(text: &str) -> Form {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => Form::Sound,
        Err(error) if error.is_eof() => Form::Sound,
        Err(_) => Form::Broken,
    }
}

/// A value that is masked, as a text of its own.
const QUOTED_MASK: &str = "\"***\"";

struct Frame {
    is_object: bool,
    cover: Cover,
}

/// Copies a sound JSON text and masks the values of secret members; each of them is given to `seen`. A text or number
/// that is cut off at the end is masked in any case.
pub(super) fn redact(text: &str, places: &Places, seen: &mut dyn FnMut(&str)) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    // How much of the text is written down or masked.
    let mut done = 0;
    let mut frames: Vec<Frame> = Vec::new();
    // What the next value is covered by, and whether the next text is a name.
    let mut cover = Cover::Open;
    let mut is_name = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = end_of_text(bytes, at);
                let Some(whole) = end.and_then(|end| text.get(at..end)) else {
                    out.push_str(text.get(done..=at).unwrap_or_default());
                    out.push_str(MASK);
                    return out;
                };
                if is_name {
                    is_name = false;
                    let inherited = frames.last().map_or(Cover::Open, |frame| frame.cover);
                    cover = inherited.or(places.member(&decoded(whole)));
                } else if cover != Cover::Open && whole.len() > 2 {
                    seen(&decoded(whole));
                    out.push_str(text.get(done..at).unwrap_or_default());
                    out.push_str(QUOTED_MASK);
                    done = at + whole.len();
                }
                at += whole.len();
                continue;
            }
            b'{' | b'[' => {
                let is_object = *byte == b'{';
                // A list of secrets is one; an object only where nothing in it is meant to be read.
                if is_object && cover == Cover::Scalars {
                    cover = Cover::Open;
                }
                frames.push(Frame { is_object, cover });
                is_name = is_object;
            }
            b'}' | b']' => {
                frames.pop();
            }
            b',' => {
                let frame = frames.last();
                is_name = frame.is_some_and(|frame| frame.is_object);
                cover = frame.map_or(Cover::Open, |frame| frame.cover);
            }
            b':' | b' ' | b'\t' | b'\n' | b'\r' => {}
            _ => {
                let rest = bytes.get(at..).unwrap_or_default();
                let length = rest.iter().position(|byte| b",]} \t\n\r".contains(byte));
                let is_cut = length.is_none() && !frames.is_empty();
                let word = text.get(at..at + length.unwrap_or(rest.len())).unwrap_or_default();
                let is_secret = cover != Cover::Open && !matches!(word, "null" | "true" | "false");
                if is_cut || is_secret {
                    out.push_str(text.get(done..at).unwrap_or_default());
                    out.push_str(if is_cut { MASK } else { QUOTED_MASK });
                    done = at + word.len();
                }
                if is_secret && !is_cut {
                    seen(word);
                }
                at += word.len().max(1);
                continue;
            }
        }
        at += 1;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// Where the text that begins at `start` with a quote ends, the closing quote included.
fn end_of_text(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// What a text in quotes says.
fn decoded(quoted: &str) -> Cow<'_, str> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    if inner.contains('\\') {
        Cow::Owned(serde_json::from_str(quoted).unwrap_or_default())
    } else {
        Cow::Borrowed(inner)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn places() -> Places {
        let mut places = Places::default();
        places.cover("secret", Cover::Everything);
        places.cover("token", Cover::Scalars);
        places
    }

    fn redacted(text: &str) -> (String, Vec<String>) {
        let mut seen = Vec::new();
        let out = redact(text, &places(), &mut |secret| seen.push(secret.to_owned()));
        (out, seen)
    }

    #[test]
    fn secret_members_are_masked_and_the_rest_stays() {
        for (text, expected, secrets) in [
            (r#"{"a": 1.0, "b" : "secret"}"#, r#"{"a": 1.0, "b" : "secret"}"#, vec![]),
            (r#"{"secret":"x\"y","a":"b"}"#, r#"{"secret":"***","a":"b"}"#, vec!["x\"y"]),
            (r#"{"s\u0065cret":"x"}"#, r#"{"s\u0065cret":"***"}"#, vec!["x"]),
            (r#"{"secret":17,"n":null}"#, r#"{"secret":"***","n":null}"#, vec!["17"]),
            (r#"{"secret":null,"token":""}"#, r#"{"secret":null,"token":""}"#, vec![]),
            (
                r#"{"secret":{"a":["x"],"b":2},"c":"d"}"#,
                r#"{"secret":{"a":["***"],"b":"***"},"c":"d"}"#,
                vec!["x", "2"],
            ),
            (
                r#"{"token":{"id":"x","token":["y",["z"]]}}"#,
                r#"{"token":{"id":"x","token":["***",["***"]]}}"#,
                vec!["y", "z"],
            ),
            (r#"[{"secret":"x"},"y"]"#, r#"[{"secret":"***"},"y"]"#, vec!["x"]),
            (r#""secret""#, r#""secret""#, vec![]),
            ("12", "12", vec![]),
            // The beginning of a text.
            (r#"{"a":"b","secret":"hal"#, r#"{"a":"b","secret":"***"#, vec![]),
            (r#"{"a":"hal"#, r#"{"a":"***"#, vec![]),
            (r#"{"a":12"#, r#"{"a":***"#, vec![]),
            (r#"{"secret":"x\"#, r#"{"secret":"***"#, vec![]),
        ] {
            assert_eq!(
                redacted(text),
                (expected.to_owned(), secrets.into_iter().map(str::to_owned).collect()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_json_is_told() {
        assert_eq!(form(r#"{"a":1}"#), Form::Sound);
        assert_eq!(form(r#"{"a":"#), Form::Sound);
        assert_eq!(form("{a:1}"), Form::Broken);
        assert_eq!(form(r#"{"a":1}}"#), Form::Broken);
        assert_eq!(form(&"[".repeat(1000)), Form::Sound);
    }

    proptest! {
        #[test]
        fn what_holds_no_secret_stays_to_the_byte(value in ".{0,20}", name in "[a-f\"\\\\é]{1,5}") {
            let text = serde_json::json!({ name: [value, 1, null, { "x": true }] }).to_string();
            prop_assert_eq!(redacted(&text).0, text);
        }

        #[test]
        fn no_beginning_shows_a_secret(before in "[a-z\"\\\\]{0,8}", cut in 0_usize..200) {
            let text = serde_json::json!({ "a": before, "secret": "SECRET", "b": [{ "token": "SECRET" }] }).to_string();
            let text = text.get(..cut).unwrap_or(&text);
            prop_assert!(!redacted(text).0.contains('S'));
        }
    }
}
