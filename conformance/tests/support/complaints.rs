//! What a report complains of.

use std::collections::BTreeMap;

use rescind_conformance::report::{ContractReport, Outcome};
use rescind_conformance::verdict::Verdict;

/// What the report says of everything that was run and did not pass, by requirement or check.
pub(crate) fn complaints(report: &ContractReport) -> BTreeMap<String, (Outcome, String)> {
    let requirements = report.requirements.iter().map(|one| (&one.id.0, &one.outcome, &one.findings));
    let checks = report.checks.iter().map(|one| (&one.id, &one.outcome, &one.findings));
    let silent = |outcome: &Outcome| {
        matches!(
            outcome,
            Outcome::Judged(Verdict::Pass)
                | Outcome::NotRun(_)
                | Outcome::Pending(_)
                | Outcome::NotObserved(_)
        )
    };
    requirements
        .chain(checks)
        .filter(|(_, outcome, _)| !silent(outcome))
        .map(|(id, outcome, findings)| {
            let texts = findings.iter().map(|breach| {
                let finding = &breach.finding;
                let steps = breach.steps.join("\n    ");
                format!("{}: {} / {}\n    {steps}", finding.message, finding.documented, finding.received)
            });
            (id.clone(), (outcome.clone(), texts.collect::<Vec<_>>().join("; ")))
        })
        .collect()
}
