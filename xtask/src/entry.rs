//! One document of the user's own with the folders that its code goes to: generate, then write or compare.

use std::path::{Path, PathBuf};

use rescind_specs::{Diagnostic, LeftOut};

use crate::artifact::{Artifact, Drift};
use crate::codegen::{CodegenError, Mode};
use crate::manifest::Runtime;
use crate::output::folder::{self, Foreign};
use crate::output::package::{self, Side};
use crate::output::place;
use crate::own::{self, Shape, Sides};

/// What to generate from a document of the user's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The OpenAPI document.
    pub openapi: PathBuf,
    /// What packages or modules are named after. Default: the document's title for crates, the file for modules.
    pub name: Option<String>,
    /// Where the client goes.
    pub client: Option<PathBuf>,
    /// Where the server stubs go.
    pub server: Option<PathBuf>,
    /// Whether crates or modules are written.
    pub shape: Shape,
    /// Where crates find those that they stand on: [`Runtime::Folder`] is the folder itself, and the manifest tells
    /// the way to it.
    pub runtime: Runtime,
}

/// What came of an entry.
#[derive(Debug)]
pub struct Outcome {
    /// The files that differed: now settled in [`Mode::Write`], still so in [`Mode::Check`].
    pub drift: Vec<Drift>,
    /// Number of generated files.
    pub files: usize,
    /// Number of operations that the code has.
    pub operations: usize,
    /// Number of operations in the document.
    pub documented: usize,
    /// What the generated code cannot express, as warnings with their places.
    pub warnings: Vec<Diagnostic>,
    /// The operations that the code does not have, each with why.
    pub left_out: Vec<LeftOut>,
}

impl Entry {
    /// The sides that are asked for, if any is.
    fn sides(&self) -> Option<Sides> {
        match (&self.client, &self.server) {
            (Some(_), Some(_)) => Some(Sides::Both),
            (Some(_), None) => Some(Sides::Client),
            (None, Some(_)) => Some(Sides::Server),
            (None, None) => None,
        }
    }

    /// Whether the two crates are meant for one folder, where only one has room.
    pub fn clashes(&self) -> bool {
        self.shape == Shape::Crate && self.client.is_some() && self.client == self.server
    }

    /// Generates, and writes or compares. Nothing is written if anything is refused.
    pub fn run(&self, mode: Mode, foreign: Foreign) -> Result<Outcome, CodegenError> {
        let sides = self.sides().unwrap_or(Sides::Both);
        let generated = own::generate(&self.openapi, self.name.as_deref(), sides, self.shape)?;
        let mut folders = Vec::new();
        for (side, folder, sources) in
            [(Side::Client, &self.client, generated.client), (Side::Server, &self.server, generated.server)]
        {
            let (Some(folder), Some(sources)) = (folder, sources) else { continue };
            let owned = owned(self.shape, side, &sources);
            let files = match self.shape {
                Shape::Module => sources,
                Shape::Crate => {
                    let runtime = match &self.runtime {
                        Runtime::Folder(root) => Runtime::Folder(place::way(folder, root)),
                        version @ Runtime::Version(_) => version.clone(),
                    };
                    package::files(&generated.facts, side, sources, folder, &runtime)
                }
            };
            folders.push((folder, owned, files));
        }
        let mut outcome = Outcome {
            drift: Vec::new(),
            files: 0,
            operations: generated.facts.operations.len(),
            documented: generated.documented,
            warnings: generated.warnings,
            left_out: generated.left_out,
        };
        let mut differences = Vec::new();
        let mut refused = Vec::new();
        for (folder, owned, files) in &folders {
            let owned: Vec<&Path> = owned.iter().map(PathBuf::as_path).collect();
            let difference = folder::compare(folder, &owned, files)?;
            refused.extend(difference.foreign.iter().cloned());
            outcome.files += files.len();
            outcome.drift.extend(difference.drift.iter().cloned());
            differences.push(difference);
        }
        if mode == Mode::Write {
            if foreign == Foreign::Refuse && !refused.is_empty() {
                return Err(CodegenError::Foreign(refused));
            }
            for ((folder, _, files), difference) in folders.iter().zip(&differences) {
                folder::settle(folder, files, difference)?;
            }
        }
        Ok(outcome)
    }
}

/// The folders, relative to the output folder, in which every generated file comes from this entry.
fn owned(shape: Shape, side: Side, sources: &[Artifact]) -> Vec<PathBuf> {
    match (shape, side) {
        (Shape::Crate, _) => vec![PathBuf::from("src")],
        // A single file: beside it may lie other generated ones.
        (Shape::Module, Side::Client) => Vec::new(),
        (Shape::Module, Side::Server) => {
            let folder = sources.first().and_then(|file| file.path.parent());
            folder.map(Path::to_owned).into_iter().collect()
        }
    }
}
