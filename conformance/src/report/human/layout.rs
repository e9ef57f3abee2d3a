//! Lines, wrapped prose, labels and an aligned table.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::report::text::visible;

/// What matters less.
pub(crate) const DIM: Style = Style::new().dimmed();
/// A heading.
pub(crate) const BOLD: Style = Style::new().bold();
/// Kept.
pub(super) const GREEN: Style = AnsiColor::Green.on_default().bold();
/// Broken.
pub(super) const RED: Style = AnsiColor::Red.on_default().bold();
/// Doubtful.
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
/// Open.
pub(super) const CYAN: Style = AnsiColor::Cyan.on_default().bold();
/// The judge's own failure.
pub(super) const MAGENTA: Style = AnsiColor::Magenta.on_default().bold();

/// The column at which labelled texts begin, counted from the indent.
const LABEL: usize = 13;

/// Where a report is written to.
pub(crate) struct Page<'o> {
    out: &'o mut dyn Write,
    width: usize,
    gap: bool,
}

impl<'o> Page<'o> {
    pub(crate) fn new(out: &'o mut dyn Write, width: usize) -> Self {
        Self { out, width: width.max(40), gap: true }
    }

    /// A line as it is.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        self.gap = false;
        writeln!(self.out, "{}", text.trim_end())
    }

    /// An empty line, unless there is one already.
    pub(crate) fn gap(&mut self) -> io::Result<()> {
        if self.gap {
            return Ok(());
        }
        self.gap = true;
        writeln!(self.out)
    }

    /// Prose, broken at blanks, each line indented.
    pub(crate) fn prose(&mut self, indent: usize, text: &str) -> io::Result<()> {
        self.hanging(&" ".repeat(indent), indent, text, Style::new())
    }

    /// Prose of one style.
    pub(crate) fn styled(&mut self, indent: usize, text: &str, style: Style) -> io::Result<()> {
        self.hanging(&" ".repeat(indent), indent, text, style)
    }

    /// `Label:   text`, with the text aligned.
    pub(crate) fn labelled(&mut self, indent: usize, label: &str, text: &str) -> io::Result<()> {
        let first = format!("{:indent$}{DIM}{:<LABEL$}{DIM:#}", "", format!("{label}:"));
        self.hanging(&first, indent + LABEL, text, Style::new())
    }

    /// `  1. text`, with further lines below the text.
    pub(crate) fn numbered(&mut self, indent: usize, number: usize, text: &str) -> io::Result<()> {
        self.hanging(&format!("{:indent$}{number:>2}. ", ""), indent + 4, text, Style::new())
    }

    fn hanging(&mut self, first: &str, indent: usize, text: &str, style: Style) -> io::Result<()> {
        let width = self.width.saturating_sub(indent).max(20);
        // A terminal would obey what a deployment says.
        let text = visible(text);
        let lines: Vec<String> = text.lines().flat_map(|line| wrap(line, width)).collect();
        for (number, line) in lines.iter().enumerate() {
            let lead = if number == 0 { first.to_owned() } else { " ".repeat(indent) };
            let styled = if style.is_plain() { line.clone() } else { format!("{style}{line}{style:#}") };
            self.line(&format!("{lead}{styled}"))?;
        }
        if lines.is_empty() {
            self.line(first)?;
        }
        Ok(())
    }
}

/// The text in lines of at most `width` characters, broken at blanks; a longer word stands alone.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if used + 1 + length <= width => {
                line.push(' ');
                line.push_str(word);
                used += 1 + length;
            }
            _ => {
                lines.push(word.to_owned());
                used = length;
            }
        }
    }
    lines
}

/// How the cells of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// Rows of cells in columns below a head. A name of two words takes two lines.
pub(super) struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<(String, Style)>>,
}

impl Table {
    pub(super) fn new(columns: &[(&'static str, Align)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: Vec<(String, Style)>) {
        self.rows.push(cells);
    }

    pub(super) fn write(&self, page: &mut Page<'_>) -> io::Result<()> {
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                let widest = cells.map(|(text, _)| text.chars().count()).max().unwrap_or_default();
                widest.max(self.columns[column].0.split(' ').map(str::len).max().unwrap_or_default())
            })
            .collect();
        let sum: usize = widths.iter().sum();
        let between = if sum + 2 * (widths.len().saturating_sub(1)) <= page.width { "  " } else { " " };
        let head = |part: fn(&'static str) -> &'static str| {
            self.columns.iter().map(|(name, _)| (part(name).to_owned(), DIM)).collect::<Vec<_>>()
        };
        let above = head(|name| name.split_once(' ').map_or("", |(above, _)| above));
        let below = head(|name| name.split_once(' ').map_or(name, |(_, below)| below));
        for row in [above, below].iter().chain(&self.rows) {
            if row.iter().all(|(text, _)| text.is_empty()) {
                continue;
            }
            let last = row.len().saturating_sub(1);
            let cells: Vec<String> = row
                .iter()
                .enumerate()
                .zip(&widths)
                .zip(&self.columns)
                .map(|(((column, (text, style)), width), (_, align))| {
                    let pad = " ".repeat(width.saturating_sub(text.chars().count()));
                    let styled =
                        if style.is_plain() { text.clone() } else { format!("{style}{text}{style:#}") };
                    match align {
                        Align::Left if column == last => styled,
                        Align::Left => format!("{styled}{pad}"),
                        Align::Right => format!("{pad}{styled}"),
                    }
                })
                .collect();
            page.line(&cells.join(between))?;
        }
        Ok(())
    }
}
