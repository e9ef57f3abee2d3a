//! What there is to say about one promise: its findings, each with its evidence, or why it is open.

use std::io;

use anstyle::Style;

use super::Detail;
use super::layout::{BOLD, CYAN, DIM, GREEN, MAGENTA, Page, RED, YELLOW};
use crate::report::subject::Subject;
use crate::report::text::visible;
use crate::report::{Acceptance, Breach, Outcome};
use crate::verdict::Verdict;

/// Where the text below a headline begins.
const INDENT: usize = 6;
/// Findings shown for each promise, unless everything is.
const SHOWN: usize = 3;

impl Subject<'_> {
    fn headline(&self, page: &mut Page<'_>, word: &str, style: Style, about: &str) -> io::Result<()> {
        let about = if about.is_empty() { String::new() } else { format!("  {DIM}{about}{DIM:#}") };
        page.gap()?;
        page.line(&format!("{style}{word:<4}{style:#}  {BOLD}{}{BOLD:#}{about}", self.name()))?;
        page.prose(INDENT, self.text)?;
        if let Some(source) = self.source() {
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
        if let Some(operation) = self.operation(breach) {
            page.labelled(INDENT, "Operation", &operation)?;
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
        if let Some(requirement) = self.breaks(breach) {
            page.labelled(INDENT, "Breaks", &requirement)?;
        }
        if let Some(place) = &finding.place {
            page.labelled(INDENT, "Contract", place)?;
        }
        if let Some(sequence) = &finding.sequence {
            page.labelled(INDENT, "Seed", &sequence.seed)?;
        }
        if let Some(seen) = Subject::seen(breach) {
            page.labelled(INDENT, "Seen", &seen)?;
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
                page.line(&format!("{:width$}{}", "", visible(line), width = INDENT + 2))?;
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
        let why = self.why().map_or_else(|| times(self.exercised), str::to_owned);
        page.line(&format!("{word} {}  {DIM}{why}{DIM:#}", self.name()))
    }
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
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
