//! Why a command line, an environment or a configuration file cannot be followed.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why there is nothing to do.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The arguments or the environment are wrong, or ask for help.
    #[error(transparent)]
    Arguments(Box<clap::Error>),
    /// The configuration file is wrong.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Why a configuration file cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It does not say what it should.
    #[error("{}", lines(path, mistakes))]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong, in the order of the text; never empty.
        mistakes: Vec<Mistake>,
    },
}

/// One mistake in a configuration file. The line itself is not shown: it may hold a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong, and what to do about it.
    pub message: String,
}

impl Mistake {
    /// A mistake at a byte of `text`.
    pub(super) fn at(text: &str, byte: usize, message: impl Into<String>) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).map_or(0, |start| start.chars().count()) + 1;
        Self { line: before.matches('\n').count() + 1, column, message: message.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

fn lines(path: &Path, mistakes: &[Mistake]) -> String {
    let lines = mistakes.iter().map(|mistake| format!("{}:{mistake}", path.display()));
    lines.collect::<Vec<_>>().join("\n")
}
