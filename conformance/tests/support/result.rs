//! Results to be rendered: fixed ones, that no run made.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rescind_conformance::exchange::{ExchangeId, Timing};
use rescind_conformance::finding::{Finding, Sequence};
use rescind_conformance::report::exchange::{BodyRecord, ExchangeRecord, Kept, Presenter, ReplyRecord};
use rescind_conformance::report::timeline::{CredentialTimeline, Happening, What};
use rescind_conformance::report::{
    Acceptance, Breach, CheckReport, ContractReport, Coverage, End, Measurement, OperationCoverage, Outcome,
    PropagationDelay, Report, RequirementReport, Standing, Unit,
};
use rescind_conformance::verdict::Verdict;
use rescind_specs::lifecycle::{Basis, RequirementId};

pub(crate) fn requirement(id: &str, text: &str, basis: Basis, outcome: Outcome) -> RequirementReport {
    let exercised = u64::from(matches!(outcome, Outcome::Judged(_)));
    RequirementReport {
        id: RequirementId(id.to_owned()),
        text: text.to_owned(),
        basis,
        source: "revoke an API key".to_owned(),
        checks: vec!["use_after_revocation".to_owned()],
        outcome,
        exercised,
        findings: Vec::new(),
        measurements: Vec::new(),
        left_out: Vec::new(),
    }
}

pub(crate) fn finding(check: &str, verdict: Verdict) -> Finding {
    Finding {
        check: check.to_owned(),
        verdict,
        operation: Some("createToken".into()),
        message: "The revoked credential was accepted 301 s after its revocation was acknowledged."
            .to_owned(),
        documented: "refused with 4XX, at once and for good".to_owned(),
        received: "200 application/json".to_owned(),
        place: Some("specs/dinie/lifecycle.yaml:84:9".to_owned()),
        exchanges: Vec::new(),
        requirement: None,
        sequence: None,
    }
}

pub(crate) fn breach(check: &str, verdict: Verdict, times: u64) -> Breach {
    Breach {
        finding: finding(check, verdict),
        steps: [
            "POST /auth/credentials (createCredential), with the secret of operator → 201 Created",
            "DELETE /auth/credentials/{client_id of step 1} (revokeCredential), with the secret of operator → 204 No Content",
            "301 s later: POST /auth/token (createToken), with the client_secret of step 1 → 200 OK",
        ]
        .map(str::to_owned)
        .to_vec(),
        reproduction: [
            "# Set beforehand: RESCIND_DINIE_OPERATOR_SECRET (secret of operator)",
            "BASE=http://127.0.0.1:8080/dinie/v3",
            "R1=$(curl -sS -X POST \"${BASE}/auth/credentials\" -H content-type:application/json --data-raw '{\"name\":\"rescind 1\"}')",
            "CLIENT_ID_1=$(printf %s \"$R1\" | jq -r .client_id)",
        ]
        .map(str::to_owned)
        .to_vec(),
        times,
        once_in: None,
        repeat: None,
    }
}

/// Two requirements and a check kept, a coverage, a revocation.
pub(crate) fn contract(name: &str) -> ContractReport {
    let passed = Outcome::Judged(Verdict::Pass);
    ContractReport {
        contract: name.to_owned(),
        title: "Dinie API 3.0.0".to_owned(),
        digest: String::new(),
        documents: vec!["specs/dinie/openapi.yaml".to_owned(), "specs/dinie/lifecycle.yaml".to_owned()],
        url: "http://127.0.0.1:8080/dinie/v3".to_owned(),
        requests: 342,
        seconds: 0.8421,
        requirements: vec![
            requirement(
                "R1",
                "Revoking a live credential answers 204 with an empty body.",
                Basis::Contract,
                passed.clone(),
            ),
            requirement(
                "R2",
                "From the moment of revocation no new token can be had with the credential.",
                Basis::Contract,
                passed.clone(),
            ),
        ],
        checks: vec![CheckReport {
            id: "status_code_conformance".to_owned(),
            question: "Is the status one that the operation documents?".to_owned(),
            outcome: passed,
            exercised: 300,
            findings: Vec::new(),
        }],
        operations: vec![
            OperationCoverage {
                operation: "createToken".to_owned(),
                signature: "POST /auth/token".to_owned(),
                documented: vec!["200".to_owned(), "4XX".to_owned(), "500".to_owned()],
                received: vec![(200, 3), (401, 2)],
            },
            OperationCoverage {
                operation: "listCredentials".to_owned(),
                signature: "GET /auth/credentials".to_owned(),
                documented: vec!["200".to_owned(), "default".to_owned()],
                received: Vec::new(),
            },
        ],
        coverage: Coverage::default(),
        revocations: 12,
        propagation: Vec::new(),
        credentials: Vec::new(),
        exchanges: Vec::new(),
        replicas: Vec::new(),
        left_behind: Vec::new(),
        perhaps_left_behind: Vec::new(),
        acceptances: Vec::new(),
        envelopes: Vec::new(),
        drift: Vec::new(),
        end: End::Complete,
    }
}

pub(crate) fn report(contracts: Vec<ContractReport>) -> Report {
    let counted = contracts.into_iter().map(|contract| {
        let coverage = Coverage::of_requirements(&contract.requirements);
        ContractReport { coverage, ..contract }
    });
    Report {
        version: "0.1.0".to_owned(),
        seed: 42,
        began: Some("2026-01-15T10:30:00Z".parse().unwrap()),
        contracts: counted.collect(),
    }
}

pub(crate) fn broken() -> Report {
    let mut one = contract("dinie");
    one.requirements[1].outcome = Outcome::Judged(Verdict::Fail);
    one.requirements[1].findings = vec![breach("use_after_revocation", Verdict::Fail, 3)];
    one.left_behind = vec!["dinie_ci_1".to_owned()];
    one.requirements[0].measurements = vec![Measurement {
        what: "time to the answer".to_owned(),
        of: "an unknown identifier".to_owned(),
        unit: Unit::Seconds,
        samples: 5,
        min: 0.000_8,
        median: 0.001,
        max: 1.25,
    }];
    let mut other = contract("entrytarget");
    other.requirements[0].outcome = Outcome::Judged(Verdict::Divergence);
    other.requirements[0].basis = Basis::Inference;
    other.requirements[0].findings = vec![breach("use_after_revocation", Verdict::Divergence, 1)];
    other.checks[0].outcome = Outcome::Judged(Verdict::Fail);
    other.checks[0].findings = (0..5)
        .map(|_| breach("status_code_conformance", Verdict::Fail, 1))
        .map(|mut breach| {
            breach.steps.clear();
            breach.reproduction.clear();
            breach
        })
        .collect();
    report(vec![one, other])
}

/// A text that every reader would obey in its own way, if it were let.
pub(crate) const MARKUP: &str = "</script><img src=x onerror=\"window.intruder=1\"> ]]> `tick` | *star* \u{1b}[31mred\u{0}\u{202e} &amp; {0} \u{d}end";

/// A broken promise with all its evidence: exchanges, a credential that was accepted too late, and hostile answers.
pub(crate) fn seen() -> Report {
    let mut all = broken();
    let one = &mut all.contracts[0];
    one.replicas = vec!["http://127.0.0.1:8081/dinie/v3".to_owned()];
    one.requirements[1].findings[0].finding.exchanges = vec![ExchangeId(0), ExchangeId(1), ExchangeId(3)];
    one.requirements.push(requirement(
        "R3",
        "Tokens issued before the revocation keep working.",
        Basis::Documentation,
        Outcome::NotExercised("no token was given".to_owned()),
    ));
    one.requirements.push(requirement(
        "R4",
        "The last page tells so.",
        Basis::Contract,
        Outcome::NotRun("not among what was asked for".to_owned()),
    ));
    one.checks[0].outcome = Outcome::Judged(Verdict::Inconclusive);
    one.checks[0].findings = vec![Breach {
        finding: Finding {
            message: MARKUP.to_owned(),
            documented: MARKUP.to_owned(),
            received: MARKUP.to_owned(),
            place: None,
            operation: None,
            requirement: Some(RequirementId("R3".to_owned())),
            sequence: Some(Sequence { seed: "1f".to_owned(), steps: vec!["issue credential A".to_owned()] }),
            exchanges: vec![ExchangeId(4)],
            ..finding("status_code_conformance", Verdict::Inconclusive)
        },
        steps: vec![MARKUP.to_owned()],
        reproduction: vec!["curl -sS 'http://127.0.0.1/<>&`'".to_owned()],
        times: 1,
        once_in: Some(4),
        repeat: None,
    }];
    one.propagation = [
        ("dinie_ci_1", Some(301.0), Some(302.0)),
        ("dinie_ci_2", None, Some(0.0)),
        ("dinie_ci_3", None, Some(0.0)),
    ]
    .map(|(credential, accepted, refused)| PropagationDelay {
        kind: "client".to_owned(),
        credential: credential.to_owned(),
        bound: Some(300.0),
        replica: one.url.clone(),
        accepted,
        refused,
    })
    .to_vec();
    one.exchanges = exchanges();
    one.credentials = credentials();
    let accepted = |id: &str, standing| Acceptance {
        id: id.to_owned(),
        until: "2027-01-31".parse().unwrap(),
        reason: "it is being repaired".to_owned(),
        standing,
    };
    let other = &mut all.contracts[1];
    other.acceptances =
        vec![accepted("status_code_conformance", Standing::InForce), accepted("R9", Standing::Unseen)];
    other.perhaps_left_behind = vec!["client named rescind 7".to_owned()];
    report(all.contracts)
}

/// Answers of every kind, some of them hostile.
fn exchanges() -> Vec<ExchangeRecord> {
    vec![
        exchange(
            0,
            "POST",
            "/auth/credentials",
            (201, "{\"client_id\":\"dinie_ci_1\",\"client_secret\":\"***\"}"),
        ),
        exchange(1, "DELETE", "/auth/credentials/dinie_ci_1?a=b%20c", (204, "")),
        exchange(2, "GET", "/auth/credentials", (200, "[]")),
        ExchangeRecord {
            operation: Some("createToken".to_owned()),
            by: Presenter::Credential("dinie_ci_1".to_owned()),
            body: Some(BodyRecord {
                length: 29,
                text: "grant_type=client_credentials".to_owned(),
                kept: Kept::Whole,
            }),
            headers: vec![
                ("authorization".to_owned(), "Basic ***".to_owned()),
                ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
                ("cookie".to_owned(), "a=***; b=***".to_owned()),
            ],
            replica: 1,
            timing: Timing::Racing,
            ..exchange(3, "POST", "/auth/token", (200, "{\"access_token\":\"***\"}"))
        },
        ExchangeRecord {
            operation: None,
            by: Presenter::Unknown,
            reply: ReplyRecord::Received {
                status: 502,
                headers: vec![
                    ("x-note".to_owned(), MARKUP.to_owned()),
                    ("set-cookie".to_owned(), "a=***; Path=/".to_owned()),
                ],
                body: Some(BodyRecord { length: 9000, text: MARKUP.to_owned(), kept: Kept::Beginning }),
            },
            ..exchange(4, "PUT", "/<b>", (502, ""))
        },
        ExchangeRecord {
            by: Presenter::Nobody,
            reply: ReplyRecord::Lost("the connection broke".to_owned()),
            ..exchange(5, "GET", "/lost", (200, ""))
        },
    ]
}

/// One that was accepted too late, and one of which hardly anything is known.
fn credentials() -> Vec<CredentialTimeline> {
    let event = |at: f64, after_revocation, what, words: &str, exchange| Happening {
        at,
        after_revocation,
        what,
        words: words.to_owned(),
        replica: 0,
        exchanges: vec![ExchangeId(exchange)],
    };
    vec![
        CredentialTimeline {
            kind: "client".to_owned(),
            id: "dinie_ci_1".to_owned(),
            bound: Some(300.0),
            events: vec![
                event(0.0, None, What::Issued, "issue credential A", 0),
                event(0.0, None, What::Accepted, "present A", 3),
                event(0.0, None, What::Revoked, "revoke A as documented", 1),
                event(150.0, Some(150.0), What::Accepted, "present A", 3),
                event(301.0, Some(301.0), What::Accepted, "present A", 3),
                event(302.0, Some(302.0), What::Refused, "present A", 4),
            ],
            left_out: 2,
        },
        CredentialTimeline {
            kind: "client".to_owned(),
            id: MARKUP.to_owned(),
            bound: None,
            events: vec![
                event(0.0, None, What::Issued, "issue credential A", 2),
                event(0.0, None, What::Revoked, "revoke A as documented", 2),
                event(0.0, Some(0.0), What::Unclear, "present A: answered 502", 2),
            ],
            left_out: 0,
        },
    ]
}

fn exchange(id: u64, method: &str, target: &str, (status, body): (u16, &str)) -> ExchangeRecord {
    let kept =
        |text: &str| BodyRecord { length: text.len() as u64, text: text.to_owned(), kept: Kept::Whole };
    ExchangeRecord {
        id: ExchangeId(id),
        operation: Some("revokeCredential".to_owned()),
        by: Presenter::Caller("operator".to_owned()),
        replica: 0,
        timing: Timing::InTurn,
        sent: "2026-01-15T10:30:00Z".parse().unwrap(),
        took: 0.0042,
        method: method.to_owned(),
        target: target.to_owned(),
        headers: vec![("authorization".to_owned(), "Bearer ***".to_owned())],
        body: None,
        reply: ReplyRecord::Received {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: (!body.is_empty()).then(|| kept(body)),
        },
    }
}
