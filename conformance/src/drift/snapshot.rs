//! The snapshots of envelopes in a folder: files of insta, to be reviewed with `cargo insta review`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use insta::Snapshot;
use insta::internals::SnapshotContents;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};

use super::Envelope;

/// The most lines of a difference that are told.
const LINES: usize = 40;

/// What became of an envelope since its snapshot was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    /// The operation.
    pub operation: String,
    /// Its method and path template.
    pub signature: String,
    /// The status.
    pub status: u16,
    /// What changed.
    pub change: Change,
    /// The lines that differ, with `-` before those of the snapshot and `+` before those of this run.
    pub lines: Vec<String>,
    /// The file that it was written to: the snapshot, or `.snap.new` beside it, to be looked at.
    pub file: String,
}

/// How an envelope and its snapshot differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// There is no snapshot of it as yet.
    New,
    /// It is another one than in the snapshot.
    Different,
}

/// Why snapshots cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum DriftError {
    /// A file cannot be written.
    #[error("cannot write the snapshot {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file is no snapshot.
    #[error("{} is no snapshot that can be read: {why}; remove it, and it is made anew", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// What becomes of an envelope that is new or different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It waits beside the snapshot, as `.snap.new`, until somebody has looked at it.
    ForReview,
    /// It is the snapshot from now on.
    AsSnapshot,
}

/// Compares envelopes with the snapshots in a folder, and keeps those that are new or different. What waited there and is
/// settled is removed.
///
/// # Errors
/// A file cannot be read or written.
pub fn compare(
    folder: &Path,
    contract: &str,
    envelopes: &[Envelope],
    keep: Keep,
) -> Result<Vec<Drift>, DriftError> {
    let write = |path: &Path, source: io::Error| DriftError::Write { path: path.to_owned(), source };
    fs::create_dir_all(folder).map_err(|error| write(folder, error))?;
    let mut drift = Vec::new();
    for envelope in envelopes {
        let name = format!("{contract}__{}__{}", envelope.operation, envelope.status);
        let name: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '_' })
            .collect();
        let path = folder.join(format!("{name}.snap"));
        let waiting = folder.join(format!("{name}.snap.new"));
        let known = known(&path)?;
        let same = known.as_ref().is_some_and(|known| known.trim_end() == envelope.text.trim_end());
        if same || keep == Keep::AsSnapshot {
            match fs::remove_file(&waiting) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(write(&waiting, error)),
                _ => {}
            }
        }
        if same {
            continue;
        }
        let file = match keep {
            Keep::ForReview => waiting,
            Keep::AsSnapshot => path,
        };
        fs::write(&file, written(envelope)).map_err(|error| write(&file, error))?;
        drift.push(Drift {
            operation: envelope.operation.clone(),
            signature: envelope.signature.clone(),
            status: envelope.status,
            change: if known.is_some() { Change::Different } else { Change::New },
            lines: known.map(|known| differences(&known, &envelope.text)).unwrap_or_default(),
            file: file.display().to_string(),
        });
    }
    Ok(drift)
}

/// The text of an accepted snapshot.
fn known(path: &Path) -> Result<Option<String>, DriftError> {
    if !path.exists() {
        return Ok(None);
    }
    let error = |why: String| DriftError::Read { path: path.to_owned(), why };
    let snapshot = Snapshot::from_file(path).map_err(|why| error(why.to_string()))?;
    match snapshot.contents() {
        SnapshotContents::Text(text) => Ok(Some(text.to_string())),
        SnapshotContents::Binary(_) => Err(error("it is binary".to_owned())),
    }
}

/// The file of a snapshot: a head that says what it is of, then the envelope.
fn written(envelope: &Envelope) -> String {
    let expression = format!("{} → {}", envelope.signature, envelope.status);
    let expression = serde_json::Value::from(expression);
    format!("---\nsource: rescind\nexpression: {expression}\n---\n{}", envelope.text)
}

/// The lines that differ.
fn differences(before: &str, after: &str) -> Vec<String> {
    let diff = TextDiff::from_lines(before.trim_end(), after.trim_end());
    let changed = diff.iter_all_changes().filter_map(|change| {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => return None,
        };
        Some(format!("{sign}{}", change.value().trim_end()))
    });
    let mut lines: Vec<String> = changed.collect();
    if lines.len() > LINES {
        let more = lines.len() - LINES;
        lines.truncate(LINES);
        lines.push(format!("… and {more} more lines"));
    }
    lines
}
