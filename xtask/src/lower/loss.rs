//! What the generated code cannot express, and why.

use std::fmt;

use rescind_specs::{Diagnostic, Document, Pointer};

/// One thing of a document that a pass could not carry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loss {
    /// Where it stands.
    pub pointer: Pointer,
    /// The pass that met it.
    pub pass: &'static str,
    /// What is missing from the generated code.
    pub what: String,
    /// Why.
    pub why: &'static str,
}

impl Loss {
    /// The loss as a warning with file, line and column.
    pub fn diagnostic(&self, document: &Document) -> Diagnostic {
        document.diagnostic(&self.pointer, format!("{}: {}", self.what, self.why)).as_warning()
    }
}

impl fmt::Display for Loss {
    /// One line, as in `xtask/losses/`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}: {}", self.pass, self.pointer, self.what, self.why)
    }
}
