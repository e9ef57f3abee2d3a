//! The reference machine against the reference server in this process: silent where promises are kept, and each broken
//! one shown by a sequence of a few steps. And the file that keeps the seeds, with the program from outside.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};

use insta::assert_snapshot;
use rescind_conformance::deployment::Deployment;
use rescind_conformance::plan::{Plan, Writes};
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::reference::Reference;
use rescind_conformance::report::{Breach, CheckReport, ContractReport, Outcome};
use rescind_conformance::runner;
use rescind_conformance::verdict::Verdict;
use rescind_server::{Clock, Fault, Server};
use rescind_specs::Vendor;

const ID: &str = "reference_machine";

async fn judge(vendor: Vendor, faults: &[Fault], plan: Plan) -> ContractReport {
    let server = Reference::start(&[vendor], faults).await.expect("the reference server starts");
    let deployment = server.deployment(vendor).expect("it has a deployment");
    let contract = vendor.contract().expect("the bundled contract is right");
    let plan = Plan { only: vec![ID.to_owned()], ..plan };
    let report = runner::run(contract, &deployment, &plan, &Redactor::new(), &Silent).await;
    server.stop().await;
    report.expect("the run ends with a report")
}

fn machine(report: &ContractReport) -> &CheckReport {
    report.checks.iter().find(|check| check.id == ID).expect("it is in the report")
}

/// A breach in a few lines: what it is, and the sequence that shows it.
fn told(breach: &Breach) -> String {
    let finding = &breach.finding;
    let requirement = finding.requirement.as_ref().map_or("no requirement", |id| id.0.as_str());
    let mut text = format!("{} of {requirement}: {}\n", finding.verdict, finding.message);
    for step in finding.sequence.iter().flat_map(|sequence| &sequence.steps) {
        writeln!(text, "- {step}").expect("a String takes everything");
    }
    for step in &breach.steps {
        writeln!(text, "  {step}").expect("a String takes everything");
    }
    text
}

async fn is_silent(vendor: Vendor) {
    for seed in 0..4 {
        let report = judge(vendor, &[], Plan { seed, ..Plan::default() }).await;
        let machine = machine(&report);
        let found: Vec<String> = machine.findings.iter().map(told).collect();
        assert_eq!(found, Vec::<String>::new(), "{vendor}, seed {seed}");
        assert_eq!(machine.outcome, Outcome::Judged(Verdict::Pass), "{vendor}, seed {seed}");
        assert!(machine.exercised > 30, "{vendor}, seed {seed}: {} times", machine.exercised);
        assert!(report.requests < 250, "{vendor}, seed {seed}: {} requests", report.requests);
        assert_eq!(report.left_behind, Vec::<String>::new(), "{vendor}, seed {seed}");
    }
}

#[tokio::test]
async fn wattshift_is_silent() {
    is_silent(Vendor::WattShift).await;
}

#[tokio::test]
async fn dinie_is_silent() {
    is_silent(Vendor::Dinie).await;
}

#[tokio::test]
async fn shiftagent_is_silent() {
    is_silent(Vendor::ShiftAgent).await;
}

#[tokio::test]
async fn entrytarget_is_silent() {
    is_silent(Vendor::EntryTarget).await;
}

/// How many runs a fault may need to be met.
const RUNS: u64 = 6;

/// A fault, and the requirement that the machine names for it.
const CAUGHT: &[(Vendor, Fault, &str)] = &[
    (Vendor::WattShift, Fault::SelfRevocationRefused, "R1"),
    (Vendor::WattShift, Fault::ForeignRevocationSucceeds, "R7"),
    (Vendor::WattShift, Fault::ExpiredStillAccepted, "R17"),
    (Vendor::WattShift, Fault::RepeatRevocationRevives, "R11"),
    (Vendor::WattShift, Fault::SameIdReissued, "R6"),
    (Vendor::Dinie, Fault::RevocationNotStored, "R2"),
    (Vendor::Dinie, Fault::RevokeRevokesSiblings, "R8"),
    (Vendor::Dinie, Fault::TokensDieWithCredential, "R3"),
    (Vendor::Dinie, Fault::ReplayRevives, "R17"),
    (Vendor::Dinie, Fault::ReplayCreatesAnother, "R17"),
    (Vendor::Dinie, Fault::ListHidesRevoked, "R6"),
    (Vendor::Dinie, Fault::ExpiryIsForgotten, "R18"),
    (Vendor::ShiftAgent, Fault::RevocationNotStored, "R9"),
    (Vendor::ShiftAgent, Fault::GuardIgnored, "R3"),
    (Vendor::ShiftAgent, Fault::GuardOutlivesReference, "R6"),
    (Vendor::ShiftAgent, Fault::ForeignRevocationSucceeds, "R12"),
    (Vendor::ShiftAgent, Fault::TokenMayDelete, "R15"),
    (Vendor::EntryTarget, Fault::SlowRevocation, "R2"),
    (Vendor::EntryTarget, Fault::RegistrationFillsCache, "R6"),
    (Vendor::EntryTarget, Fault::RevokedMayRevoke, "R15"),
    (Vendor::EntryTarget, Fault::ReregistrationRevives, "R7"),
    (Vendor::EntryTarget, Fault::RevokeRevokesSiblings, "R16"),
    (Vendor::EntryTarget, Fault::RowEditNotFinal, "R23"),
];

/// The breach of a requirement that the machine finds in a few runs, whatever else it finds.
async fn first(vendor: Vendor, fault: Fault, requirement: &str) -> Option<Breach> {
    for seed in 0..RUNS {
        let report = judge(vendor, &[fault], Plan { seed, ..Plan::default() }).await;
        let meant =
            |breach: &&Breach| breach.finding.requirement.as_ref().is_some_and(|id| id.0 == requirement);
        if let Some(breach) = machine(&report).findings.iter().find(meant) {
            return Some(breach.clone());
        }
    }
    None
}

async fn are_shown_by_a_few_steps(vendor: Vendor) {
    for (_, fault, requirement) in CAUGHT.iter().filter(|(of, ..)| *of == vendor) {
        let breach = first(vendor, *fault, requirement).await;
        let breach = breach.unwrap_or_else(|| panic!("{vendor} {fault}: {requirement} was not seen broken"));
        let sequence = breach.finding.sequence.as_ref().expect("a finding of the machine has a sequence");
        assert!(sequence.steps.len() <= 5, "{vendor} {fault}: {}", told(&breach));
        assert!(!breach.reproduction.is_empty(), "{vendor} {fault}");
    }
}

#[tokio::test]
async fn broken_promises_of_wattshift_are_shown() {
    are_shown_by_a_few_steps(Vendor::WattShift).await;
}

#[tokio::test]
async fn broken_promises_of_dinie_are_shown() {
    are_shown_by_a_few_steps(Vendor::Dinie).await;
}

#[tokio::test]
async fn broken_promises_of_shiftagent_are_shown() {
    are_shown_by_a_few_steps(Vendor::ShiftAgent).await;
}

#[tokio::test]
async fn broken_promises_of_entrytarget_are_shown() {
    are_shown_by_a_few_steps(Vendor::EntryTarget).await;
}

#[tokio::test]
async fn a_breach_is_told_as_its_shortest_sequence() {
    for (name, vendor, fault, requirement) in [
        ("replay_issues_another", Vendor::Dinie, Fault::ReplayCreatesAnother, "R17"),
        ("siblings_lost", Vendor::Dinie, Fault::RevokeRevokesSiblings, "R8"),
        ("guard_ignored", Vendor::ShiftAgent, Fault::GuardIgnored, "R3"),
    ] {
        let breach = first(vendor, fault, requirement).await;
        assert_snapshot!(name, breach.as_ref().map(told).unwrap_or_default());
    }
}

/// Where the clock cannot be moved, nothing waits longer than the operator's patience, and the rest is judged all the
/// same.
#[tokio::test]
async fn without_a_clock_to_move_nothing_waits() {
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let builder = Server::builder().contract(Vendor::WattShift).clock(Clock::system()).bind(loopback);
    let server = builder.spawn().await;
    let server = server.expect("the reference server starts");
    let base = server.base_url(Vendor::WattShift).parse().expect("it has a URL");
    let contract = Vendor::WattShift.contract().expect("the bundled contract is right");
    let plan = Plan { only: vec![ID.to_owned()], ..Plan::default() };
    let report = runner::run(contract, &Deployment::at(base), &plan, &Redactor::new(), &Silent).await;
    server.shutdown().await;
    let report = report.expect("the run ends with a report");
    let found: Vec<String> = machine(&report).findings.iter().map(told).collect();
    assert_eq!(found, Vec::<String>::new());
    assert_eq!(machine(&report).outcome, Outcome::Judged(Verdict::Pass));
    assert!(machine(&report).exercised > 30, "{} times", machine(&report).exercised);
}

#[tokio::test]
async fn nothing_is_revoked_without_leave() {
    let plan = Plan { writes: Writes::Forbidden, ..Plan::default() };
    let report = judge(Vendor::Dinie, &[], plan).await;
    assert!(matches!(machine(&report).outcome, Outcome::NotRun(_)), "{:?}", machine(&report).outcome);
    assert_eq!(report.requests, 0);
}

/// Judges a server with the program, in `folder`.
fn rescind(folder: &Path, server: &Reference, more: &[&str]) -> Output {
    let deployment = server.deployment(Vendor::WattShift).expect("it has a deployment");
    let control = deployment.control.as_ref().expect("its clock can be moved").to_string();
    Command::new(env!("CARGO_BIN_EXE_rescind"))
        .current_dir(folder)
        .env_clear()
        .args(["check", "--contract", "wattshift", "--allow-writes", "--only", ID])
        .args(["--url", deployment.base.as_str(), "--control", &control])
        .args(more)
        .output()
        .expect("the program runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn seeds_of_broken_promises_are_kept_and_run_first() {
    let server = Reference::start(&[Vendor::WattShift], &[Fault::EchoWrongId]).await;
    let server = server.expect("the reference server starts");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rescind.seeds");

    for fixed in [["--seed", "3"].as_slice(), &["--no-seeds"]] {
        let output = rescind(folder.path(), &server, fixed);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!file.exists(), "{fixed:?} keeps nothing");
    }

    let first = rescind(folder.path(), &server, &[]);
    assert_eq!(first.status.code(), Some(1), "{}", String::from_utf8_lossy(&first.stderr));
    let kept = fs::read_to_string(&file).expect("seeds were kept");
    let facts: Vec<&str> = kept.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(!facts.is_empty());
    for line in &facts {
        let words = ["wattshift", "# issue credential A", "revoke A"];
        assert!(words.iter().all(|word| line.contains(word)), "{line}");
    }
    let seed = |line: &&str| line.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let seeds: Vec<String> = facts.iter().map(seed).collect();
    let shown = String::from_utf8_lossy(&first.stdout).into_owned();
    assert!(shown.contains("Breaks:") && seeds.iter().all(|seed| shown.contains(seed)), "{shown}");

    // The same sequences show it again before any new one does, so nothing is added.
    let second = rescind(folder.path(), &server, &[]);
    let shown = String::from_utf8_lossy(&second.stdout).into_owned();
    assert!(seeds.iter().all(|seed| shown.contains(seed)), "{seeds:?}\n{shown}");
    assert_eq!(fs::read_to_string(&file).expect("it is still there"), kept);

    fs::write(&file, "wattshift 12\nwattshift twelve\n").expect("the file is written");
    let broken = rescind(folder.path(), &server, &[]);
    let error = String::from_utf8_lossy(&broken.stderr).into_owned();
    assert_eq!(broken.status.code(), Some(2), "{error}");
    assert!(error.contains("rescind.seeds:2: \"twelve\" is no seed"), "{error}");
    server.stop().await;
}
