//! `cargo xtask`: the commands that keep generated files and the repository in step.

mod command;

use std::process::ExitCode;

use clap::Parser;

use command::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}
