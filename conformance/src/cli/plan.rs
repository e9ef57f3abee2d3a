//! `rescind check --plan`: what would be sent.

use super::args::PlanFormat;
use super::contracts::Job;
use super::error::CliError;
use super::output::Output;
use crate::exit_code::ExitCode;
use crate::plan::Plan;
use crate::preview::{self, Preview, human};
use crate::redact::Redactor;

/// Prints what a run would do with each deployment.
pub(super) fn tell<'j>(
    format: PlanFormat,
    seed: u64,
    jobs: impl Iterator<Item = (&'j Job, &'j Plan)>,
    output: Output,
    redactor: &Redactor,
) -> Result<ExitCode, CliError> {
    let contracts = jobs.map(|(job, plan)| preview::preview(&job.contract, &job.deployment, plan, redactor));
    let contracts = contracts.collect::<Result<Vec<_>, _>>();
    let contracts = contracts.map_err(|error| CliError::Internal(error.to_string()))?;
    let preview = Preview { version: env!("CARGO_PKG_VERSION").to_owned(), seed, contracts };
    let internal = |error: &dyn std::fmt::Display| CliError::Internal(error.to_string());
    let text = match format {
        PlanFormat::Human => {
            let mut text = Vec::new();
            human::write(&preview, &mut text, output.width()).map_err(|error| internal(&error))?;
            String::from_utf8_lossy(&text).into_owned()
        }
        PlanFormat::Json => {
            let value = serde_json::to_value(&preview).map_err(|error| internal(&error))?;
            format!("{:#}\n", redactor.redact_value(value))
        }
    };
    output.text(&redactor.redact(&text))
}
