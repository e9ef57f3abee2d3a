//! No run is passed in which nothing was revoked: what comes after a revocation was not seen.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/at_once.rs"]
mod at_once;
#[path = "variants/proxy.rs"]
#[expect(dead_code, reason = "the tests of variants use the rest")]
mod proxy;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use rescind_conformance::exit_code::ExitCode;
use rescind_conformance::plan::{Plan, Writes};
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::reference::Reference;
use rescind_conformance::report::{Outcome, Report};
use rescind_conformance::runner;
use rescind_conformance::verdict::Verdict;
use rescind_specs::Vendor;

use proxy::{Answer, Asked, Change, Proxy, Way, Writing};

/// Answers each revocation with this status, and does nothing.
struct NeverRevokes(u16);

impl Change for NeverRevokes {
    fn ask(&mut self, parts: &mut Parts) -> Way {
        let path = parts.uri.path();
        let is_revocation =
            path.ends_with("/revoke") || parts.method == Method::DELETE && !path.contains("repositor");
        if !is_revocation {
            return Way::On;
        }
        let status = StatusCode::from_u16(self.0).expect("a status");
        Way::Back(Answer { status, headers: HeaderMap::new(), body: Bytes::new() })
    }

    fn answer(&mut self, _: &Asked, _: &mut Answer) {}
}

/// Judges the reference server of a contract, behind a proxy that answers revocations with a status of its own.
async fn judge(vendor: Vendor, status: Option<u16>, plan: &Plan) -> Report {
    let server = Reference::start(&[vendor], &[]).await.expect("the reference server starts");
    let mut deployment = server.deployment(vendor).expect("it has a deployment");
    let proxy = match status {
        Some(status) => {
            let behind = deployment.base.socket_addrs(|| None).expect("it has an address");
            let change = Arc::new(Mutex::new(NeverRevokes(status)));
            Some(Proxy::start(*behind.first().expect("an address"), change, Writing::Plain).await)
        }
        None => None,
    };
    if let Some(proxy) = &proxy {
        deployment.base.set_port(Some(proxy.address().port())).expect("it takes a port");
    }
    let contract = vendor.contract().expect("the bundled contract is right");
    let report = runner::run(contract, &deployment, plan, &Redactor::new(), &Silent).await;
    server.stop().await;
    let contracts = vec![report.expect("the run ends with a report")];
    Report { version: String::new(), seed: plan.seed, began: None, contracts }
}

#[test]
fn a_deployment_that_never_revokes_is_not_passed() {
    let runs = Vendor::ALL.into_iter().flat_map(|vendor| [500, 202, 403].map(|status| (vendor, status)));
    at_once::all(runs.collect(), async |(vendor, status)| {
        let report = judge(vendor, Some(status), &Plan { cases: 2, ..Plan::default() }).await;
        assert_eq!(report.contracts[0].revocations, 0, "{vendor}, {status}");
        assert_ne!(ExitCode::of(&report), ExitCode::Conforms, "{vendor}, {status}");
    });
}

#[tokio::test]
async fn a_run_that_may_not_write_is_not_passed() {
    for vendor in Vendor::ALL {
        let report = judge(vendor, None, &Plan { writes: Writes::Forbidden, ..Plan::default() }).await;
        let contract = &report.contracts[0];
        assert_eq!(contract.revocations, 0, "{vendor}");
        assert_eq!(contract.verdict(), Verdict::Inconclusive, "{vendor}");
        assert_eq!(ExitCode::of(&report), ExitCode::Open, "{vendor}");
        let settled = |outcome: &Outcome| matches!(outcome, Outcome::Judged(_));
        assert!(!contract.requirements.iter().any(|one| settled(&one.outcome)), "{vendor}");
    }
}
