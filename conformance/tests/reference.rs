//! The judge against the reference server in this process: a server that keeps its promises gives it nothing to say.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/at_once.rs"]
mod at_once;
#[path = "support/complaints.rs"]
mod complaints;

use std::collections::BTreeMap;
use std::time::Duration;

use rescind_conformance::plan::Plan;
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::reference::Reference;
use rescind_conformance::report::{ContractReport, Outcome};
use rescind_conformance::runner;
use rescind_conformance::verdict::Verdict;
use rescind_specs::Vendor;
use rescind_specs::lifecycle::Coverage;

/// How many seeds each contract is judged with.
const SEEDS: u64 = 20;

/// A run to make.
struct Run {
    vendor: Vendor,
    replicas: u8,
    plan: Plan,
}

impl Run {
    fn of(vendor: Vendor, seed: u64) -> Self {
        // Whoever has much else to do may answer late.
        Self { vendor, replicas: 1, plan: Plan { seed, timeout: Duration::from_mins(1), ..Plan::default() } }
    }
}

async fn judge(run: &Run) -> ContractReport {
    let builder = Reference::builder().seed(run.plan.seed).replicas(run.replicas);
    let server = builder.start(&[run.vendor], &[]).await.expect("the reference server starts");
    let deployment = server.deployment(run.vendor).expect("it has a deployment");
    let contract = run.vendor.contract().expect("the bundled contract is right");
    let report = runner::run(contract, &deployment, &run.plan, &Redactor::new(), &Silent).await;
    server.stop().await;
    report.expect("the run ends with a report")
}

/// What is wrong with the reports of some runs: anything that they complain of or leave behind.
fn wrong(runs: &[Run], reports: &[ContractReport]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (Run { vendor, replicas, plan }, report) in runs.iter().zip(reports) {
        let place = format!("{vendor}, seed {}, {replicas} replicas", plan.seed);
        for (id, (outcome, why)) in complaints::complaints(report) {
            wrong.push(format!("{place}: {id} {outcome:?} {why}"));
        }
        if !report.left_behind.is_empty() {
            wrong.push(format!("{place}: left behind {:?}", report.left_behind));
        }
    }
    wrong
}

fn are_silent(runs: Vec<Run>) -> Vec<ContractReport> {
    let (runs, reports): (Vec<_>, Vec<_>) = at_once::all(runs, async |run| {
        let report = judge(&run).await;
        (run, report)
    })
    .into_iter()
    .unzip();
    let wrong = wrong(&runs, &reports);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    reports
}

/// With any seed there is nothing to say, and each requirement that has a check was really exercised.
#[test]
fn the_reference_server_is_passed_in_silence() {
    let runs = Vendor::ALL.into_iter().flat_map(|vendor| (0..SEEDS).map(move |seed| Run::of(vendor, seed)));
    let mut exercised: BTreeMap<String, u64> = BTreeMap::new();
    for report in are_silent(runs.collect()) {
        let name = &report.contract;
        assert_eq!(report.verdict(), Verdict::Pass, "{name}");
        assert!(report.revocations > 10, "{name}: {} revocations", report.revocations);
        assert!(report.requests < 1000, "{name}: {} requests", report.requests);
        for requirement in &report.requirements {
            assert!(
                !matches!(requirement.outcome, Outcome::NotRun(_)),
                "{name}/{} is not run",
                requirement.id
            );
            assert_eq!(requirement.left_out, Vec::<String>::new(), "{name}/{}", requirement.id);
            *exercised.entry(format!("{name}/{}", requirement.id)).or_default() += requirement.exercised;
        }
        for check in &report.checks {
            *exercised.entry(check.id.clone()).or_default() += check.exercised;
        }
    }
    for vendor in Vendor::ALL {
        let contract = vendor.contract().expect("the bundled contract is right");
        let known = contract.lifecycle().expect("it has a lifecycle document");
        for requirement in &known.requirements {
            let name = format!("{vendor}/{}", requirement.id);
            if matches!(requirement.coverage(), Coverage::Checked(_)) {
                assert!(exercised.get(&name).is_some_and(|times| *times > 0), "{name} was never exercised");
            }
        }
    }
    let idle: Vec<_> = rescind_conformance::explain::checks()
        .filter(|check| check.group != rescind_conformance::explain::Group::Lifecycle)
        .filter(|check| exercised.get(check.id).is_none_or(|times| *times == 0))
        .map(|check| check.id)
        .collect();
    assert_eq!(idle, Vec::<&str>::new(), "checks that were never exercised");
}

/// Several sequences a check, with ever other steps between: still nothing to say.
#[test]
fn several_sequences_of_each_check_are_silent() {
    let runs = Vendor::ALL.into_iter().flat_map(|vendor| {
        (100..102).map(move |seed| {
            let run = Run::of(vendor, seed);
            Run { plan: Plan { sequences: 3, cases: 5, ..run.plan }, ..run }
        })
    });
    are_silent(runs.collect());
}

/// Two servers on one database are one deployment.
#[test]
fn replicas_are_silent() {
    let runs = Vendor::ALL
        .into_iter()
        .flat_map(|vendor| (200..203).map(move |seed| Run { replicas: 2, ..Run::of(vendor, seed) }));
    are_silent(runs.collect());
}
