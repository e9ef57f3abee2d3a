//! `cargo xtask codegen`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use rescind_specs::Diagnostic;
use xtask::codegen::{self, Mode};
use xtask::entry::{Entry, Outcome};
use xtask::manifest::Runtime;
use xtask::output::folder::Foreign;
use xtask::own::Shape;

use super::exit::{BAD_USAGE, NOT_AS_IT_SHOULD_BE};
use super::terminal::{Format, Loudness, diagnostics, failed_in, report, say};

pub(super) const EXAMPLES: &str = "\
Examples:
  cargo xtask codegen                      write everything that the bundled contracts say
  cargo xtask codegen --check              tell which files differ, change none
  cargo xtask codegen --contract NAME      one bundled contract only
  cargo xtask codegen --openapi billing.yaml --client-out ../billing-client --server-out ../billing-server
                                           two crates from your own document
  cargo xtask codegen --openapi billing.yaml --client-out src/clients --module
                                           a module of a crate that there is";

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags are either there or not")]
pub(super) struct Arguments {
    /// Compare instead of writing; exit with 1 if a file differs.
    #[arg(long)]
    check: bool,
    /// Bundled contract to generate from; may be repeated. Default: all of them.
    #[arg(long, value_name = "NAME", conflicts_with = "openapi")]
    contract: Vec<String>,
    /// OpenAPI document of your own to generate from.
    #[arg(long, value_name = "FILE")]
    openapi: Option<PathBuf>,
    /// Folder for the crate of the client, which stands on the crate `rescind-client`.
    #[arg(long, value_name = "DIR", requires = "openapi")]
    client_out: Option<PathBuf>,
    /// Folder for the crate of the server stubs, which stand on the crate `rescind-server`.
    #[arg(long, value_name = "DIR", requires = "openapi")]
    server_out: Option<PathBuf>,
    /// What the crates or modules are named after. Default: the title of the document, or the file's name for modules.
    #[arg(long, value_name = "NAME", requires = "openapi")]
    name: Option<String>,
    /// Write modules for a crate that there is, instead of crates.
    #[arg(long, requires = "openapi")]
    module: bool,
    /// Where the generated crates find `rescind-client` and `rescind-server`: a version in the registry, or the folder
    /// that holds `client` and `server`. Default: this work tree.
    #[arg(long, value_name = "VERSION|DIR", requires = "openapi", conflicts_with = "module")]
    runtime: Option<String>,
    /// Overwrite files that were not generated, too.
    #[arg(long, requires = "openapi")]
    force: bool,
    /// Treat what cannot be carried as a failure: exit with 1 if there is a warning.
    #[arg(long)]
    deny_warnings: bool,
    /// Print errors only.
    #[arg(long, short)]
    quiet: bool,
    /// How diagnostics are printed.
    #[arg(long, value_enum, default_value = "human", value_name = "FORMAT")]
    format: Format,
}

pub(super) fn run(arguments: Arguments) -> ExitCode {
    let mode = if arguments.check { Mode::Check } else { Mode::Write };
    if arguments.openapi.is_none() {
        return match codegen::bundled(&super::root(), &arguments.contract, mode) {
            Ok(outcome) => {
                let what = format!("{} files of {} contracts", outcome.files, outcome.contracts);
                report(&outcome.drift, mode, &what, "cargo xtask codegen")
            }
            Err(error) => failed_in(&error, arguments.format),
        };
    }
    let settings = Settings {
        mode,
        foreign: if arguments.force { Foreign::Overwrite } else { Foreign::Refuse },
        loudness: if arguments.quiet { Loudness::Quiet } else { Loudness::Normal },
        warnings: if arguments.deny_warnings { Warnings::Denied } else { Warnings::Allowed },
        format: arguments.format,
    };
    match entry(arguments) {
        Ok(entry) => generate(&entry, &settings),
        Err(words) => {
            say(&format!("error: {words}"));
            ExitCode::from(BAD_USAGE)
        }
    }
}

/// How entries are run and what is printed of them.
struct Settings {
    mode: Mode,
    foreign: Foreign,
    loudness: Loudness,
    warnings: Warnings,
    format: Format,
}

/// What warnings mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Warnings {
    Allowed,
    Denied,
}

/// The entry that the arguments describe.
fn entry(arguments: Arguments) -> Result<Entry, String> {
    let Some(openapi) = arguments.openapi else { return Err("there is no document".to_owned()) };
    if arguments.client_out.is_none() && arguments.server_out.is_none() {
        return Err("`--openapi` needs `--client-out DIR`, `--server-out DIR` or both".to_owned());
    }
    let entry = Entry {
        openapi,
        name: arguments.name,
        client: arguments.client_out,
        server: arguments.server_out,
        shape: if arguments.module { Shape::Module } else { Shape::Crate },
        runtime: runtime(arguments.runtime.as_deref())?,
    };
    if entry.clashes() {
        return Err(
            "client and server are two crates; give each a folder of its own, or use `--module`".to_owned()
        );
    }
    Ok(entry)
}

/// A version, or a folder with the two crates.
fn runtime(text: Option<&str>) -> Result<Runtime, String> {
    let Some(text) = text else { return Ok(Runtime::Folder(super::root())) };
    let folder = PathBuf::from(text);
    if folder.join("client/Cargo.toml").is_file() && folder.join("server/Cargo.toml").is_file() {
        return Ok(Runtime::Folder(folder));
    }
    if text.starts_with(|sign: char| sign.is_ascii_digit() || matches!(sign, '^' | '=' | '~'))
        && !folder.exists()
    {
        return Ok(Runtime::Version(text.to_owned()));
    }
    Err(format!("`{text}` is neither a version nor a folder that holds the crates `client` and `server`"))
}

fn generate(entry: &Entry, settings: &Settings) -> ExitCode {
    let outcome = match entry.run(settings.mode, settings.foreign) {
        Ok(outcome) => outcome,
        Err(error) => return failed_in(&error, settings.format),
    };
    let loud = settings.loudness == Loudness::Normal;
    let carried_all = outcome.warnings.is_empty() && outcome.left_out.is_empty();
    let denied = settings.warnings == Warnings::Denied && !carried_all;
    // The rest is generated, so that these do not fail the run by themselves.
    let reasons: Vec<Diagnostic> = outcome
        .left_out
        .iter()
        .flat_map(|operation| &operation.reasons)
        .map(|reason| reason.clone().as_warning())
        .collect();
    diagnostics(&reasons, settings.format);
    if loud || denied || settings.format == Format::Json {
        diagnostics(&outcome.warnings, settings.format);
    }
    let differs = settings.mode == Mode::Check && !outcome.drift.is_empty();
    if loud || differs {
        for drift in &outcome.drift {
            let word = if differs { drift.kind.to_string() } else { drift.kind.settled().to_owned() };
            say(&format!("{word:>8}  {}", drift.path.display()));
        }
        for operation in &outcome.left_out {
            say(&format!("left out  {}", operation.signature));
        }
        say(&summary(entry, &outcome, settings.mode));
    }
    if denied {
        say("error: warnings are denied");
    }
    if denied || differs { ExitCode::from(NOT_AS_IT_SHOULD_BE) } else { ExitCode::SUCCESS }
}

/// What became of a document, on one line.
fn summary(entry: &Entry, outcome: &Outcome, mode: Mode) -> String {
    let warnings = match outcome.warnings.len() {
        0 => "no warnings".to_owned(),
        1 => "1 warning".to_owned(),
        count => format!("{count} warnings"),
    };
    let mut text = match mode {
        Mode::Write => format!("generated {} of {} operations", outcome.operations, outcome.documented),
        Mode::Check if outcome.drift.is_empty() => format!("{} files, all as generated", outcome.files),
        Mode::Check => format!(
            "{} of {} files differ; run the same command without `--check`",
            outcome.drift.len(),
            outcome.files
        ),
    };
    let _ = write!(text, ", {warnings}");
    for (side, folder) in [("client", &entry.client), ("server", &entry.server)] {
        if let Some(folder) = folder {
            let sign = if text.contains(';') && mode == Mode::Write { ',' } else { ';' };
            let _ = write!(text, "{sign} {side} {}", folder.display());
        }
    }
    text
}
