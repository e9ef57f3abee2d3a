//! The text of a document, and positions within it.

use std::{fmt, ops::Range, sync::Arc};

/// A document's text under the name its user gave it. Cheap to clone.
#[derive(Clone)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
    /// Byte offset at which each line starts.
    lines: Arc<[usize]>,
}

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
        Self { name: name.into(), text, lines }
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
        let column = self.text.get(line_start..start).map_or(0, |before| before.chars().count()) + 1;
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
