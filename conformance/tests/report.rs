//! What a report looks like to a person, to a program, and to somebody who searches it for secrets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/result.rs"]
mod result;

use anstream::StripStream;
use insta::assert_snapshot;
use proptest::prelude::*;
use rescind_conformance::drift::{Change, Drift};
use rescind_conformance::exit_code::ExitCode;
use rescind_conformance::finding::Finding;
use rescind_conformance::redact::Redactor;
use rescind_conformance::report::human::{Detail, Options};
use rescind_conformance::report::{
    Breach, End, Outcome, Report, har, html, human, json, junit, markdown, sarif,
};
use rescind_conformance::verdict::Verdict;
use rescind_specs::lifecycle::Basis;

use result::{breach, broken, contract, finding, report, requirement, seen};

fn rendered(report: &Report, detail: Detail) -> String {
    let mut out = StripStream::new(Vec::new());
    human::write(report, &mut out, Options { width: 80, detail }).unwrap();
    String::from_utf8(out.into_inner()).unwrap()
}

#[test]
fn a_conforming_run() {
    let report = report(vec![contract("dinie"), contract("entrytarget")]);
    assert_eq!(ExitCode::of(&report), ExitCode::Conforms);
    assert_snapshot!("conforms", rendered(&report, Detail::Normal));
}

#[test]
fn breaches_come_first() {
    let report = broken();
    assert_eq!(ExitCode::of(&report), ExitCode::Broken);
    let text = rendered(&report, Detail::Normal);
    assert_snapshot!("broken", text);
    let prose = text.lines().filter(|line| !line.contains("curl"));
    assert!(prose.clone().all(|line| line.chars().count() <= 80), "wider than 80 columns");
}

#[test]
fn everything_on_request() {
    assert_snapshot!("everything", rendered(&broken(), Detail::Everything));
}

#[test]
fn what_is_open_says_why() {
    let mut contract = contract("dinie");
    contract.requirements[0].outcome = Outcome::NotExercised("no outsider was supplied".to_owned());
    contract.requirements[1].outcome = Outcome::Judged(Verdict::Inconclusive);
    contract.requirements[1].findings = vec![Breach {
        finding: Finding {
            message: "The control credential was refused as well.".to_owned(),
            ..finding("use_after_revocation", Verdict::Inconclusive)
        },
        steps: Vec::new(),
        reproduction: Vec::new(),
        times: 1,
        once_in: None,
        repeat: None,
    }];
    let report = report(vec![contract]);
    assert_eq!(ExitCode::of(&report), ExitCode::Open);
    assert_snapshot!("open", rendered(&report, Detail::Normal));
}

#[test]
fn drift_is_told_and_is_no_breach() {
    let mut contract = contract("dinie");
    let drift = |status, change, lines: &[&str]| Drift {
        operation: "createToken".to_owned(),
        signature: "POST /auth/token".to_owned(),
        status,
        change,
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        file: format!("snapshots/dinie__createToken__{status}.snap.new"),
    };
    contract.drift = vec![
        drift(200, Change::Different, &["-  expires_in: «number»", "+  expires_in: \"«number»\""]),
        drift(401, Change::New, &[]),
    ];
    let report = report(vec![contract]);
    assert_eq!(ExitCode::of(&report), ExitCode::Conforms);
    assert_snapshot!("drift", rendered(&report, Detail::Normal));
}

#[test]
fn what_was_left_out_is_counted() {
    let mut contract = contract("dinie");
    contract.requirements[0].outcome = Outcome::Pending("listed_after_revocation".to_owned());
    contract.requirements[1].outcome = Outcome::NotObserved("It needs two deployments.".to_owned());
    let not_run = Outcome::NotRun("it changes state, and --allow-writes was not given".to_owned());
    contract.requirements.push(requirement("R3", "One.", Basis::Contract, not_run.clone()));
    contract.requirements.push(requirement("R4", "Another.", Basis::Contract, not_run));
    let report = report(vec![contract]);
    assert_eq!(ExitCode::of(&report), ExitCode::Conforms);
    assert_snapshot!("left_out", rendered(&report, Detail::Normal));
}

#[test]
fn divergences_alone_do_not_redden() {
    let mut contract = contract("dinie");
    contract.requirements[0].outcome = Outcome::Judged(Verdict::Divergence);
    contract.requirements[0].findings = vec![breach("use_after_revocation", Verdict::Divergence, 1)];
    let report = report(vec![contract]);
    assert_eq!(ExitCode::of(&report), ExitCode::Conforms);
    assert_snapshot!("diverges", rendered(&report, Detail::Normal));
}

#[test]
fn a_run_without_revocations_is_open() {
    let mut contract = contract("dinie");
    contract.revocations = 0;
    let report = report(vec![contract]);
    assert_eq!(ExitCode::of(&report), ExitCode::Open);
    assert_snapshot!("no_revocation", rendered(&report, Detail::Normal));
}

#[test]
fn exit_codes_are_worst_first() {
    let check = |outcomes: &[Verdict], expected: ExitCode| {
        let mut contract = contract("dinie");
        contract.requirements = outcomes
            .iter()
            .map(|verdict| requirement("R1", "One.", Basis::Contract, Outcome::Judged(*verdict)))
            .collect();
        assert_eq!(ExitCode::of(&report(vec![contract])), expected, "{outcomes:?}");
    };
    check(&[Verdict::Pass], ExitCode::Conforms);
    check(&[Verdict::Pass, Verdict::Divergence], ExitCode::Conforms);
    check(&[Verdict::Divergence, Verdict::Inconclusive], ExitCode::Open);
    check(&[Verdict::Error, Verdict::Inconclusive], ExitCode::Internal);
    check(&[Verdict::Error, Verdict::Fail], ExitCode::Broken);
    assert_eq!(ExitCode::of(&report(Vec::new())), ExitCode::Internal);
}

#[test]
fn json_keeps_everything_and_satisfies_its_schema() {
    let report = broken();
    let mut out = Vec::new();
    json::write(&report, &mut out).unwrap();
    assert_eq!(serde_json::from_slice::<Report>(&out).unwrap(), report);
    let instance: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let validator = jsonschema::validator_for(&json::schema()).unwrap();
    assert!(validator.is_valid(&instance), "{:?}", validator.iter_errors(&instance).next());
}

/// The committed schema is that of the types. Run with `UPDATE_SCHEMA=1` to write it anew.
#[test]
fn the_committed_schema_is_fresh() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("report.schema.json");
    let fresh = json::pretty(&json::schema());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == fresh,
        "conformance/report.schema.json is stale; run the tests with UPDATE_SCHEMA=1"
    );
}

/// Whoever interrupts a run learns that it settles nothing, and a wrong base URL is called one.
#[test]
fn an_interrupted_run_is_open() {
    let mut one = contract("dinie");
    one.end = End::Interrupted;
    one.requirements[1].outcome = Outcome::NotRun("the run was interrupted before it".to_owned());
    for operation in &mut one.operations {
        operation.received = vec![(404, 3)];
    }
    one.left_behind = vec!["client dinie_ci_1".to_owned()];
    let report = report(vec![one]);
    assert_eq!(ExitCode::of(&report), ExitCode::Open);
    assert_snapshot!("interrupted", rendered(&report, Detail::Normal));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_rendering_holds_a_secret(
        secrets in prop::collection::vec("[A-Z0-9+/_\"'\\\\%é -]{8}[0-9]{4}[A-Z0-9+/_\"'\\\\%é -]{8}", 1..3),
        everywhere in any::<bool>(),
    ) {
        let redactor = Redactor::new();
        for secret in &secrets {
                redactor.taint(secret);
            }
        let secret = secrets.join(if everywhere { "" } else { " " });
        let placed = plant(&seen(), &secret);
        let clean = redactor.redact_report(&placed).unwrap();
        let files = [json::write, junit::write, sarif::write, har::write, markdown::write, html::write].map(|write| {
            let mut out = Vec::new();
            write(&clean, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        });
        for text in [rendered(&clean, Detail::Normal), rendered(&clean, Detail::Everything)].into_iter().chain(files) {
            prop_assert!(text.contains("***"));
            for secret in &secrets {
                prop_assert!(!text.contains(secret.as_str()), "{text}");
                prop_assert!(!redactor.finds(&text), "{text}");
            }
        }
    }
}

/// The report with the secret in each of its texts.
fn plant(report: &Report, secret: &str) -> Report {
    fn plant(value: &mut serde_json::Value, secret: &str) {
        use serde_json::Value;
        match value {
            Value::String(text) => text.push_str(secret),
            Value::Array(items) => items.iter_mut().for_each(|item| plant(item, secret)),
            // What is one of a few words holds no secret.
            Value::Object(members) => members
                .iter_mut()
                .filter(|(name, _)| {
                    !matches!(
                        name.as_str(),
                        "kind"
                            | "basis"
                            | "verdict"
                            | "outcome"
                            | "end"
                            | "unit"
                            | "what"
                            | "kept"
                            | "sent"
                            | "began"
                            | "timing"
                            | "until"
                            | "standing"
                    )
                })
                .for_each(|(_, member)| plant(member, secret)),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(report).unwrap();
    plant(&mut value, secret);
    serde_json::from_value(value).unwrap()
}
