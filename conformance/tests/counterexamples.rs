//! What is left of a breach after shrinking: a sequence of a few steps that reads well.

#![cfg(feature = "reference")]
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use insta::assert_snapshot;
use rescind_conformance::plan::Plan;
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::reference::Reference;
use rescind_conformance::report::{Breach, ContractReport};
use rescind_conformance::runner;
use rescind_conformance::verdict::Verdict;
use rescind_server::Fault;
use rescind_specs::Vendor;

/// No counterexample has more steps.
const MOST: usize = 5;

/// Counterexamples that cannot be as short, and why.
const LONGER: &[(Fault, &str)] = &[
    (
        Fault::RevokeRevokesCaller,
        "the caller did not survive the first run, so that nothing can be run again",
    ),
    (
        Fault::LastUsedMovesWhenRefused,
        "two lists with a refused use between them, and another credential on them",
    ),
    (Fault::LastUsedStandsStill, "two lists with a use between them, and another credential on them"),
    (Fault::ListSkipsAtPageEnd, "two credentials, and the list whole and in short pages"),
    (
        Fault::DeletedStaysReferable,
        "a dependent of another credential, repointed to the deleted one, and read",
    ),
];

async fn judge(vendor: Vendor, fault: Fault, only: Vec<String>) -> ContractReport {
    let server = Reference::start(&[vendor], &[fault]).await.expect("the reference server starts");
    let deployment = server.deployment(vendor).expect("it has a deployment");
    let contract = vendor.contract().expect("the bundled contract is right");
    let plan = Plan { seed: 1, only, ..Plan::default() };
    let report = runner::run(contract, &deployment, &plan, &Redactor::new(), &Silent).await;
    server.stop().await;
    report.expect("the run ends with a report")
}

/// The breaches of its requirements, with the number of each.
fn breaches(report: &ContractReport) -> Vec<(&str, &Breach)> {
    let requirements = report.requirements.iter();
    let all = requirements.flat_map(|one| one.findings.iter().map(|breach| (one.id.0.as_str(), breach)));
    all.filter(|(_, breach)| matches!(breach.finding.verdict, Verdict::Fail | Verdict::Divergence)).collect()
}

/// The first breach of a requirement under a fault: what is wrong, and the sequence that shows it.
async fn shown(contract: &str, fault: &str, requirement: &str) -> String {
    let vendor: Vendor = contract.parse().expect("a bundled contract");
    let fault: Fault = fault.parse().expect("a fault of the catalogue");
    let report = judge(vendor, fault, vec![requirement.to_owned()]).await;
    let breaches = breaches(&report);
    let (_, breach) = breaches.first().expect("the fault is found");
    let steps = &breach.steps;
    assert!(steps.len() <= MOST, "{} steps:\n{}", steps.len(), steps.join("\n"));
    assert!(!breach.reproduction.is_empty());
    assert_eq!(breach.once_in, None, "it is seen each time");
    let numbered = steps.iter().enumerate().map(|(number, step)| format!("{}. {step}", number + 1));
    format!("{}\n{}", breach.finding.message, numbered.collect::<Vec<_>>().join("\n"))
}

#[tokio::test]
async fn a_key_in_steady_use_that_outlives_its_revocation() {
    assert_snapshot!(shown("entrytarget", "sliding-cache", "R4").await, @r"
    a revoked credential is accepted 305 s after its revocation
    1. issue credential A → 201 (POST /credentials)
    2. present A → accepted (GET /account/{id} → 404)
    3. revoke A → 200 (DELETE /credentials/{api_key})
    4. use A every 10 s until 300 s after its revocation → accepted each time (GET /account/{id} → 404)
    5. 305 s after the revocation of A: present A → accepted (GET /account/{id} → 404); documented: refused after 5m at the latest
    ");
}

#[tokio::test]
async fn a_token_that_dies_with_its_credential() {
    assert_snapshot!(shown("dinie", "tokens-die-with-credential", "R3").await, @r"
    a token is refused after the revocation of its credential, before it expires
    1. issue credential A → 201 (POST /auth/credentials)
    2. exchange A for access token 1 → 200 (POST /auth/token)
    3. present token 1 → accepted (GET /auth/credentials → 200)
    4. revoke A → 204 (DELETE /auth/credentials/{client_id})
    5. present token 1 → refused (GET /auth/credentials → 401); documented: accepted until it expires
    ");
}

#[tokio::test]
async fn a_foreign_id_that_is_told_by_one_more_member() {
    assert_snapshot!(shown("shiftagent", "foreign-id-has-a-member", "R12").await, @r"
    a foreign identifier is told from an unknown one: /conflicting_resource_id in one only
    1. issue credential A → 201 (POST /credentials)
    2. revoke an unknown identifier as outsider → 404 (DELETE /credentials/{credential_id})
    3. revoke A as outsider → 404 (DELETE /credentials/{credential_id}); documented: like the answer for an unknown identifier: 404
    ");
}

#[tokio::test]
async fn a_second_revocation_that_succeeds() {
    assert_snapshot!(shown("entrytarget", "repeat-revocation-succeeds", "R9").await, @r#"
    revoking a credential again is not answered as documented
    1. issue credential A → 201 (POST /credentials)
    2. revoke A → 200 (DELETE /credentials/{api_key})
    3. revoke A → 200 (DELETE /credentials/{api_key}); documented: 404, /error/code is "CREDENTIAL_NOT_FOUND"
    "#);
}

#[tokio::test]
async fn a_replay_that_revives() {
    assert_snapshot!(shown("dinie", "replay-revives", "R17").await, @r"
    replaying the issue revives a revoked credential
    1. issue credential A → 201 (POST /auth/credentials)
    2. revoke A → 204 (DELETE /auth/credentials/{client_id})
    3. issue credential B with the very request of A → 201 (POST /auth/credentials)
    4. present A → accepted (POST /auth/token → 200); documented: refused
    ");
}

#[tokio::test]
async fn a_revocation_that_hits_another_credential() {
    assert_snapshot!(shown("dinie", "revoke-revokes-siblings", "R8").await, @r"
    a credential works no more after another one was revoked
    1. issue credential A → 201 (POST /auth/credentials)
    2. issue credential B → 201 (POST /auth/credentials)
    3. present B → accepted (POST /auth/token → 200)
    4. revoke A → 204 (DELETE /auth/credentials/{client_id})
    5. present B → refused (POST /auth/token → 401); documented: accepted
    ");
}

#[tokio::test]
async fn a_reason_that_is_too_long_and_revokes() {
    assert_snapshot!(shown("wattshift", "length-bound-off-by-one", "R12").await, @r#"
    revoke A as documented, with 256 characters in reason is not answered as documented
    1. issue credential A → 200 (POST /v1/agent-credentials)
    2. revoke A, with 256 characters in reason → 200 (POST /v1/agent-credentials/{credentialId}/revoke); documented: 400, application/json, /error_code is "VALIDATION_FAILED"
    "#);
    assert_snapshot!(shown("wattshift", "refused-revocation-has-effect", "R13").await, @r"
    a credential works no more after a body that had to be refused
    1. issue credential A → 200 (POST /v1/agent-credentials)
    2. present A → accepted (POST /v1/utility/get → 200)
    3. revoke A, with 256 characters in reason → 400 (POST /v1/agent-credentials/{credentialId}/revoke)
    4. present A → refused (POST /v1/utility/get → 401); documented: accepted
    ");
}

#[tokio::test]
async fn two_revocations_at_once_that_both_succeed() {
    assert_snapshot!(shown("entrytarget", "concurrent-revocations-all-succeed", "R27").await, @r"
    2 of 2 revocations at once succeed
    1. issue credential A → 201 (POST /credentials)
    2. revoke A 2 times at once → 200 each time (DELETE /credentials/{api_key}); documented: exactly one succeeds
    ");
}

#[tokio::test]
async fn a_reference_that_is_made_during_a_revocation() {
    assert_snapshot!(without_numbers(&shown("shiftagent", "guard-races", "R21").await), @r"
    a repository refers to a revoked credential
    1. issue credential X → 201 (POST /credentials)
    2. at once: create repository N that refers to X → 201 (POST /repositories); revoke X → 204 (DELETE /credentials/{credential_id})
    3. read dependent N → 200 (GET /repositories/{repository_id}); documented: either the revocation is refused or the reference is
    ");
}

/// The lines with the same letter for each credential and number for each dependent: which round of a race shows it is a
/// matter of chance.
fn without_numbers(story: &str) -> String {
    let word = |word: &str| match word.as_bytes() {
        [letter] if letter.is_ascii_uppercase() => "X".to_owned(),
        [digit] if digit.is_ascii_digit() => "N".to_owned(),
        _ => word.to_owned(),
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    story.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Every breach of every requirement under every fault has a counterexample, and it is short.
async fn all_are_short(vendor: Vendor) {
    let mut long = Vec::new();
    for fault in Fault::ALL.iter().filter(|fault| fault.contracts().any(|broken| broken == vendor)) {
        let prefix = format!("{}/", vendor.name());
        let meant: Vec<String> =
            fault.requirements().filter_map(|name| name.strip_prefix(&prefix).map(str::to_owned)).collect();
        if meant.is_empty() {
            continue;
        }
        let report = judge(vendor, *fault, meant).await;
        for (id, breach) in breaches(&report) {
            let known = LONGER.iter().any(|(longer, _)| longer == fault);
            let steps = &breach.steps;
            if steps.is_empty() || (steps.len() > MOST && !known) {
                long.push(format!("{fault}: {vendor}/{id} {}\n{}", breach.finding.check, steps.join("\n")));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n\n"));
}

#[tokio::test]
async fn every_counterexample_of_wattshift_is_short() {
    all_are_short(Vendor::WattShift).await;
}

#[tokio::test]
async fn every_counterexample_of_dinie_is_short() {
    all_are_short(Vendor::Dinie).await;
}

#[tokio::test]
async fn every_counterexample_of_shiftagent_is_short() {
    all_are_short(Vendor::ShiftAgent).await;
}

#[tokio::test]
async fn every_counterexample_of_entrytarget_is_short() {
    all_are_short(Vendor::EntryTarget).await;
}
