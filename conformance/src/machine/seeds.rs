//! The file that keeps the seeds of sequences that broke a promise, so that the next run begins with them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::report::ContractReport;

/// What stands above the seeds.
const HEAD: &str = "\
# Sequences of lifecycle steps that broke a promise; `rescind check` runs those of a contract first.
# A line each: the contract, the seed, and what was left of the sequence after shrinking. Remove what is settled.
";

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeedsError {
    /// It cannot be read.
    #[error(
        "cannot read the seeds in {file}: {source}; name another file with --seeds, or none with --no-seeds"
    )]
    Read {
        /// The file.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A line of it is no seed.
    #[error(
        "{file}:{line}: {why}; write the name of a contract and a seed of up to 16 hexadecimal digits, or remove the line"
    )]
    Line {
        /// The file.
        file: String,
        /// The number of the line.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// It cannot be written.
    #[error(
        "cannot write the seeds to {file}: {source}; name another file with --seeds, or none with --no-seeds"
    )]
    Write {
        /// The file.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
}

/// The seeds in a file: contract and seed, with what is said of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seeds(BTreeMap<(String, u64), String>);

impl Seeds {
    /// Reads a file. One that does not exist holds no seed.
    ///
    /// # Errors
    /// It cannot be read, or a line is no seed.
    pub fn read(path: &Path) -> Result<Self, SeedsError> {
        let file = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, &file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(SeedsError::Read { file, source }),
        }
    }

    fn parse(text: &str, file: &str) -> Result<Self, SeedsError> {
        let mut seeds = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let (fact, comment) = line.split_once('#').unwrap_or((line, ""));
            let mut words = fact.split_whitespace();
            let Some(contract) = words.next() else { continue };
            let wrong = |why: String| SeedsError::Line { file: file.to_owned(), line: number + 1, why };
            let seed = words.next().ok_or_else(|| wrong("the seed is missing".to_owned()))?;
            let parsed = u64::from_str_radix(seed, 16).map_err(|_| wrong(format!("{seed:?} is no seed")))?;
            if let Some(more) = words.next() {
                return Err(wrong(format!("there is more after the seed: {more:?}")));
            }
            seeds.insert((contract.to_owned(), parsed), comment.trim().to_owned());
        }
        Ok(Self(seeds))
    }

    /// The seeds of a contract.
    pub fn of(&self, contract: &str) -> Vec<u64> {
        self.0.keys().filter(|(name, _)| name == contract).map(|(_, seed)| *seed).collect()
    }

    /// Adds the sequences that a report shows; whether there was a new one.
    pub fn add(&mut self, report: &ContractReport) -> bool {
        let findings = report.checks.iter().flat_map(|check| &check.findings).map(|breach| &breach.finding);
        let before = self.0.len();
        for sequence in findings.filter_map(|finding| finding.sequence.as_ref()) {
            if let Ok(seed) = u64::from_str_radix(&sequence.seed, 16) {
                let words = sequence.steps.join(", ").replace('\n', " ");
                self.0.entry((report.contract.clone(), seed)).or_insert(words);
            }
        }
        self.0.len() > before
    }

    /// Writes the file in one step: readers see the old one or the new one, whole.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), SeedsError> {
        let mut text = HEAD.to_owned();
        for ((contract, seed), words) in &self.0 {
            let comment = if words.is_empty() { String::new() } else { format!(" # {words}") };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{contract} {seed:016x}{comment}");
        }
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{}", std::process::id()));
        let beside = PathBuf::from(beside);
        let done = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
        done.map_err(|source| {
            // What is half written is of no use; that it cannot be removed would be no worse.
            let _ = fs::remove_file(&beside);
            SeedsError::Write { file: path.display().to_string(), source }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_sorted_and_written_without_duplicates() {
        let text = "# About.\n\nb 2 # two\na ff # issue credential A\nb 0000000000000002\na 1\n";
        let seeds = Seeds::parse(text, "x").unwrap();
        assert_eq!(seeds.of("a"), [1, 255]);
        assert_eq!(seeds.of("b"), [2]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rescind.seeds");
        seeds.write(&path).unwrap();
        assert_eq!(Seeds::read(&path).unwrap(), seeds);
        let written = fs::read_to_string(&path).unwrap();
        assert!(
            written.ends_with(
                "a 0000000000000001\na 00000000000000ff # issue credential A\nb 0000000000000002\n"
            )
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_missing_file_holds_nothing_and_a_broken_line_is_named() {
        assert_eq!(Seeds::read(Path::new("/nonexistent/rescind.seeds")).unwrap(), Seeds::default());
        for (text, place) in [("a 1\na xyz\n", "f:2: \"xyz\" is no seed"), ("a", "f:1: the seed is missing")]
        {
            let error = Seeds::parse(text, "f").unwrap_err().to_string();
            assert!(error.starts_with(place), "{error}");
        }
    }
}
