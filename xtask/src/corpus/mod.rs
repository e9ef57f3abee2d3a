//! What becomes of documents that others wrote: each is generated and compiled, and a table says how much of it came out.

pub mod documents;
pub mod one;
pub mod table;

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::artifact::{self, Artifact, FileError};
use crate::clock::Stopwatch;
use crate::compile::{GeneratedCrate, HarnessError, Verdict, Workspace};
use crate::output::package::Side;
use documents::Source;
use one::{Answer, SideAnswer};

/// How a corpus is run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What tells this corpus from others that are run at the same time: a word for the name of a folder.
    pub name: String,
    /// The work tree with the crates that generated code stands on.
    pub root: PathBuf,
    /// This program, which is started once for each document so that a panic or a loop is that document's alone.
    pub program: PathBuf,
    /// Whether what was generated is compiled.
    pub compile: Compile,
    /// Jobs of cargo at a time.
    pub jobs: Option<usize>,
    /// Where the generated crates are left.
    pub keep: Option<PathBuf>,
    /// Longest time that generating from one document may take, and again that compiling may take.
    pub limit: Duration,
}

/// Whether what was generated is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compile {
    /// It is.
    Yes,
    /// It counts as it was generated.
    No,
}

/// What became of one document.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its name within the folder.
    pub name: String,
    /// Number of operations in it; where it could not be read, of lines that look like one.
    pub documented: usize,
    /// Operations in a client that compiles.
    pub client: usize,
    /// Operations in stubs that compile.
    pub server: usize,
    /// Number of warnings.
    pub losses: usize,
    /// Number of errors, and of reasons why operations were left out.
    pub diagnostics: usize,
    /// Time to generate.
    pub generating: Duration,
    /// Time to compile.
    pub compiling: Duration,
    /// What went wrong, for the terminal: stage and words.
    pub failures: Vec<String>,
    /// Whether the generator panicked or did not end.
    pub crashed: bool,
}

/// Why a corpus could not be run.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A folder or file could not be read.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The folder has no document, or none of that name.
    #[error("there is no OpenAPI document{} in {}", only.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default(), folder.display())]
    Empty {
        /// The folder.
        folder: PathBuf,
        /// The name that was asked for.
        only: Option<String>,
    },
    /// Cargo could not be used.
    #[error(transparent)]
    Harness(#[from] HarnessError),
    /// The generated crates could not be left where they were wanted.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Runs `plan` over `documents`; `told` hears of each document before it is begun and after each row.
pub fn run(plan: &Plan, documents: &[Source], told: &mut dyn FnMut(&str)) -> Result<Vec<Row>, CorpusError> {
    let mut workspace = None;
    if plan.compile == Compile::Yes {
        told("compiling what generated crates stand on");
        workspace = Some(warm(plan)?);
    }
    let mut rows = Vec::new();
    for (number, document) in documents.iter().enumerate() {
        let at = format!("{} of {}: {}", number + 1, documents.len(), document.name);
        told(&format!("generating {at}"));
        let (mut row, answer) = generate(plan, document)?;
        if let Some(answer) = answer {
            keep(plan, &answer)?;
            count(&mut row, &answer);
            if let Some(workspace) = &mut workspace {
                told(&format!("compiling {at}"));
                compile(plan, workspace, number, &mut row, answer)?;
            }
        }
        rows.push(row);
    }
    Ok(rows)
}

/// A workspace whose dependencies are compiled, so that no document's time has them in it.
fn warm(plan: &Plan) -> Result<Workspace, HarnessError> {
    let mut workspace = Workspace::new(&plan.root, &format!("corpus-{}", plan.name))?;
    let code = |name: &str, contents: &str| GeneratedCrate {
        name: name.to_owned(),
        files: vec![Artifact { path: "src/lib.rs".into(), contents: contents.to_owned() }],
    };
    workspace.add(&[
        code("first-client", "pub use ::rescind_client::Error;"),
        code("first-server", "pub use ::rescind_server::runtime::Limits;"),
    ])?;
    let verdicts = workspace.check(&["first-client", "first-server"], plan.jobs, Duration::from_hours(1))?;
    match verdicts.into_values().find(|verdict| !verdict.compiles()) {
        Some(verdict) => Err(HarnessError::Refused(format!("{verdict:?}"))),
        None => Ok(workspace),
    }
}

/// Generates in a process of its own.
fn generate(plan: &Plan, document: &Source) -> Result<(Row, Option<Answer>), CorpusError> {
    let watch = Stopwatch::start();
    let io = |source| CorpusError::Io { path: plan.program.clone(), source };
    let mut command = Command::new(&plan.program);
    command.arg("corpus-document").arg(&document.path);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(io)?;
    let read = |stream: Option<Box<dyn io::Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = stream.map(|mut stream| stream.read_to_end(&mut bytes));
            bytes
        })
    };
    let output = read(child.stdout.take().map(|stream| Box::new(stream) as _));
    let errors = read(child.stderr.take().map(|stream| Box::new(stream) as _));
    let mut late = false;
    while !output.is_finished() {
        if watch.elapsed() > plan.limit {
            late = true;
            child.kill().map_err(io)?;
            break;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    let status = child.wait().map_err(io)?;
    let output = output.join().unwrap_or_default();
    let errors = errors.join().unwrap_or_default();
    let mut row = Row {
        name: document.name.clone(),
        documented: document.operations,
        client: 0,
        server: 0,
        losses: 0,
        diagnostics: 0,
        generating: watch.elapsed(),
        compiling: Duration::ZERO,
        failures: Vec::new(),
        crashed: false,
    };
    match serde_json::from_slice::<serde_json::Value>(&output).ok().and_then(|json| Answer::read(&json)) {
        Some(answer) if status.success() && !late => Ok((row, Some(answer))),
        _ => {
            row.crashed = true;
            let words = String::from_utf8_lossy(&errors).trim().to_owned();
            row.failures.push(if late {
                format!("generating: not done after {} s", plan.limit.as_secs())
            } else {
                format!("generating: {status}: {words}")
            });
            Ok((row, None))
        }
    }
}

/// Counts what was generated.
fn count(row: &mut Row, answer: &Answer) {
    if answer.errors.is_empty() {
        row.documented = answer.documented;
    }
    row.losses = answer.warnings;
    row.diagnostics = answer.errors.len() + answer.left_out.len();
    row.failures.extend(answer.errors.iter().map(|words| format!("reading: {words}")));
    row.failures.extend(answer.left_out.iter().map(|words| format!("left out: {words}")));
    for (side, part, operations) in
        [(Side::Client, &answer.client, &mut row.client), (Side::Server, &answer.server, &mut row.server)]
    {
        match part {
            Some(SideAnswer::Files { .. }) => *operations = answer.operations,
            Some(SideAnswer::Failed(words)) => {
                row.diagnostics += 1;
                row.failures.push(format!("{}: {words}", side.word()));
            }
            None => {}
        }
    }
}

/// Errors of the compiler that are shown of one crate.
const SHOWN: usize = 3;

fn compile(
    plan: &Plan,
    workspace: &mut Workspace,
    number: usize,
    row: &mut Row,
    answer: Answer,
) -> Result<(), CorpusError> {
    let mut crates = Vec::new();
    for (side, part) in [(Side::Client, answer.client), (Side::Server, answer.server)] {
        if let Some(SideAnswer::Files { files, .. }) = part {
            // The number tells documents apart that are called alike.
            crates.push((side, GeneratedCrate { name: format!("d{number}-{}", side.word()), files }));
        }
    }
    let only: Vec<GeneratedCrate> = crates.iter().map(|(_, each)| each.clone()).collect();
    workspace.add(&only)?;
    let names: Vec<&str> = only.iter().map(|each| each.name.as_str()).collect();
    let watch = Stopwatch::start();
    let verdicts = if names.is_empty() {
        std::collections::BTreeMap::new()
    } else {
        workspace.check(&names, plan.jobs, plan.limit)?
    };
    row.compiling = watch.elapsed();
    for (side, each) in crates {
        let words = match verdicts.get(&each.name) {
            Some(Verdict::Compiles) => continue,
            Some(Verdict::Stopped(words)) => vec![words.clone()],
            Some(Verdict::Errors(errors)) => {
                let mut words: Vec<String> =
                    errors.iter().take(SHOWN).map(|error| error.rendered.clone()).collect();
                words.push(format!("{} errors", errors.len()));
                words
            }
            None => vec!["not compiled".to_owned()],
        };
        match side {
            Side::Client => row.client = 0,
            Side::Server => row.server = 0,
        }
        row.diagnostics += 1;
        row.failures
            .extend(words.into_iter().map(|words| format!("{} does not compile: {words}", side.word())));
    }
    Ok(())
}

/// Leaves the crates where they were asked for.
fn keep(plan: &Plan, answer: &Answer) -> Result<(), CorpusError> {
    let Some(folder) = &plan.keep else { return Ok(()) };
    for part in [&answer.client, &answer.server].into_iter().flatten() {
        if let SideAnswer::Files { package, files } = part {
            artifact::settle(&folder.join(package), &[], files)?;
        }
    }
    Ok(())
}

/// The time limit of one document, where none was given.
pub const LIMIT: Duration = Duration::from_mins(10);

/// Whether a path names a document by its ending.
pub(crate) fn has_ending(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ["json", "yaml", "yml"].iter().any(|known| ending.eq_ignore_ascii_case(known)))
}
