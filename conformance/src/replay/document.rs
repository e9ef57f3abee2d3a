//! The document that a breach is kept in: versioned, for people to read, and without secrets.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rescind_specs::lifecycle::RequirementId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::counterexample::Repeat;
use crate::finding::Finding;
use crate::report::{Breach, ContractReport, Report};
use crate::verdict::Verdict;

/// The version of the document.
pub const VERSION: u32 = 1;

/// A breach, so that it can be looked for again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Counterexample", description = "A breach, so that it can be looked for again.")]
pub struct Stored {
    /// The version of this document.
    pub version: u32,
    /// The name of the contract.
    pub contract: String,
    /// The hash of its documents.
    pub digest: String,
    /// The requirement, if it is one of its checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<RequirementId>,
    /// What was found.
    pub finding: Finding,
    /// In how many runs of the same sequence it was seen once; absent: each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub once_in: Option<u32>,
    /// How to look for it.
    pub repeat: Repeat,
}

/// Why nothing can be looked for.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It is neither a counterexample nor a report.
    #[error("{}{why}; a counterexample is what `rescind check --counterexamples DIR` writes, a report what --report json=FILE does", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its place in front where there is one.
        why: String,
    },
    /// It is of a version that this program does not know.
    #[error("{} has version {found} of the format, and this program reads version {VERSION}; use the version of rescind that wrote it", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: String,
    },
    /// It is about another contract.
    #[error("the counterexample is about the contract {found}, and what is judged is {known}")]
    Contract {
        /// The contract of the document.
        found: String,
        /// Those that there are.
        known: String,
    },
    /// The contract has no such thing any more.
    #[error("the counterexample does not fit the contract {contract}: {why}")]
    Unfit {
        /// The contract.
        contract: String,
        /// What does not fit.
        why: String,
    },
}

impl Stored {
    /// The JSON Schema of the document, for editors.
    pub fn json_schema() -> Value {
        schemars::schema_for!(Self).to_value()
    }

    /// What it is called on a command line: `dinie/R3`, or `dinie/reference_machine`.
    pub fn id(&self) -> String {
        match &self.requirement {
            Some(requirement) => format!("{}/{requirement}", self.contract),
            None => format!("{}/{}", self.contract, self.finding.check),
        }
    }

    /// Whether `wanted` means it: its requirement or its check, with or without the contract.
    pub fn is_meant(&self, wanted: &str) -> bool {
        let bare = match wanted.split_once('/') {
            Some((contract, bare)) if contract == self.contract => bare,
            Some(_) => return false,
            None => wanted,
        };
        bare == self.finding.check
            || self.requirement.as_ref().is_some_and(|requirement| requirement.0 == bare)
    }

    /// The breaches of a report that can be looked for again, and how many others there are.
    pub fn of_report(report: &Report) -> (Vec<Self>, usize) {
        let mut kept = Vec::new();
        let mut others = 0;
        for contract in &report.contracts {
            let requirements = contract.requirements.iter().flat_map(|requirement| {
                requirement.findings.iter().map(move |breach| (Some(&requirement.id), breach))
            });
            let checks =
                contract.checks.iter().flat_map(|check| check.findings.iter().map(|breach| (None, breach)));
            for (requirement, breach) in requirements.chain(checks) {
                match Self::of(contract, requirement, breach) {
                    Some(stored) => kept.push(stored),
                    None if breach.finding.verdict > Verdict::Inconclusive => others += 1,
                    None => {}
                }
            }
        }
        (kept, others)
    }

    fn of(contract: &ContractReport, requirement: Option<&RequirementId>, breach: &Breach) -> Option<Self> {
        // What is not known to be broken cannot be fixed.
        if matches!(breach.finding.verdict, Verdict::Pass | Verdict::Inconclusive) {
            return None;
        }
        Some(Self {
            version: VERSION,
            contract: contract.contract.clone(),
            digest: contract.digest.clone(),
            requirement: requirement.cloned(),
            finding: breach.finding.clone(),
            once_in: breach.once_in,
            repeat: breach.repeat.clone()?,
        })
    }

    /// Writes the documents into a folder, one a file, each named by what it is about. Files of these names are replaced.
    ///
    /// # Errors
    /// The folder or a file of it cannot be written.
    pub fn write_all(all: &[Self], folder: &Path) -> io::Result<Vec<PathBuf>> {
        fs::create_dir_all(folder)?;
        let mut written: Vec<PathBuf> = Vec::new();
        for stored in all {
            let base = format!("{}-{}", stored.id().replace('/', "-"), stored.finding.check);
            let base: String =
                base.chars().map(|c| if c.is_alphanumeric() || "-_".contains(c) { c } else { '_' }).collect();
            let same = all.iter().take_while(|other| !std::ptr::eq(*other, stored));
            let before =
                same.filter(|other| other.id() == stored.id() && other.finding.check == stored.finding.check);
            let path = match before.count() {
                0 => folder.join(format!("{base}.json")),
                number => folder.join(format!("{base}-{}.json", number + 1)),
            };
            let text = serde_json::to_string_pretty(stored)?;
            fs::write(&path, format!("{text}\n"))?;
            written.push(path);
        }
        Ok(written)
    }
}

/// Reads a counterexample, or those of a report; second, how many breaches of the report cannot be looked for again.
///
/// # Errors
/// The file cannot be read, or is neither.
pub fn read(path: &Path) -> Result<(Vec<Stored>, usize), ReplayError> {
    let text =
        fs::read_to_string(path).map_err(|source| ReplayError::Read { path: path.to_owned(), source })?;
    let syntax = |error: &serde_json::Error| {
        // The place is said in front, as for other files.
        let text = error.to_string();
        let why = text.rsplit_once(" at line ").map_or(text.as_str(), |(why, _)| why);
        let why = format!(":{}:{}: {why}", error.line(), error.column());
        ReplayError::Syntax { path: path.to_owned(), why }
    };
    let value: Value = serde_json::from_str(&text).map_err(|error| syntax(&error))?;
    if value.get("contracts").is_some() {
        let report: Report = serde_json::from_str(&text).map_err(|error| syntax(&error))?;
        return Ok(Stored::of_report(&report));
    }
    let Some(version) = value.get("version").filter(|_| value.get("repeat").is_some()) else {
        return Err(ReplayError::Syntax {
            path: path.to_owned(),
            why: ": this is no counterexample".to_owned(),
        });
    };
    if version.as_u64() != Some(u64::from(VERSION)) {
        return Err(ReplayError::Version { path: path.to_owned(), found: version.to_string() });
    }
    Ok((vec![serde_json::from_str(&text).map_err(|error| syntax(&error))?], 0))
}
