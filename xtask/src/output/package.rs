//! A generated crate as a whole: manifest, README and code.

use std::path::Path;

use super::facts::Facts;
use super::readme::Callers;
use super::{folder, place, readme};
use crate::artifact::Artifact;
use crate::manifest::{self, Manifest, Runtime};

/// Which of the two crates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The one that calls.
    Client,
    /// The one that answers.
    Server,
}

impl Side {
    /// The word in names of packages and in flags.
    pub fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// Name of the package of that side.
pub fn name(facts: &Facts, side: Side) -> String {
    let name = format!("{}-{}", facts.package, side.word());
    // A crate cannot depend on one of its own name.
    if matches!(&*name, "rescind-client" | "rescind-server") {
        return format!("rescind-api-{}", side.word());
    }
    name
}

/// All files of the crate that is to lie in `folder`; `sources` are those below `src`.
pub fn files(
    facts: &Facts,
    side: Side,
    sources: Vec<Artifact>,
    folder: &Path,
    runtime: &Runtime,
) -> Vec<Artifact> {
    let package = name(facts, side);
    let mark = folder::mark(&facts.file);
    let version = manifest::version(&facts.version);
    let description = match side {
        Side::Client => format!("Typed client of {}", facts.called()),
        Side::Server => format!("Server stubs of {}", facts.called()),
    };
    let manifest = Manifest {
        name: &package,
        version: &version,
        description: &description,
        runtime,
        standing: place::standing(folder),
    };
    let command = format!(
        "cargo xtask codegen --openapi {} --{}-out . --name {}",
        facts.file,
        side.word(),
        facts.package
    );
    let authenticates = |file: &Artifact| file.contents.contains("fn authenticate(");
    let api = sources.iter().find(|file| file.path.ends_with("api.rs"));
    let callers = if api.is_some_and(authenticates) { Callers::Authenticated } else { Callers::Unknown };
    let mut files = sources;
    let manifest = format!("# {mark}\n# To generate it again: {command}\n{}", manifest.text(&files));
    let beside = [
        ("Cargo.toml", manifest),
        ("README.md", readme::text(facts, side, &package, &command, callers)),
        (".gitignore", format!("# {mark}\n/target\n")),
        ("rustfmt.toml", format!("# {mark}\ndisable_all_formatting = true\n")),
    ];
    files.extend(beside.map(|(path, contents)| Artifact { path: path.into(), contents }));
    files
}
