//! Why there is no record of what a run issues, or why it cannot be worked off.

use std::io;
use std::path::PathBuf;

/// A cleanup file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CleanupError {
    /// It cannot be made or written.
    #[error(
        "cannot write the cleanup file {}: {source}; nothing is issued that is not written down first, so give a place \
         that can be written with --cleanup FILE",
        path.display()
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It cannot be read.
    #[error("cannot read the cleanup file {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another process has it open.
    #[error("{} belongs to a run that goes on; it puts away itself what it issued", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It is some other file.
    #[error("{}:{line}: this is no line of a cleanup file", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// There are files of too many runs.
    #[error(
        "there are too many cleanup files beside {}; `rescind cleanup` works them off", path.display()
    )]
    TooMany {
        /// The first of them.
        path: PathBuf,
    },
}
