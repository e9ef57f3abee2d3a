//! What a real run leaves in its result: every exchange without a secret, by whom, and the life of each credential.

#![cfg(feature = "reference")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use rescind_conformance::plan::Plan;
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::reference::{self, Reference};
use rescind_conformance::report::exchange::{Kept, Presenter, ReplyRecord};
use rescind_conformance::report::timeline::{Standing, What};
use rescind_conformance::report::{ContractReport, CredentialTimeline, ExchangeRecord};
use rescind_conformance::runner;
use rescind_specs::{Contract, Vendor};
use serde_json::Value;

async fn run(vendor: Vendor, faults: &[&str], only: &[&str]) -> ContractReport {
    let contract = Contract::of(vendor).unwrap();
    let faults: Vec<String> = faults.iter().map(|fault| (*fault).to_owned()).collect();
    let server = Reference::start(&[vendor], &reference::faults(&faults).unwrap()).await.unwrap();
    let plan = Plan { only: only.iter().map(|id| (*id).to_owned()).collect(), ..Plan::default() };
    let deployment = server.deployment(vendor).unwrap();
    let report = runner::run(&contract, &deployment, &plan, &Redactor::new(), &Silent).await.unwrap();
    server.stop().await;
    report
}

fn body(exchange: &ExchangeRecord) -> Option<Value> {
    let ReplyRecord::Received { body: Some(body), .. } = &exchange.reply else { return None };
    (body.kept == Kept::Whole).then(|| serde_json::from_str(&body.text).ok())?
}

/// Also what the run never used: a token that a generated request was given is a secret like any other.
#[tokio::test]
async fn no_exchange_shows_a_secret_or_a_token() {
    let report = run(Vendor::Dinie, &[], &["R2", "boundary_valid_accepted"]).await;
    assert_eq!(report.exchanges.len() as u64, report.requests);
    let mut masked = BTreeSet::new();
    for exchange in &report.exchanges {
        let Some(body) = body(exchange) else { continue };
        for name in ["access_token", "client_secret"] {
            if let Some(value) = body.get(name).and_then(Value::as_str) {
                assert!(value.contains("***") && value.len() < 20, "{name} of #{}: {value}", exchange.id.0);
                masked.insert(name);
            }
        }
    }
    assert_eq!(masked, BTreeSet::from(["access_token", "client_secret"]));
    let by: BTreeSet<&str> = report
        .exchanges
        .iter()
        .map(|exchange| match &exchange.by {
            Presenter::Nobody => "nobody",
            Presenter::Unknown => "unknown",
            Presenter::Caller(name) => name.as_str(),
            Presenter::Credential(id) | Presenter::Token(id) => {
                assert!(report.credentials.iter().any(|life| life.id == *id), "{id}");
                "issued"
            }
        })
        .collect();
    assert!(by.contains("operator") && by.contains("issued"), "{by:?}");
}

#[tokio::test]
async fn the_life_of_a_credential_is_told_from_its_issue_on() {
    let events = |life: &CredentialTimeline| -> Vec<(What, Standing)> {
        life.events.iter().map(|event| (event.what, life.standing(event))).collect()
    };
    let revoked = |report: &ContractReport| -> Vec<Vec<(What, Standing)>> {
        report.credentials.iter().filter(|life| life.is_revoked()).map(events).collect()
    };
    let report = run(Vendor::EntryTarget, &[], &["R2"]).await;
    let lives = revoked(&report);
    assert!(lives.iter().all(|life| life.first() == Some(&(What::Issued, Standing::Usual))), "{lives:?}");
    let window = |life: &Vec<_>| life.contains(&(What::Accepted, Standing::InWindow));
    let refused = |life: &Vec<_>| life.last() == Some(&(What::Refused, Standing::Usual));
    assert!(lives.iter().any(|life| window(life) && refused(life)), "{lives:?}");
    assert!(lives.iter().flatten().all(|(_, standing)| *standing != Standing::TooLate), "{lives:?}");

    let report = run(Vendor::EntryTarget, &["slow-revocation"], &["R2"]).await;
    let lives = revoked(&report);
    assert!(lives.iter().flatten().any(|event| *event == (What::Accepted, Standing::TooLate)), "{lives:?}");
    let known: BTreeSet<_> = report.exchanges.iter().map(|exchange| exchange.id).collect();
    let told = report.credentials.iter().flat_map(|life| &life.events).flat_map(|event| &event.exchanges);
    assert!(told.into_iter().all(|exchange| known.contains(exchange)));
}
