//! Envelopes of two runs in a row are the same; a deployment that answers in another way shows.

#![cfg(feature = "reference")]
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::path::Path;

use rescind_conformance::drift::{Change, Drift, Keep, compare};
use rescind_conformance::plan::{Envelopes, Plan};
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::reference::Reference;
use rescind_conformance::runner;
use rescind_server::Fault;
use rescind_specs::Vendor;

async fn drift(vendor: Vendor, faults: &[Fault], only: &[&str], folder: &Path) -> Vec<Drift> {
    kept(vendor, faults, only, folder, Keep::ForReview).await
}

async fn kept(vendor: Vendor, faults: &[Fault], only: &[&str], folder: &Path, keep: Keep) -> Vec<Drift> {
    let server = Reference::start(&[vendor], faults).await.expect("the reference server starts");
    let deployment = server.deployment(vendor).expect("it has a deployment");
    let contract = vendor.contract().expect("the bundled contract is right");
    let only = only.iter().map(|id| (*id).to_owned()).collect();
    let plan = Plan { envelopes: Envelopes::Kept, only, ..Plan::default() };
    let report = runner::run(contract, &deployment, &plan, &Redactor::new(), &Silent).await;
    server.stop().await;
    let report = report.expect("the run ends with a report");
    assert!(!report.envelopes.is_empty());
    compare(folder, contract.name(), &report.envelopes, keep).expect("the folder can be written")
}

/// Accepts what waits in a folder, as `cargo insta accept` does.
fn accept(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder).expect("it is a folder");
    let waiting = files.map(|file| file.expect("it has files").path());
    let waiting: Vec<_> =
        waiting.filter(|path| path.extension().is_some_and(|extension| extension == "new")).collect();
    for path in &waiting {
        std::fs::rename(path, path.with_extension("")).expect("it can be renamed");
    }
    waiting.len()
}

#[tokio::test]
async fn two_runs_in_a_row_do_not_differ() {
    for vendor in [Vendor::Dinie, Vendor::WattShift] {
        let folder = tempfile::tempdir().expect("there is room");
        let first = drift(vendor, &[], &[], folder.path()).await;
        assert!(first.iter().all(|drift| drift.change == Change::New));
        assert_eq!(accept(folder.path()), first.len());
        assert_eq!(drift(vendor, &[], &[], folder.path()).await, []);
        assert_eq!(accept(folder.path()), 0, "nothing is left to review");
    }
}

#[tokio::test]
async fn an_envelope_with_another_member_shows() {
    let (folder, only) = (tempfile::tempdir().expect("there is room"), ["R12"]);
    drift(Vendor::ShiftAgent, &[], &only, folder.path()).await;
    assert!(accept(folder.path()) > 0);
    let changed = drift(Vendor::ShiftAgent, &[Fault::ForeignIdHasAMember], &only, folder.path()).await;
    let [one] = changed.as_slice() else { panic!("{changed:#?}") };
    assert_eq!(
        (one.operation.as_str(), one.status, one.change),
        ("deleteCredential", 404, Change::Different)
    );
    assert!(one.lines.iter().any(|line| line.contains("conflicting_resource_id")), "{:#?}", one.lines);
    assert!(Path::new(&one.file).exists());
    // Back in order, nothing waits any more.
    assert_eq!(drift(Vendor::ShiftAgent, &[], &only, folder.path()).await, []);
    assert!(!Path::new(&one.file).exists());
}

#[tokio::test]
async fn what_is_accepted_at_once_waits_no_more() {
    let (folder, only) = (tempfile::tempdir().expect("there is room"), ["R12"]);
    let waiting = drift(Vendor::ShiftAgent, &[], &only, folder.path()).await;
    let accepted = kept(Vendor::ShiftAgent, &[], &only, folder.path(), Keep::AsSnapshot).await;
    assert_eq!(accepted.len(), waiting.len());
    assert!(accepted.iter().all(|drift| Path::new(&drift.file).extension().is_some_and(|end| end == "snap")));
    assert_eq!(accept(folder.path()), 0, "nothing is left to review");
    assert_eq!(drift(Vendor::ShiftAgent, &[], &only, folder.path()).await, []);
}
