//! A breach that was found is looked for again: where it was, where it is fixed, and where that cannot be told.

#![cfg(feature = "reference")]
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use rescind_conformance::plan::{Plan, Writes};
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::reference::Reference;
use rescind_conformance::replay::{Replayed, Stored, replay};
use rescind_conformance::report::Report;
use rescind_conformance::runner;
use rescind_server::Fault;
use rescind_specs::Vendor;

/// What a run finds under a fault, as it is kept.
async fn kept(vendor: Vendor, fault: Fault, plan: &Plan) -> Vec<Stored> {
    let server = Reference::start(&[vendor], &[fault]).await.expect("the reference server starts");
    let deployment = server.deployment(vendor).expect("it has a deployment");
    let contract = vendor.contract().expect("the bundled contract is right");
    let redactor = Redactor::new();
    let judged = runner::run(contract, &deployment, plan, &redactor, &Silent).await;
    server.stop().await;
    let judged = judged.expect("the run ends with a report");
    let report = Report { version: "0".to_owned(), seed: 0, began: None, contracts: vec![judged] };
    let report = redactor.redact_report(&report).expect("it is a report");
    // What is kept has been a file.
    let text = serde_json::to_string(&report).expect("it can be written");
    Stored::of_report(&serde_json::from_str(&text).expect("it can be read")).0
}

async fn replayed(vendor: Vendor, faults: &[Fault], stored: &Stored, plan: &Plan) -> Replayed {
    let server = Reference::start(&[vendor], faults).await.expect("the reference server starts");
    let deployment = server.deployment(vendor).expect("it has a deployment");
    let contract = vendor.contract().expect("the bundled contract is right");
    let done = replay(contract, &deployment, plan, &Redactor::new(), &Silent, stored).await;
    server.stop().await;
    done.expect("it fits").expect("the deployment answers")
}

fn only(requirement: &str) -> Plan {
    Plan { only: vec![requirement.to_owned()], ..Plan::default() }
}

/// Breaches of many kinds: uses, tokens, strangers, lists, guards, races, steps outside of the API.
const BREACHES: &[(Vendor, Fault, &str)] = &[
    (Vendor::Dinie, Fault::TokensDieWithCredential, "R3"),
    (Vendor::Dinie, Fault::ReplayRevives, "R17"),
    (Vendor::EntryTarget, Fault::SlidingCache, "R4"),
    (Vendor::EntryTarget, Fault::RepeatRevocationSucceeds, "R9"),
    (Vendor::ShiftAgent, Fault::ForeignIdHasAMember, "R12"),
];

#[tokio::test]
async fn a_breach_is_found_again_and_a_right_deployment_has_fixed_it() {
    for (vendor, fault, requirement) in BREACHES {
        let all = kept(*vendor, *fault, &only(requirement)).await;
        let stored = all.iter().find(|stored| stored.is_meant(requirement));
        let stored = stored.unwrap_or_else(|| panic!("{vendor}/{requirement} is broken by {fault}"));
        let broken = replayed(*vendor, &[*fault], stored, &Plan::default()).await;
        let Replayed::StillBroken(finding) = &broken else { panic!("{vendor} {fault}: {broken:?}") };
        assert_eq!(finding.check, stored.finding.check);
        let right = replayed(*vendor, &[], stored, &Plan::default()).await;
        assert_eq!(right, Replayed::Fixed, "{vendor} {fault}");
    }
}

#[tokio::test]
async fn a_random_sequence_is_looked_for_as_well() {
    let fault = Fault::TokensDieWithCredential;
    let all = kept(Vendor::Dinie, fault, &only("reference_machine")).await;
    let stored = all.first().expect("random sequences find it");
    assert_eq!(stored.id(), "dinie/reference_machine");
    let broken = replayed(Vendor::Dinie, &[fault], stored, &Plan::default()).await;
    assert!(matches!(broken, Replayed::StillBroken(_)), "{broken:?}");
    assert_eq!(replayed(Vendor::Dinie, &[], stored, &Plan::default()).await, Replayed::Fixed);
}

#[tokio::test]
async fn what_may_change_nothing_tells_nothing() {
    let fault = Fault::TokensDieWithCredential;
    let all = kept(Vendor::Dinie, fault, &only("R3")).await;
    let plan = Plan { writes: Writes::Forbidden, ..Plan::default() };
    let fate = replayed(Vendor::Dinie, &[fault], &all[0], &plan).await;
    assert!(matches!(&fate, Replayed::CouldNotTell(why) if why.contains("--allow-writes")), "{fate:?}");
}

#[tokio::test]
async fn what_does_not_fit_says_what() {
    let all = kept(Vendor::Dinie, Fault::TokensDieWithCredential, &only("R3")).await;
    let text = serde_json::to_string(&all[0]).expect("it can be written");
    let server = Reference::start(&[Vendor::Dinie], &[]).await.expect("the reference server starts");
    let deployment = server.deployment(Vendor::Dinie).expect("it has a deployment");
    let changes = [
        (
            "\"contract\":\"dinie\"",
            "\"contract\":\"other\"",
            "about the contract other, and what is judged is dinie",
        ),
        ("\"R3\"", "\"R99\"", "there is no requirement R99"),
        ("\"of\":\"client\"", "\"of\":\"key\"", "there is no kind of credential key"),
        ("[\"A\",\"access\",", "[\"A\",\"refresh\",", "there is no kind of token refresh"),
    ];
    for (from, to, says) in changes {
        assert!(text.contains(from), "{from}: {text}");
        let stored: Stored = serde_json::from_str(&text.replace(from, to)).expect("it can be read");
        let contract = Vendor::Dinie.contract().expect("the bundled contract is right");
        let done = replay(contract, &deployment, &Plan::default(), &Redactor::new(), &Silent, &stored).await;
        let error = done.expect_err(says).to_string();
        assert!(error.contains(says), "{error}");
    }
    server.stop().await;
}
