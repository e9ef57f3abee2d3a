//! A breach that a single answer or request showed is looked for again: where it was, where it is fixed, and where that
//! cannot be told.

#![cfg(feature = "reference")]
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/at_once.rs"]
mod at_once;

use rescind_conformance::counterexample::Repeat;
use rescind_conformance::deployment::Deployment;
use rescind_conformance::plan::{Plan, Writes};
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::reference::Reference;
use rescind_conformance::replay::{Replayed, Stored, replay};
use rescind_conformance::report::Report;
use rescind_conformance::runner::{self, RunError};
use rescind_server::Fault;
use rescind_specs::Vendor::{self, Dinie, EntryTarget, ShiftAgent, WattShift};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A breach for each check of single answers and requests.
const BREACHES: &[(Vendor, Fault, &str)] = &[
    (WattShift, Fault::UndocumentedStatus, "status_code_conformance"),
    (WattShift, Fault::WrongMediaType, "content_type_conformance"),
    (ShiftAgent, Fault::MissingRequiredMember, "response_schema_conformance"),
    (Dinie, Fault::RateLimitHeadersMissing, "response_headers_conformance"),
    (Dinie, Fault::ProblemStatusMismatch, "problem_details_conformance"),
    (WattShift, Fault::MalformedJsonServerError, "not_a_server_error"),
    (EntryTarget, Fault::SecretEchoedInError, "no_secret_leak"),
    (EntryTarget, Fault::StackTraceInError, "no_internal_leak"),
    (WattShift, Fault::OptionalBodyRequired, "boundary_valid_accepted"),
    (ShiftAgent, Fault::LengthBoundOffByOne, "invalid_input_rejected"),
    (EntryTarget, Fault::InvalidBodyAccepted, "invalid_input_rejected"),
    (EntryTarget, Fault::MalformedJsonServerError, "malformed_body_rejected"),
    (Dinie, Fault::InvalidBodyAccepted, "wrong_media_type_rejected"),
    (Dinie, Fault::MissingCredentialAccepted, "missing_credentials_rejected"),
    (EntryTarget, Fault::HalfCredentialAccepted, "wrong_credentials_rejected"),
    (Dinie, Fault::UndocumentedMethodAnswered, "undocumented_method_rejected"),
    (WattShift, Fault::HeadHasEffect, "head_and_options_harmless"),
    (ShiftAgent, Fault::EncodedPathRefused, "percent_encoding_equal"),
];

/// What a whole run finds under a fault by one check, as it is kept.
async fn kept(vendor: Vendor, fault: Fault, check: &str) -> Stored {
    let server = Reference::start(&[vendor], &[fault]).await.expect("the reference server starts");
    let deployment = server.deployment(vendor).expect("it has a deployment");
    let contract = vendor.contract().expect("the bundled contract is right");
    let redactor = Redactor::new();
    let plan = Plan { skip: vec!["reference_machine".to_owned()], ..Plan::default() };
    let judged = runner::run(contract, &deployment, &plan, &redactor, &Silent).await;
    server.stop().await;
    let judged = judged.expect("the run ends with a report");
    let report = Report { version: "0".to_owned(), seed: 0, began: None, contracts: vec![judged] };
    let report = redactor.redact_report(&report).expect("it is a report");
    // What is kept has been a file.
    let text = serde_json::to_string(&report).expect("it can be written");
    let (all, _) = Stored::of_report(&serde_json::from_str(&text).expect("it can be read"));
    let stored = all.into_iter().find(|stored| stored.requirement.is_none() && stored.finding.check == check);
    stored.unwrap_or_else(|| panic!("{vendor} {fault} {check}: nothing is kept"))
}

async fn replayed(vendor: Vendor, faults: &[Fault], stored: &Stored) -> Replayed {
    let server = Reference::start(&[vendor], faults).await.expect("the reference server starts");
    let deployment = server.deployment(vendor).expect("it has a deployment");
    let fate = replayed_at(vendor, &deployment, stored, &Plan::default()).await;
    server.stop().await;
    fate.expect("the deployment answers")
}

async fn replayed_at(
    vendor: Vendor,
    deployment: &Deployment,
    stored: &Stored,
    plan: &Plan,
) -> Result<Replayed, RunError> {
    let contract = vendor.contract().expect("the bundled contract is right");
    replay(contract, deployment, plan, &Redactor::new(), &Silent, stored).await.expect("it fits")
}

/// The same deployment, whose operations are somewhere else.
async fn elsewhere(vendor: Vendor, address: &str) -> Deployment {
    let server = Reference::start(&[vendor], &[]).await.expect("the reference server starts");
    let deployment = server.deployment(vendor).expect("it has a deployment");
    server.stop().await;
    Deployment { base: address.parse().expect("an address"), control: None, ..deployment }
}

#[test]
fn each_is_found_again_and_a_right_deployment_has_fixed_it() {
    let wrong = at_once::all(BREACHES.to_vec(), async |(vendor, fault, check)| {
        let stored = kept(vendor, fault, check).await;
        let mut wrong = Vec::new();
        let broken = replayed(vendor, &[fault], &stored).await;
        if !matches!(&broken, Replayed::StillBroken(finding) if finding.check == check) {
            wrong.push(format!("{vendor} {fault} {check} with the fault: {broken:?}"));
        }
        let right = replayed(vendor, &[], &stored).await;
        if right != Replayed::Fixed {
            wrong.push(format!("{vendor} {fault} {check} without the fault: {right:?}"));
        }
        wrong
    });
    assert_eq!(wrong.concat(), Vec::<String>::new());
}

#[tokio::test]
async fn where_nobody_answers_it_cannot_be_told() {
    let ill = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(503)).mount(&ill).await;
    for (fault, check) in [
        (Fault::MissingRequiredMember, "response_schema_conformance"),
        (Fault::LengthBoundOffByOne, "invalid_input_rejected"),
    ] {
        let stored = kept(ShiftAgent, fault, check).await;
        let deployment = elsewhere(ShiftAgent, &ill.uri()).await;
        let fate = replayed_at(ShiftAgent, &deployment, &stored, &Plan::default()).await;
        assert!(matches!(&fate, Ok(Replayed::CouldNotTell(why)) if why.contains("503")), "{check}: {fate:?}");
        // Nobody listens on this port.
        let deployment = elsewhere(ShiftAgent, "http://127.0.0.1:9").await;
        let fate = replayed_at(ShiftAgent, &deployment, &stored, &Plan::default()).await;
        assert!(matches!(fate, Err(RunError::Unreachable(_))), "{check}: {fate:?}");
        let deployment = Deployment { callers: [].into_iter().collect(), ..deployment };
        let fate = replayed_at(ShiftAgent, &deployment, &stored, &Plan::default()).await;
        assert!(matches!(&fate, Ok(Replayed::CouldNotTell(_))), "{check}: {fate:?}");
        let plan = Plan { writes: Writes::Forbidden, ..Plan::default() };
        let fate = replayed_at(ShiftAgent, &deployment, &stored, &plan).await;
        assert!(
            matches!(&fate, Ok(Replayed::CouldNotTell(why)) if why.contains("--allow-writes")),
            "{fate:?}"
        );
    }
}

#[tokio::test]
async fn what_does_not_fit_says_what() {
    let stored = kept(ShiftAgent, Fault::LengthBoundOffByOne, "invalid_input_rejected").await;
    let Repeat::Request(request) = &stored.repeat else { panic!("{:?}", stored.repeat) };
    let text = serde_json::to_string(&stored).expect("it can be written");
    let operation = format!("\"{}\"", request.operation);
    let deployment = elsewhere(ShiftAgent, "http://127.0.0.1:9").await;
    let contract = ShiftAgent.contract().expect("the bundled contract is right");
    for (from, to, says) in [
        (operation.as_str(), "\"dance\"", "there is no operation dance"),
        ("\"invalid_input_rejected\"", "\"use_after_revocation\"", "no check use_after_revocation looks at"),
    ] {
        let stored: Stored = serde_json::from_str(&text.replace(from, to)).expect("it can be read");
        let done = replay(contract, &deployment, &Plan::default(), &Redactor::new(), &Silent, &stored).await;
        let error = done.expect_err(says).to_string();
        assert!(error.contains(says), "{error}");
    }
}
