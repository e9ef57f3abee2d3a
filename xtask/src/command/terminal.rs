//! What people read: diagnostics, changed files, summaries. All of it goes to standard error.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use rescind_specs::{Diagnostic, Severity};
use serde_json::{Value, json};
use xtask::artifact::Drift;
use xtask::codegen::{CodegenError, Mode};

use super::exit::{BAD_USAGE, NOT_AS_IT_SHOULD_BE};

/// How diagnostics are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people: with the line of the document, on standard error.
    Human,
    /// For programs: a JSON object a line, on standard output.
    Json,
}

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loudness {
    /// Everything.
    Normal,
    /// Errors only.
    Quiet,
}

/// Writes a line to standard error; that it cannot be read by anybody is no failure.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Whether standard error is read by a person who sees colors.
pub(super) fn color() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Prints `diagnostics`; those that say the same of several places once, with the other places behind.
pub(super) fn diagnostics(diagnostics: &[Diagnostic], format: Format) {
    match format {
        Format::Json => {
            let mut output = std::io::stdout().lock();
            for diagnostic in diagnostics {
                let _ = writeln!(output, "{}", object(diagnostic));
            }
        }
        Format::Human => {
            for group in fold(diagnostics) {
                say(&human(&group, color()));
            }
        }
    }
}

/// The diagnostics that say the same, in the order of the first of each.
fn fold(diagnostics: &[Diagnostic]) -> Vec<Vec<&Diagnostic>> {
    let mut groups: Vec<Vec<&Diagnostic>> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for diagnostic in diagnostics {
        let key = (diagnostic.severity, &*diagnostic.message, diagnostic.help.as_deref());
        let at = *known.entry(key).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(diagnostic),
            None => groups.push(vec![diagnostic]),
        }
    }
    groups
}

/// Other places that are named of diagnostics that say the same.
const PLACES: usize = 8;

fn human(group: &[&Diagnostic], color: bool) -> String {
    let Some((first, others)) = group.split_first() else { return String::new() };
    let mut text = first.render(color);
    if !others.is_empty() {
        let places: Vec<String> = others.iter().take(PLACES).map(|other| place(other)).collect();
        text.push_str("\n  = note: the same at ");
        text.push_str(&places.join(", "));
        if others.len() > PLACES {
            text.push_str(" and ");
            text.push_str(&(others.len() - PLACES).to_string());
            text.push_str(" more");
        }
    }
    text.push('\n');
    text
}

fn place(diagnostic: &Diagnostic) -> String {
    match &diagnostic.position {
        Some(position) => format!("{}:{}", position.line, position.column),
        None => diagnostic.pointer.to_string(),
    }
}

fn object(diagnostic: &Diagnostic) -> Value {
    json!({
        "severity": match diagnostic.severity { Severity::Error => "error", Severity::Warning => "warning" },
        "message": &*diagnostic.message,
        "help": diagnostic.help.as_deref(),
        "file": &*diagnostic.file,
        "line": diagnostic.position.as_ref().map(|position| position.line),
        "column": diagnostic.position.as_ref().map(|position| position.column),
        "pointer": diagnostic.pointer.as_str(),
    })
}

/// Tells what was written, or what differs.
pub(super) fn report(drift: &[Drift], mode: Mode, what: &str, command: &str) -> ExitCode {
    match mode {
        Mode::Write => {
            for drift in drift {
                say(&format!("{:>8}  {}", drift.kind.settled(), drift.path.display()));
            }
            say(&format!("{what}, {} changed", drift.len()));
            ExitCode::SUCCESS
        }
        Mode::Check if drift.is_empty() => {
            say(&format!("{what}, all as generated"));
            ExitCode::SUCCESS
        }
        Mode::Check => {
            for drift in drift {
                say(&format!("{:>8}  {}", drift.kind.to_string(), drift.path.display()));
            }
            say(&format!("{} of {what} differ; run: {command}", drift.len()));
            ExitCode::from(NOT_AS_IT_SHOULD_BE)
        }
    }
}

/// Tells why nothing was generated.
pub(super) fn failed(error: &CodegenError) -> ExitCode {
    failed_in(error, Format::Human)
}

/// Tells why nothing was generated, in a format.
pub(super) fn failed_in(error: &CodegenError, format: Format) -> ExitCode {
    match (format, error.diagnostics()) {
        (_, Some(found)) => diagnostics(found, format),
        (Format::Human, None) => say(&error.render(color())),
        (Format::Json, None) => {
            let object = json!({ "severity": "error", "message": error.to_string() });
            let _ = writeln!(std::io::stdout(), "{object}");
        }
    }
    ExitCode::from(match error {
        CodegenError::UnknownContract { .. } => BAD_USAGE,
        _ => NOT_AS_IT_SHOULD_BE,
    })
}
