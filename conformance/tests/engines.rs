//! The judge against the reference server on each engine of its store, alone and in replicas: where the facts are kept makes
//! no difference to what it promises.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

#[path = "support/complaints.rs"]
mod complaints;
#[path = "../../server/tests/support/postgres.rs"]
#[expect(dead_code, reason = "crashes are for other tests")]
mod postgres;

use std::time::Duration;

use rescind_conformance::plan::Plan;
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::reference::{Place, Reference};
use rescind_conformance::runner;
use rescind_conformance::verdict::Verdict;
use rescind_server::store::PostgresUrl;
use rescind_specs::Vendor;

/// Judges every contract on servers of this kind; all have to pass without a word.
async fn pass(replicas: u8, place: &Place) {
    let plan = Plan { seed: 11, timeout: Duration::from_mins(1), ..Plan::default() };
    let builder = Reference::builder().seed(plan.seed).replicas(replicas).place(place.clone());
    let server = builder.start(&Vendor::ALL, &[]).await.unwrap();
    for vendor in Vendor::ALL {
        let deployment = server.deployment(vendor).unwrap();
        assert_eq!(deployment.replicas.len(), usize::from(replicas) - 1);
        let contract = vendor.contract().unwrap();
        let report = runner::run(contract, &deployment, &plan, &Redactor::new(), &Silent).await.unwrap();
        let complaints = complaints::complaints(&report);
        assert!(complaints.is_empty(), "{vendor} on {place:?}, {replicas} servers: {complaints:?}");
        assert_eq!(report.verdict(), Verdict::Pass, "{vendor} on {place:?}, {replicas} servers");
        assert!(report.revocations > 10, "{vendor}: {} revocations", report.revocations);
        assert!(report.left_behind.is_empty(), "{vendor}: {:?}", report.left_behind);
    }
    server.stop().await;
}

#[tokio::test]
async fn memory_passes() {
    pass(1, &Place::Unnamed).await;
}

#[tokio::test]
async fn a_file_passes() {
    pass(1, &Place::File).await;
}

#[tokio::test]
async fn postgresql_passes() {
    let Some(schema) = postgres::Schema::new().await else { return };
    pass(1, &Place::Postgres(PostgresUrl::new(schema.url()))).await;
}

#[tokio::test]
async fn postgresql_with_three_replicas_passes() {
    let Some(schema) = postgres::Schema::new().await else { return };
    pass(3, &Place::Postgres(PostgresUrl::new(schema.url()))).await;
}
