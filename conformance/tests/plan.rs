//! What `check --plan` says, beside what a run does; and that it sends nothing.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/running.rs"]
mod running;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Output};
use std::time::Duration;

use rescind_conformance::plan::{Plan, Writes};
use rescind_conformance::preview::{self, ClockUse, ContractPreview, Preview, human};
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::runner;
use rescind_server::journal::{self, Filter};
use rescind_server::{Clock, Running, Server};
use rescind_specs::{Contract, Vendor};

async fn start(vendor: Vendor) -> Running {
    let beginning = "2026-01-01T00:00:00Z".parse().expect("a time");
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let bounds = journal::Bounds { entries: 100_000, ..journal::Bounds::default() };
    let builder = Server::builder().clock(Clock::virtual_at(beginning)).bind(loopback).admin(loopback);
    builder.contract(vendor).journal(bounds).spawn().await.expect("the reference server starts")
}

/// How many requests a server got, by method. Pages after the first count as nothing, as they do in a preview.
fn received(running: &Running, contract: &Contract) -> BTreeMap<String, u64> {
    let kinds = contract.lifecycle().into_iter().flat_map(|lifecycle| lifecycle.credentials.values());
    let cursors: Vec<(String, String)> = kinds
        .filter_map(|kind| {
            let listed = kind.listed.as_ref()?;
            Some((listed.call.operation.0.clone(), listed.next.as_ref()?.parameter.clone()))
        })
        .collect();
    let mut methods = BTreeMap::new();
    for entry in running.journal().entries(&Filter::all()) {
        let query = entry.request.query.as_deref().unwrap_or_default();
        let further = cursors.iter().any(|(operation, cursor)| {
            entry.operation.as_ref().is_some_and(|named| named.as_str() == operation)
                && query.contains(&format!("{cursor}="))
        });
        if !further {
            *methods.entry(entry.request.method.to_string()).or_default() += 1;
        }
    }
    methods
}

/// The bounds that a preview gives hold for the run that it is of.
async fn holds(vendor: Vendor, plan: &Plan) {
    let running = start(vendor).await;
    let contract = vendor.contract().expect("the bundled contract is right");
    let deployment = running::deployment(&running, contract);
    let preview = preview::preview(contract, &deployment, plan, &Redactor::new()).expect("there is a client");
    assert_eq!(received(&running, contract), BTreeMap::new(), "{vendor}: nothing was sent");
    let report = runner::run(contract, &deployment, plan, &Redactor::new(), &Silent).await;
    let report = report.expect("the run ends with a report");
    let received = received(&running, contract);
    running.shutdown().await;

    let place = format!("{vendor}, seed {}, writes {:?}", plan.seed, plan.writes);
    let methods: BTreeMap<_, _> =
        preview.methods.iter().map(|(name, count)| (name.clone(), *count)).collect();
    for (method, times) in &received {
        let bounds = methods.get(method).unwrap_or_else(|| panic!("{place}: {method} was not foreseen"));
        assert!(
            (bounds.at_least..=bounds.at_most).contains(times),
            "{place}: {times} times {method}, and {bounds:?} was foreseen"
        );
    }
    for (method, bounds) in &methods {
        assert!(bounds.at_least == 0 || received.contains_key(method), "{place}: {method} {bounds:?}");
    }
    let sum: u64 = received.values().sum();
    assert!((preview.requests.at_least..=preview.requests.at_most).contains(&sum), "{place}: {sum} requests");
    assert!(report.revocations <= preview.issued.at_most, "{place}: {} were revoked", report.revocations);

    // What is foreseen is run, and nothing else.
    let foreseen: Vec<_> = preview.requirements.iter().map(|requirement| requirement.id.clone()).collect();
    let run = report.requirements.iter().filter(|requirement| requirement.exercised > 0);
    assert_eq!(run.map(|requirement| requirement.id.clone()).collect::<Vec<_>>(), foreseen, "{place}");
    let left_out: Vec<&str> = preview.left_out.iter().map(|left| left.id.as_str()).collect();
    for check in report.checks.iter().filter(|check| left_out.contains(&check.id.as_str())) {
        assert_eq!(check.exercised, 0, "{place}: {}", check.id);
    }
}

#[tokio::test]
async fn a_run_keeps_to_its_plan() {
    for vendor in Vendor::ALL {
        for seed in [0, 3] {
            holds(vendor, &Plan { seed, timeout: Duration::from_mins(1), ..Plan::default() }).await;
        }
        holds(vendor, &Plan { writes: Writes::Forbidden, ..Plan::default() }).await;
        holds(vendor, &Plan { only: vec!["reference_machine".to_owned()], ..Plan::default() }).await;
    }
}

#[tokio::test]
async fn what_is_not_waited_for_is_said() {
    let contract = Vendor::EntryTarget.contract().expect("the bundled contract is right");
    let running = start(Vendor::EntryTarget).await;
    let mut deployment = running::deployment(&running, contract);
    deployment.control = None;
    let of = |patience| {
        let plan = Plan { patience, only: vec!["R2".to_owned()], ..Plan::default() };
        preview::preview(contract, &deployment, &plan, &Redactor::new()).expect("there is a client")
    };
    let ends = |preview: &ContractPreview| -> Vec<bool> {
        preview.requirements[0].sequences.iter().map(|sequence| sequence.ends.is_some()).collect()
    };
    let impatient = of(Duration::ZERO);
    assert_eq!((impatient.clock, impatient.longest_wait), (ClockUse::Real, 0.0));
    assert!(ends(&impatient).contains(&true));
    let patient = of(Duration::from_hours(1));
    assert!(patient.longest_wait > 600.0, "{}", patient.longest_wait);
    assert_eq!(ends(&patient), [false, false]);
    running.shutdown().await;
}

/// A place to listen at where nobody may come.
struct Trap(TcpListener);

impl Trap {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("it can be asked without waiting");
        Self(listener)
    }

    fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().expect("it has an address"))
    }

    fn is_untouched(&self) -> bool {
        self.0.accept().is_err()
    }
}

fn plan_of(deployment: &Trap, control: &Trap, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    Command::new(env!("CARGO_BIN_EXE_rescind"))
        .current_dir(folder.path())
        .env_clear()
        .env("COLUMNS", "100")
        .env("RESCIND_DINIE_OPERATOR_ID", "operator")
        .env("RESCIND_DINIE_OPERATOR_SECRET", "hidden-secret")
        .args(["check", "--contract", "dinie", "--url", &deployment.url(), "--control", &control.url()])
        .args(["--allow-writes", "--seed", "1"])
        .args(more)
        .output()
        .expect("the program runs")
}

/// Not one connection is made: connections that nobody accepts wait in the queue of the listener.
#[test]
fn a_plan_sends_nothing() {
    let (deployment, control) = (Trap::new(), Trap::new());
    for more in [&["--plan"][..], &["--plan=json"], &["--plan=human", "--max-time", "1m"]] {
        let output = plan_of(&deployment, &control, more);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!output.stdout.is_empty());
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(!text.contains("hidden-secret"), "{text}");
    }
    assert!(deployment.is_untouched() && control.is_untouched());
    // The same without the flag comes.
    assert_eq!(plan_of(&deployment, &control, &["--timeout", "1s"]).status.code(), Some(4));
    assert!(!control.is_untouched());
}

#[test]
fn a_plan_for_programs_satisfies_its_schema() {
    let (deployment, control) = (Trap::new(), Trap::new());
    let output = plan_of(&deployment, &control, &["--plan=json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let validator = jsonschema::validator_for(&preview::schema()).expect("the schema is right");
    assert!(validator.is_valid(&value), "{value}");
    let preview: Preview = serde_json::from_value(value).expect("it can be read back");
    assert_eq!((preview.seed, preview.contracts.len()), (1, 1));
}

/// The committed schema is that of the types. Run with `UPDATE_SCHEMA=1` to write it anew.
#[test]
fn the_committed_schema_is_fresh() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("plan.schema.json");
    let fresh = rescind_conformance::report::json::pretty(&preview::schema());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &fresh).expect("it can be written");
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(known == fresh, "conformance/plan.schema.json is stale; run the tests with UPDATE_SCHEMA=1");
}

#[test]
fn a_plan_is_told() {
    let contract = Vendor::Dinie.contract().expect("the bundled contract is right");
    let deployment =
        rescind_conformance::deployment::Deployment::at("https://sandbox.example/v3".parse().expect("a URL"));
    let deployment = deployment.caller("operator", "dinie_ci_1", "hidden".to_owned());
    let only = ["R2", "R13", "R18", "missing_credentials_rejected"].map(str::to_owned).to_vec();
    let plan = Plan { only, patience: Duration::from_mins(2), ..Plan::default() };
    let preview =
        preview::preview(contract, &deployment, &plan, &Redactor::new()).expect("there is a client");
    let preview = Preview { version: "0.1.0".to_owned(), seed: 0, contracts: vec![preview] };
    let mut text = Vec::new();
    human::write(&preview, &mut text, 80).expect("memory takes everything");
    insta::assert_snapshot!(anstream::adapter::strip_str(&String::from_utf8_lossy(&text)).to_string());
}
