//! The judge beside schemathesis: the same documents, the same server, in turn.
//!
//! ```console
//! $ python3 -m venv /tmp/schemathesis && /tmp/schemathesis/bin/pip install schemathesis
//! $ SCHEMATHESIS=/tmp/schemathesis/bin/schemathesis cargo bench -p rescind-conformance --bench compare
//! ```
//!
//! By default the speed is measured: requests a second, and those of the judge divided by those of schemathesis.
//! `RESCIND_COMPARE=faults` breaks every promise of the catalogue in turn instead, lets both look at it, and writes
//! `conformance/COMPARISON.md`. `RESCIND_EXAMPLES` is how many examples schemathesis generates for each operation (20),
//! `RESCIND_CONTRACT` the one contract to compare with, and then no page is written.
//!
//! schemathesis gets what it can use: all of its checks and phases, the stateful one among them, a valid credential for
//! each security scheme, and no end after the first failure. What it says of the correct server, with several seeds, is
//! not counted for a fault.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at the first failure, and prints"
)]

#[path = "../tests/support/running.rs"]
mod running;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rescind_conformance::actors::{Actors, PlacedValue, Signer};
use rescind_conformance::deployment::Deployment;
use rescind_conformance::lifecycle::Controls;
use rescind_conformance::plan::Plan;
use rescind_conformance::progress::Silent;
use rescind_conformance::redact::Redactor;
use rescind_conformance::report::{ContractReport, Outcome};
use rescind_conformance::runner;
use rescind_conformance::session::Session;
use rescind_conformance::verdict::Verdict;
use rescind_server::{Clock, Fault, Running, Server};
use rescind_specs::{Contract, Vendor};
use serde_json::Value;

/// How often each is measured.
const ROUNDS: u64 = 3;
/// With so many seeds schemathesis looks at the correct server.
const SEEDS: u64 = 3;
/// What schemathesis is told beside the document, the address and the credentials.
const FLAGS: [&str; 4] = ["--checks=all", "--continue-on-failure", "--no-shrink", "--request-timeout=10"];

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let Some(program) = std::env::var_os("SCHEMATHESIS").map(PathBuf::from) else {
        println!("SCHEMATHESIS is not set: there is nothing to compare with");
        return;
    };
    let examples = std::env::var("RESCIND_EXAMPLES").ok().map_or(20, |number| number.parse().unwrap());
    let other = Other { program, examples };
    match std::env::var("RESCIND_COMPARE").as_deref() {
        Ok("faults") => runtime.block_on(faults(&other)),
        _ => runtime.block_on(speed(&other)),
    }
}

/// The contracts to compare with.
fn vendors() -> Vec<Vendor> {
    match std::env::var("RESCIND_CONTRACT") {
        Ok(name) => vec![name.parse().unwrap()],
        Err(_) => Vendor::ALL.to_vec(),
    }
}

/// schemathesis.
struct Other {
    program: PathBuf,
    examples: u32,
}

/// What schemathesis came to.
struct Said {
    seconds: f64,
    /// Operation, code of the failure and status received.
    failures: BTreeSet<(String, String, String)>,
}

impl Other {
    fn version(&self) -> String {
        let output = Command::new(&self.program).arg("--version").output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    async fn run(&self, contract: &Contract, deployment: &Deployment, seed: u64) -> Said {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        std::fs::write(file("schemathesis.toml"), credentials(contract, deployment).await).unwrap();
        let document =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs").join(contract.name()).join("openapi.yaml");
        let mut command = Command::new(&self.program);
        command.current_dir(folder.path()).arg("--config-file").arg(file("schemathesis.toml"));
        command.args(["--no-color", "run"]).arg(document.canonicalize().unwrap());
        command.args(["--url", deployment.base.as_str().trim_end_matches('/')]).args(FLAGS);
        command.args(["--max-examples", &self.examples.to_string(), "--seed", &seed.to_string()]);
        command.args(["--report", "json", "--report-json-path"]).arg(file("report.json"));
        command.stdin(Stdio::null()).stderr(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let report = std::fs::read(file("report.json"));
        let report: Value =
            serde_json::from_slice(&report.unwrap_or_else(|_| panic!("no report: {text}"))).unwrap();
        Said { seconds: report["running_time"].as_f64().unwrap(), failures: failures(&text) }
    }
}

/// The failures that schemathesis prints: below the name of an operation, codes, and then the status received.
fn failures(text: &str) -> BTreeSet<(String, String, String)> {
    let mut found = BTreeSet::new();
    let (mut operation, mut codes) = (String::new(), Vec::new());
    for line in text.lines().map(str::trim) {
        if line.starts_with("___") && line.ends_with("___") {
            line.trim_matches(['_', ' ']).clone_into(&mut operation);
            codes.clear();
        } else if let Some(code) = line.strip_prefix("- ST") {
            codes.push(format!("ST{code}"));
        } else if let Some(status) = line.strip_prefix('[').and_then(|rest| rest.get(..3))
            && status.bytes().all(|byte| byte.is_ascii_digit())
        {
            for code in codes.drain(..) {
                found.insert((operation.clone(), code, status.to_owned()));
            }
        }
    }
    found
}

/// What schemathesis presents for each security scheme: what the judge would as the first caller who is able, else a
/// credential that is issued for it.
async fn credentials(contract: &Contract, deployment: &Deployment) -> String {
    let (plan, redactor) = (Plan::default(), Redactor::new());
    let session = Session::open(contract, deployment, &plan, &redactor, &Silent).await.unwrap();
    let actors = Actors::new(&session);
    let (controls, mut issued) = (Controls::default(), None);
    for (name, kind) in contract.lifecycle().into_iter().flat_map(|lifecycle| &lifecycle.credentials) {
        issued = issued.or(controls.get(&actors, name, kind).await.ok());
    }
    let mut schemes: BTreeMap<String, String> = BTreeMap::new();
    for operation in contract.operations() {
        let signer = match actors.able(operation) {
            Signer::Nobody => issued.clone().map_or(Signer::Nobody, Signer::Credential),
            able => able,
        };
        for placed in actors.present(&signer, operation).await.unwrap_or_default() {
            let quoted = |text: &str| Value::from(text).to_string();
            let kind = contract.scheme(&placed.scheme).map(|scheme| &scheme.kind);
            let line = match (&placed.value, kind) {
                (PlacedValue::Pair(name, password), _) => {
                    format!("{{ username = {}, password = {} }}", quoted(name), quoted(password))
                }
                (PlacedValue::Single(value), Some(rescind_specs::SchemeKind::Bearer)) => {
                    format!("{{ bearer = {} }}", quoted(value))
                }
                (PlacedValue::Single(value), _) => format!("{{ api_key = {} }}", quoted(value)),
            };
            schemes.insert(placed.scheme.to_string(), line);
        }
    }
    if schemes.is_empty() {
        return String::new();
    }
    let lines = schemes.into_iter().map(|(scheme, line)| format!("{scheme} = {line}\n"));
    format!("[auth.openapi]\n{}", lines.collect::<String>())
}

async fn start(vendor: Vendor, fault: Option<Fault>) -> Running {
    let beginning = "2026-01-01T00:00:00Z".parse().unwrap();
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let builder = Server::builder().clock(Clock::virtual_at(beginning)).bind(loopback).admin(loopback);
    let builder = fault.into_iter().fold(builder.contract(vendor), rescind_server::Builder::fault);
    builder.spawn().await.unwrap()
}

async fn judge(contract: &Contract, deployment: &Deployment, seed: u64) -> ContractReport {
    let plan = Plan { seed, ..Plan::default() };
    runner::run(contract, deployment, &plan, &Redactor::new(), &Silent).await.unwrap()
}

/// Requests a second, in turn.
async fn speed(other: &Other) {
    println!("{}, {} examples an operation, {}", other.version(), other.examples, FLAGS.join(" "));
    println!("{:<12} {:>6} {:>22} {:>22} {:>7}", "contract", "round", "rescind", "schemathesis", "times");
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        for vendor in vendors() {
            let contract = vendor.contract().unwrap();
            let server = start(vendor, None).await;
            let report = judge(contract, &running::deployment(&server, contract), round).await;
            server.shutdown().await;
            let ours = per_second(report.requests, report.seconds);

            let server = start(vendor, None).await;
            let deployment = running::deployment(&server, contract);
            let said = other.run(contract, &deployment, round).await;
            let requests = server.journal().summary().last;
            server.shutdown().await;
            let theirs = per_second(requests, said.seconds);
            ratios.push(ours / theirs);
            println!(
                "{:<12} {round:>6} {:>22} {:>22} {:>6.1}x",
                vendor.name(),
                format!("{} in {:.2} s, {ours:.0}/s", report.requests, report.seconds),
                format!("{requests} in {:.2} s, {theirs:.0}/s", said.seconds),
                ours / theirs
            );
        }
    }
    ratios.sort_by(f64::total_cmp);
    println!("median: {:.1} times the requests a second", ratios[ratios.len() / 2]);
}

fn per_second(requests: u64, seconds: f64) -> f64 {
    let requests = u32::try_from(requests).unwrap_or(u32::MAX);
    f64::from(requests) / seconds.max(f64::MIN_POSITIVE)
}

/// What the judge finds broken.
fn broken(report: &ContractReport) -> Vec<String> {
    let bad = |outcome: &Outcome| matches!(outcome, Outcome::Judged(Verdict::Fail | Verdict::Divergence));
    let requirements = report.requirements.iter().filter(|one| bad(&one.outcome)).map(|one| one.id.0.clone());
    let checks = report.checks.iter().filter(|one| bad(&one.outcome)).map(|one| one.id.clone());
    requirements.chain(checks).collect()
}

/// Every fault in every contract that it concerns.
async fn faults(other: &Other) {
    let mut rows = String::new();
    let mut correct = String::new();
    let (mut pairs, mut ours, mut theirs) = (0, 0, 0);
    for vendor in vendors() {
        let contract = vendor.contract().unwrap();
        let mut known = BTreeSet::new();
        let mut alarms = Vec::new();
        for seed in 0..SEEDS {
            let server = start(vendor, None).await;
            let deployment = running::deployment(&server, contract);
            known.extend(other.run(contract, &deployment, seed).await.failures);
            alarms.extend(broken(&judge(contract, &deployment, seed).await));
            server.shutdown().await;
        }
        writeln!(correct, "| {vendor} | {} | {} |", alarms.len(), known.len()).unwrap();
        for fault in Fault::ALL.iter().filter(|fault| fault.contracts().any(|concerned| concerned == vendor))
        {
            // A fault that shows only between replicas needs them; schemathesis knows one address.
            if fault.needs_replicas() {
                continue;
            }
            let server = start(vendor, Some(*fault)).await;
            let deployment = running::deployment(&server, contract);
            let said = other.run(contract, &deployment, 0).await;
            server.shutdown().await;
            let server = start(vendor, Some(*fault)).await;
            let deployment = running::deployment(&server, contract);
            let found = broken(&judge(contract, &deployment, 0).await);
            server.shutdown().await;
            let new: BTreeSet<String> = said
                .failures
                .difference(&known)
                .map(|(operation, code, status)| format!("{code} at {operation}, {status}"))
                .collect();
            pairs += 1;
            ours += usize::from(!found.is_empty());
            theirs += usize::from(!new.is_empty());
            let told =
                |names: Vec<String>| if names.is_empty() { "–".to_owned() } else { names.join("<br>") };
            let (found, new) = (told(found), told(new.into_iter().collect()));
            println!("{fault}, {vendor}: {found} / {new}");
            writeln!(rows, "| `{fault}` | {vendor} | {found} | {new} |").unwrap();
        }
    }
    let flags = FLAGS.join(" ");
    let Other { examples, .. } = other;
    let text = format!(
        "# Beside schemathesis\n\n\
         What the judge and {version} find where the reference server breaks a promise, each fault in a server of its \
         own. schemathesis is run as `schemathesis run {flags} --max-examples {examples} --seed 0`, with its stateful \
         phase and a valid credential for each security scheme; the judge as `rescind check --allow-writes --seed 0`, \
         with the movable clock and the steps outside of the API that the server offers. What is said of the correct \
         server with {SEEDS} seeds is not counted. A fault that shows only between replicas is left out.\n\n\
         schemathesis reads the OpenAPI document alone, and most of these promises stand in none: that is what the \
         lifecycle document is for. Where a fault breaks what the OpenAPI document says, both can see it.\n\n\
         **Of {pairs} faults the judge finds {ours}, schemathesis {theirs}.**\n\n\
         `RESCIND_COMPARE=faults SCHEMATHESIS=… cargo bench -p rescind-conformance --bench compare` writes this page \
         again.\n\n\
         ## Said of the correct server\n\n\
         Kinds of complaint, with {SEEDS} seeds. Those of schemathesis are of one kind each if operation, check and \
         status are the same; many are true of the document, which leaves statuses out that the vendor's own pages \
         leave out.\n\n\
         | contract | judge | schemathesis |\n|---|---|---|\n{correct}\n\
         ## Fault by fault\n\n\
         | fault | contract | judge | schemathesis, beyond what it says of the correct server |\n|---|---|---|---|\n\
         {rows}",
        version = other.version().replace(", version", ""),
    );
    if vendors().len() == Vendor::ALL.len() {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("COMPARISON.md"), text).unwrap();
    }
    println!("of {pairs} faults the judge finds {ours}, schemathesis {theirs}");
}
