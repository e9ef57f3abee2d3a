//! The result as Markdown, for the summary of a CI job, a comment or a ticket: the verdicts in a table, then what needs
//! attention, the breaches first.
//!
//! It stays far below the megabyte that CI services allow: what does not fit is counted.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::subject::Subject;
use super::text::{block, code, counted, line, markdown};
use super::{Acceptance, Breach, ContractReport, Coverage, End, Report};
use crate::exit_code::ExitCode;
use crate::report::PropagationDelay;
use crate::report::propagation::Summary;
use crate::verdict::Verdict;

/// Findings shown for each promise.
const SHOWN: usize = 3;
/// Promises are told in full until the text is so long, in bytes.
const FULL: usize = 512 * 1024;

/// Writes `report`, which has passed the redactor, to `out`.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut text = String::new();
    let exit = ExitCode::of(report);
    // Writing to a String cannot fail, here and below.
    let _ = write!(text, "## {} Rescind: {}\n\n", sign(report.verdict()), exit.meaning());
    table(report, &mut text);
    let subjects: Vec<Subject<'_>> = Subject::all(report).collect();
    let mut left_out = 0;
    for (worst, title) in [
        (Verdict::Fail, "Broken"),
        (Verdict::Error, "Not judged for an error of the judge"),
        (Verdict::Inconclusive, "Open"),
        (Verdict::Divergence, "Accepted, or diverging from a reading that nothing binding says"),
    ] {
        let mut concerned = subjects.iter().filter(|subject| subject.counts_as() == Some(worst)).peekable();
        if concerned.peek().is_some() {
            let _ = writeln!(text, "\n### {title}");
        }
        for subject in concerned {
            if text.len() < FULL {
                promise(subject, &mut text);
            } else {
                left_out += 1;
            }
        }
    }
    if left_out > 0 {
        let promises = counted(left_out, "promise");
        let _ = writeln!(text, "\n{promises} more did not fit in here; the other reports have them.");
    }
    text.push_str("\n### In numbers\n\n");
    report.contracts.iter().for_each(|contract| numbers(contract, &mut text));
    let _ = writeln!(text, "\nRescind {}, seed {}.", markdown(&report.version), report.seed);
    out.write_all(text.as_bytes())
}

/// A sign that is seen before it is read.
fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✅",
        Verdict::Divergence => "🟡",
        Verdict::Inconclusive => "🔵",
        Verdict::Fail => "❌",
        Verdict::Error => "💥",
    }
}

fn table(report: &Report, text: &mut String) {
    text.push_str(
        "| contract | verdict | passed | diverged | open | failed | not seen | not run | requests |\n",
    );
    text.push_str("|---|---|--:|--:|--:|--:|--:|--:|--:|\n");
    for contract in &report.contracts {
        let Coverage { passed, diverged, open, failed, errors, not_observed, not_run, pending, total: _ } =
            Coverage::of(Subject::of(contract).map(|subject| subject.outcome));
        let verdict = contract.verdict();
        let _ = writeln!(
            text,
            "| {} | {} {verdict} | {passed} | {diverged} | {open} | {} | {not_observed} | {} | {} |",
            markdown(&contract.contract),
            sign(verdict),
            failed + errors,
            not_run + pending,
            contract.requests,
        );
    }
}

fn promise(subject: &Subject<'_>, text: &mut String) {
    let _ = writeln!(text, "\n#### {}: {}", markdown(&subject.name()), markdown(subject.text));
    if let Some(source) = subject.source() {
        let _ = writeln!(text, "\nSource: {}", markdown(&source));
    }
    if let Some(acceptance) = subject.acceptance() {
        let _ = writeln!(text, "\n**{}**", markdown(&acceptance));
    }
    if let Some(why) = subject.why() {
        let _ = writeln!(text, "\n**Not exercised: {}**", markdown(why));
    }
    for breach in subject.findings.iter().take(SHOWN) {
        finding(subject, breach, text);
    }
    if subject.findings.len() > SHOWN {
        let more = counted((subject.findings.len() - SHOWN) as u64, "more finding");
        let _ = writeln!(text, "\n{more} in the other reports.");
    }
}

fn finding(subject: &Subject<'_>, breach: &Breach, text: &mut String) {
    let finding = &breach.finding;
    let _ = write!(text, "\n**{}**\n\n", markdown(&finding.message));
    let facts = [
        ("Operation", subject.operation(breach).map(|what| code(&what))),
        ("Check", Some(code(&finding.check))),
        ("Documented", Some(markdown(&finding.documented))),
        ("Received", Some(markdown(&finding.received))),
        ("Breaks", subject.breaks(breach).map(|what| markdown(&what))),
        ("Contract", finding.place.as_deref().map(code)),
        ("Seed", finding.sequence.as_ref().map(|sequence| code(&sequence.seed))),
        ("Seen", Subject::seen(breach)),
    ];
    for (label, what) in facts {
        if let Some(what) = what.filter(|what| !what.is_empty()) {
            let _ = writeln!(text, "- {label}: {what}");
        }
    }
    if !breach.steps.is_empty() {
        text.push_str("\nShortest sequence:\n\n");
        for (number, step) in breach.steps.iter().enumerate() {
            let _ = writeln!(text, "{}. {}", number + 1, code(step));
        }
    }
    if !breach.reproduction.is_empty() {
        text.push_str("\n<details><summary>Reproduce with</summary>\n\n");
        text.push_str(&block("bash", &breach.reproduction));
        text.push_str("\n</details>\n");
    }
}

fn numbers(contract: &ContractReport, text: &mut String) {
    let name = markdown(&contract.contract);
    let _ = writeln!(
        text,
        "- **{name}**: {} at {}; {} in {:.1} s, {} revoked.",
        markdown(&contract.title),
        code(&contract.url),
        counted(contract.requests, "request"),
        contract.seconds,
        counted(contract.revocations, "credential"),
    );
    for Summary { replica, credentials, accepted, refused } in PropagationDelay::sum(&contract.propagation) {
        let accepted = accepted.map_or_else(
            || "none was accepted again".to_owned(),
            |time| format!("the last accepted use came {time} after a revocation"),
        );
        let refused =
            refused.map(|time| format!(", the first lasting refusal {time} after one")).unwrap_or_default();
        let place =
            if contract.replicas.is_empty() { String::new() } else { format!(" at {}", code(replica)) };
        let used = counted(credentials as u64, "revoked credential");
        let _ = writeln!(text, "  - Of {used} used{place}, {accepted}{refused}.");
    }
    match contract.end {
        End::Complete => {}
        End::Interrupted => text.push_str("  - The run was interrupted, so nothing is settled as a whole.\n"),
        End::OutOfTime => text.push_str("  - The time was up, so not everything was begun.\n"),
    }
    if contract.revocations == 0 && !contract.requirements.is_empty() {
        text.push_str("  - No revocation was acknowledged, so nothing was seen after one.\n");
    }
    if !contract.left_behind.is_empty() {
        let ids: Vec<String> = contract.left_behind.iter().map(|id| code(&line(id))).collect();
        let _ = writeln!(text, "  - Left behind and not revoked, please revoke by hand: {}.", ids.join(", "));
    }
    if !contract.perhaps_left_behind.is_empty() {
        let what: Vec<String> = contract.perhaps_left_behind.iter().map(|what| markdown(what)).collect();
        let what = what.join(", ");
        let _ = writeln!(text, "  - Perhaps left behind, for nobody answered whether it was issued: {what}.");
    }
    for note in contract.acceptances.iter().filter_map(Acceptance::note) {
        let _ = writeln!(text, "  - {}.", markdown(&note));
    }
}
