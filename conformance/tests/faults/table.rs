//! The matrix as a document: `conformance/FAULTS.md`.

use std::fmt::Write as _;

use rescind_server::Fault;

use crate::matrix::Row;

/// Checks that send several requests at once. What they see depends on who comes first, so that where another check of a
/// requirement caught a fault, they are not named.
const RACES: [&str; 4] = ["concurrent_revocation", "last_two_active", "racing_reference", "racing_use"];

/// The check of random sequences.
const RANDOM: &str = "reference_machine";

const HEAD: &str = "\
# Faults

The reference server breaks promises on request: `rescind-server --fault NAME`, `rescind check --reference --fault NAME`,
or over its admin listener. Each fault is judged here with every contract that it concerns, in a whole run; a test makes
this table anew and compares it. `UPDATE_FAULTS=1 cargo test -p rescind-conformance --test faults` writes it.

*Own* are the requirements that a fault is about, each with the checks that caught it. What *falls with it* rests on the
same promise: where a revocation has no effect, whatever is revoked in another way stays alive as well. Of the rest of the
contract nothing is found broken. *Also found by* names the checks of single answers and of generated requests. Which
faults a random sequence meets depends on the draw, and is not shown.

";

/// The whole document.
pub(crate) fn document(rows: &[Row]) -> String {
    let mut text = HEAD.to_owned();
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(text, "{} faults, {} pairs of a fault and a contract.", Fault::ALL.len(), rows.len());
    for fault in Fault::ALL {
        let _ = writeln!(text, "\n## {fault}\n\n{}", fault.about());
        if fault.needs_replicas() {
            text.push_str("It shows with several servers on one database.\n");
        }
        text.push_str("\n| contract | own | falls with it | also found by |\n|---|---|---|---|\n");
        for row in rows.iter().filter(|row| row.pair.fault == *fault) {
            let _ = writeln!(text, "{}", line(row));
        }
    }
    text
}

fn line(row: &Row) -> String {
    let own = row.pair.own.iter().map(|id| {
        let caught = row.requirements.get(id).map(Vec::as_slice).unwrap_or_default();
        let steady: Vec<&str> =
            caught.iter().map(String::as_str).filter(|check| !RACES.contains(check)).collect();
        let named =
            if steady.is_empty() { caught.iter().map(String::as_str).collect::<Vec<_>>() } else { steady };
        format!("{id} {}", named.iter().map(|check| format!("`{check}`")).collect::<Vec<_>>().join(" "))
    });
    let checks = row.checks.iter().filter(|check| *check != RANDOM);
    let checks = checks.map(|check| format!("`{check}`")).collect::<Vec<_>>();
    let cells = [own.collect::<Vec<_>>().join(", "), row.pair.besides.join(" "), checks.join(" ")];
    format!("| {} | {} |", row.pair.vendor, cells.map(or_dash).join(" | "))
}

fn or_dash(cell: String) -> String {
    if cell.is_empty() { "-".to_owned() } else { cell }
}
