//! What cargo tells of a crate in `--message-format=json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// One error of the compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// The file of the crate, relative to its folder, if the error has a place.
    pub file: Option<PathBuf>,
    /// The line, from 1; 0 without a place.
    pub line: usize,
    /// The message alone, with its code.
    pub message: String,
    /// As the compiler shows it.
    pub rendered: String,
}

/// What is known of a crate so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// Whether the crate came out.
    pub done: bool,
    /// Its errors.
    pub errors: Vec<CompileError>,
}

/// Takes in one line of cargo's output. Lines that are not known are passed over.
pub(super) fn take(line: &str, folder: &Path, crates: &mut BTreeMap<String, Said>) {
    let Ok(message) = serde_json::from_str::<Value>(line) else { return };
    let Some(name) = member(&message, folder) else { return };
    let said = crates.entry(name.clone()).or_default();
    match message["reason"].as_str() {
        Some("compiler-artifact") => said.done = true,
        Some("compiler-message") if message["message"]["level"] == "error" => {
            if let Some(error) = error(&message["message"], &name) {
                said.errors.push(error);
            }
        }
        _ => {}
    }
}

/// The member of the workspace at `folder` that a message is about.
fn member(message: &Value, folder: &Path) -> Option<String> {
    let manifest = Path::new(message["manifest_path"].as_str()?);
    let member = manifest.parent()?.strip_prefix(folder).ok()?;
    Some(member.to_str()?.to_owned()).filter(|name| !name.is_empty())
}

/// An error with its place; `None` for the line that counts errors at the end.
fn error(message: &Value, member: &str) -> Option<CompileError> {
    let words = message["message"].as_str().unwrap_or_default();
    let spans = message["spans"].as_array().map(Vec::as_slice).unwrap_or_default();
    if spans.is_empty() && words.starts_with("aborting due to") {
        return None;
    }
    let span = spans.iter().find(|span| span["is_primary"] == true);
    // The compiler runs in the root of the workspace.
    let file = span.and_then(|span| span["file_name"].as_str()).map(|name| {
        let path = Path::new(name);
        path.strip_prefix(member).unwrap_or(path).to_owned()
    });
    let line = span.and_then(|span| span["line_start"].as_u64()).unwrap_or(0);
    let code = message["code"]["code"].as_str().map(|code| format!(" [{code}]")).unwrap_or_default();
    Some(CompileError {
        file,
        line: usize::try_from(line).unwrap_or(usize::MAX),
        message: format!("{words}{code}"),
        rendered: message["rendered"].as_str().unwrap_or(words).to_owned(),
    })
}
