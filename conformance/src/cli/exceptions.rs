//! What is left out of a run, and which breaches are accepted, each with its reason.

use jiff::civil::Date;
use rescind_specs::Contract;

use super::args::CheckArgs;
use super::error::CliError;
use super::selection::{self, is_of};
use crate::report::{ContractReport, Outcome};
use crate::target_file::{AcceptEntry, SkipEntry, TargetFile};

/// What is left out, and what is accepted.
#[derive(Clone, Debug, Default)]
pub(super) struct Exceptions {
    /// Those of the command line, which give no reason.
    skip: Vec<String>,
    skip_with_reason: Vec<SkipEntry>,
    accept: Vec<AcceptEntry>,
    scope: Scope,
}

/// Which contracts of the target file are judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Scope {
    /// All of them.
    #[default]
    All,
    /// Those that the command line names.
    Some,
}

impl Exceptions {
    pub(super) fn of(args: &CheckArgs, file: Option<&TargetFile>) -> Self {
        let (skip_with_reason, accept) =
            file.map(|file| (file.skip.clone(), file.accept.clone())).unwrap_or_default();
        let all = args.contract.is_empty() && args.openapi.is_none();
        let scope = if all { Scope::All } else { Scope::Some };
        Self { skip: args.skip.clone(), skip_with_reason, accept, scope }
    }

    /// Refuses what is neither a requirement nor a check. What the target file says of contracts that are not judged
    /// this time is none of this run's business.
    pub(super) fn validate(&self, contracts: &[&Contract]) -> Result<(), CliError> {
        selection::validate("--skip", &self.skip, contracts)?;
        let judged = |id: &&String| match id.split_once('/') {
            Some((name, _)) => contracts.iter().any(|contract| contract.name() == name),
            // It may be about the others.
            None => self.scope == Scope::All,
        };
        let of_file = |ids: Vec<&String>| ids.into_iter().filter(judged).cloned().collect::<Vec<_>>();
        let skipped = of_file(self.skip_with_reason.iter().map(|entry| &entry.id).collect());
        selection::validate("[[skip]] of the target file,", &skipped, contracts)?;
        let accepted = of_file(self.accept.iter().map(|entry| &entry.id).collect());
        selection::validate("[[accept]] of the target file,", &accepted, contracts)
    }

    /// What is left out of a contract.
    pub(super) fn skipped(&self, contract: &str) -> Vec<String> {
        let of_file = self.skip_with_reason.iter().map(|entry| entry.id.clone());
        selection::of_contract(&self.skip.iter().cloned().chain(of_file).collect::<Vec<_>>(), contract)
    }

    /// Writes the reasons into a report, as of a day.
    pub(super) fn apply(&self, report: &mut ContractReport, today: Date) {
        let name = report.contract.clone();
        let reason = |ids: &[&str]| {
            let meant = |entry: &&SkipEntry| is_of(&entry.id, &name).is_some_and(|id| ids.contains(&id));
            let entry = self.skip_with_reason.iter().find(meant)?;
            Some(Outcome::NotRun(format!("left out: {}", entry.reason)))
        };
        let left_out = |outcome: &Outcome| matches!(outcome, Outcome::NotRun(_));
        for requirement in report.requirements.iter_mut().filter(|one| left_out(&one.outcome)) {
            let checks = requirement.checks.iter().map(String::as_str);
            let ids: Vec<&str> = std::iter::once(requirement.id.0.as_str()).chain(checks).collect();
            if let Some(outcome) = reason(&ids) {
                requirement.outcome = outcome;
            }
        }
        for check in report.checks.iter_mut().filter(|one| left_out(&one.outcome)) {
            if let Some(outcome) = reason(&[&check.id]) {
                check.outcome = outcome;
            }
        }
        let accepted = self.accept.iter().filter_map(|entry| {
            let id = is_of(&entry.id, &name)?;
            // What names no contract is about those that have it.
            if id == entry.id && !report.has(id) {
                return None;
            }
            Some((id.to_owned(), entry.until, entry.reason.clone()))
        });
        let accepted: Vec<_> = accepted.collect();
        report.accept(accepted, today);
    }
}
