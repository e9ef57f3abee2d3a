//! The reproductions of a report really run: against the server that was judged, they end with the status reported.

#![cfg(feature = "reference")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skips"
)]

use std::path::Path;
use std::process::Command;

use rescind_conformance::report::Report;
use rescind_server::{Clock, Fault, Running, Server, Vendor};

/// Whether the three programs that a reproduction needs are there.
fn tools() -> bool {
    ["bash", "curl", "jq"]
        .iter()
        .all(|tool| Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success()))
}

async fn broken_server(contract: Vendor, fault: &str) -> Running {
    let loopback = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    Server::builder()
        .contract(contract)
        .clock(Clock::virtual_from_now())
        .bind(loopback)
        .admin(loopback)
        .fault(fault.parse::<Fault>().unwrap())
        .spawn()
        .await
        .unwrap()
}

fn judged(folder: &Path, contract: Vendor, only: &str) -> Report {
    let output = Command::new(env!("CARGO_BIN_EXE_rescind"))
        .current_dir(folder)
        .env_clear()
        .args(["check", "--allow-writes", "--report", "json=report.json", "--target", "target.toml"])
        .args(["--contract", contract.name(), "--only", only, "--seed", "1"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = String::from_utf8_lossy(&output.stderr);
    // A divergence is no failure.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{said}{told}");
    serde_json::from_slice(&std::fs::read(folder.join("report.json")).unwrap()).unwrap()
}

/// The secrets of the callers and the pairs of the pool, under the names that reproductions give them.
fn environment(server: &Running, contract: Vendor) -> Vec<(String, String)> {
    let start = server.target(contract);
    let prefix = format!("RESCIND_{}", contract.name().to_uppercase());
    let callers =
        start.callers.iter().map(|(name, pair)| (format!("{prefix}_{}", name.to_uppercase()), pair));
    // What a run registered cannot be registered again: a reproduction takes pairs from the other end.
    let unused = start.pool.iter().rev().enumerate();
    let pool = unused.map(|(number, pair)| (format!("{prefix}_POOL_{}", number + 1), pair));
    callers
        .chain(pool)
        .flat_map(|(name, pair)| {
            let (id, secret) = (pair.id.clone(), pair.secret.expose().to_owned());
            [(format!("{name}_ID"), id), (format!("{name}_SECRET"), secret)]
        })
        .collect()
}

async fn check(contract: &str, fault: &str, only: &'static str) {
    check_to_end_with(contract, fault, only, None).await;
}

/// How often a script that runs two requests at once is tried: which one comes first is a matter of chance, and a script that
/// missed it leaves nothing behind.
const CHANCES: usize = 20;

/// The script of a reproduction ends with this status, which it may take several times for, or else with that of the finding.
async fn check_to_end_with(contract: &str, fault: &str, only: &'static str, status: Option<&'static str>) {
    if !tools() {
        println!("not run: bash, curl or jq is missing");
        return;
    }
    let contract: Vendor = contract.parse().unwrap();
    let server = broken_server(contract, fault).await;
    let folder = tempfile::tempdir().unwrap();
    server.describe().write(&folder.path().join("target.toml")).unwrap();
    let variables = environment(&server, contract);
    let (last, breach) = tokio::task::spawn_blocking(move || {
        let report = judged(folder.path(), contract, only);
        let text = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
        assert!(variables.iter().all(|(name, value)| !name.ends_with("_SECRET") || !text.contains(value)));
        let found = report.contracts[0].requirements.iter().flat_map(|requirement| &requirement.findings);
        let breach = found.into_iter().next().unwrap().clone();
        let script = breach.reproduction.join("\n");
        let last = || {
            let mut bash = Command::new("bash");
            let output = bash.args(["-c", &script]).envs(variables.iter().cloned()).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            said.lines().last().unwrap_or_default().to_owned()
        };
        let chances = if status.is_some() { CHANCES } else { 1 };
        let mut tries = std::iter::repeat_with(last).take(chances);
        let last = match status {
            Some(status) => tries.find(|last| last == status).unwrap_or_default(),
            None => tries.next().unwrap_or_default(),
        };
        (last, breach)
    })
    .await
    .unwrap();
    server.shutdown().await;
    let received: String = breach.finding.received.chars().take_while(char::is_ascii_digit).collect();
    let status = status.unwrap_or(&received);
    assert_eq!(last, status, "{}\n{}", breach.steps.join("\n"), breach.reproduction.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_credential_that_is_accepted() {
    check("dinie", "accepted-after-revocation", "R2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_revokes_itself_in_vain() {
    check("wattshift", "accepted-after-revocation", "R2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_that_comes_too_late() {
    check("entrytarget", "slow-revocation", "R2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_revocation_that_fails() {
    check("dinie", "repeat-revocation-server-error", "R14").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_changed_by_hand() {
    check("entrytarget", "row-edit-ignored", "R22").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_that_is_taken_for_a_refusal() {
    check("entrytarget", "outage-says-unauthorized", "R26").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_key_that_outlives_its_revocation() {
    check("shiftagent", "service-key-outlives-revocation", "R23").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_that_was_made_while_its_credential_was_deleted() {
    // What was received is a state and no answer: the dependent can be read.
    check_to_end_with("shiftagent", "guard-races", "R21", Some("200")).await;
}
