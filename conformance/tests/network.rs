//! A network that loses, delays, resets and cuts, and a proxy that answers in place of the deployment: no promise is found
//! broken for it, what could not be judged is open, and everything is cleaned up.
//!
//! `RESCIND_NETWORKS` is the number of seeds for each contract.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/complaints.rs"]
mod complaints;
#[path = "support/program.rs"]
#[expect(dead_code, reason = "the judge runs in this process")]
mod program;
#[path = "variants/proxy.rs"]
#[expect(dead_code, reason = "the variants change more")]
mod proxy;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use rescind_conformance::cleanup::{CleanupFile, Documents, Run, finish};
use rescind_conformance::deployment::Deployment;
use rescind_conformance::plan::Plan;
use rescind_conformance::progress::{Event, Progress};
use rescind_conformance::redact::Redactor;
use rescind_conformance::reference::Reference;
use rescind_conformance::report::{ContractReport, Outcome};
use rescind_conformance::runner;
use rescind_conformance::verdict::Verdict;
use rescind_specs::{Contract, Vendor};

use program::active;
use proxy::{Answer, Asked, Change, Proxy, Shared, Way, Writing};

/// One request in so many is struck, in each way.
const ONE_IN: u64 = 25;

fn seeds() -> u64 {
    std::env::var("RESCIND_NETWORKS").ok().and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// Numbers that look drawn; the same each time.
struct Draw(u64);

impl Draw {
    /// Whether this one is struck.
    fn strikes(&mut self) -> bool {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (z ^ (z >> 27)) >> 8 & 0xffff_ffff < 0x1_0000_0000 / ONE_IN
    }
}

/// A proxy that at times answers that what is behind it did not: before it asked, or although it was asked.
struct Gateway(Draw);

impl Gateway {
    /// What it answers itself.
    fn page() -> Answer {
        let page =
            "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
        headers.insert(header::SERVER, HeaderValue::from_static("gateway"));
        Answer { status: StatusCode::BAD_GATEWAY, headers, body: page.into() }
    }
}

impl Change for Gateway {
    fn ask(&mut self, _: &mut Parts) -> Way {
        if self.0.strikes() { Way::Back(Self::page()) } else { Way::On }
    }

    fn answer(&mut self, _: &Asked, answer: &mut Answer) {
        if self.0.strikes() {
            *answer = Self::page();
        }
    }
}

/// A proxy that loses the first answer to each revocation, and, if the second one is refused, also the answer to what is asked
/// next: whoever cleans up cannot tell at once whether the credential lives.
#[derive(Default)]
struct Revocations {
    /// How often each was asked for.
    asked: HashMap<String, u32>,
    refused: bool,
}

impl Change for Revocations {
    fn ask(&mut self, _: &mut Parts) -> Way {
        if std::mem::take(&mut self.refused) { Way::Back(Gateway::page()) } else { Way::On }
    }

    fn answer(&mut self, asked: &Asked, answer: &mut Answer) {
        if asked.method != Method::DELETE && !asked.is(&Method::POST, "/revoke") {
            return;
        }
        let asked = self.asked.entry(asked.path.clone()).or_default();
        *asked += 1;
        match asked {
            1 => *answer = Gateway::page(),
            2 => self.refused = answer.is_refusal(),
            _ => {}
        }
    }
}

/// Keeps what the operator is told.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Progress for Notes {
    fn event(&self, event: Event<'_>) {
        if let Event::Note(text) = event {
            self.0.lock().unwrap().push(text.into_owned());
        }
    }
}

/// What stands between the judge and the deployment.
#[derive(Clone, Copy, Debug)]
enum Between {
    /// A line on which requests and answers are lost, late and cut.
    Line,
    /// A proxy.
    Gateway,
    /// A proxy that has it in for revocations.
    Revocations,
}

impl Between {
    /// What a proxy changes; `None`: it is the line.
    fn change(self, seed: u64) -> Option<Shared> {
        match self {
            Self::Line => None,
            Self::Gateway => Some(Arc::new(Mutex::new(Gateway(Draw(seed))))),
            Self::Revocations => Some(Arc::new(Mutex::new(Revocations::default()))),
        }
    }
}

/// Lets requests and answers be lost, late and cut from now on.
async fn disturb(deployment: &Deployment) {
    let control = deployment.control.as_ref().unwrap();
    let share = 1.0 / f64::from(u32::try_from(ONE_IN).unwrap());
    let rules = [
        serde_json::json!({ "what": "drop", "probability": share }),
        serde_json::json!({ "what": "drop", "probability": share, "on": "answer" }),
        serde_json::json!({ "what": "reset", "probability": share, "on": "answer" }),
        serde_json::json!({ "what": { "truncate": "50%" }, "probability": share }),
        serde_json::json!({ "what": { "latency": "1ms..20ms" }, "probability": share }),
    ];
    for rule in rules {
        let request = reqwest::Client::new().post(format!("{control}disturbances"));
        let request = request.header(header::CONTENT_TYPE, "application/json").body(rule.to_string());
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{rule}: {}", answer.text().await.unwrap());
    }
}

/// What is wrong with a run over a bad network.
async fn wrong(vendor: Vendor, between: Between, seed: u64) -> Vec<String> {
    let server = Reference::builder().seed(seed).start(&[vendor], &[]).await.unwrap();
    let mut deployment = server.deployment(vendor).unwrap();
    let before = active(&deployment, vendor.name()).await;
    let _proxy = match between.change(seed) {
        None => {
            disturb(&deployment).await;
            None
        }
        Some(change) => {
            let behind = deployment.base.socket_addrs(|| None).unwrap()[0];
            let proxy = Proxy::start(behind, change, Writing::Plain).await;
            deployment.base.set_port(Some(proxy.address().port())).unwrap();
            Some(proxy)
        }
    };
    let contract = vendor.contract().expect("the bundled contract is right");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cleanup");
    let file = Arc::new(CleanupFile::create(&path).unwrap().0);
    let began = "2026-01-01T00:00:00Z".parse().unwrap();
    let record = file.begin(Run::of(contract, &deployment, Documents::Bundled, began)).unwrap();
    let timeout = Duration::from_mins(1);
    let notes = Notes::default();
    let plan = Plan { seed, timeout, record: Some(record), ..Plan::default() };
    let report = runner::run(contract, &deployment, &plan, &Redactor::new(), &notes).await.unwrap();
    drop((plan, file));
    // All attempts at one revocation may be struck by chance: then it is told, and done later. Where the strikes are counted
    // they leave an attempt.
    let is_finished = !report.left_behind.is_empty() && !matches!(between, Between::Revocations);
    let behind =
        if is_finished { finished(contract, &deployment, &path).await } else { report.left_behind.clone() };
    let after = active(&deployment, vendor.name()).await;
    // The last credential of a caller who may be used up stays, whichever that is by then.
    let notes = notes.0.lock().unwrap().join("\n");
    let stays = |id: &String| notes.contains(&format!("{id} stays with"));
    let left: Vec<_> = after.into_iter().filter(|id| !before.contains(id) && !stays(id)).collect();
    let mut wrong = said(&report);
    if !behind.is_empty() {
        wrong.push(format!("left behind {behind:?}"));
    }
    // What was issued by a request whose answer was lost cannot always be found; then it is told.
    if left.len() > report.perhaps_left_behind.len() {
        wrong.push(format!("{left:?} still work, told is {:?}", report.perhaps_left_behind));
    }
    if !is_finished && path.exists() == report.perhaps_left_behind.is_empty() {
        wrong.push(format!("the cleanup file is there: {}", path.exists()));
    }
    if report.verdict() != Verdict::Inconclusive {
        wrong.push(format!("the verdict is {:?}", report.verdict()));
    }
    server.stop().await;
    wrong.into_iter().map(|what| format!("{vendor}, {between:?}, seed {seed}: {what}")).collect()
}

/// What is left after the cleanup file of a run was worked off, as its operator would do it: over the same network, and again
/// if need be.
async fn finished(contract: &Contract, deployment: &Deployment, path: &Path) -> Vec<String> {
    let mut left = Vec::new();
    for _ in 0..5 {
        let (file, leftover) = CleanupFile::open(path).unwrap();
        let record = Some(Arc::new(file).resume());
        let plan = Plan { timeout: Duration::from_mins(1), record, ..Plan::default() };
        left.clear();
        for run in &leftover.runs {
            match finish(contract, deployment, &plan, &Redactor::new(), &Notes::default(), run).await {
                Ok(finished) => left.extend(finished.left.behind),
                Err(error) => left.push(error.to_string()),
            }
        }
        if left.is_empty() {
            break;
        }
    }
    left
}

/// What the report calls broken or diverging.
fn said(report: &ContractReport) -> Vec<String> {
    complaints::complaints(report)
        .into_iter()
        .filter(|(_, (outcome, _))| {
            matches!(outcome, Outcome::Judged(Verdict::Fail | Verdict::Divergence | Verdict::Error))
        })
        .map(|(id, (outcome, why))| format!("{id} {outcome:?} {why}"))
        .collect()
}

async fn is_never_a_breach(between: Between) {
    let mut all = Vec::new();
    for vendor in Vendor::ALL {
        for seed in 0..seeds() {
            all.extend(wrong(vendor, between, seed).await);
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[tokio::test]
async fn a_bad_line_breaks_no_promise() {
    is_never_a_breach(Between::Line).await;
}

#[tokio::test]
async fn a_failing_proxy_breaks_no_promise() {
    is_never_a_breach(Between::Gateway).await;
}

#[tokio::test]
async fn a_revocation_whose_answer_was_lost_is_asked_for_until_its_end_is_known() {
    is_never_a_breach(Between::Revocations).await;
}
