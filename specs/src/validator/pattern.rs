//! Patterns of strings, as the JSON Schema library reads them, without a backtracking engine where none is needed.

use std::fmt;

use serde_json::{Value, json};

use super::format::options;

/// One `pattern`.
pub(super) enum Pattern {
    /// It means the same to an engine of linear time.
    Linear(regex::Regex),
    /// Only the library's own engine can tell.
    Full(Box<jsonschema::Validator>),
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linear(regex) => f.write_str(regex.as_str()),
            Self::Full(_) => f.write_str("Full"),
        }
    }
}

impl Pattern {
    pub(super) fn new(pattern: &str) -> Option<Self> {
        if is_common(pattern)
            && let Ok(translated) = jsonschema_regex::to_rust_regex(pattern)
            && let Ok(regex) = regex::Regex::new(&translated)
        {
            return Some(Self::Linear(regex));
        }
        let full = options().build(&json!({ "pattern": pattern })).ok()?;
        Some(Self::Full(Box::new(full)))
    }

    pub(super) fn accepts(&self, text: &str) -> bool {
        match self {
            Self::Linear(regex) => regex.is_match(text),
            Self::Full(validator) => validator.is_valid(&Value::String(text.to_owned())),
        }
    }
}

/// Whether the pattern keeps to what all engines read alike: no look-around, no back-reference, no escape but those
/// of plain classes and of punctuation.
fn is_common(pattern: &str) -> bool {
    let mut signs = pattern.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => match signs.next() {
                Some('d' | 'D' | 'w' | 'W' | 's' | 'S' | 'n' | 'r' | 't') => {}
                Some(next) if r".-/\+*?()[]{}^$|".contains(next) => {}
                _ => return false,
            },
            '(' if signs.peek() == Some(&'?') => {
                signs.next();
                if signs.next() != Some(':') {
                    return false;
                }
            }
            '&' | '~' if signs.peek() == Some(&sign) => return false,
            _ => {}
        }
    }
    pattern.is_ascii()
}
