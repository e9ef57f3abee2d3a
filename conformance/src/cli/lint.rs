//! `rescind lint`: what is missing or contradictory in the documents of a contract.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use rescind_specs::{Contract, Diagnostic, LoadError, Severity, Vendor, lint_lifecycle, report};
use serde::Serialize;

use super::args::vendors;
use super::contracts::bundled;
use super::error::CliError;
use super::output::Output;
use crate::exit_code::ExitCode;

/// Which documents are looked at.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  nothing was found that counts as an error
  1  an error was found, or a warning with --deny-warnings
  2  the command line is wrong, or a file cannot be read

`rescind list --rules` shows the rules, `rescind explain RULE` says why one matters and what to do.
")]
pub struct LintArgs {
    /// A bundled contract; may be repeated.
    #[arg(long, value_name = "NAME", value_parser = vendors(), value_delimiter = ',')]
    #[arg(conflicts_with = "openapi", required_unless_present = "openapi")]
    pub contract: Vec<Vendor>,
    /// The OpenAPI document of a contract of your own.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "RESCIND_OPENAPI")]
    pub openapi: Option<PathBuf>,
    /// Its lifecycle document.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "RESCIND_LIFECYCLE", requires = "openapi")]
    pub lifecycle: Option<PathBuf>,
    /// How findings are told.
    #[arg(long, value_enum, default_value_t)]
    pub format: LintFormat,
    /// Count warnings as errors.
    #[arg(long)]
    pub deny_warnings: bool,
}

/// How findings are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LintFormat {
    /// For a person: each with its line of the document.
    #[default]
    Human,
    /// For a program: a list of objects.
    Json,
}

/// A finding for a program.
#[derive(Serialize)]
struct Told<'d> {
    severity: &'static str,
    /// Absent where the document cannot be read without correcting it.
    rule: Option<&'static str>,
    file: &'d str,
    line: Option<usize>,
    column: Option<usize>,
    pointer: &'d str,
    message: &'d str,
    help: Option<&'d str>,
}

pub(super) fn run(args: &LintArgs, output: Output) -> Result<ExitCode, CliError> {
    let found = found(args)?;
    let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    let warnings = found.len() - errors;
    match args.format {
        LintFormat::Human => {
            let sum = match (errors, warnings) {
                (0, 0) => "nothing is missing, and nothing contradicts itself\n".to_owned(),
                _ => format!("{}, {}\n", counted(errors, "error"), counted(warnings, "warning")),
            };
            let gap = if found.is_empty() { "" } else { "\n\n" };
            // Styles are taken out where nobody sees them.
            output.text(&format!("{}{gap}{sum}", report(&found, true)))?;
        }
        LintFormat::Json => {
            let told: Vec<Told<'_>> = found.iter().map(told).collect();
            let text =
                serde_json::to_string_pretty(&told).map_err(|error| CliError::Internal(error.to_string()))?;
            output.text(&format!("{text}\n"))?;
        }
    }
    let denied = errors > 0 || (args.deny_warnings && warnings > 0);
    Ok(if denied { ExitCode::Broken } else { ExitCode::Conforms })
}

/// What is found in the documents of all contracts.
fn found(args: &LintArgs) -> Result<Vec<Diagnostic>, CliError> {
    let contracts = match &args.openapi {
        Some(openapi) => match Contract::load(openapi, args.lifecycle.as_deref()) {
            Ok(contract) => vec![contract],
            Err(LoadError::Invalid(mistakes)) => return Ok(mistakes),
            Err(error @ LoadError::Io { .. }) => return Err(error.into()),
        },
        None => bundled(&args.contract)?,
    };
    Ok(contracts
        .iter()
        .flat_map(|contract| contract.warnings().iter().cloned().chain(lint_lifecycle(contract)))
        .collect())
}

fn told(diagnostic: &Diagnostic) -> Told<'_> {
    Told {
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        rule: diagnostic.rule(),
        file: &diagnostic.file,
        line: diagnostic.position.as_ref().map(|position| position.line),
        column: diagnostic.position.as_ref().map(|position| position.column),
        pointer: diagnostic.pointer.as_str(),
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
    }
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
