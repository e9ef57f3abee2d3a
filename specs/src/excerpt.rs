//! The part of a text that a diagnostic shows: one line, or what is near the place where a line is very long.

use std::ops::Range;

use crate::source::{Position, Source};

/// Longest line that is shown whole, in bytes.
const MAX_LINE: usize = 400;
/// Bytes shown before and behind the place in a longer one.
const AROUND: usize = 48;
/// Most bytes of the place itself that are underlined in a longer line.
const MAX_PLACE: usize = 32;

/// The line of a position, and the part of it to underline.
pub(crate) struct Excerpt {
    pub(crate) text: String,
    pub(crate) line: usize,
    pub(crate) underlined: Range<usize>,
}

impl Excerpt {
    /// The column of the place in the text that is shown, counted from 1.
    pub(crate) fn column(&self) -> usize {
        self.text.get(..self.underlined.start).map_or(0, |before| before.chars().count()) + 1
    }

    pub(crate) fn of(source: &Source, position: &Position) -> Self {
        let range = source.line(position.line);
        let (line_start, line_end) = (range.start, range.end);
        let start = position.range.start.clamp(line_start, line_end);
        let end = position.range.end.clamp(start, line_end);
        let text = source.text();
        if line_end - line_start <= MAX_LINE {
            let line = text.get(range).unwrap_or_default().trim_end();
            let within = |at: usize| (at - line_start).min(line.len());
            return Self {
                text: line.to_owned(),
                line: position.line,
                underlined: within(start)..within(end),
            };
        }
        let shown_end = boundary(text, end.min(start + MAX_PLACE));
        let from = boundary(text, start.saturating_sub(AROUND)).max(line_start);
        let to = boundary(text, shown_end + AROUND).clamp(shown_end, line_end);
        let before = if from > line_start { "…" } else { "" };
        let behind = if to < line_end { "…" } else { "" };
        let middle = text.get(from..to).unwrap_or_default();
        Self {
            text: format!("{before}{middle}{behind}"),
            line: position.line,
            underlined: before.len() + start - from..before.len() + shown_end.max(start) - from,
        }
    }
}

/// The start of the character that a byte belongs to.
fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
