//! Proof that the judge sees: each fault of the reference server's catalogue, and the requirement meant for it.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use rescind_conformance::plan::Plan;
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::reference::Reference;
use rescind_conformance::report::{ContractReport, Outcome};
use rescind_conformance::runner;
use rescind_conformance::verdict::Verdict;
use rescind_server::Fault;
use rescind_specs::Vendor;

async fn judge(vendor: Vendor, fault: Fault, only: Vec<String>) -> ContractReport {
    let server = Reference::start(&[vendor], &[fault]).await.expect("the reference server starts");
    let deployment = server.deployment(vendor).expect("it has a deployment");
    let contract = vendor.contract().expect("the bundled contract is right");
    let plan = Plan { only, ..Plan::default() };
    let report = runner::run(contract, &deployment, &plan, &Redactor::new(), &Silent).await;
    server.stop().await;
    report.expect("the run ends with a report")
}

/// What the judge cannot see as yet, and why.
const UNSEEN: &[(Fault, Vendor, &str)] = &[
    (
        Fault::ListSkipsAtPageEnd,
        Vendor::Dinie,
        "lists are read in pages of a hundred, and no run issues so many",
    ),
    (
        Fault::ListSkipsAtPageEnd,
        Vendor::ShiftAgent,
        "lists are read in pages of a hundred, and no run issues so many",
    ),
];

fn caught(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Judged(Verdict::Fail | Verdict::Divergence))
}

/// Why a fault is not caught in a contract by the requirements that it breaks; `None` if it is.
async fn missed(vendor: Vendor, fault: Fault) -> Option<String> {
    let prefix = format!("{}/", vendor.name());
    let meant: Vec<String> =
        fault.requirements().filter_map(|name| name.strip_prefix(&prefix).map(str::to_owned)).collect();
    let report = judge(vendor, fault, meant.clone()).await;
    if meant.is_empty() {
        // It breaks what the OpenAPI document says, or what no requirement says: something has to be found. A run that
        // merely stays open has seen nothing.
        let checks = report.checks.iter().map(|check| &check.outcome);
        let outcomes = report.requirements.iter().map(|requirement| &requirement.outcome).chain(checks);
        return (!outcomes.into_iter().any(caught))
            .then(|| format!("{fault}: {vendor} {}", report.verdict()));
    }
    let outcomes: Vec<(&str, &Outcome)> = report
        .requirements
        .iter()
        .filter(|requirement| meant.contains(&requirement.id.0))
        .map(|requirement| (requirement.id.0.as_str(), &requirement.outcome))
        .collect();
    let pending = outcomes.iter().all(|(_, outcome)| matches!(outcome, Outcome::Pending(_)));
    (!pending && !outcomes.iter().any(|(_, outcome)| caught(outcome)))
        .then(|| format!("{fault}: {vendor} {outcomes:?}"))
}

async fn every_fault_is_caught(vendor: Vendor) {
    let mut all = Vec::new();
    for fault in Fault::ALL.iter().filter(|fault| fault.contracts().any(|broken| broken == vendor)) {
        let unseen = UNSEEN.iter().any(|(known, of, _)| known == fault && *of == vendor);
        match missed(vendor, *fault).await {
            Some(_) if unseen => {}
            None if unseen => all.push(format!("{fault}: {vendor} is caught by now; take it off the list")),
            why => all.extend(why),
        }
    }
    assert_eq!(all, Vec::<String>::new());
}

#[tokio::test]
async fn every_fault_of_wattshift_is_caught() {
    every_fault_is_caught(Vendor::WattShift).await;
}

#[tokio::test]
async fn every_fault_of_dinie_is_caught() {
    every_fault_is_caught(Vendor::Dinie).await;
}

#[tokio::test]
async fn every_fault_of_shiftagent_is_caught() {
    every_fault_is_caught(Vendor::ShiftAgent).await;
}

#[tokio::test]
async fn every_fault_of_entrytarget_is_caught() {
    every_fault_is_caught(Vendor::EntryTarget).await;
}
