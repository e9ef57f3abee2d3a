//! Where settings come from: a flag, else the environment, else the configuration file, else a default.
//!
//! The command line is the one definition of all of them. Every argument that has an environment variable has a key of
//! its long name in the file as well; those that only a subcommand has stand in a table of its name. Nothing has to be
//! written anywhere else when an argument is added.

mod effective;
mod file;
mod key;
mod mistake;
mod redact;
mod schema;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::BoolishValueParser;
use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, ArgMatches, Command, FromArgMatches as _};

use crate::cli::{self, Cli};

pub use effective::{Setting, Source, print};
pub use mistake::{FileError, Mistake, Unusable};
pub use schema::{schema, schema_text};

/// The file that is read without being named, if there is one.
pub const DEFAULT: &str = "rescind-server.toml";

/// The argument that names the file.
const CONFIG: &str = "config";

/// What the program was asked for.
#[derive(Debug)]
pub struct Invocation {
    /// The arguments, with what the environment and the file add.
    pub cli: Cli,
    /// Each setting of the command, in the order of the help, and where it comes from.
    pub settings: Vec<Setting>,
    /// The file that was read.
    pub file: Option<PathBuf>,
}

/// Reads the command line, the environment, and the file that they name or that is in `folder`.
pub fn parse(arguments: &[OsString], folder: &Path) -> Result<Invocation, Unusable> {
    let command = cli::command();
    // A first look tells the file. What the file may still say is not demanded yet.
    let found = matches(undemanding(command.clone()), arguments)?;
    let (path, given) = match file_of(innermost(&found).0, folder) {
        Some(path) => {
            let given = file::read(&path, &command)?;
            (Some(path), given)
        }
        None => (None, Vec::new()),
    };
    let command = given.iter().fold(command, |command, given| given.supply(command));
    let found = matches(command.clone(), arguments)?;
    let settings = effective::settings(&command, &found, &given);
    let cli = Cli::from_arg_matches(&found).map_err(hide)?;
    Ok(Invocation { cli, settings, file: path })
}

fn matches(command: Command, arguments: &[OsString]) -> Result<ArgMatches, Unusable> {
    command.try_get_matches_from(arguments).map_err(hide)
}

/// An error that shows no password.
fn hide(mut error: clap::Error) -> Unusable {
    if let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue) {
        let shown = redact::redact(value);
        error.insert(ContextKind::InvalidValue, ContextValue::String(shown));
    }
    Unusable::Arguments(Box::new(error))
}

fn undemanding(command: Command) -> Command {
    command.mut_args(|argument| argument.required(false)).mut_subcommands(undemanding)
}

/// The matches of the subcommand that was called, with its name.
fn innermost(found: &ArgMatches) -> (&ArgMatches, Option<&str>) {
    match found.subcommand() {
        Some((name, found)) => (found, Some(name)),
        None => (found, None),
    }
}

fn file_of(found: &ArgMatches, folder: &Path) -> Option<PathBuf> {
    // A subcommand without the argument reads no file.
    let named = found.try_get_one::<PathBuf>(CONFIG).ok()?;
    named.cloned().or_else(|| Some(folder.join(DEFAULT)).filter(|path| path.exists()))
}

/// Lets a flag or variable turn off what the file turns on (`--at-root=false`), and keeps values of the environment out
/// of the help, because one may hold a password.
pub(crate) fn adapt(command: Command) -> Command {
    let command = command.mut_args(|argument| {
        if argument.get_env().is_none() {
            return argument;
        }
        let argument = argument.hide_env_values(true);
        if !matches!(argument.get_action(), ArgAction::SetTrue) {
            return argument;
        }
        argument
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .value_name("BOOL")
            .value_parser(BoolishValueParser::new())
            .default_value("false")
            .default_missing_value("true")
            .hide_default_value(true)
            .hide_possible_values(true)
    });
    command.mut_subcommands(adapt)
}

#[cfg(test)]
mod tests;
