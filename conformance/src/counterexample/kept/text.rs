//! Texts in which values are replaced by where they come from, and back.

use std::fmt::Write as _;

use super::value::Source;
use crate::counterexample::shell::{json, percent};
use crate::redact::Redactor;

/// What stands before and after the words for a value.
const OPEN: &str = "{$";
const CLOSE: char = '}';
/// How many hexadecimal digits a word has that a run makes up. A letter before it may look like one more.
const WORD: usize = 32;
const WORDS: std::ops::Range<usize> = WORD..WORD + 8;

/// How a value is written into the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As it is.
    Plain,
    /// Percent-encoded.
    Percent,
    /// With JSON escapes.
    Json,
    /// As in a form.
    Form,
}

impl Encoding {
    fn encoded(self, value: &str) -> String {
        match self {
            Self::Plain => value.to_owned(),
            Self::Percent => percent(value),
            Self::Json => json(value),
            Self::Form => url::form_urlencoded::byte_serialize(value.as_bytes()).collect(),
        }
    }
}

/// The values that are not written down, and the words that were made up, which come to be known on the way.
pub(super) struct Values<'r> {
    known: Vec<(String, Source)>,
    words: Vec<String>,
    redactor: &'r Redactor,
}

impl<'r> Values<'r> {
    pub(super) fn new(mut known: Vec<(String, Source)>, redactor: &'r Redactor) -> Self {
        // At one place the longest value is meant, and the first of equals.
        known.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        Self { known, words: Vec::new(), redactor }
    }

    /// The text without these values; `None` where it holds a secret that is none of them, or what looks like the
    /// words for a value.
    pub(super) fn removed(&mut self, text: &str, encoding: Encoding) -> Option<String> {
        if text.contains(OPEN) {
            return None;
        }
        let needles: Vec<(String, String)> = self
            .known
            .iter()
            .map(|(value, source)| (encoding.encoded(value), source.to_string()))
            .filter(|(needle, words)| !needle.is_empty() && !words.contains(CLOSE))
            .collect();
        let (mut out, mut literal, mut rest) = (String::new(), 0, text);
        while let Some(next) = rest.chars().next() {
            let found = needles.iter().find(|(needle, _)| rest.starts_with(needle.as_str()));
            let at = text.len() - rest.len();
            rest = match found {
                None => &rest[next.len_utf8()..],
                Some((needle, words)) => {
                    out.push_str(&self.general(&text[literal..at])?);
                    // Writing to a String cannot fail, here and below.
                    let _ = write!(out, "{OPEN}{words}{CLOSE}");
                    literal = at + needle.len();
                    &text[literal..]
                }
            };
        }
        out.push_str(&self.general(&text[literal..])?);
        Some(out)
    }

    /// A text that holds none of the values, without the words that were made up for its run.
    fn general(&mut self, text: &str) -> Option<String> {
        if self.redactor.finds(text) {
            return None;
        }
        let is_digit = |letter: char| matches!(letter, '0'..='9' | 'a'..='f');
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_digit) {
            let (before, from) = rest.split_at(start);
            let (run, behind) = from.split_at(from.find(|letter| !is_digit(letter)).unwrap_or(from.len()));
            out.push_str(before);
            if WORDS.contains(&run.len()) {
                let (letters, word) = run.split_at(run.len() - WORD);
                let number = self.words.iter().position(|known| known == word).unwrap_or_else(|| {
                    self.words.push(word.to_owned());
                    self.words.len() - 1
                });
                let _ = write!(out, "{letters}{OPEN}{}{CLOSE}", Source::Unique(number + 1));
            } else {
                out.push_str(run);
            }
            rest = behind;
        }
        out.push_str(rest);
        Some(out)
    }
}

/// The text with its values, each as `value` gives it.
///
/// # Errors
/// There is no such value; says which.
pub(super) fn restored<E>(
    text: &str,
    encoding: Encoding,
    value: &mut impl FnMut(&str) -> Result<String, E>,
) -> Result<String, E> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(OPEN) {
        out.push_str(before);
        let Some((words, behind)) = behind.split_once(CLOSE) else {
            out.push_str(OPEN);
            rest = behind;
            continue;
        };
        out.push_str(&encoding.encoded(&value(words)?));
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}
