//! The judge against the reference server in this process: a server that keeps its promises gives it nothing to say.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use rescind_conformance::plan::Plan;
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::reference::Reference;
use rescind_conformance::report::{ContractReport, Outcome};
use rescind_conformance::runner;
use rescind_conformance::verdict::Verdict;
use rescind_specs::Vendor;

async fn judge(vendor: Vendor, plan: &Plan) -> ContractReport {
    let server = Reference::start(&[vendor], &[]).await.expect("the reference server starts");
    let deployment = server.deployment(vendor).expect("it has a deployment");
    let contract = vendor.contract().expect("the bundled contract is right");
    let report = runner::run(contract, &deployment, plan, &Redactor::new(), &Silent).await;
    server.stop().await;
    report.expect("the run ends with a report")
}

/// Everything that the report complains of, in words.
fn complaints(report: &ContractReport) -> Vec<String> {
    let requirements = report.requirements.iter().map(|one| (&one.id.0, &one.outcome, &one.findings));
    let checks = report.checks.iter().map(|one| (&one.id, &one.outcome, &one.findings));
    requirements
        .chain(checks)
        .filter(|(_, outcome, _)| {
            !matches!(
                outcome,
                Outcome::Judged(Verdict::Pass)
                    | Outcome::NotRun(_)
                    | Outcome::Pending(_)
                    | Outcome::NotObserved(_)
            )
        })
        .map(|(id, outcome, findings)| {
            let messages = findings.iter().map(|breach| {
                format!(
                    "{}: {} / {}",
                    breach.finding.message, breach.finding.documented, breach.finding.received
                )
            });
            format!("{id}: {outcome:?} {:?}", messages.collect::<Vec<_>>())
        })
        .collect()
}

async fn is_silent(vendor: Vendor) {
    for seed in 0..3 {
        let report = judge(vendor, &Plan { seed, ..Plan::default() }).await;
        assert_eq!(complaints(&report), Vec::<String>::new(), "{vendor}, seed {seed}");
        assert_eq!(report.verdict(), Verdict::Pass);
        assert_eq!(report.left_behind, Vec::<String>::new(), "{vendor}, seed {seed}");
        assert!(report.revocations > 10, "{vendor}: {} revocations", report.revocations);
        assert!(report.requests < 1000, "{vendor}: {} requests", report.requests);
        let not_run = report.requirements.iter().filter(|one| matches!(one.outcome, Outcome::NotRun(_)));
        assert_eq!(not_run.count(), 0, "every requirement that has a check is run");
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

/// Several sequences a check, with ever other steps between: still nothing to say.
#[tokio::test]
async fn longer_sequences_are_silent() {
    for vendor in Vendor::ALL {
        let only =
            vec!["use_after_revocation".to_owned(), "others_unaffected".to_owned(), "reissue".to_owned()];
        let plan = Plan { seed: 7, sequences: 4, only, ..Plan::default() };
        let report = judge(vendor, &plan).await;
        assert_eq!(complaints(&report), Vec::<String>::new(), "{vendor}");
    }
}
