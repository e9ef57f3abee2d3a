//! The table of a corpus: a row a document, the totals, and the share that came out.

use std::fmt::Write as _;
use std::time::Duration;

use super::Row;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// In columns, for a terminal.
    Plain,
    /// As Markdown.
    Markdown,
}

const HEAD: [&str; 8] =
    ["document", "operations", "client", "server", "losses", "diagnostics", "generate", "compile"];

/// The share of operations that are in a client and in stubs that compile, in percent; of no operations all.
pub fn share(rows: &[Row]) -> f64 {
    percent(
        rows.iter().map(|row| row.client.min(row.server)).sum(),
        rows.iter().map(|row| row.documented).sum(),
    )
}

fn percent(part: usize, whole: usize) -> f64 {
    let number = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
    if whole == 0 { 100.0 } else { 100.0 * number(part) / number(whole) }
}

/// The table as text.
pub fn text(rows: &[Row], style: Style) -> String {
    let sum = |number: fn(&Row) -> usize| rows.iter().map(number).sum::<usize>();
    let time = |number: fn(&Row) -> Duration| rows.iter().map(number).sum::<Duration>();
    let documented = sum(|row| row.documented);
    let mut lines: Vec<[String; 8]> = vec![HEAD.map(str::to_owned)];
    lines.extend(rows.iter().map(line));
    let of = |part: usize| format!("{part} ({:.1} %)", percent(part, documented));
    lines.push([
        format!("{} documents", rows.len()),
        documented.to_string(),
        of(sum(|row| row.client)),
        of(sum(|row| row.server)),
        sum(|row| row.losses).to_string(),
        sum(|row| row.diagnostics).to_string(),
        seconds(time(|row| row.generating)),
        seconds(time(|row| row.compiling)),
    ]);
    match style {
        Style::Plain => plain(&lines),
        Style::Markdown => markdown(&lines),
    }
}

fn line(row: &Row) -> [String; 8] {
    [
        row.name.clone(),
        if row.crashed { "crashed".to_owned() } else { row.documented.to_string() },
        row.client.to_string(),
        row.server.to_string(),
        row.losses.to_string(),
        row.diagnostics.to_string(),
        seconds(row.generating),
        seconds(row.compiling),
    ]
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn plain(lines: &[[String; 8]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let mut text = String::new();
    for line in lines {
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let _ = match column {
                0 => write!(text, "{cell:<width$}"),
                _ => write!(text, "  {cell:>width$}"),
            };
        }
        text.push('\n');
    }
    text
}

fn markdown(lines: &[[String; 8]]) -> String {
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        let cells: Vec<String> = line.iter().map(|cell| cell.replace('|', "\\|")).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
        if number == 0 {
            text.push_str("|---|--:|--:|--:|--:|--:|--:|--:|\n");
        }
    }
    text
}
