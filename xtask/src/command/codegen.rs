//! `cargo xtask codegen`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use rescind_specs::Diagnostic;
use xtask::codegen::{self, Mode};
use xtask::config;
use xtask::entry::{Entry, Outcome};
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
                                           a module of a crate that there is
  cargo xtask codegen --config rescind.toml
                                           every document that the file lists";

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
    /// File whose `[[codegen]]` tables say what to generate: `openapi`, `client`, `server`, `name`, `module`, `runtime`,
    /// as the options. Default: `rescind.toml` of the current folder, if it has such tables.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["openapi", "contract"])]
    config: Option<PathBuf>,
    /// Overwrite files that were not generated, too.
    #[arg(long)]
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

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let mode = if arguments.check { Mode::Check } else { Mode::Write };
    let entries = match entries(arguments) {
        Ok(entries) => entries,
        Err(words) => {
            say(&format!("error: {words}"));
            return ExitCode::from(BAD_USAGE);
        }
    };
    if entries.is_empty() {
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
    let mut whole = ExitCode::SUCCESS;
    for entry in &entries {
        let code = generate(entry, &settings);
        if code != ExitCode::SUCCESS {
            whole = code;
        }
    }
    whole
}

/// What to generate instead of the bundled contracts; nothing if they are meant.
fn entries(arguments: &Arguments) -> Result<Vec<Entry>, String> {
    if let Some(openapi) = &arguments.openapi {
        return Ok(vec![entry(openapi, arguments)?]);
    }
    let file = match &arguments.config {
        Some(file) => file.clone(),
        None if arguments.contract.is_empty() && Path::new(config::DEFAULT).is_file() => {
            config::DEFAULT.into()
        }
        None => return Ok(Vec::new()),
    };
    let entries = config::read(&file, &super::root()).map_err(|error| error.to_string())?;
    if entries.is_empty() && arguments.config.is_some() {
        return Err(format!("{} has no [[codegen]]", file.display()));
    }
    Ok(entries)
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
fn entry(openapi: &Path, arguments: &Arguments) -> Result<Entry, String> {
    if arguments.client_out.is_none() && arguments.server_out.is_none() {
        return Err("`--openapi` needs `--client-out DIR`, `--server-out DIR` or both".to_owned());
    }
    let entry = Entry {
        openapi: openapi.to_owned(),
        name: arguments.name.clone(),
        client: arguments.client_out.clone(),
        server: arguments.server_out.clone(),
        shape: if arguments.module { Shape::Module } else { Shape::Crate },
        runtime: config::runtime(arguments.runtime.as_deref(), Path::new(""), &super::root())?,
    };
    if entry.clashes() {
        return Err(
            "client and server are two crates; give each a folder of its own, or use `--module`".to_owned()
        );
    }
    Ok(entry)
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
