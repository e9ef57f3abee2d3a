//! The text of a document, and positions within it.

use std::{
    fmt,
    ops::Range,
    sync::{Arc, LazyLock},
};

/// A document's text under the name its user gave it. Cheap to clone.
#[derive(Clone)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
    /// Byte offset at which each line starts.
    lines: Arc<[usize]>,
    /// Characters before each [`STRIDE`]th byte, so that a column is found in a line of any length.
    marks: Arc<[usize]>,
}

/// Bytes between two places at which the characters before are known.
const STRIDE: usize = 1 << 10;

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// The bytes of the text that are meant.
    pub range: Range<usize>,
}

impl Source {
    pub(crate) fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        let text: Arc<str> = text.into();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut marks = Vec::with_capacity(text.len() / STRIDE + 1);
        let mut characters = 0;
        for chunk in text.as_bytes().chunks(STRIDE) {
            marks.push(characters);
            characters += characters_in(chunk);
        }
        Self { name: name.into(), text, lines, marks: marks.into() }
    }

    /// A text without a character.
    pub(crate) fn none() -> &'static Self {
        static NONE: LazyLock<Source> = LazyLock::new(|| Source::new("", ""));
        &NONE
    }

    /// Number of characters before a byte.
    fn characters_before(&self, at: usize) -> usize {
        let mark = at / STRIDE;
        let rest = self.text.as_bytes().get(mark * STRIDE..at).map_or(0, characters_in);
        self.marks.get(mark).copied().unwrap_or_default() + rest
    }

    /// The bytes of a line, counted from 1, without its end.
    pub(crate) fn line(&self, line: usize) -> Range<usize> {
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let end = self.lines.get(line).map_or(self.text.len(), |next| next - 1);
        let end = end.max(start);
        let text = self.text.get(start..end).unwrap_or_default();
        start..start + text.strip_suffix('\r').unwrap_or(text).len()
    }

    /// The path or label the text was loaded under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// The position of a byte range; a range outside of the text is moved into it.
    pub fn position(&self, range: Range<usize>) -> Position {
        let start = self.boundary(range.start);
        let end = self.boundary(range.end).max(start);
        let line = self.lines.partition_point(|&line_start| line_start <= start).max(1);
        let line_start = self.lines.get(line - 1).copied().unwrap_or_default();
        let column = self.characters_before(start) - self.characters_before(line_start) + 1;
        Position { line, column, range: start..end }
    }

    fn boundary(&self, mut at: usize) -> usize {
        at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// Number of characters that begin in a piece of UTF-8.
fn characters_in(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| (byte & 0b1100_0000) != 0b1000_0000).count()
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .field("bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_characters() {
        let source = Source::new("x", "a: ü\r\nb: c\n");
        let at = |range| {
            let position = source.position(range);
            (position.line, position.column)
        };
        assert_eq!(at(0..1), (1, 1));
        assert_eq!(at(5..6), (1, 5));
        assert_eq!(at(7..8), (2, 1));
        assert_eq!(at(10..11), (2, 4));
        assert_eq!(at(99..120), (3, 1));
    }
}
