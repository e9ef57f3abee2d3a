//! The commands: arguments, and what each prints.

mod codegen;
mod completions;
mod corpus;
mod diff;
mod exit;
mod terminal;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Keeps generated files and the repository in step.
///
/// Exit codes: 0 done; 1 files differ or a document is wrong; 2 bad usage.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Generate the typed clients and server stubs from their contracts, or from a document of your own.
    ///
    /// Without `--openapi` and a `rescind.toml` that lists documents the bundled contracts are generated. With `--openapi` and `--client-out` or
    /// `--server-out` a crate is written that compiles as it stands. What a document says and the generated code
    /// cannot express is told as a warning with its place.
    ///
    /// Exit codes: 0 done; 1 files differ, a document is wrong or, with `--deny-warnings`, something was not carried;
    /// 2 bad usage.
    #[command(after_help = codegen::EXAMPLES)]
    Codegen(Box<codegen::Arguments>),
    /// Check that the generated code is fresh, then start the reference server and judge it on every contract.
    ///
    /// Exit codes: 1 a generated file differs; otherwise that of the judge: 0 conforms, 1 a promise is broken, 2 bad
    /// usage, 3 something stayed open.
    #[command(after_help = verify::EXAMPLES)]
    Verify(verify::Arguments),
    /// Generate from every document of a folder, compile it, and print how much of each came out.
    ///
    /// Exit codes: 0 done; 1 the generator crashed, or less came out than `--at-least`; 2 bad usage.
    #[command(after_help = corpus::EXAMPLES)]
    Corpus(corpus::Arguments),
    /// Tell which changes of a contract break its callers, and which do not; lifecycle included.
    ///
    /// Requests that were accepted have to stay accepted, answers may not hold what callers do not know, and what was
    /// promised over time has to stay promised. A difference of which nothing is known counts as breaking.
    ///
    /// Exit codes: 0 no change, or none that breaks; 1 callers break; 2 bad usage, or a document that cannot be read.
    #[command(after_help = diff::EXAMPLES)]
    Diff(diff::Arguments),
    /// One document of a corpus, in a process of its own.
    #[command(hide = true)]
    CorpusDocument(corpus::Document),
    /// Print a script that completes these commands in a shell.
    Completions(completions::Arguments),
}

impl Cli {
    /// Does what was asked for.
    pub(crate) fn run(self) -> ExitCode {
        match self.command {
            Command::Codegen(arguments) => codegen::run(&arguments),
            Command::Verify(arguments) => verify::run(&arguments),
            Command::Corpus(arguments) => corpus::run(arguments),
            Command::Diff(arguments) => diff::run(&arguments),
            Command::CorpusDocument(arguments) => corpus::document(&arguments),
            Command::Completions(arguments) => completions::run(&arguments),
        }
    }
}

/// The work tree: the folder above this package.
fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}
