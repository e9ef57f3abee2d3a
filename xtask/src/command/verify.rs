//! `cargo xtask verify`.

use std::process::ExitCode;

use clap::Args;
use xtask::codegen::{self, Mode};
use xtask::verify;

use super::exit::NOT_AS_IT_SHOULD_BE;
use super::terminal::{failed, report, say};

pub(super) const EXAMPLES: &str = "\
Examples:
  cargo xtask verify                      the whole of it
  cargo xtask verify -- --seed 7          with other generated requests
  cargo xtask verify -- --contract NAME   one contract only";

#[derive(Args)]
pub(super) struct Arguments {
    /// Passed on to `rescind check --reference`.
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let root = super::root();
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
    match verify::judge(&root, &arguments.arguments) {
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
