//! The judge against mocks that know no more than the documents say: of the bundled contracts, as a stranger would bring
//! them, and of a small one of another shape.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/at_once.rs"]
mod at_once;
#[path = "support/complaints.rs"]
mod complaints;
#[path = "support/running.rs"]
mod running;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rescind_conformance::plan::Plan;
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::report::{ContractReport, Outcome};
use rescind_conformance::runner;
use rescind_conformance::verdict::Verdict;
use rescind_server::mock::Mock;
use rescind_server::{Clock, Running, Server};
use rescind_specs::{Contract, Vendor};

/// How many seeds each contract is judged with.
const SEEDS: u64 = 3;

/// What a mock that knows only the documents cannot keep, and why. This list may only shrink.
const BEYOND: &[(&str, &str, &str)] = &[(
    "sessions",
    "wrong_credentials_rejected",
    "a token against forged requests is given, and any other does as well",
)];

/// Where a contract lies.
fn folder(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    if ["mock", "sessions"].contains(&name) {
        here.join("tests").join(name)
    } else {
        here.join("../specs").join(name)
    }
}

fn documents(name: &str) -> (PathBuf, PathBuf) {
    (folder(name).join("openapi.yaml"), folder(name).join("lifecycle.yaml"))
}

/// What is judged: a mock on a free port with a clock to move.
async fn start(name: &str, seed: u64) -> Running {
    let (openapi, lifecycle) = documents(name);
    let mock = Mock::read(&openapi, Some(&lifecycle)).expect("the documents are right");
    let start = "2026-01-01T00:00:00Z".parse().expect("a time");
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let builder = Server::builder().clock(Clock::virtual_at(start)).seed(seed).bind(loopback).admin(loopback);
    builder.mock(mock).spawn().await.expect("the mock starts")
}

async fn judge(name: &str, seed: u64) -> ContractReport {
    let (openapi, lifecycle) = documents(name);
    let contract = Contract::load(&openapi, Some(&lifecycle)).expect("the documents are right");
    let running = start(name, seed).await;
    let deployment = running::deployment(&running, &contract);
    let plan = Plan { seed, timeout: Duration::from_mins(1), ..Plan::default() };
    let report = runner::run(&contract, &deployment, &plan, &Redactor::new(), &Silent).await;
    running.shutdown().await;
    report.expect("the run ends with a report")
}

/// Judges a contract with several seeds: nothing breaks but what is listed, all of which does.
fn is_kept(name: &str) {
    let reports = at_once::all((0..SEEDS).collect(), async |seed| judge(name, seed).await);
    let listed: BTreeSet<&str> =
        BEYOND.iter().filter(|(contract, _, _)| *contract == name).map(|(_, id, _)| *id).collect();
    let mut broken = BTreeSet::new();
    let mut wrong = Vec::new();
    for (seed, report) in reports.iter().enumerate() {
        for (id, (outcome, why)) in complaints::complaints(report) {
            if !listed.contains(id.as_str()) {
                wrong.push(format!("{name}, seed {seed}: {id} {outcome:?} {why}"));
            }
            broken.insert(id);
        }
        if !report.left_behind.is_empty() {
            wrong.push(format!("{name}, seed {seed}: left behind {:?}", report.left_behind));
        }
        assert!(report.revocations > 5, "{name}: {} revocations", report.revocations);
    }
    for id in listed.iter().filter(|id| !broken.contains(**id)) {
        wrong.push(format!("{name}: {id} is kept now; take it off the list"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Without what the judge could not exercise, silence would tell nothing.
    for report in &reports {
        for requirement in &report.requirements {
            let is_run = !matches!(requirement.outcome, Outcome::NotRun(_));
            assert!(
                is_run || listed.contains(requirement.id.0.as_str()),
                "{name}/{} is not run",
                requirement.id
            );
            let passed = matches!(requirement.outcome, Outcome::Judged(Verdict::Pass));
            assert!(!passed || requirement.exercised > 0, "{name}/{} was not exercised", requirement.id);
        }
    }
}

#[test]
fn a_key_that_revokes_itself_is_mocked() {
    is_kept(Vendor::WattShift.name());
}

#[test]
fn credentials_whose_tokens_outlive_them_are_mocked() {
    is_kept(Vendor::Dinie.name());
}

#[test]
fn guarded_credentials_are_mocked() {
    is_kept(Vendor::ShiftAgent.name());
}

#[test]
fn registered_pairs_are_mocked() {
    is_kept(Vendor::EntryTarget.name());
}

#[test]
fn a_contract_that_nobody_has_seen_is_mocked() {
    is_kept("mock");
}

#[test]
fn sessions_in_cookies_with_ways_to_end_them_are_mocked() {
    is_kept("sessions");
}
