//! YAML for people to go on with: block style, comments above what they speak of, as few quotes as possible.

use serde_json::Value;

/// The width that comments are broken at.
const WIDTH: usize = 110;

/// A YAML text in the making.
#[derive(Default)]
pub(super) struct Yaml {
    text: String,
    depth: usize,
}

impl Yaml {
    pub(super) fn finish(self) -> String {
        self.text
    }

    fn line(&mut self, text: &str) {
        if !text.is_empty() {
            self.text.push_str(&"  ".repeat(self.depth));
            self.text.push_str(text);
        }
        self.text.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.line("");
    }

    /// A comment, broken where it is too long.
    pub(super) fn comment(&mut self, text: &str) {
        let width = WIDTH.saturating_sub(2 * self.depth + 2).max(40);
        let mut line = String::new();
        // Whatever a document says stays within the comment.
        let clean: String =
            text.chars().map(|c| if c.is_control() || is_break(c) { ' ' } else { c }).collect();
        for word in clean.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                self.line(&format!("# {line}"));
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        if !line.is_empty() {
            self.line(&format!("# {line}"));
        }
    }

    /// Lines that would be YAML without the sign before them.
    pub(super) fn disabled(&mut self, lines: &[&str]) {
        for line in lines {
            self.line(&format!("# {line}"));
        }
    }

    /// A key with a scalar, or with a collection in flow style.
    pub(super) fn entry(&mut self, key: &str, value: &Value) {
        let line = format!("{}: {}", scalar(key), flow(value));
        self.line(&line);
    }

    /// A key with a text.
    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.entry(key, &Value::from(value));
    }

    /// A key with what `inner` writes below it.
    pub(super) fn section(&mut self, key: &str, inner: impl FnOnce(&mut Self)) {
        let line = format!("{}:", scalar(key));
        self.line(&line);
        self.depth += 1;
        inner(self);
        self.depth -= 1;
    }

    /// A key with a value in block style; what is short stays on one line.
    pub(super) fn block(&mut self, key: &str, value: &Value) {
        match value {
            Value::Object(members) if !members.is_empty() && flow(value).chars().count() > 70 => {
                self.section(key, |yaml| members.iter().for_each(|(name, value)| yaml.block(name, value)));
            }
            other => self.entry(key, other),
        }
    }

    /// An item of a list whose members `inner` writes; the first of them stands beside the dash.
    pub(super) fn item(&mut self, inner: impl FnOnce(&mut Self)) {
        let start = self.text.len();
        self.depth += 1;
        inner(self);
        self.depth -= 1;
        let dash = start + 2 * self.depth;
        if self.text.get(dash..=dash) == Some(" ") {
            self.text.replace_range(dash..=dash, "-");
        }
    }
}

/// Characters that end a line in YAML although they are no control characters.
fn is_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A text as a scalar, in quotes only where it needs them.
fn scalar(text: &str) -> String {
    const WORDS: [&str; 12] =
        ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity"];
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || "_/$".contains(c));
    let plain = |c: char| c.is_ascii_alphanumeric() || "_/$.-#".contains(c);
    let sentence = |c: char| plain(c) && c != '#' || " ,()'?".contains(c);
    let reserved = WORDS.contains(&&*text.to_ascii_lowercase());
    if (first && !reserved && text.chars().all(plain)) || is_counted(text) {
        return text.to_owned();
    }
    let wordy = text.contains(' ') && !text.ends_with(' ') && !text.contains(',');
    if first && wordy && text.chars().all(sentence) {
        return text.to_owned();
    }
    if text.chars().any(|c| c.is_control() || is_break(c)) {
        return Value::from(text).to_string();
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// A number with a unit, or a range of statuses, which no reader takes for a number.
fn is_counted(text: &str) -> bool {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default();
    !digits.is_empty()
        && digits.chars().all(|c| c.is_ascii_digit())
        && ["ms", "s", "m", "h", "d", "XX"].contains(&unit)
}

/// A value in one line.
pub(super) fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{}: {}", scalar(name), flow(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rescind_specs::Document;
    use serde_json::{Value, json};

    use super::{Yaml, flow};

    fn read(yaml: Yaml) -> Value {
        let text = yaml.finish();
        Document::parse("text", text.clone()).unwrap_or_else(|error| panic!("{error}\n{text}")).root().clone()
    }

    #[test]
    fn what_is_written_reads_well() {
        let check = |value: Value, text: &str| assert_eq!(flow(&value), text);
        check(json!({ "status": [200, 204] }), "{ status: [200, 204] }");
        check(json!("$response.body#/id"), "$response.body#/id");
        check(json!("key_{$unique}"), "'key_{$unique}'");
        check(json!("no"), "'no'");
        check(json!("12"), "'12'");
        check(json!("4XX"), "4XX");
        check(json!("5m"), "5m");
        check(json!("What is it?"), "What is it?");
        check(json!("it's"), "'it''s'");
        check(json!("a sentence of words"), "a sentence of words");
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<String>().prop_map(Value::from),
            "[ -~]{0,12}".prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            Just(Value::Null),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[ -~]{1,8}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(value in values(), comment in any::<String>(), key in "[ -~]{1,8}") {
            let mut yaml = Yaml::default();
            yaml.comment(&comment);
            yaml.section("top", |yaml| {
                yaml.comment(&comment);
                yaml.block(&key, &value);
            });
            yaml.section("list", |yaml| {
                yaml.item(|yaml| {
                    yaml.block(&key, &value);
                    yaml.text("last", "x");
                });
            });
            let read = read(yaml);
            prop_assert_eq!(&read["top"][&key], &value);
            prop_assert_eq!(&read["list"][0][&key], if key == "last" { &Value::Null } else { &value });
        }
    }
}
