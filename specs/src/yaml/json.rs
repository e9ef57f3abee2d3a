//! JSON, which is YAML as well but can be read many times as fast by itself.

use std::{ops::Range, sync::Arc};

use indexmap::{IndexMap, map::Entry};
use serde_json::Value;

use super::{
    MAX_DEPTH, VALUE_WEIGHT,
    node::{Content, Member, Node, Span},
    scalar::plain,
};

/// Reads a text that is one JSON object; `None` for anything else, mistakes included, which is left to the reader of
/// YAML to tell.
pub(super) fn read(text: &str, file: u32) -> Option<Arc<Node>> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = Reader { text, at: start, file };
    reader.blank();
    if reader.peek()? != b'{' {
        return None;
    }
    let root = reader.value(0)?;
    reader.blank();
    (reader.at == text.len()).then_some(root)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    file: u32,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Passes over a byte that has to be there.
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn value(&mut self, depth: usize) -> Option<Arc<Node>> {
        if depth >= MAX_DEPTH {
            return None;
        }
        let start = self.at;
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => {
                let text = self.string()?;
                Some(self.scalar(start, Value::String(text)))
            }
            _ => {
                let rest = self.text.get(start..)?;
                let length = rest
                    .bytes()
                    .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')))
                    .unwrap_or(rest.len());
                let word = rest.get(..length)?;
                let value = match word {
                    "true" | "false" | "null" => plain(word)?,
                    number if is_number(number) => plain(number)?,
                    _ => return None,
                };
                self.at += length;
                Some(self.scalar(start, value))
            }
        }
    }

    fn scalar(&self, start: usize, value: Value) -> Arc<Node> {
        let length = value.as_str().map_or(self.at - start, str::len);
        self.node(start, 0, VALUE_WEIGHT + length, Content::Scalar(value))
    }

    fn node(&self, start: usize, depth: usize, weight: usize, content: Content) -> Arc<Node> {
        let span = Span::new(self.file, &Range { start, end: self.at });
        Arc::new(Node { span, moved: None, depth, weight, content })
    }

    fn object(&mut self, depth: usize) -> Option<Arc<Node>> {
        let start = self.at;
        self.at += 1;
        let mut members = IndexMap::new();
        let (mut deepest, mut weight) = (0, VALUE_WEIGHT);
        self.blank();
        if self.peek()? != b'}' {
            loop {
                self.blank();
                let key_start = self.at;
                let name = self.string()?;
                let key = Span::new(self.file, &Range { start: key_start, end: self.at });
                self.blank();
                self.expect(b':')?;
                self.blank();
                let value = self.value(depth + 1)?;
                deepest = deepest.max(value.depth);
                weight = weight.saturating_add(value.weight).saturating_add(name.len());
                match members.entry(name) {
                    // A key that is there twice is told with both places.
                    Entry::Occupied(_) => return None,
                    Entry::Vacant(place) => {
                        place.insert(Member { key, value });
                    }
                }
                self.blank();
                if self.peek()? != b',' {
                    break;
                }
                self.at += 1;
            }
        }
        self.expect(b'}')?;
        Some(self.node(start, deepest + 1, weight, Content::Mapping(members)))
    }

    fn array(&mut self, depth: usize) -> Option<Arc<Node>> {
        let start = self.at;
        self.at += 1;
        let mut items: Vec<Arc<Node>> = Vec::new();
        let (mut deepest, mut weight) = (0, VALUE_WEIGHT);
        self.blank();
        if self.peek()? != b']' {
            loop {
                self.blank();
                let item = self.value(depth + 1)?;
                deepest = deepest.max(item.depth);
                weight = weight.saturating_add(item.weight);
                items.push(item);
                self.blank();
                if self.peek()? != b',' {
                    break;
                }
                self.at += 1;
            }
        }
        self.expect(b']')?;
        Some(self.node(start, deepest + 1, weight, Content::Sequence(items)))
    }

    fn string(&mut self) -> Option<String> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at;
        let mut escaped = false;
        let mut at = start + 1;
        loop {
            match self.text.as_bytes().get(at)? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    at += 2;
                }
                0..0x20 => return None,
                _ => at += 1,
            }
        }
        self.at = at + 1;
        if escaped {
            serde_json::from_str(self.text.get(start..self.at)?).ok()
        } else {
            Some(self.text.get(start + 1..at)?.to_owned())
        }
    }
}

/// A number as JSON writes it; YAML has more forms.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = digits.bytes().take_while(u8::is_ascii_digit).count();
    whole > 0
        && (whole == 1 || !digits.starts_with('0'))
        && !text.ends_with(['.', 'e', 'E', '+', '-'])
        && digits.bytes().skip(whole).all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn value(text: &str) -> Option<Value> {
        read(text, 0).map(|node| node.to_value())
    }

    #[test]
    fn reads_json() {
        let text = "\u{feff} {\"a\": [1, -2.5e3, true, null, \"\\u00fc\\ud83d\\ude00\\n\"], \"\": {}, \"b\": []}\r\n";
        assert_eq!(value(text), Some(json!({"a": [1, -2500.0, true, null, "ü😀\n"], "": {}, "b": []})));
    }

    #[test]
    fn leaves_everything_else() {
        for text in [
            "",
            "[]",
            "1",
            "{",
            "{\"a\"}",
            "{\"a\": 01}",
            "{\"a\": +1}",
            "{\"a\": 1.}",
            "{\"a\": 0x1}",
            "{a: 1}",
            "{\"a\": 1,}",
            "{\"a\": 1} b",
            "{\"a\": 1, \"a\": 2}",
            "{\"a\": \"\n\"}",
            "{\"a\": True}",
            "{\"a\": 1e999}",
            "{\"a\": \"\\x\"}",
        ] {
            assert_eq!(value(text), None, "{text}");
        }
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(value(&deep), None);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e9..1e9).prop_map(|number: f64| json!(number)),
            any::<String>().prop_map(Value::from),
        ];
        scalar.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn reads_what_is_written(inner in any_json()) {
            let whole = json!({ "value": inner });
            prop_assert_eq!(value(&whole.to_string()), Some(whole.clone()));
            prop_assert_eq!(value(&format!("{whole:#}")), Some(whole));
        }
    }
}
