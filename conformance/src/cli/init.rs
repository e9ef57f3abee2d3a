//! `rescind init`: a first lifecycle document, guessed from an OpenAPI document.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use rescind_specs::{Contract, Diagnostic, Document, LoadError, Prepared, lint_lifecycle};

use super::error::CliError;
use super::output::{Output, note};
use crate::exit_code::ExitCode;
use crate::guess::{self, Draft, Guess};
use crate::init;

/// What a first lifecycle document is made from.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  the document was written
  2  the OpenAPI document cannot be read, or the file exists already; nothing was written
")]
pub struct InitArgs {
    /// The OpenAPI document, of version 3.0 or 3.1.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub openapi: PathBuf,
    /// Where to write; - is standard output. Without it: lifecycle.yaml beside the OpenAPI document.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Write over a file that exists.
    #[arg(long)]
    pub force: bool,
}

pub(super) fn run(args: &InitArgs, output: Output) -> Result<ExitCode, CliError> {
    let name = Contract::name_at(&args.openapi);
    let prepared = Prepared::read(name.clone(), &args.openapi)?;
    let contract = &prepared.contract;
    let draft = guess::draft(contract);
    let text = init::lifecycle(contract, &file_name(&args.openapi), &draft);
    let path = match &args.output {
        Some(path) => path.clone(),
        None => args.openapi.with_file_name("lifecycle.yaml"),
    };
    // What does not load is not written.
    let internal = |error: LoadError| CliError::Internal(format!("the draft does not load: {error}"));
    let document = Document::parse(path.display().to_string(), text.clone()).map_err(internal)?;
    let loaded = Contract::new(name, contract.document().clone(), Some(&document)).map_err(internal)?;
    let left = lint_lifecycle(&loaded);
    let snippet = init::target(contract, &args.openapi, &path, &draft);
    if path == Path::new("-") {
        output.text(&text)?;
        note(&format!("rescind.toml, to begin with:\n\n{snippet}"));
    } else {
        write(&path, &text, args.force)?;
        output.text(&told(&args.openapi, &path, &draft, &left, &snippet))?;
    }
    if let Err(error) = Contract::load(&args.openapi, None) {
        let color = output.color_on_stderr();
        note(&format!(
            "{}\n\nThe draft passes over these mistakes of {}; correct them before a deployment is judged.",
            error.render(color),
            args.openapi.display()
        ));
    }
    Ok(ExitCode::Conforms)
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Writes the file; one that exists only by force.
fn write(path: &Path, text: &str, force: bool) -> Result<(), CliError> {
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        let file = path.display();
        CliError::Usage(if error.kind() == io::ErrorKind::AlreadyExists {
            format!("{file} exists; --force writes over it, --output FILE writes elsewhere, --output - prints the draft")
        } else {
            format!("cannot write {file}: {error}")
        })
    })
}

/// What was guessed, in a few lines, and what to do next.
fn told(openapi: &Path, lifecycle: &Path, draft: &Draft, left: &[Diagnostic], snippet: &str) -> String {
    let mut text = format!("{}: a draft, guessed from {}\n", lifecycle.display(), openapi.display());
    let issue = draft.issue.as_ref().map(|guess| (&guess.value.call, &guess.why));
    let listed = draft.listed.as_ref().map(|guess| (&guess.value.call, &guess.why));
    let probe = draft.probe.as_ref().map(|guess| (&guess.value.call, &guess.why));
    let revoke = draft.revoke.as_ref().map(|guess| (&guess.value.call, &guess.why));
    for (role, found) in [("issue", issue), ("probe", probe), ("listed", listed), ("revoke", revoke)] {
        // Writing to a String cannot fail, here and below.
        let _ = match found {
            Some((call, why)) => writeln!(text, "  {role:<7} {}, {why}", call.operation),
            None => writeln!(text, "  {role:<7} not found"),
        };
    }
    if let Some(Guess { value, why, .. }) = &draft.token {
        let _ = writeln!(text, "  token   {}, {why}", value.exchange.operation);
    }
    let _ = writeln!(
        text,
        "\nIt loads, and asks {} questions. Answer them there; this lists what is left:\n\n  rescind lint --openapi {} --lifecycle {}\n",
        left.len(),
        openapi.display(),
        lifecycle.display()
    );
    let _ = write!(text, "rescind.toml, to begin with:\n\n{snippet}");
    text
}
