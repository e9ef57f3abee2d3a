//! The seeds of sequences that broke a promise, from one run to the next.

use std::path::PathBuf;

use super::args::CheckArgs;
use super::error::CliError;
use super::settings::Settings;
use crate::machine::seeds::Seeds;
use crate::progress::{Event, Progress};
use crate::report::Report;

/// The file that keeps them, if the run uses one.
#[derive(Debug)]
pub(super) struct SeedFile {
    path: Option<PathBuf>,
    seeds: Seeds,
}

impl SeedFile {
    /// Reads the file. A run that is meant to be the same each time uses none.
    pub(super) fn open(args: &CheckArgs, settings: &Settings) -> Result<Self, CliError> {
        if args.no_seeds || settings.seed.is_some() || args.reference {
            return Ok(Self { path: None, seeds: Seeds::default() });
        }
        let seeds = Seeds::read(&settings.seeds).map_err(|error| CliError::Usage(error.to_string()))?;
        Ok(Self { path: Some(settings.seeds.clone()), seeds })
    }

    /// What is run again of a contract.
    pub(super) fn of(&self, contract: &str) -> Vec<u64> {
        self.seeds.of(contract)
    }

    /// Adds what a report shows. That this fails is no reason to keep the report back.
    pub(super) fn keep(mut self, report: &Report, progress: &dyn Progress) {
        let Some(path) = self.path else { return };
        let mut new = false;
        for contract in &report.contracts {
            new |= self.seeds.add(contract);
        }
        if new && let Err(error) = self.seeds.write(&path) {
            progress.event(Event::Warning(error.to_string().into()));
        }
    }
}
