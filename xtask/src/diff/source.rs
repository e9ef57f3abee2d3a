//! One edition of a contract, from a file, a folder, or a commit.

use std::path::{Path, PathBuf};
use std::process::Command;

use rescind_specs::{Contract, Document, LeftOut, Lifecycle, LoadError, Prepared};

/// A contract as it stood at some time.
#[derive(Debug)]
pub struct Edition {
    /// The contract without its lifecycle.
    pub contract: Contract,
    /// The lifecycle, and the document that says so.
    pub lifecycle: Option<(Lifecycle, Document)>,
    /// The operations that could not be read.
    pub left_out: Vec<LeftOut>,
}

/// Why an edition could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A document is wrong, or cannot be read.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// A folder without a contract.
    #[error("{} has no openapi.yaml, openapi.yml or openapi.json", .0.display())]
    NoContract(PathBuf),
    /// The text does not name a commit and a path.
    #[error("`{0}` does not name a commit and a path; write `git:REVISION:PATH`")]
    Revision(String),
    /// Git has no such file, or cannot be started.
    #[error("git cannot show {object}: {reason}")]
    Git {
        /// What was asked for.
        object: String,
        /// What git said.
        reason: String,
    },
}

impl SourceError {
    /// The error for a person at a terminal.
    pub fn render(&self, color: bool) -> String {
        match self {
            Self::Load(error) => error.render(color),
            other => format!("error: {other}"),
        }
    }
}

/// Names that the OpenAPI document of a folder may have.
const OPENAPI: [&str; 3] = ["openapi.yaml", "openapi.yml", "openapi.json"];
const LIFECYCLE: &str = "lifecycle.yaml";

impl Edition {
    /// Reads an edition from `place`: a file, a folder with `openapi.yaml` and perhaps `lifecycle.yaml`, or one of these
    /// at a commit (`git:v1:specs/keys`). `lifecycle` names the lifecycle document where it is not beside the other.
    ///
    /// # Errors
    /// Nothing is there, or what is there cannot be used.
    pub fn read(place: &str, lifecycle: Option<&str>) -> Result<Self, SourceError> {
        let (openapi, beside) = match place.strip_prefix("git:") {
            Some(object) => at_commit(object)?,
            None => on_disk(Path::new(place))?,
        };
        let lifecycle = match lifecycle {
            Some(place) => Some(match place.strip_prefix("git:") {
                Some(object) => Document::parse(place, show(object)?)?,
                None => Document::read(Path::new(place))?,
            }),
            None => beside,
        };
        Self::new(openapi, lifecycle)
    }

    /// An edition from documents that are already read.
    ///
    /// # Errors
    /// Nothing in the description of the API can be used, or the lifecycle does not fit it.
    pub fn new(openapi: Prepared, lifecycle: Option<Document>) -> Result<Self, SourceError> {
        let contract = openapi.contract;
        let lifecycle = match lifecycle {
            None => None,
            Some(document) => {
                Some((Lifecycle::read(&document, contract.operations(), contract.schemes())?, document))
            }
        };
        Ok(Self { contract, lifecycle, left_out: openapi.left_out })
    }
}

fn on_disk(place: &Path) -> Result<(Prepared, Option<Document>), SourceError> {
    if !place.is_dir() {
        return Ok((Prepared::read("contract", place)?, None));
    }
    let openapi = OPENAPI.iter().map(|name| place.join(name)).find(|path| path.is_file());
    let openapi = openapi.ok_or_else(|| SourceError::NoContract(place.to_owned()))?;
    let lifecycle = place.join(LIFECYCLE);
    let lifecycle = if lifecycle.is_file() { Some(Document::read(&lifecycle)?) } else { None };
    Ok((Prepared::read("contract", &openapi)?, lifecycle))
}

fn at_commit(object: &str) -> Result<(Prepared, Option<Document>), SourceError> {
    let (revision, path) = object.split_once(':').ok_or_else(|| SourceError::Revision(object.to_owned()))?;
    let is_file = [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending));
    let prepared = |object: &str, text: String| -> Result<Prepared, SourceError> {
        Ok(Prepared::new("contract", Document::parse(format!("git:{object}"), text)?)?)
    };
    if is_file {
        return Ok((prepared(object, show(object)?)?, None));
    }
    let folder = path.trim_end_matches('/');
    let mut missing = None;
    for name in OPENAPI {
        let object = format!("{revision}:{folder}/{name}");
        match show(&object) {
            Ok(text) => {
                let lifecycle = format!("{revision}:{folder}/{LIFECYCLE}");
                // A contract without a lifecycle is whole as well.
                let lifecycle = match show(&lifecycle) {
                    Ok(text) => Some(Document::parse(format!("git:{lifecycle}"), text)?),
                    Err(_) => None,
                };
                return Ok((prepared(&object, text)?, lifecycle));
            }
            Err(error) => missing = missing.or(Some(error)),
        }
    }
    Err(missing.unwrap_or_else(|| SourceError::Revision(object.to_owned())))
}

/// The text of a file at a commit.
fn show(object: &str) -> Result<String, SourceError> {
    let failed = |reason: String| SourceError::Git { object: object.to_owned(), reason };
    if object.starts_with('-') || !object.contains(':') {
        return Err(SourceError::Revision(object.to_owned()));
    }
    let output =
        Command::new("git").args(["show", object]).output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    String::from_utf8(output.stdout).map_err(|error| failed(error.to_string()))
}
