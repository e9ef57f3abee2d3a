//! The committed list of what the generated code cannot express. It may only shrink.

use std::collections::BTreeSet;
use std::path::Path;

use crate::lower::Loss;

/// How the losses of a contract differ from its list.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Losses that no line lists.
    pub unlisted: Vec<String>,
    /// Lines that no loss stands behind.
    pub stale: Vec<String>,
}

impl Difference {
    /// Compares `losses` with the text of a list: a line each, empty lines and lines with `#` aside.
    pub fn new(losses: &[Loss], list: &str) -> Self {
        let found: BTreeSet<String> = losses.iter().map(ToString::to_string).collect();
        let listed: BTreeSet<String> = list
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(str::to_owned)
            .collect();
        Self {
            unlisted: found.difference(&listed).cloned().collect(),
            stale: listed.difference(&found).cloned().collect(),
        }
    }

    /// Compares `losses` with the list at `path`; a list that does not exist is empty.
    pub fn read(losses: &[Loss], path: &Path) -> std::io::Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(list) => Ok(Self::new(losses, &list)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::new(losses, "")),
            Err(error) => Err(error),
        }
    }

    /// Whether the list is exact.
    pub fn is_empty(&self) -> bool {
        self.unlisted.is_empty() && self.stale.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use rescind_specs::Pointer;

    use super::*;

    #[test]
    fn both_directions_are_told() {
        let loss = |pointer: &str| Loss {
            pointer: Pointer::parse(pointer).unwrap(),
            pass: "parameters",
            what: "cookie parameter `a`".into(),
            why: "cookies are not sent by the client",
        };
        let list = "# why there is a list\n\nparameters: /a: cookie parameter `a`: cookies are not sent by the client\nold\n";
        let difference = Difference::new(&[loss("/a"), loss("/b")], list);
        assert_eq!(difference.stale, ["old"]);
        assert_eq!(
            difference.unlisted,
            ["parameters: /b: cookie parameter `a`: cookies are not sent by the client"]
        );
        assert!(Difference::new(&[], "").is_empty());
    }
}
