//! `cargo xtask completions`.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _};

use super::Cli;

#[derive(Args)]
pub(super) struct Arguments {
    /// The shell.
    #[arg(value_name = "SHELL")]
    shell: clap_complete::Shell,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "xtask", &mut script);
    // A reader that went away has what it wanted.
    let _ = std::io::stdout().write_all(&script);
    ExitCode::SUCCESS
}
