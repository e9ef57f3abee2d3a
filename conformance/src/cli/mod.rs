//! The command line: arguments, what they make happen, and the exit status.

pub mod args;
mod check;
mod cleanup;
mod contracts;
mod error;
mod exceptions;
pub mod init;
pub mod lint;
mod list;
mod manual;
mod output;
mod plan;
pub mod replay;
mod report;
pub mod report_arg;
mod reports;
mod seeds;
mod selection;
mod settings;

use std::io::Write as _;
use std::path::Path;

use clap::{CommandFactory as _, Parser as _};
use rescind_specs::Lifecycle;

use crate::exit_code::ExitCode;
use crate::preview;
use crate::replay::Stored;
use crate::report::json;
use crate::target_file::TargetFile;
use args::{Cli, Command, SchemaOf};
use error::CliError;
use output::Output;

/// Does what the arguments of the process say.
pub fn main() -> std::process::ExitCode {
    match Cli::try_parse() {
        Ok(cli) => run(cli).into(),
        Err(error) => {
            // Help and versions are answers, not mistakes. Nobody is left to tell when the stream is gone.
            let _ = error.print();
            if error.use_stderr() { ExitCode::Usage.into() } else { ExitCode::Conforms.into() }
        }
    }
}

/// Does what `cli` says. Reports go to standard output, everything else to standard error.
fn run(cli: Cli) -> ExitCode {
    anstream::ColorChoice::from(cli.color).write_global();
    let output = Output::new(cli.color, cli.verbose);
    let done = match cli.command {
        Command::Check(args) => {
            let detail = output::progress(cli.quiet, cli.verbose);
            runtime().and_then(|runtime| runtime.block_on(check::run(*args, output, detail)))
        }
        Command::Cleanup(args) => {
            let detail = output::progress(cli.quiet, cli.verbose);
            runtime().and_then(|runtime| runtime.block_on(cleanup::run(&args, output, detail)))
        }
        Command::Replay(args) => {
            let detail = output::progress(cli.quiet, cli.verbose);
            runtime().and_then(|runtime| runtime.block_on(replay::run(*args, output, detail)))
        }
        Command::Report(args) => report::run(&args, output),
        Command::List(args) => list::list(&args).and_then(|text| output.text(&text)),
        Command::Init(args) => init::run(&args, output),
        Command::Lint(args) => lint::run(&args, output),
        Command::Explain(args) => list::explain(&args.id).and_then(|text| output.text(&text)),
        Command::Schema(args) => output.text(&json::pretty(&match args.of {
            SchemaOf::Report => json::schema(),
            SchemaOf::Plan => preview::schema(),
            SchemaOf::Counterexample => Stored::json_schema(),
            SchemaOf::Target => TargetFile::json_schema(),
            SchemaOf::Lifecycle => Lifecycle::json_schema(),
        })),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "rescind", &mut script);
            output.text(&String::from_utf8_lossy(&script))
        }
        Command::Man { out } => man(out.as_deref(), output),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(anstream::stderr(), "{}", error.render(output.color_on_stderr()));
            error.exit_code()
        }
    }
}

/// Prints the manual page, or writes one for each command into a folder and tells which.
fn man(folder: Option<&Path>, output: Output) -> Result<ExitCode, CliError> {
    let Some(folder) = folder else {
        let page = manual::page().map_err(|error| CliError::Internal(error.to_string()))?;
        return output::bytes(&page);
    };
    let written = manual::write(folder).map_err(|error| {
        CliError::Usage(format!("cannot write the manual pages into {}: {error}", folder.display()))
    })?;
    let written: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
    output.text(&format!("{}\n", written.join("\n")))
}

fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::Internal(format!("no threads to work with: {error}")))
}
