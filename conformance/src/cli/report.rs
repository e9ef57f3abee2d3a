//! `rescind report`: the reports of a run that is over, from its result as JSON.

use std::io::Read as _;
use std::path::Path;

use super::args::RenderArgs;
use super::error::CliError;
use super::output::Output;
use super::reports::Reports;
use crate::exit_code::ExitCode;
use crate::report::Report;

pub(super) fn run(args: &RenderArgs, output: Output) -> Result<ExitCode, CliError> {
    let report = read(&args.result)?;
    let reports = Reports::open(&args.report)?;
    output.write(&report, reports)?;
    Ok(ExitCode::Conforms)
}

/// Reads a stored result; `-` is standard input. It passed the redactor before it was stored.
fn read(path: &Path) -> Result<Report, CliError> {
    let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.map_err(|error| {
        CliError::Usage(format!(
            "cannot read {name}: {error}; `rescind check --report json=FILE` writes a result"
        ))
    })?;
    serde_json::from_str(&text).map_err(|error| {
        let version = env!("CARGO_PKG_VERSION");
        let written = serde_json::from_str::<serde_json::Value>(&text).ok();
        let written = written.as_ref().and_then(|result| result.get("version")?.as_str());
        let by = match written {
            Some(other) if other != version => format!(" (it was written by rescind {other}, this is {version})"),
            _ => String::new(),
        };
        CliError::Usage(format!(
            "{name} is no result of `rescind check --report json=FILE`{by}: {error}; `rescind schema report` describes \
             one"
        ))
    })
}
