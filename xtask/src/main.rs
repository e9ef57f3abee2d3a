//! `cargo xtask`: the commands that keep generated files and the repository in step.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use xtask::artifact::Drift;
use xtask::codegen::{self, CodegenError, Mode, Own};
use xtask::verify;

/// Keeps generated files and the repository in step.
///
/// Exit codes: 0 done; 1 files differ or a document is wrong; 2 bad usage.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Generate the typed clients and server stubs from their contracts.
    ///
    /// What a document says and the generated code cannot express is told as a warning with its place.
    ///
    /// Exit codes: 0 done; 1 files differ or a document is wrong; 2 bad usage.
    #[command(after_help = CODEGEN_EXAMPLES)]
    Codegen(Codegen),
    /// Check that the generated code is fresh, then start the reference server and judge it on every contract.
    ///
    /// Exit codes: 1 a generated file differs; otherwise that of the judge: 0 conforms, 1 a promise is broken, 2 bad
    /// usage, 3 something stayed open.
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(Verify),
}

const VERIFY_EXAMPLES: &str = "\
Examples:
  cargo xtask verify                      the whole of it
  cargo xtask verify -- --seed 7          with other generated requests
  cargo xtask verify -- --contract NAME   one contract only";

#[derive(Args)]
struct Verify {
    /// Passed on to `rescind check --reference`.
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
}

const CODEGEN_EXAMPLES: &str = "\
Examples:
  cargo xtask codegen                      write everything that the bundled contracts say
  cargo xtask codegen --check              tell which files differ, change none
  cargo xtask codegen --contract NAME      one bundled contract only
  cargo xtask codegen --openapi billing.yaml --client-out src/clients --server-out src/stubs
                                           client and server stubs of your own document";

#[derive(Args)]
struct Codegen {
    /// Compare instead of writing; exit with 1 if a file differs.
    #[arg(long)]
    check: bool,
    /// Bundled contract to generate from; may be repeated. Default: all of them.
    #[arg(long, value_name = "NAME", conflicts_with = "openapi")]
    contract: Vec<String>,
    /// OpenAPI document of your own to generate from.
    #[arg(long, value_name = "FILE")]
    openapi: Option<PathBuf>,
    /// Folder for the client module, which stands on the crate `rescind-client`.
    #[arg(long, value_name = "DIR", requires = "openapi")]
    client_out: Option<PathBuf>,
    /// Folder for the server stubs, which stand on the crate `rescind-server`.
    #[arg(long, value_name = "DIR", requires = "openapi")]
    server_out: Option<PathBuf>,
    /// Name of the generated module. Default: the name of the file.
    #[arg(long, value_name = "NAME", requires = "openapi")]
    name: Option<String>,
}

/// A command was understood and cannot be followed.
const BAD_USAGE: u8 = 2;
/// Files differ, or a document is wrong.
const NOT_AS_IT_SHOULD_BE: u8 = 1;

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Codegen(arguments) => codegen(arguments),
        Command::Verify(arguments) => verify(&arguments.arguments),
    }
}

fn verify(arguments: &[String]) -> ExitCode {
    let root = root();
    match codegen::bundled(&root, &[], Mode::Check) {
        Ok(outcome) => {
            let what = format!("{} files of {} contracts", outcome.files, outcome.contracts);
            let code = report(&outcome.drift, Mode::Check, &what, "cargo xtask codegen");
            if !outcome.drift.is_empty() {
                return code;
            }
        }
        Err(error) => return failed(&error),
    }
    match verify::judge(&root, arguments) {
        // A judge that was ended by a signal has no code; that is no success.
        Ok(status) => ExitCode::from(
            status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(NOT_AS_IT_SHOULD_BE),
        ),
        Err(error) => {
            say(&format!("error: cargo cannot be started: {error}"));
            ExitCode::from(NOT_AS_IT_SHOULD_BE)
        }
    }
}

fn codegen(arguments: Codegen) -> ExitCode {
    let mode = if arguments.check { Mode::Check } else { Mode::Write };
    let Some(openapi) = arguments.openapi else {
        return match codegen::bundled(&root(), &arguments.contract, mode) {
            Ok(outcome) => {
                let what = format!("{} files of {} contracts", outcome.files, outcome.contracts);
                report(&outcome.drift, mode, &what, "cargo xtask codegen")
            }
            Err(error) => failed(&error),
        };
    };
    if arguments.client_out.is_none() && arguments.server_out.is_none() {
        say("error: `--openapi` needs `--client-out DIR`, `--server-out DIR` or both");
        return ExitCode::from(BAD_USAGE);
    }
    let own = Own {
        openapi,
        name: arguments.name,
        client_out: arguments.client_out,
        server_out: arguments.server_out,
    };
    match codegen::own(&own, mode) {
        Ok(outcome) => {
            let color = std::io::stderr().is_terminal();
            for warning in &outcome.warnings {
                say(&warning.render(color));
            }
            let what = format!("{} files of {}", outcome.files, own.openapi.display());
            report(&outcome.drift, mode, &what, "the same command without `--check`")
        }
        Err(error) => failed(&error),
    }
}

/// Tells what was written, or what differs.
fn report(drift: &[Drift], mode: Mode, what: &str, command: &str) -> ExitCode {
    match mode {
        Mode::Write => {
            for drift in drift {
                say(&format!("{:>8}  {}", drift.kind.settled(), drift.path.display()));
            }
            say(&format!("{what}, {} changed", drift.len()));
            ExitCode::SUCCESS
        }
        Mode::Check if drift.is_empty() => {
            say(&format!("{what}, all as generated"));
            ExitCode::SUCCESS
        }
        Mode::Check => {
            for drift in drift {
                say(&format!("{:>8}  {}", drift.kind.to_string(), drift.path.display()));
            }
            say(&format!("{} of {what} differ; run: {command}", drift.len()));
            ExitCode::from(NOT_AS_IT_SHOULD_BE)
        }
    }
}

fn failed(error: &CodegenError) -> ExitCode {
    say(&error.render(std::io::stderr().is_terminal()));
    ExitCode::from(match error {
        CodegenError::UnknownContract { .. } => BAD_USAGE,
        _ => NOT_AS_IT_SHOULD_BE,
    })
}

/// Writes a line to standard error; that it cannot be read by anybody is no failure.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The work tree: the folder above this package.
fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}
