//! The request part of a run against the reference server: silent on a correct one, telling on a broken one.

use rescind_server::{Fault, Vendor};

use super::*;
use crate::progress::Silent;
use crate::redact::Redactor;
use crate::reference::Reference;

struct Part {
    requests: u64,
    answered: u64,
    left: usize,
    reports: Vec<CheckReport>,
}

async fn part(vendor: Vendor, faults: &[Fault], plan: &Plan) -> Part {
    let reference = Reference::start(&[vendor], faults).await.unwrap();
    let deployment = reference.deployment(vendor).unwrap();
    let contract = Contract::of(vendor).unwrap();
    let redactor = Redactor::new();
    let session = Session::open(&contract, &deployment, plan, &redactor, &Silent).await.unwrap();
    let actors = Actors::new(&session);
    let mut reports = run(&session, &actors, planned(&session, &actors)).await;
    let exchanges = session.exchanges();
    reports.extend(judge_exchanges(scene(&session), plan, &exchanges, &session.tainted()));
    Part {
        requests: session.requests(),
        answered: exchanges.iter().filter(|exchange| exchange.status().is_some()).count() as u64,
        left: session.ledger().credentials().len(),
        reports,
    }
}

/// Whether the check looks at answers to whatever other checks send.
fn is_about_answers(check: &str) -> bool {
    RESPONSE_CHECKS.iter().any(|known| known.id() == check)
}

/// The findings, each with its check and the steps that lead to it.
fn found(part: &Part) -> Vec<String> {
    let tell = |report: &CheckReport| {
        let id = report.id.clone();
        let lines = report.findings.iter().map(move |breach| {
            let finding = &breach.finding;
            format!(
                "{id} {} {}: {} | {} | {} ×{}\n{}",
                finding.verdict,
                finding.operation.as_ref().map_or("", |operation| &operation.0),
                finding.message,
                finding.documented,
                finding.received,
                breach.times,
                breach.steps.join("\n")
            )
        });
        lines.collect::<Vec<_>>()
    };
    part.reports.iter().flat_map(tell).collect()
}

#[tokio::test]
async fn a_correct_server_passes() {
    for vendor in Vendor::ALL {
        for seed in [0, 7] {
            let part = part(vendor, &[], &Plan { seed, ..Plan::default() }).await;
            let counts: Vec<String> = part
                .reports
                .iter()
                .map(|report| format!("{} {} {:?}", report.id, report.exercised, report.outcome))
                .collect();
            println!(
                "{} {} requests, {} issued\n{}",
                vendor.name(),
                part.requests,
                part.left,
                counts.join("\n")
            );
            assert_eq!(found(&part), [] as [&str; 0], "{} with seed {seed}", vendor.name());
            assert!(part.requests < 400, "{} took {} requests", vendor.name(), part.requests);
            assert!(part.answered * 10 >= part.requests * 9, "{} left calls unanswered", vendor.name());
        }
    }
}

#[tokio::test]
async fn a_broken_promise_is_found_by_the_check_for_it() {
    let cases = [
        (Fault::WrongMediaType, Vendor::Dinie, "content_type_conformance"),
        (Fault::WrongMediaType, Vendor::EntryTarget, "content_type_conformance"),
        (Fault::UndocumentedStatus, Vendor::Dinie, "status_code_conformance"),
        (Fault::UndocumentedStatus, Vendor::WattShift, "status_code_conformance"),
        (Fault::MissingRequiredMember, Vendor::WattShift, "response_schema_conformance"),
        (Fault::MissingRequiredMember, Vendor::EntryTarget, "response_schema_conformance"),
        (Fault::ProblemStatusMismatch, Vendor::ShiftAgent, "problem_details_conformance"),
        (Fault::SecretEchoedInError, Vendor::ShiftAgent, "no_secret_leak"),
        (Fault::StackTraceInError, Vendor::Dinie, "no_internal_leak"),
        (Fault::RateLimitHeadersMissing, Vendor::Dinie, "response_headers_conformance"),
        (Fault::LengthBoundOffByOne, Vendor::ShiftAgent, "invalid_input_rejected"),
        (Fault::InvalidBodyAccepted, Vendor::Dinie, "invalid_input_rejected"),
        (Fault::OptionalBodyRequired, Vendor::WattShift, "boundary_valid_accepted"),
        (Fault::MalformedJsonServerError, Vendor::ShiftAgent, "malformed_body_rejected"),
        (Fault::MissingCredentialAccepted, Vendor::EntryTarget, "missing_credentials_rejected"),
        (Fault::HalfCredentialAccepted, Vendor::EntryTarget, "wrong_credentials_rejected"),
        (Fault::HeadHasEffect, Vendor::Dinie, "head_and_options_harmless"),
        (Fault::HeadHasEffect, Vendor::EntryTarget, "head_and_options_harmless"),
        (Fault::HeadHasEffect, Vendor::WattShift, "head_and_options_harmless"),
        (Fault::HeadHasEffect, Vendor::ShiftAgent, "head_and_options_harmless"),
    ];
    let mut missed = Vec::new();
    for (fault, vendor, check) in cases {
        let plan = Plan { only: vec![check.to_owned()], ..Plan::default() };
        let plan = if is_about_answers(check) { Plan::default() } else { plan };
        let part = part(vendor, &[fault], &plan).await;
        let all = found(&part);
        if !all.iter().any(|line| line.starts_with(&format!("{check} "))) {
            missed.push(format!("{fault} of {} by {check}; found: {}", vendor.name(), all.join("\n")));
        }
    }
    assert_eq!(missed, [] as [&str; 0]);
}

#[tokio::test]
async fn without_writes_nothing_changes() {
    let plan = Plan { writes: Writes::Forbidden, ..Plan::default() };
    let reference = Reference::start(&[Vendor::ShiftAgent], &[]).await.unwrap();
    let deployment = reference.deployment(Vendor::ShiftAgent).unwrap();
    let contract = Contract::of(Vendor::ShiftAgent).unwrap();
    let redactor = Redactor::new();
    let session = Session::open(&contract, &deployment, &plan, &redactor, &Silent).await.unwrap();
    let actors = Actors::new(&session);
    let reports = run(&session, &actors, planned(&session, &actors)).await;
    let methods: BTreeSet<String> =
        session.exchanges().iter().map(|exchange| exchange.request.method.to_string()).collect();
    assert_eq!(methods, BTreeSet::from(["GET".to_owned()]));
    let malformed = reports.iter().find(|report| report.id == "malformed_body_rejected").unwrap();
    assert!(matches!(malformed.outcome, Outcome::NotRun(_)));
}

#[tokio::test]
async fn what_was_not_asked_for_is_not_run() {
    let plan = Plan { only: vec!["missing_credentials_rejected".to_owned()], ..Plan::default() };
    let part = part(Vendor::Dinie, &[], &plan).await;
    for report in &part.reports {
        let ran = matches!(report.outcome, Outcome::Judged(Verdict::Pass));
        assert_eq!(ran, report.id == "missing_credentials_rejected", "{} {:?}", report.id, report.outcome);
    }
}
