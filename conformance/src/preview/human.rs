//! A preview for a person at a terminal.

use std::io::{self, Write};
use std::time::Duration;

use indexmap::IndexMap;
use rescind_specs::lifecycle::Period;

use super::{ClockUse, ContractPreview, Count, Preview};
use crate::report::human::layout::{BOLD, DIM, Page};

/// The column at which the texts below a headline begin.
const INDENT: usize = 6;

/// Writes `preview`, which has passed the redactor, to `out`.
///
/// # Errors
/// Those of `out`.
pub fn write(preview: &Preview, out: &mut dyn Write, width: usize) -> io::Result<()> {
    let mut page = Page::new(out, width);
    page.line(&format!("{DIM}rescind {}, seed {}{DIM:#}", preview.version, preview.seed))?;
    page.prose(0, "What a run would do. Nothing was sent.")?;
    for contract in &preview.contracts {
        page.gap()?;
        sums(contract, &mut page)?;
        sequences(contract, &mut page)?;
        cases(contract, &mut page)?;
        left_out(contract, &mut page)?;
    }
    Ok(())
}

fn sums(contract: &ContractPreview, page: &mut Page<'_>) -> io::Result<()> {
    page.line(&format!("{BOLD}{}{BOLD:#} · {}", contract.contract, contract.title))?;
    page.labelled(2, "Sends to", &contract.addresses.join(", "))?;
    page.labelled(2, "Requests", &format!("{}, while no promise is broken", told(contract.requests)))?;
    let methods = contract.methods.iter().map(|(method, count)| format!("{method} {}", told(*count)));
    page.prose(15, &methods.collect::<Vec<_>>().join(", "))?;
    page.labelled(2, "Writes", &format!("{} of them may change something", told(contract.writes)))?;
    page.labelled(2, "Issues", &format!("{} credentials, all revoked at the end", told(contract.issued)))?;
    if !contract.hooks.is_empty() {
        let hooks = contract.hooks.iter().map(|(name, count)| format!("{name} {} times", told(*count)));
        page.labelled(2, "Hooks", &hooks.collect::<Vec<_>>().join(", "))?;
    }
    let waits = match contract.clock {
        ClockUse::Moved => "not in real time: the clock of the deployment is moved".to_owned(),
        ClockUse::Real => format!("{} at most in one sequence", period(contract.longest_wait)),
    };
    page.labelled(2, "Waits", &waits)
}

fn sequences(contract: &ContractPreview, page: &mut Page<'_>) -> io::Result<()> {
    for requirement in &contract.requirements {
        page.gap()?;
        page.line(&format!(
            "{BOLD}{}/{}{BOLD:#}  {DIM}{}{DIM:#}",
            contract.contract, requirement.id, requirement.basis
        ))?;
        page.prose(INDENT, &requirement.text)?;
        for sequence in &requirement.sequences {
            let waits = if sequence.waits > 0.0 {
                format!(", waits {}", period(sequence.waits))
            } else {
                String::new()
            };
            page.styled(INDENT, &format!("{}{waits}:", sequence.check), DIM)?;
            for (number, step) in sequence.steps.iter().enumerate() {
                page.numbered(INDENT, number + 1, step)?;
            }
            if let Some(ends) = &sequence.ends {
                page.prose(INDENT + 4, &format!("… and stays open: {ends}"))?;
            }
        }
        for check in &requirement.left_out {
            page.styled(INDENT, &format!("Without {check}."), DIM)?;
        }
    }
    Ok(())
}

fn cases(contract: &ContractPreview, page: &mut Page<'_>) -> io::Result<()> {
    if !contract.checks.is_empty() {
        page.gap()?;
        page.line(&format!("{BOLD}Generated requests{BOLD:#}"))?;
        for check in &contract.checks {
            let operations = check.operations.iter().map(|(operation, cases)| format!("{operation} {cases}"));
            let operations = operations.collect::<Vec<_>>().join(", ");
            page.prose(INDENT, &format!("{}: {operations}", check.id))?;
        }
    }
    if !contract.random.is_empty() {
        page.gap()?;
        page.line(&format!("{BOLD}Random sequences{BOLD:#}"))?;
        for (number, steps) in contract.random.iter().enumerate() {
            page.numbered(2, number + 1, &steps.join("; "))?;
        }
    }
    Ok(())
}

fn left_out(contract: &ContractPreview, page: &mut Page<'_>) -> io::Result<()> {
    if contract.left_out.is_empty() {
        return Ok(());
    }
    page.gap()?;
    page.line(&format!("{BOLD}Not run{BOLD:#}"))?;
    let mut reasons: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for left in &contract.left_out {
        reasons.entry(left.why.trim_end_matches('.')).or_default().push(&left.id);
    }
    for (why, ids) in reasons {
        page.prose(INDENT, &format!("{why}: {}.", ids.join(", ")))?;
    }
    Ok(())
}

fn told(Count { at_least, at_most }: Count) -> String {
    if at_least == at_most { at_most.to_string() } else { format!("{at_least} to {at_most}") }
}

fn period(seconds: f64) -> Period {
    Period::from(Duration::try_from_secs_f64(seconds.ceil()).unwrap_or_default())
}
