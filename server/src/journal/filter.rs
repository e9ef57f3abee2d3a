//! Which entries are wanted.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use regex::Regex;
use rescind_specs::StatusPattern;

use super::entry::Entry;

/// Which entries are wanted. What is not named does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The contract, by name.
    pub contract: Option<String>,
    /// The operation, by its identifier.
    pub operation: Option<String>,
    /// The method, in upper case.
    pub method: Option<String>,
    /// The path.
    pub path: Option<PathFilter>,
    /// The status, or a class of them; `default` is any answer.
    pub status: Option<StatusPattern>,
    /// The public identifier of the caller, proven or claimed.
    pub caller: Option<String>,
    /// Entries after the one of this number.
    pub after: Option<u64>,
    /// Requests that arrived at this time or later, by the clock of the server.
    pub since: Option<Timestamp>,
    /// Whether something was done to them on purpose.
    pub disturbed: Disturbed,
}

/// Which paths are wanted, prefix of the contract included.
#[derive(Clone, Debug)]
pub enum PathFilter {
    /// Those that begin so.
    Prefix(String),
    /// Those of which some part matches.
    Regex(Regex),
}

/// Whether something was done to a request on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Disturbed {
    /// It does not matter.
    #[default]
    Any,
    /// Only those to which something was done.
    Only,
    /// Only those to which nothing was done.
    Never,
}

/// The text is no filter of paths.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PathFilterError {
    /// It is neither a path nor a regular expression.
    #[error(
        "`{0}` is neither the beginning of a path (`/keys`) nor a regular expression with a tilde before it (`~^/keys/[0-9]+$`)"
    )]
    Neither(String),
    /// The expression is wrong.
    #[error("the expression behind the tilde is wrong: {0}")]
    Regex(#[from] regex::Error),
}

impl FromStr for PathFilter {
    type Err = PathFilterError;

    /// `/keys` is a prefix, `~^/keys/[0-9]+$` a regular expression.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix('~') {
            Some(expression) => Ok(Self::Regex(Regex::new(expression)?)),
            None if text.starts_with('/') => Ok(Self::Prefix(text.to_owned())),
            None => Err(PathFilterError::Neither(text.to_owned())),
        }
    }
}

impl fmt::Display for PathFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix(prefix) => f.write_str(prefix),
            Self::Regex(regex) => write!(f, "~{regex}"),
        }
    }
}

impl PathFilter {
    fn is_match(&self, path: &str) -> bool {
        match self {
            Self::Prefix(prefix) => path.starts_with(&**prefix),
            Self::Regex(regex) => regex.is_match(path),
        }
    }
}

impl Filter {
    /// All entries.
    pub fn all() -> Self {
        Self::default()
    }

    /// Whether the entry is wanted.
    pub fn matches(&self, entry: &Entry) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
        };
        is(&self.contract, entry.contract.as_deref())
            && is(&self.operation, entry.operation.as_deref())
            && is(&self.method, Some(&entry.request.method))
            && is(&self.caller, entry.caller.as_ref().map(|caller| &*caller.id))
            && self.path.as_ref().is_none_or(|path| path.is_match(&entry.request.path))
            && self.status.is_none_or(|wanted| entry.status().is_some_and(|status| wanted.covers(status)))
            && self.after.is_none_or(|after| entry.number > after)
            && self.since.is_none_or(|since| entry.at >= since)
            && match self.disturbed {
                Disturbed::Any => true,
                Disturbed::Only => entry.disturbance.is_some(),
                Disturbed::Never => entry.disturbance.is_none(),
            }
    }
}
