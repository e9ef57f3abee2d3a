//! Proof that the judge sees: each fault of the reference server's catalogue is caught by the checks of the requirements
//! that it breaks, and by those of no other requirement.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/at_once.rs"]
mod at_once;
#[path = "faults/matrix.rs"]
mod matrix;
#[path = "faults/table.rs"]
mod table;

use std::collections::BTreeSet;
use std::path::Path;

use matrix::{MATRIX, Row};
use rescind_conformance::explain;
use rescind_conformance::verdict::Verdict;
use rescind_server::Fault;
use rescind_specs::Vendor::{self, Dinie, EntryTarget, ShiftAgent, WattShift};
use rescind_specs::lifecycle::Coverage;

/// Requirements that a fault breaks or spares, as it happens: of requests at once one comes first, and of several replicas
/// one is asked.
const CHANCE: &[(Fault, Vendor, &[&str])] = &[
    (Fault::RepeatRevocationRevives, WattShift, &["R19"]),
    (Fault::TokensDieWithCredential, Dinie, &["R20"]),
    (Fault::RevocationStaysLocal, WattShift, &["R3", "R5", "R6", "R9", "R11", "R15", "R19"]),
    (Fault::RevocationStaysLocal, Dinie, &["R5", "R9", "R10", "R14", "R17", "R20"]),
    (
        Fault::RevocationStaysLocal,
        EntryTarget,
        &["R3", "R4", "R5", "R6", "R7", "R8", "R9", "R11", "R12", "R15", "R27", "R29"],
    ),
];

/// Checks that no bundled contract asks for, each with the test whose server breaks what it is about.
const ELSEWHERE: &[(&str, &str)] = &[("others_revoked", "tests/sessions.rs")];

/// Pairs that leave something unsettled, and why that cannot be helped.
const UNSETTLED: &[(Fault, Vendor, &str)] = &[
    (Fault::AcceptedAfterRevocation, Dinie, "no use is refused, so none can be seen to move last_used_at"),
    (Fault::SlowRevocation, Dinie, "no use is refused at first, so none can be seen to move last_used_at"),
    (Fault::RevocationStaysLocal, Dinie, "no use is refused there, so none can be seen to move last_used_at"),
    (Fault::RevokeRevokesSiblings, Dinie, BYSTANDERS),
    (Fault::RevokeRevokesSiblings, EntryTarget, BYSTANDERS),
    (Fault::RevokeRevokesCaller, Dinie, CALLER),
    (Fault::RevokeRevokesCaller, EntryTarget, CALLER),
    (Fault::SelfRevocationRefused, WattShift, UNREVOKED),
    (Fault::OptionalBodyRequired, WattShift, UNREVOKED),
    (Fault::WrongSuccessStatus, WattShift, UNREVOKED),
    (Fault::WrongSuccessStatus, Dinie, UNREVOKED),
    (Fault::WrongSuccessStatus, ShiftAgent, UNREVOKED),
    (Fault::WrongSuccessStatus, EntryTarget, UNREVOKED),
    (Fault::CredentialNotUsableAfterIssue, WattShift, UNUSABLE),
    (Fault::CredentialNotUsableAfterIssue, Dinie, UNUSABLE),
    (Fault::CredentialNotUsableAfterIssue, EntryTarget, UNUSABLE),
    (Fault::LastActiveRevocable, Dinie, "the outsider has no credential left for the next requirement"),
    (Fault::ListShowsForeign, Dinie, "the outsider's own credentials cannot be counted"),
    (Fault::UndocumentedStatus, WattShift, UNCLEAR),
    (Fault::UndocumentedStatus, Dinie, UNCLEAR),
    (Fault::UndocumentedStatus, ShiftAgent, UNCLEAR),
    (Fault::UndocumentedStatus, EntryTarget, UNCLEAR),
    (Fault::MissingRequiredMember, EntryTarget, UNCLEAR),
];

const BYSTANDERS: &str = "credentials beside the one in question are gone, the control among them";
const CALLER: &str = "nobody is left to ask anything after the first revocation";
const UNREVOKED: &str = "no revocation is acknowledged, so nothing is seen after one";
const UNUSABLE: &str = "what did not work before its revocation tells nothing after it";
const UNCLEAR: &str = "a use is answered in a way that is neither acceptance nor refusal";

fn chance(row: &Row, id: &str) -> bool {
    CHANCE.iter().any(|(fault, vendor, ids)| {
        *fault == row.pair.fault && *vendor == row.pair.vendor && ids.contains(&id)
    })
}

/// Every requirement that is listed for a fault is found broken. A fault of the OpenAPI document alone is found at all.
#[test]
fn what_a_fault_breaks_is_caught() {
    let missed = MATRIX.iter().flat_map(|row| {
        let missed = row.meant().filter(|id| !row.requirements.contains_key(*id) && !chance(row, id));
        let missed: Vec<String> = missed.map(|id| format!("{}: {id} is not caught", row.name())).collect();
        let unseen = row.meant().next().is_none() && row.checks.is_empty();
        missed.into_iter().chain(unseen.then(|| format!("{}: nothing is found", row.name())))
    });
    assert_eq!(missed.collect::<Vec<_>>(), Vec::<String>::new());
}

/// No requirement is found broken that is not listed.
#[test]
fn nothing_else_is_caught() {
    let more = MATRIX.iter().flat_map(|row| {
        let listed: Vec<&String> = row.meant().collect();
        let more = row.requirements.iter().filter(move |(id, _)| !listed.contains(id) && !chance(row, id));
        more.map(|(id, checks)| format!("{}: {id} is found broken by {}", row.name(), checks.join(", ")))
    });
    assert_eq!(more.collect::<Vec<_>>(), Vec::<String>::new());
}

/// Everything is settled, unless the fault leaves nothing to see.
#[test]
fn nothing_is_left_open_without_a_reason() {
    let known = |row: &Row| {
        UNSETTLED.iter().any(|(fault, vendor, _)| *fault == row.pair.fault && *vendor == row.pair.vendor)
    };
    let open = MATRIX
        .iter()
        .filter(|row| !known(row))
        .flat_map(|row| row.open.iter().map(|(id, why)| format!("{}: {id} is open: {why}", row.name())));
    assert_eq!(open.collect::<Vec<_>>(), Vec::<String>::new());
}

/// Whoever breaks something binding is told so, whatever else could not be seen.
#[test]
fn a_run_tells_of_each_fault() {
    let passed = MATRIX.iter().filter(|row| row.verdict == Verdict::Pass).map(Row::name);
    assert_eq!(passed.collect::<Vec<_>>(), Vec::<String>::new());
    // Here nobody is left to ask anything after the first revocation.
    let caller = MATRIX.iter().filter(|row| row.pair.fault == Fault::RevokeRevokesCaller);
    let others: Vec<_> = caller.filter(|row| row.verdict != Verdict::Fail).map(Row::name).collect();
    assert_eq!(others, Vec::<String>::new());
}

/// Every check catches a fault, and every requirement that has a check is broken by one.
#[test]
fn every_check_and_every_requirement_is_proved() {
    let found: BTreeSet<&str> = MATRIX
        .iter()
        .flat_map(|row| row.requirements.values().flatten().chain(&row.checks))
        .map(String::as_str)
        .collect();
    let elsewhere = |id: &str| ELSEWHERE.iter().any(|(check, _)| *check == id);
    let checks = explain::checks().map(|check| check.id).filter(|id| !found.contains(id) && !elsewhere(id));
    assert_eq!(checks.collect::<Vec<_>>(), Vec::<&str>::new(), "checks that no fault shows to work");
    let broken: BTreeSet<String> = MATRIX
        .iter()
        .flat_map(|row| row.requirements.keys().map(|id| format!("{}/{id}", row.pair.vendor)))
        .collect();
    let mut unproved = Vec::new();
    for vendor in Vendor::ALL {
        let contract = vendor.contract().expect("the bundled contract is right");
        let lifecycle = contract.lifecycle().expect("it has a lifecycle document");
        let checked = lifecycle
            .requirements
            .iter()
            .filter(|requirement| matches!(requirement.coverage(), Coverage::Checked(_)));
        unproved.extend(
            checked
                .map(|requirement| format!("{vendor}/{}", requirement.id))
                .filter(|name| !broken.contains(name)),
        );
    }
    assert_eq!(unproved, Vec::<String>::new(), "requirements that no fault breaks");
}

/// `conformance/FAULTS.md` is what the matrix says. Run with `UPDATE_FAULTS=1` to write it anew.
#[test]
fn the_table_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("FAULTS.md");
    let fresh = table::document(&MATRIX);
    if std::env::var_os("UPDATE_FAULTS").is_some() {
        std::fs::write(&path, &fresh).expect("it can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let changed = fresh.lines().zip(committed.lines()).find(|(fresh, committed)| fresh != committed);
    assert!(
        fresh == committed,
        "conformance/FAULTS.md is stale; run this test with UPDATE_FAULTS=1; first difference: {changed:?}"
    );
}

/// The exceptions above are of pairs that there are.
#[test]
fn exceptions_concern_pairs_that_there_are() {
    for (fault, vendor, _) in UNSETTLED {
        assert!(fault.contracts().any(|known| known == *vendor), "{fault} does not concern {vendor}");
    }
    for (fault, vendor, _) in CHANCE {
        assert!(fault.contracts().any(|known| known == *vendor), "{fault} does not concern {vendor}");
    }
}
