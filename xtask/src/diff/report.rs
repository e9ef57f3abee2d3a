//! Changes as people and machines read them.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Change, Class, Side};

/// `2 breaking, 1 compatible`, or that there is nothing.
fn summary(changes: &[Change]) -> String {
    let counts: Vec<String> = Class::ALL
        .into_iter()
        .map(|class| (class, changes.iter().filter(|change| change.class == class).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(class, count)| format!("{count} {class}"))
        .collect();
    if counts.is_empty() { "no change".to_owned() } else { counts.join(", ") }
}

/// What a person at a terminal reads: each change with both places, then how many there are.
pub fn text(changes: &[Change]) -> String {
    let mut out = String::new();
    for change in changes {
        let side = |side: &Side| {
            let said = side.text.as_deref().unwrap_or("not documented");
            format!("{} ({} at {})", shortened(said), side.place(), shown(side))
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}[{}]: {}", change.class, change.rule, change.what);
        if let Some(operation) = &change.operation {
            let _ = writeln!(out, "   in: {operation}");
        }
        let _ = writeln!(out, "  was: {}", side(&change.was));
        let _ = writeln!(out, "  now: {}", side(&change.now));
        let _ = writeln!(out, "  why: {}\n", change.why);
    }
    let _ = writeln!(out, "{}", summary(changes));
    out
}

fn shown(side: &Side) -> &str {
    if side.pointer.as_str().is_empty() { "the root" } else { side.pointer.as_str() }
}

/// One line, and not a long one.
fn shortened(text: &str) -> String {
    let line = text.replace(['\n', '\r', '\t'], " ");
    match line.char_indices().nth(100) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// What a changelog takes.
pub fn markdown(changes: &[Change]) -> String {
    let mut out = String::new();
    for class in Class::ALL {
        let mut of_class = changes.iter().filter(|change| change.class == class).peekable();
        if of_class.peek().is_none() {
            continue;
        }
        let _ = writeln!(out, "### {}\n", title(class));
        for change in of_class {
            let operation =
                change.operation.as_deref().map(|operation| format!("`{operation}`: ")).unwrap_or_default();
            let said = |side: &Side| {
                side.text.as_deref().map_or_else(
                    || "not documented".to_owned(),
                    |text| format!("`{}`", shortened(text).replace('`', "'")),
                )
            };
            let (was, now) = (said(&change.was), said(&change.now));
            let _ = writeln!(out, "- {operation}{} ({was} → {now}): {}.", change.what, change.why);
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", summary(changes));
    out
}

fn title(class: Class) -> &'static str {
    match class {
        Class::Breaking => "Breaking",
        Class::Unclassified => "Unclassified",
        Class::Warning => "Worth a look",
        Class::Compatible => "Compatible",
    }
}

/// What a machine reads.
pub fn json(changes: &[Change]) -> Value {
    let side = |side: &Side| {
        json!({
            "file": side.file,
            "line": side.line,
            "pointer": side.pointer.as_str(),
            "documented": side.text,
        })
    };
    let count = |class: Class| changes.iter().filter(|change| change.class == class).count();
    json!({
        "summary": Class::ALL.into_iter().map(|class| (class.to_string(), json!(count(class)))).collect::<serde_json::Map<_, _>>(),
        "changes": changes.iter().map(|change| json!({
            "class": change.class.to_string(),
            "rule": change.rule,
            "operation": change.operation,
            "what": change.what,
            "why": change.why,
            "was": side(&change.was),
            "now": side(&change.now),
        })).collect::<Vec<_>>(),
    })
}
