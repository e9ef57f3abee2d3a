//! Sequences side by side: waits that are shared, and an end in time.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/running.rs"]
mod running;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rescind_conformance::exit_code::ExitCode;
use rescind_conformance::plan::Plan;
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::report::{ContractReport, End, Outcome, Report};
use rescind_conformance::runner;
use rescind_conformance::verdict::Verdict;
use rescind_server::{Clock, Server};
use rescind_specs::Vendor;

/// Judges the reference server. Second: how much of its time passed.
async fn judge(vendor: Vendor, plan: &Plan) -> (ContractReport, SignedDuration) {
    let beginning: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let builder = Server::builder().clock(Clock::virtual_at(beginning)).bind(loopback).admin(loopback);
    let server = builder.contract(vendor).spawn().await.expect("the reference server starts");
    let contract = vendor.contract().expect("the bundled contract is right");
    let deployment = running::deployment(&server, contract);
    let report = runner::run(contract, &deployment, plan, &Redactor::new(), &Silent).await;
    let passed = server.clock().now().duration_since(beginning);
    server.shutdown().await;
    (report.expect("the run ends with a report"), passed)
}

/// Those that wait wait at once: what takes longest is all that passes, and not the sum.
#[tokio::test]
async fn waits_are_shared() {
    let only = ["use_after_revocation", "reissue", "replayed_issue", "repeated_revocation"];
    let plan = |jobs| Plan {
        jobs: NonZeroU32::new(jobs).expect("there is something to do"),
        only: only.map(str::to_owned).to_vec(),
        ..Plan::default()
    };
    for vendor in Vendor::ALL {
        let (one, alone) = judge(vendor, &plan(1)).await;
        let (other, beside) = judge(vendor, &plan(4)).await;
        for report in [&one, &other] {
            assert_eq!(report.verdict(), Verdict::Pass, "{vendor}");
        }
        let longest = Duration::from_hours(26);
        assert!(beside < SignedDuration::try_from(longest).expect("it is short"), "{vendor}: {beside:#}");
        assert!(beside < alone, "{vendor}: {beside:#} beside each other, {alone:#} one after the other");
    }
}

/// What is not begun in time is not run, and no pass.
#[tokio::test]
async fn nothing_is_begun_when_the_time_is_up() {
    for jobs in [1, 4] {
        let jobs = NonZeroU32::new(jobs).expect("there is something to do");
        let plan = Plan { jobs, max_time: Some(Duration::ZERO), ..Plan::default() };
        let (report, _) = judge(Vendor::EntryTarget, &plan).await;
        assert_eq!((report.requests, report.end), (0, End::OutOfTime));
        let why = |outcome: &Outcome| match outcome {
            Outcome::NotRun(why) | Outcome::NotExercised(why) => Some(why.clone()),
            _ => None,
        };
        let told = report.requirements.iter().filter_map(|requirement| why(&requirement.outcome));
        let told: Vec<String> = told.collect();
        assert!(told.len() > 20, "{told:?}");
        for why in told {
            assert_eq!(why, "the time was up before it was begun (--max-time 0s)");
        }
        assert_eq!(report.left_behind, Vec::<String>::new());
        let report = Report { version: "0".to_owned(), seed: 0, began: None, contracts: vec![report] };
        assert_eq!(ExitCode::of(&report), ExitCode::Open);
    }
}
