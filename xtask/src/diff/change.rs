//! One change of a contract, and what it means for its callers.

use std::fmt;

use rescind_specs::{Document, Pointer};

/// What a change means for whoever calls the API. The worst comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A caller that was right before may be wrong now.
    Breaking,
    /// Something differs, and nothing here knows what that means.
    Unclassified,
    /// No caller breaks today, but some should look at it.
    Warning,
    /// No caller can tell, or whoever can gains by it.
    Compatible,
}

impl Class {
    /// All of them, the worst first.
    pub const ALL: [Self; 4] = [Self::Breaking, Self::Unclassified, Self::Warning, Self::Compatible];
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Breaking => "breaking",
            Self::Unclassified => "unclassified",
            Self::Warning => "warning",
            Self::Compatible => "compatible",
        })
    }
}

/// One side of a change: where it stands, and what is documented there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The document.
    pub file: String,
    /// The line, counted from 1; that of the nearest thing around it where it is not documented.
    pub line: Option<usize>,
    /// The place in the document.
    pub pointer: Pointer,
    /// What is documented; `None` if nothing is.
    pub text: Option<String>,
}

impl Side {
    pub(super) fn new(document: &Document, at: &Pointer, text: Option<String>) -> Self {
        let place = document.diagnostic(at, "").at_key();
        Self {
            file: place.file.to_string(),
            line: place.position.map(|position| position.line),
            pointer: place.pointer,
            text,
        }
    }

    /// `openapi.yaml:12`.
    pub fn place(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.clone(),
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it means for callers.
    pub class: Class,
    /// What kind of change it is, in words that do not change: `response-member-removed`.
    pub rule: &'static str,
    /// The operation at which it was met first: `GET /keys`.
    pub operation: Option<String>,
    /// What changed.
    pub what: String,
    /// Why it is of that class.
    pub why: String,
    /// Before.
    pub was: Side,
    /// After.
    pub now: Side,
}
