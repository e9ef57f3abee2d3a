//! A promise as every rendering shows it: a numbered requirement, or a check of single answers or requests.

use rescind_specs::lifecycle::Basis;

use super::{Acceptance, Breach, ContractReport, OperationCoverage, Outcome, Report};
use crate::verdict::Verdict;

/// A promise.
#[derive(Clone, Debug)]
pub(crate) struct Subject<'r> {
    /// The contract that it belongs to.
    pub(crate) contract: &'r ContractReport,
    /// `R3`, or the identifier of the check.
    pub(crate) id: &'r str,
    /// What is promised, or asked.
    pub(crate) text: &'r str,
    /// Where it is written and what it rests on; `None` for what every contract implies.
    pub(crate) source: Option<(&'r str, Basis)>,
    /// The checks that cover it; none where it is a check itself.
    pub(crate) checks: Vec<&'r str>,
    /// What came of it.
    pub(crate) outcome: &'r Outcome,
    /// Why the operator accepts that it is broken.
    pub(crate) accepted: Option<&'r Acceptance>,
    /// How often it was really exercised.
    pub(crate) exercised: u64,
    /// What was found, the worst first.
    pub(crate) findings: &'r [Breach],
}

impl<'r> Subject<'r> {
    /// Every promise of the report, contract by contract: requirements, then checks.
    pub(crate) fn all(report: &'r Report) -> impl Iterator<Item = Self> {
        report.contracts.iter().flat_map(Self::of)
    }

    /// Every promise of a contract: requirements, then checks.
    pub(crate) fn of(contract: &'r ContractReport) -> impl Iterator<Item = Self> {
        let requirements = contract.requirements.iter().map(move |requirement| Self {
            contract,
            id: &requirement.id.0,
            text: &requirement.text,
            source: Some((&requirement.source, requirement.basis)),
            checks: requirement.checks.iter().map(String::as_str).collect(),
            outcome: &requirement.outcome,
            accepted: contract.accepted_requirement(requirement),
            exercised: requirement.exercised,
            findings: &requirement.findings,
        });
        requirements.chain(contract.checks.iter().map(move |check| Self {
            contract,
            id: &check.id,
            text: &check.question,
            source: None,
            checks: Vec::new(),
            outcome: &check.outcome,
            accepted: contract.accepted_check(check),
            exercised: check.exercised,
            findings: &check.findings,
        }))
    }

    /// The name that `rescind explain` takes: `CONTRACT/R3`, or the identifier of the check after the contract.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.contract.contract, self.id)
    }

    /// Where it is written, and what it rests on: `revoke an API key (contract)`.
    pub(crate) fn source(&self) -> Option<String> {
        self.source.map(|(source, basis)| format!("{source} ({basis})"))
    }

    /// The verdict that it counts as; `None` where it was not to be judged. What is accepted counts as a divergence.
    pub(crate) fn counts_as(&self) -> Option<Verdict> {
        match self.outcome {
            _ if self.accepted.is_some() => Some(Verdict::Divergence),
            Outcome::Judged(verdict) => Some(*verdict),
            Outcome::NotExercised(_) => Some(Verdict::Inconclusive),
            Outcome::NotRun(_) | Outcome::Pending(_) | Outcome::NotObserved(_) => None,
        }
    }

    /// What came of it, in a word or two.
    pub(crate) fn word(&self) -> &'static str {
        if self.accepted.is_some() { "accepted" } else { self.outcome.word() }
    }

    /// That it is accepted, until when, and why.
    pub(crate) fn acceptance(&self) -> Option<String> {
        self.accepted
            .map(|accepted| format!("Broken, and accepted until {}: {}", accepted.until, accepted.reason))
    }

    /// Why it was not judged, if it was not.
    pub(crate) fn why(&self) -> Option<&'r str> {
        match self.outcome {
            Outcome::Judged(_) => None,
            Outcome::NotExercised(why)
            | Outcome::NotRun(why)
            | Outcome::Pending(why)
            | Outcome::NotObserved(why) => Some(why),
        }
    }

    /// The operation that a finding concerns: `POST /auth/token (createToken)`.
    pub(crate) fn operation(&self, breach: &Breach) -> Option<String> {
        let id = breach.finding.operation.as_ref()?;
        let known = |coverage: &&OperationCoverage| coverage.operation == id.0;
        let coverage = self.contract.operations.iter().find(known);
        Some(coverage.map_or_else(|| id.to_string(), |known| format!("{} ({id})", known.signature)))
    }

    /// The requirement that a finding breaks beside this promise: `CONTRACT/R3: what it says (contract)`.
    pub(crate) fn breaks(&self, breach: &Breach) -> Option<String> {
        let id = breach.finding.requirement.as_ref()?;
        let known = self.contract.requirements.iter().find(|requirement| requirement.id == *id);
        let text = known.map(|known| format!(": {} ({})", known.text, known.basis)).unwrap_or_default();
        Some(format!("{}/{id}{text}", self.contract.contract))
    }

    /// How often a finding was seen, where that is worth a word.
    pub(crate) fn seen(breach: &Breach) -> Option<String> {
        match (breach.once_in, breach.times) {
            (Some(runs), _) => Some(format!("once in {runs} runs of the same sequence")),
            (None, times) if times > 1 => Some(format!("{times} times")),
            (None, _) => None,
        }
    }
}
