//! What there is to say about one promise: its findings, each with its evidence, or why it is open.

use std::io;

use anstyle::Style;

use super::Detail;
use super::layout::{BOLD, CYAN, DIM, GREEN, MAGENTA, Page, RED, YELLOW};
use crate::report::{Acceptance, Breach, ContractReport, Outcome, Report};
use crate::verdict::Verdict;

/// Where the text below a headline begins.
const INDENT: usize = 6;
/// Findings shown for each promise, unless everything is.
const SHOWN: usize = 3;

/// A promise: a numbered requirement, or a check of single answers or requests.
pub(super) struct Subject<'r> {
    contract: &'r ContractReport,
    id: &'r str,
    text: &'r str,
    /// Where it is written and what it rests on; `None` for what every contract implies.
    source: Option<String>,
    checks: Vec<&'r str>,
    pub(super) outcome: &'r Outcome,
    /// Why the operator accepts that it is broken.
    pub(super) accepted: Option<&'r Acceptance>,
    exercised: u64,
    findings: &'r [Breach],
}

impl<'r> Subject<'r> {
    /// Every promise of the report, contract by contract: requirements, then checks.
    pub(super) fn all(report: &'r Report) -> impl Iterator<Item = Self> {
        report.contracts.iter().flat_map(|contract| {
            let requirements = contract.requirements.iter().map(move |requirement| Self {
                contract,
                id: &requirement.id.0,
                text: &requirement.text,
                source: Some(format!("{} ({})", requirement.source, requirement.basis)),
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
        })
    }

    /// The name that `rescind explain` takes: `CONTRACT/R3`, or the identifier of the check.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.contract.contract, self.id)
    }

    fn headline(&self, page: &mut Page<'_>, word: &str, style: Style, about: &str) -> io::Result<()> {
        let about = if about.is_empty() { String::new() } else { format!("  {DIM}{about}{DIM:#}") };
        page.gap()?;
        page.line(&format!("{style}{word:<4}{style:#}  {BOLD}{}{BOLD:#}{about}", self.name()))?;
        page.prose(INDENT, self.text)?;
        if let Some(source) = &self.source {
            page.styled(INDENT, &format!("Source: {source}"), DIM)?;
        }
        Ok(())
    }

    /// The promise with its findings, the worst first.
    pub(super) fn write_findings(&self, page: &mut Page<'_>, detail: Detail) -> io::Result<()> {
        let (word, style) = match self.accepted {
            Some(_) => ("ACCEPTED", YELLOW),
            None => mark(self.outcome),
        };
        self.headline(page, word, style, &self.checks.join(", "))?;
        if let Some(Acceptance { until, reason, .. }) = self.accepted {
            page.styled(INDENT, &format!("Broken, and accepted until {until}: {reason}"), YELLOW)?;
        }
        let shown = if detail == Detail::Everything { self.findings.len() } else { SHOWN };
        for breach in self.findings.iter().take(shown) {
            self.write_breach(page, breach)?;
        }
        if self.findings.is_empty() {
            page.gap()?;
            page.prose(INDENT, "No finding says why.")?;
        }
        if let Some(more) = self.findings.len().checked_sub(shown).filter(|more| *more > 0) {
            page.gap()?;
            let findings = if more == 1 { "finding" } else { "findings" };
            page.styled(
                INDENT,
                &format!("{more} more {findings}: -v or --report json=FILE shows them."),
                DIM,
            )?;
        }
        page.gap()
    }

    fn write_breach(&self, page: &mut Page<'_>, breach: &Breach) -> io::Result<()> {
        let finding = &breach.finding;
        page.gap()?;
        page.styled(INDENT, &finding.message, BOLD)?;
        if let Some(operation) = &finding.operation {
            let coverage = self.contract.operations.iter().find(|known| known.operation == operation.0);
            let signature = coverage.map(|known| format!("{} ({operation})", known.signature));
            page.labelled(INDENT, "Operation", &signature.unwrap_or_else(|| operation.to_string()))?;
        }
        if self.checks.len() != 1 && self.id != finding.check {
            page.labelled(INDENT, "Check", &finding.check)?;
        }
        if !finding.documented.is_empty() {
            page.labelled(INDENT, "Documented", &finding.documented)?;
        }
        if !finding.received.is_empty() {
            page.labelled(INDENT, "Received", &finding.received)?;
        }
        if let Some(id) = &finding.requirement {
            let known = self.contract.requirements.iter().find(|requirement| requirement.id == *id);
            let text = known.map(|known| format!(": {} ({})", known.text, known.basis)).unwrap_or_default();
            page.labelled(INDENT, "Breaks", &format!("{}/{id}{text}", self.contract.contract))?;
        }
        if let Some(place) = &finding.place {
            page.labelled(INDENT, "Contract", place)?;
        }
        if let Some(sequence) = &finding.sequence {
            page.labelled(INDENT, "Seed", &sequence.seed)?;
        }
        if let Some(runs) = breach.once_in {
            page.labelled(INDENT, "Seen", &format!("once in {runs} runs of the same sequence"))?;
        } else if breach.times > 1 {
            page.labelled(INDENT, "Seen", &format!("{} times", breach.times))?;
        }
        if !breach.steps.is_empty() {
            page.gap()?;
            page.styled(INDENT, "Shortest sequence:", DIM)?;
            for (number, step) in breach.steps.iter().enumerate() {
                page.numbered(INDENT, number + 1, step)?;
            }
        }
        if !breach.reproduction.is_empty() {
            page.gap()?;
            page.styled(INDENT, "Reproduce with:", DIM)?;
            for line in &breach.reproduction {
                page.line(&format!("{:width$}{line}", "", width = INDENT + 2))?;
            }
        }
        Ok(())
    }

    /// The promise and why it was never exercised.
    pub(super) fn write_open(&self, page: &mut Page<'_>, why: &str) -> io::Result<()> {
        let (word, style) = mark(self.outcome);
        self.headline(page, word, style, &self.checks.join(", "))?;
        page.gap()?;
        page.styled(INDENT, &format!("Not exercised: {why}"), BOLD)?;
        page.gap()
    }

    /// The promise and its outcome on a line.
    pub(super) fn write_line(&self, page: &mut Page<'_>) -> io::Result<()> {
        let (_, style) = mark(self.outcome);
        let word = format!("{style}{:<13}{style:#}", self.outcome.word());
        let why = match self.outcome {
            Outcome::Judged(_) => format!("{} times", self.exercised),
            Outcome::NotExercised(why)
            | Outcome::NotRun(why)
            | Outcome::Pending(why)
            | Outcome::NotObserved(why) => why.clone(),
        };
        page.line(&format!("{word} {}  {DIM}{why}{DIM:#}", self.name()))
    }
}

/// The mark of an outcome, and its style.
pub(super) fn mark(outcome: &Outcome) -> (&'static str, Style) {
    match outcome {
        Outcome::Judged(Verdict::Pass) => ("PASS", GREEN),
        Outcome::Judged(Verdict::Divergence) => ("DIVERGES", YELLOW),
        Outcome::Judged(Verdict::Inconclusive) | Outcome::NotExercised(_) => ("OPEN", CYAN),
        Outcome::Judged(Verdict::Fail) => ("FAIL", RED),
        Outcome::Judged(Verdict::Error) => ("ERROR", MAGENTA),
        Outcome::NotRun(_) | Outcome::Pending(_) | Outcome::NotObserved(_) => ("-", DIM),
    }
}
