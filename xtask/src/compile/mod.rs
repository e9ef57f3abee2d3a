//! Does generated code compile? One invocation of cargo for many crates, each with the errors that are its own.

mod cargo;
mod message;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::{Table, Value};

use crate::artifact::{self, Artifact, FileError};
use crate::manifest::{Manifest, Runtime, Standing};
pub use message::CompileError;

/// A crate to be compiled.
#[derive(Clone, Debug)]
pub struct GeneratedCrate {
    /// Name of its package: lower-case letters, digits, `-` and `_`. It is unique among those of one check.
    pub name: String,
    /// Its files, relative to its folder; `src/lib.rs` is one of them. A `Cargo.toml` among them is left out.
    pub files: Vec<Artifact>,
}

impl GeneratedCrate {
    /// A crate of several modules that have nothing to do with each other, which compiles faster than a crate for each.
    ///
    /// The errors of a module are those whose file is `src/<module>.rs` or lies below `src/<module>/`.
    pub fn of_modules(
        name: impl Into<String>,
        modules: impl IntoIterator<Item = (String, Vec<Artifact>)>,
    ) -> Self {
        let mut root = String::from("#![allow(warnings)]\n");
        let mut files = Vec::new();
        for (module, own) in modules {
            root.push_str("pub mod r#");
            root.push_str(&module);
            root.push_str(";\n");
            files.extend(
                own.into_iter().map(|file| Artifact { path: Path::new("src").join(file.path), ..file }),
            );
        }
        files.push(Artifact { path: "src/lib.rs".into(), contents: root });
        Self { name: name.into(), files }
    }
}

/// What the compiler said of one crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It compiles.
    Compiles,
    /// It does not; never empty.
    Errors(Vec<CompileError>),
    /// The compiler came to no end with it, for this reason.
    Stopped(String),
}

impl Verdict {
    /// Whether it compiles.
    pub fn compiles(&self) -> bool {
        *self == Self::Compiles
    }
}

/// Why nothing was compiled.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// The files could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Cargo could not be started or read.
    #[error("cannot run cargo: {0}")]
    Cargo(#[from] io::Error),
    /// Cargo stopped before it came to a crate.
    #[error("cargo cannot compile the generated crates:\n{0}")]
    Refused(String),
}

/// A workspace of generated crates below the target folder.
///
/// It has the lock file and the profiles of the workspace at `root`, and its target folder, so that what the crates
/// depend on is compiled once for all times.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
    folder: PathBuf,
    target: PathBuf,
    members: Vec<String>,
}

impl Workspace {
    /// The workspace `name` of the work tree at `root`. What an earlier one of that name left is removed.
    pub fn new(root: &Path, name: &str) -> Result<Self, HarnessError> {
        let target = cargo::target_folder(root)?;
        let folder = target.join("generated").join(name);
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        std::fs::create_dir_all(&folder)?;
        std::fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(Self { root: root.to_owned(), folder, target, members: Vec::new() })
    }

    /// Where the crates are written, a folder each.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes `crates` into the workspace.
    pub fn add(&mut self, crates: &[GeneratedCrate]) -> Result<(), HarnessError> {
        let runtime = Runtime::Folder(self.root.clone());
        for each in crates {
            let mut files: Vec<Artifact> =
                each.files.iter().filter(|file| file.path != Path::new("Cargo.toml")).cloned().collect();
            let manifest = Manifest {
                name: &each.name,
                version: "0.0.0",
                description: "generated to be compiled",
                runtime: &runtime,
                standing: Standing::Plain,
            };
            let manifest = manifest.text(&files);
            files.push(Artifact { path: "Cargo.toml".into(), contents: manifest });
            artifact::settle(&self.folder.join(&each.name), &[], &files)?;
            self.members.push(each.name.clone());
        }
        self.write_manifest()
    }

    /// The manifest of the workspace, with the profiles of the one around it.
    fn write_manifest(&self) -> Result<(), HarnessError> {
        let around = std::fs::read_to_string(self.root.join("Cargo.toml"))?;
        let around: Table = around.parse().map_err(io::Error::other)?;
        let mut workspace = Table::new();
        workspace.insert("resolver".into(), "3".into());
        workspace.insert("members".into(), self.members.clone().into());
        let mut manifest = Table::new();
        manifest.insert("workspace".into(), Value::Table(workspace));
        if let Some(profile) = around.get("profile") {
            manifest.insert("profile".into(), profile.clone());
        }
        std::fs::write(self.folder.join("Cargo.toml"), manifest.to_string())?;
        Ok(())
    }

    /// Compiles the members called `names`, for at most `limit`, and says what came of each.
    pub fn check(
        &self,
        names: &[&str],
        jobs: Option<usize>,
        limit: Duration,
    ) -> Result<BTreeMap<String, Verdict>, HarnessError> {
        let run = cargo::check(&self.folder, &self.target, names, jobs, limit)?;
        let mut verdicts = BTreeMap::new();
        let mut reached = false;
        for name in names {
            let said = run.crates.get(*name).cloned().unwrap_or_default();
            reached |= said.done || !said.errors.is_empty();
            let verdict = if !said.errors.is_empty() {
                Verdict::Errors(said.errors)
            } else if said.done {
                Verdict::Compiles
            } else {
                Verdict::Stopped(match run.end {
                    cargo::End::TimeLimit => format!("not done after {} s", limit.as_secs()),
                    cargo::End::Exit => run.words.clone(),
                })
            };
            verdicts.insert((*name).to_owned(), verdict);
        }
        if !reached && !names.is_empty() && run.end == cargo::End::Exit {
            return Err(HarnessError::Refused(run.words));
        }
        Ok(verdicts)
    }
}

/// Longest time that one check may take.
const LIMIT: Duration = Duration::from_mins(30);

/// Compiles `crates` with the libraries of the work tree at `root`: one invocation of cargo, without the network.
///
/// `name` tells one set of crates from another that is compiled at the same time. The answers are in the order of
/// `crates`.
pub fn check(
    root: &Path,
    name: &str,
    crates: &[GeneratedCrate],
) -> Result<Vec<(String, Verdict)>, HarnessError> {
    let mut workspace = Workspace::new(root, name)?;
    workspace.add(crates)?;
    let names: Vec<&str> = crates.iter().map(|each| each.name.as_str()).collect();
    let mut verdicts = workspace.check(&names, None, LIMIT)?;
    Ok(crates
        .iter()
        .map(|each| {
            let verdict = verdicts.remove(&each.name);
            (each.name.clone(), verdict.unwrap_or_else(|| Verdict::Stopped("named twice".to_owned())))
        })
        .collect())
}
