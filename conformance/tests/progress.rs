//! What a run tells while it goes on: how much there is to do, and each step of it.

#![cfg(feature = "reference")]
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::Mutex;

use rescind_conformance::plan::{Plan, Writes};
use rescind_conformance::progress::{Event, Progress};
use rescind_conformance::redact::Redactor;
use rescind_conformance::reference::Reference;
use rescind_conformance::runner;
use rescind_specs::Vendor;

/// How many steps were told of beforehand and were made, and the longest row of requests without one.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    beforehand: usize,
    made: usize,
    requests: usize,
    longest: usize,
}

#[derive(Default)]
struct Listener(Mutex<Told>);

impl Progress for Listener {
    fn event(&self, event: Event<'_>) {
        let mut told = self.0.lock().expect("nobody panicked");
        match event {
            Event::Began { steps, .. } => told.beforehand = steps,
            Event::Advanced | Event::Settled { .. } => {
                told.made += 1;
                told.requests = 0;
            }
            Event::Exchanged => {
                told.requests += 1;
                told.longest = told.longest.max(told.requests);
            }
            _ => {}
        }
    }
}

async fn told(vendor: Vendor, plan: Plan) -> Told {
    let server = Reference::start(&[vendor], &[]).await.expect("the reference server starts");
    let deployment = server.deployment(vendor).expect("it has a deployment");
    let contract = vendor.contract().expect("the bundled contract is right");
    let listener = Listener::default();
    let judged = runner::run(contract, &deployment, &plan, &Redactor::new(), &listener).await;
    server.stop().await;
    judged.expect("the run ends with a report");
    listener.0.into_inner().expect("nobody panicked")
}

/// A bar that is drawn from the steps comes to its end, and never stands still for long.
#[tokio::test]
async fn every_step_that_was_told_of_is_made() {
    for (vendor, plan) in [
        (Vendor::Dinie, Plan::default()),
        (Vendor::EntryTarget, Plan { cases: 2, ..Plan::default() }),
        (Vendor::WattShift, Plan { only: vec!["R1".to_owned()], ..Plan::default() }),
        (Vendor::ShiftAgent, Plan { writes: Writes::Forbidden, ..Plan::default() }),
    ] {
        let told = told(vendor, plan).await;
        assert_eq!(told.beforehand, told.made, "{vendor}: {told:?}");
        // The longest is putting away, after the last step.
        assert!(told.longest < 120, "{vendor}: {told:?}");
    }
}
