//! The pipeline: load → lower → emit → settle.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rescind_specs::{Contract, Diagnostic, Document, LoadError};

use crate::artifact::{self, Artifact, Drift};
use crate::emit::client::{self, Runtime};
use crate::emit::error::Unsound;
use crate::emit::names;
use crate::emit::server::{self, DocumentPlace, EmitError};
use crate::losses::Difference;
use crate::lower::{self, Draft};

/// Whether files are written or compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Make the files what they should be.
    Write,
    /// Leave them and tell what differs.
    Check,
}

/// Why nothing was generated.
#[derive(Debug, thiserror::Error)]
pub enum CodegenError {
    /// A document is wrong.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// A document is right and cannot be carried.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Unsupported(Vec<Diagnostic>),
    /// The client could not be made.
    #[error("{contract}: {source}")]
    Client {
        /// Name of the contract.
        contract: String,
        /// What it said.
        source: Unsound,
    },
    /// The server stubs could not be made.
    #[error("{contract}: {source}")]
    Server {
        /// Name of the contract.
        contract: String,
        /// Why not.
        source: EmitError,
    },
    /// The code that came out is no Rust.
    #[error(transparent)]
    Format(#[from] artifact::FormatError),
    /// A generated file could not be read or written.
    #[error(transparent)]
    File(#[from] artifact::FileError),
    /// Losses and their list differ.
    #[error("{}", losses(list, difference))]
    Losses {
        /// The list.
        list: PathBuf,
        /// How it differs.
        difference: Difference,
    },
    /// No bundled contract has that name.
    #[error("there is no contract `{name}`; there are: {known}")]
    UnknownContract {
        /// The name that was asked for.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// Files that were not generated lie where generated ones should.
    #[error("{}", foreign(.0))]
    Foreign(Vec<PathBuf>),
    /// A file could not be read or written.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

impl CodegenError {
    /// The mistakes of the document, if it is one that is wrong.
    pub fn diagnostics(&self) -> Option<&[Diagnostic]> {
        match self {
            Self::Load(LoadError::Invalid(diagnostics)) | Self::Unsupported(diagnostics) => Some(diagnostics),
            _ => None,
        }
    }

    /// The error for a person at a terminal.
    pub fn render(&self, color: bool) -> String {
        match self {
            Self::Load(error) => error.render(color),
            Self::Unsupported(diagnostics) => rescind_specs::report(diagnostics, color),
            other => format!("error: {other}"),
        }
    }
}

fn losses(list: &Path, difference: &Difference) -> String {
    let mut text = format!("the list {} is not exact", list.display());
    for line in &difference.unlisted {
        text.push_str("\n  not listed, avoid it or add the line: ");
        text.push_str(line);
    }
    for line in &difference.stale {
        text.push_str("\n  no longer lost, delete the line: ");
        text.push_str(line);
    }
    text
}

fn foreign(paths: &[PathBuf]) -> String {
    let mut text = "these files were not generated, and nothing was written:".to_owned();
    for path in paths {
        text.push_str("\n  ");
        text.push_str(&path.display().to_string());
    }
    text.push_str("\nchoose another folder, or `--force` to overwrite them");
    text
}

/// A run over the contracts of a work tree.
#[derive(Debug)]
pub struct Outcome {
    /// What differed: now settled in [`Mode::Write`], still so in [`Mode::Check`].
    pub drift: Vec<Drift>,
    /// Number of generated files.
    pub files: usize,
    /// Number of contracts.
    pub contracts: usize,
}

/// Where things are in the work tree, relative to its root.
const SPECS: &str = "specs";
const LOSSES: &str = "xtask/losses";
const CLIENT: &str = "client/src/generated";
const SERVER: &str = "server/src/generated";
const GOLDEN: &str = "xtask/tests/golden";

/// The API of the server's own admin listener: a document of this work tree that is no contract, with stubs alone.
const ADMIN: (&str, &str) = ("admin", "server/admin/openapi.yaml");

/// Generates from the bundled contracts below `root`, or from those called `only`, and the golden tests.
pub fn bundled(root: &Path, only: &[String], mode: Mode) -> Result<Outcome, CodegenError> {
    let all = folders_with_contract(root, SPECS)?;
    if let Some(name) = only.iter().find(|name| !all.contains(name)) {
        return Err(CodegenError::UnknownContract { name: name.clone(), known: all.join(", ") });
    }
    let mut artifacts = Vec::new();
    for name in all.iter().filter(|name| only.is_empty() || only.contains(name)) {
        artifacts.extend(contract(root, name)?);
    }
    let mut owned = Vec::new();
    if only.is_empty() {
        artifacts.push(list(&all));
        let admin = admin(root)?;
        let mut served = all.clone();
        if !admin.is_empty() {
            served.push(ADMIN.0.to_owned());
            served.sort();
        }
        artifacts.extend(admin);
        artifacts.push(server::list(Path::new(SERVER).join("mod.rs"), &served)?);
        artifacts.extend(golden(root)?);
        owned = [CLIENT, SERVER, GOLDEN].map(PathBuf::from).to_vec();
    }
    let drift = match mode {
        Mode::Write => artifact::settle(root, &owned, &artifacts),
        Mode::Check => artifact::drift(root, &owned, &artifacts),
    }?;
    let contracts = if only.is_empty() { all.len() } else { only.len() };
    Ok(Outcome { drift, files: artifacts.len(), contracts })
}

/// The files of one bundled contract.
fn contract(root: &Path, name: &str) -> Result<Vec<Artifact>, CodegenError> {
    let source = format!("{SPECS}/{name}/openapi.yaml");
    // The client has types for what the lifecycle document tells of; the stubs follow the OpenAPI document alone.
    let contract = load(root, &source, name, Some(&format!("{SPECS}/{name}/lifecycle.yaml")))?;
    let draft = lower::lower(&contract).map_err(CodegenError::Unsupported)?;
    let list = PathBuf::from(format!("{LOSSES}/{name}.txt"));
    let difference = Difference::read(&draft.losses, &root.join(&list))
        .map_err(|source| CodegenError::Io { path: list.clone(), source })?;
    if !difference.is_empty() {
        return Err(CodegenError::Losses { list, difference });
    }
    let client = client_file(&draft, "crate", format!("{CLIENT}/{}.rs", names::snake(name)), &source)?;
    let mut artifacts = vec![client];
    let contract = load(root, &source, name, None)?;
    let draft = lower::lower(&contract).map_err(CodegenError::Unsupported)?;
    artifacts.extend(stubs(&draft, &source)?);
    Ok(artifacts)
}

/// The server stubs of a document of this work tree. What they cannot carry is a mistake: there is no list for it.
fn stubs(draft: &Draft<'_>, source: &str) -> Result<Vec<Artifact>, CodegenError> {
    let name = draft.contract.name();
    let options = server::Options {
        runtime: "crate::runtime".to_owned(),
        document: DocumentPlace::At(format!("../../../../{source}")),
        source: source.to_owned(),
    };
    let folder = Path::new(SERVER).join(names::snake(name));
    let (stubs, losses) = server::files(&folder, draft, &options).map_err(no_stubs(name))?;
    if losses.is_empty() { Ok(stubs) } else { Err(CodegenError::Unsupported(losses)) }
}

/// The stubs of the admin listener, if the work tree has it.
fn admin(root: &Path) -> Result<Vec<Artifact>, CodegenError> {
    let (name, source) = ADMIN;
    if !root.join(source).is_file() {
        return Ok(Vec::new());
    }
    let contract = load(root, source, name, None)?;
    let draft = lower::lower(&contract).map_err(CodegenError::Unsupported)?;
    stubs(&draft, source)
}

fn no_stubs(contract: &str) -> impl FnOnce(EmitError) -> CodegenError {
    move |source| CodegenError::Server { contract: contract.to_owned(), source }
}

fn client_file(
    draft: &Draft<'_>,
    runtime: &str,
    path: impl Into<PathBuf>,
    source: &str,
) -> Result<Artifact, CodegenError> {
    let runtime = Runtime { path: runtime.to_owned() };
    let file = client::emit(draft, &runtime)
        .map_err(|source| CodegenError::Client { contract: draft.contract.name().to_owned(), source })?;
    Ok(Artifact::from_file(path, source, &file))
}

/// The module that lists the clients, each behind a feature of its name.
fn list(names: &[String]) -> Artifact {
    let mut contents = artifact::header("specs");
    contents.push_str(
        "#![allow(clippy::all, clippy::pedantic, clippy::allow_attributes, clippy::unwrap_used)]\n",
    );
    contents.push_str("#![allow(nonstandard_style, unreachable_pub, unused_qualifications, rustdoc::all)]\n");
    for name in names {
        let module = names::snake(name);
        contents.push_str("\n#[cfg(feature = \"");
        contents.push_str(name);
        contents.push_str("\")]\npub mod ");
        contents.push_str(&module);
        contents.push_str(";\n");
    }
    contents.push_str(
        "\n/// Names of the contracts whose clients this build has.\npub const CONTRACTS: &[&str] = &[\n",
    );
    for name in names {
        contents.push_str("    #[cfg(feature = \"");
        contents.push_str(name);
        contents.push_str("\")]\n    \"");
        contents.push_str(name);
        contents.push_str("\",\n");
    }
    contents.push_str("];\n");
    Artifact { path: PathBuf::from(CLIENT).join("mod.rs"), contents }
}

/// The golden tests: a document a folder, and what is generated from it beside.
fn golden(root: &Path) -> Result<Vec<Artifact>, CodegenError> {
    let mut artifacts = Vec::new();
    let mut modules = artifact::header("the folders beside it");
    for name in folders_with_contract(root, GOLDEN)? {
        modules.push_str("\n#[rustfmt::skip]\n#[path = \"");
        modules.push_str(&name);
        modules.push_str("/client.rs\"]\npub mod ");
        modules.push_str(&names::snake(&name));
        modules.push_str(";\n");
        let source = format!("{GOLDEN}/{name}/openapi.yaml");
        let lifecycle = format!("{GOLDEN}/{name}/lifecycle.yaml");
        let (contract, plain);
        contract = load(root, &source, &name, Some(&lifecycle))?;
        let draft = lower::lower(&contract).map_err(CodegenError::Unsupported)?;
        artifacts.push(client_file(
            &draft,
            "::rescind_client",
            format!("{GOLDEN}/{name}/client.rs"),
            &source,
        )?);
        let draft = match contract.lifecycle() {
            // Stubs follow the OpenAPI document alone.
            Some(_) => {
                plain = load(root, &source, &name, None)?;
                lower::lower(&plain).map_err(CodegenError::Unsupported)?
            }
            None => draft,
        };
        let options = server::Options {
            runtime: "::rescind_server::runtime".to_owned(),
            document: DocumentPlace::Beside,
            source,
        };
        let path = format!("{GOLDEN}/{name}/server.rs");
        let (stubs, _) = server::file(path, &draft, &options).map_err(no_stubs(&name))?;
        artifacts.push(stubs);
    }
    artifacts.push(Artifact { path: PathBuf::from(GOLDEN).join("clients.rs"), contents: modules });
    Ok(artifacts)
}

/// The documents at `source` and `lifecycle` below `root`, under names that are the same on every machine. A lifecycle
/// document that is not there is left out.
fn load(root: &Path, source: &str, name: &str, lifecycle: Option<&str>) -> Result<Contract, CodegenError> {
    let document = parse(root, source)?;
    let lifecycle = lifecycle.filter(|lifecycle| root.join(lifecycle).is_file());
    let lifecycle = lifecycle.map(|lifecycle| parse(root, lifecycle)).transpose()?;
    Ok(Contract::new(name, document, lifecycle.as_ref())?)
}

fn parse(root: &Path, source: &str) -> Result<Document, CodegenError> {
    let path = root.join(source);
    let text = std::fs::read_to_string(&path).map_err(|error| CodegenError::Io { path, source: error })?;
    Ok(Document::parse(source, text)?)
}

/// Names of the folders in `folder` that hold an `openapi.yaml`, in order.
fn folders_with_contract(root: &Path, folder: &str) -> Result<Vec<String>, CodegenError> {
    let folder = root.join(folder);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(CodegenError::Io { path: folder, source }),
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry.map_err(|source| CodegenError::Io { path: folder.clone(), source })?;
        if entry.path().join("openapi.yaml").is_file() {
            names.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names.into_iter().collect())
}
