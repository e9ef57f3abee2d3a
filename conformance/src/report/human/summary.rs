//! The end of a report: a table with one row a contract, what was left out, and what the exit status means.

use std::io;

use anstyle::Style;
use indexmap::IndexMap;

use super::layout::{Align, BOLD, DIM, GREEN, Page, RED, Table, YELLOW};
use super::layout::{CYAN, MAGENTA};
use super::seen::{Seen, succeeded};
use crate::exit_code::ExitCode;
use crate::report::propagation::Summary;
use crate::report::subject::Subject;
use crate::report::text::counted;
use crate::report::{Acceptance, ContractReport, Coverage, End, Outcome, PropagationDelay, Report, Standing};
use crate::verdict::Verdict;

pub(super) fn write(report: &Report, subjects: &[Subject<'_>], page: &mut Page<'_>) -> io::Result<()> {
    page.gap()?;
    table(report).write(page)?;
    page.gap()?;
    for contract in &report.contracts {
        notes(contract, page)?;
    }
    left_out(subjects, page)?;
    page.gap()?;
    closing(report, subjects, page)
}

fn table(report: &Report) -> Table {
    use Align::{Left, Right};
    let mut table = Table::new(&[
        ("contract", Left),
        ("passed", Right),
        ("diverged", Right),
        ("open", Right),
        ("failed", Right),
        ("not seen", Right),
        ("pending", Right),
        ("not run", Right),
        ("requests", Right),
        ("secs", Right),
        ("verdict", Left),
    ]);
    for contract in &report.contracts {
        let requirements = contract.requirements.iter().map(|requirement| &requirement.outcome);
        let tally = Coverage::of(requirements.chain(contract.checks.iter().map(|check| &check.outcome)));
        let count = |count: u64, style: Style| (count.to_string(), if count == 0 { DIM } else { style });
        let plain = Style::new();
        table.row(vec![
            (contract.contract.clone(), BOLD),
            count(tally.passed, GREEN),
            count(tally.diverged, YELLOW),
            count(tally.open, CYAN),
            count(tally.failed + tally.errors, RED),
            count(tally.not_observed, plain),
            count(tally.pending, plain),
            count(tally.not_run, plain),
            (contract.requests.to_string(), plain),
            (format!("{:.2}", contract.seconds), plain),
            verdict(contract.verdict()),
        ]);
    }
    table
}

fn verdict(verdict: Verdict) -> (String, Style) {
    let (word, style) = match verdict {
        Verdict::Pass => ("pass", GREEN),
        Verdict::Divergence => ("diverges", YELLOW),
        Verdict::Inconclusive => ("open", CYAN),
        Verdict::Fail => ("FAIL", RED),
        Verdict::Error => ("ERROR", MAGENTA),
    };
    (word.to_owned(), style)
}

fn notes(contract: &ContractReport, page: &mut Page<'_>) -> io::Result<()> {
    let name = &contract.contract;
    if contract.coverage.total > 0 {
        page.styled(0, &format!("{name}: {}.", covered(&contract.coverage)), DIM)?;
    }
    let Seen { operations, responses } = Seen::of(contract);
    page.styled(
        0,
        &format!(
            "{name}: {} of {} operations called, {} of {} documented responses seen, {} revoked.",
            operations.0,
            operations.1,
            responses.0,
            responses.1,
            counted(contract.revocations, "credential"),
        ),
        DIM,
    )?;
    propagation(contract, page)?;
    for requirement in &contract.requirements {
        for check in &requirement.left_out {
            page.styled(0, &format!("{name}/{}: without {check}.", requirement.id), DIM)?;
        }
    }
    let early = match contract.end {
        End::Complete => None,
        End::Interrupted => Some("the run was interrupted, so nothing is settled as a whole"),
        End::OutOfTime => Some("the time was up before everything was begun; --max-time allows more"),
    };
    if let Some(why) = early {
        page.styled(0, &format!("{name}: {why}."), CYAN)?;
    }
    let answered = contract.operations.iter().any(|operation| !operation.received.is_empty());
    if answered && !contract.operations.iter().any(succeeded) {
        page.styled(
            0,
            &format!(
                "{name}: not one call came to a documented success; check the base URL first, and what the callers \
                 hold."
            ),
            YELLOW,
        )?;
    }
    if contract.revocations == 0 && !contract.requirements.is_empty() {
        page.styled(
            0,
            &format!("{name}: no revocation was acknowledged, so nothing was seen after one."),
            CYAN,
        )?;
    }
    if !contract.left_behind.is_empty() {
        let ids = contract.left_behind.join(", ");
        page.styled(
            0,
            &format!("{name}: left behind and not revoked, please revoke by hand: {ids}"),
            YELLOW,
        )?;
    }
    for Acceptance { id, until, reason, standing } in &contract.acceptances {
        let (told, style) = match standing {
            Standing::InForce => continue,
            Standing::Expired => (format!("was accepted until {until} ({reason}), and counts again"), YELLOW),
            Standing::Unneeded => {
                (format!("is accepted until {until} ({reason}), and is not broken any more"), CYAN)
            }
            Standing::Unseen => {
                (format!("is accepted until {until} ({reason}), and nothing judged is about it"), DIM)
            }
        };
        page.styled(0, &format!("{name}/{id}: {told}."), style)?;
    }
    if !contract.perhaps_left_behind.is_empty() {
        let what = contract.perhaps_left_behind.join(", ");
        page.styled(
            0,
            &format!("{name}: perhaps left behind, for nobody answered whether it was issued: {what}"),
            YELLOW,
        )?;
    }
    Ok(())
}

/// How long revoked credentials went on to be accepted, a line for each replica.
fn propagation(contract: &ContractReport, page: &mut Page<'_>) -> io::Result<()> {
    for Summary { replica, credentials, accepted, refused } in PropagationDelay::sum(&contract.propagation) {
        let used = counted(credentials as u64, "revoked credential");
        let accepted = accepted.map_or_else(
            || "none was accepted again".to_owned(),
            |time| format!("the last accepted use came {time} after a revocation"),
        );
        let refused =
            refused.map(|time| format!(", the first lasting refusal {time} after one")).unwrap_or_default();
        let place = if contract.replicas.is_empty() { String::new() } else { format!(" at {replica}") };
        let name = &contract.contract;
        page.styled(0, &format!("{name}: of {used} used{place}, {accepted}{refused}."), DIM)?;
    }
    Ok(())
}

/// `of 22 requirements, 19 passed, 1 diverged, 2 cannot be seen`.
fn covered(coverage: &Coverage) -> String {
    let parts = [
        (coverage.failed, "failed"),
        (coverage.errors, "ended in an error"),
        (coverage.passed, "passed"),
        (coverage.diverged, "diverged"),
        (coverage.open, "open"),
        (coverage.not_run, "not run"),
        (coverage.pending, "pending"),
        (coverage.not_observed, "not to be seen from outside"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    format!("of {}, {}", counted(coverage.total, "requirement"), parts.join(", "))
}

/// Names of what was not run that are shown for each reason.
const NAMED: usize = 6;

/// What was neither judged nor open, by reason.
fn left_out(subjects: &[Subject<'_>], page: &mut Page<'_>) -> io::Result<()> {
    let mut reasons: IndexMap<&str, Vec<String>> = IndexMap::new();
    for subject in subjects {
        if let Outcome::NotRun(why) = subject.outcome {
            reasons.entry(why.trim_end_matches('.')).or_default().push(subject.name());
        }
    }
    for (why, names) in reasons {
        let count = names.len();
        let names = if count > NAMED {
            format!("{} and {} more", names[..NAMED].join(", "), count - NAMED)
        } else {
            names.join(", ")
        };
        page.styled(0, &format!("Not run: {count}, {why}: {names}."), DIM)?;
    }
    let names = |wanted: fn(&Outcome) -> bool| -> Vec<String> {
        subjects.iter().filter(|subject| wanted(subject.outcome)).map(Subject::name).collect()
    };
    let pending = names(|outcome| matches!(outcome, Outcome::Pending(_)));
    if !pending.is_empty() {
        let sum = counted(pending.len() as u64, "requirement");
        page.styled(0, &format!("Pending: {sum} without a check as yet: {}.", pending.join(", ")), DIM)?;
    }
    let unseen = names(|outcome| matches!(outcome, Outcome::NotObserved(_)));
    if !unseen.is_empty() {
        let sum = counted(unseen.len() as u64, "requirement");
        page.styled(
            0,
            &format!("Not seen: {sum} that cannot be observed from outside: {}.", unseen.join(", ")),
            DIM,
        )?;
    }
    Ok(())
}

fn closing(report: &Report, subjects: &[Subject<'_>], page: &mut Page<'_>) -> io::Result<()> {
    let tally = Coverage::of(subjects.iter().map(|subject| subject.outcome));
    let accepted = subjects.iter().filter(|subject| subject.accepted.is_some()).count() as u64;
    let parts = [
        (tally.failed - accepted, "broken"),
        (accepted, "broken and accepted"),
        (tally.errors, "not judged for an error of the judge"),
        (tally.diverged, "diverged"),
        (tally.open, "open"),
        (tally.passed, "kept"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .enumerate()
        .map(|(position, (count, word))| {
            let count = if position == 0 { counted(*count, "promise") } else { count.to_string() };
            format!("{count} {word}")
        })
        .collect();
    if !parts.is_empty() {
        page.prose(0, &format!("{}.", parts.join(", ")))?;
    }
    let code = ExitCode::of(report);
    let style = match code {
        ExitCode::Conforms => GREEN,
        ExitCode::Open => CYAN,
        ExitCode::Internal => MAGENTA,
        ExitCode::Broken | ExitCode::Usage | ExitCode::Unreachable => RED,
    };
    let note = if code == ExitCode::Conforms && tally.diverged > 0 {
        "; a divergence is from a reading of ours that nothing binding says"
    } else {
        ""
    };
    page.styled(0, &format!("Exit code {code}: {}{note}.", code.meaning()), style)
}
