//! Several diagnostics for a person at a terminal: by place, and the same mistake not shown over and over.

use std::collections::{HashMap, HashSet};

use crate::error::Diagnostic;

/// How often the same mistake is shown with its place.
const MAX_SAME: usize = 3;
/// How many further places are told by their line.
const MAX_LINES: usize = 8;

/// Renders diagnostics in the order of files and lines, errors and warnings together, each once.
///
/// Of a mistake that is made many times the first places are shown, and the lines of some more are named.
pub fn report(diagnostics: &[Diagnostic], color: bool) -> String {
    let mut seen = HashSet::new();
    let mut sorted: Vec<&Diagnostic> = diagnostics
        .iter()
        .filter(|diagnostic| seen.insert((diagnostic.in_text(), &*diagnostic.message, diagnostic.severity)))
        .collect();
    sorted.sort_by(|one, other| one.in_text().cmp(&other.in_text()));
    let mut same: HashMap<_, Vec<&Diagnostic>> = HashMap::new();
    for diagnostic in &sorted {
        same.entry(diagnostic.mistake()).or_default().push(diagnostic);
    }
    let mut shown: HashMap<_, usize> = HashMap::new();
    let mut parts = Vec::new();
    for diagnostic in sorted {
        let key = diagnostic.mistake();
        let all = same.get(&key).map(Vec::as_slice).unwrap_or_default();
        let count = shown.entry(key).or_default();
        *count += 1;
        // To show one more takes no more room than to tell that there is one more.
        if *count < MAX_SAME || all.len() <= MAX_SAME + 1 {
            parts.push(diagnostic.render(color));
        } else if *count == MAX_SAME {
            let rest = all.get(MAX_SAME..).unwrap_or_default();
            parts.push(diagnostic.rendered(color, Some(&others(rest))));
        }
    }
    parts.join("\n\n")
}

fn others(rest: &[&Diagnostic]) -> String {
    let mut lines: Vec<usize> = rest
        .iter()
        .filter_map(|diagnostic| diagnostic.position.as_ref())
        .map(|position| position.line)
        .collect();
    lines.dedup();
    let named: Vec<String> = lines.iter().take(MAX_LINES).map(ToString::to_string).collect();
    let more = if lines.len() > MAX_LINES { ", …" } else { "" };
    let word = if lines.len() == 1 { "line" } else { "lines" };
    format!("… and {} more of the same, in {word} {}{more}", rest.len(), named.join(", "))
}
