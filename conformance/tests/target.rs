//! The target file at work: exceptions with their reasons, contracts of one's own, certificates.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/program.rs"]
#[expect(dead_code, reason = "the server is not asked what is left")]
mod program;

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};

use rescind_conformance::reference::{self, Reference};
use rescind_server::mock::Mock;
use rescind_server::{Clock, Server};
use rescind_specs::Vendor;

use program::{rescind, told};

/// Judges a server that accepts revoked credentials, with `rest` behind its address in the target file.
async fn run(rest: &str, arguments: &[&str]) -> Output {
    let vendor = Vendor::Dinie;
    let faults = reference::faults(&["accepted-after-revocation".to_owned()]).unwrap();
    let server = Reference::builder().start(&[vendor], &faults).await.unwrap();
    let deployment = server.deployment(vendor).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let control = deployment.control.as_ref().unwrap();
    let text =
        format!("[contracts.dinie]\nurl = \"{}\"\n[control]\nurl = \"{control}\"\n{rest}", deployment.base);
    std::fs::write(folder.path().join("rescind.toml"), text).unwrap();
    let mut judge = rescind(folder.path(), vendor.name(), &deployment);
    judge.arg("check").args(arguments);
    let output = tokio::task::spawn_blocking(move || judge.output().unwrap()).await.unwrap();
    server.stop().await;
    output
}

const SETTINGS: &str = "[check]\nallow-writes = true\nonly = ['R1', 'R2']\nseed = 1\n";

/// A breach that is accepted is shown, and reddens nothing until its day.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_accepted_is_shown_and_reddens_nothing() {
    let accept = |id: &str, until: &str| {
        format!("{SETTINGS}[[accept]]\nid = {id:?}\nuntil = {until}\nreason = 'the cache'\n")
    };
    let output = run(SETTINGS, &[]).await;
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let output = run(&accept("dinie/R2", "2999-01-01"), &[]).await;
    let text = told(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("ACCEPTED  dinie/R2") && text.contains("until 2999-01-01: the cache"), "{text}");
    assert!(text.contains("1 promise broken and accepted"), "{text}");
    let output = run(&accept("R2", "2020-01-01"), &[]).await;
    let text = told(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("FAIL  dinie/R2") && text.contains("counts again"), "{text}");
    let output = run(&accept("R1", "2999-01-01"), &[]).await;
    let text = told(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("dinie/R1") && text.contains("is not broken any more"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_out_says_why() {
    let skip = format!("{SETTINGS}[[skip]]\nid = 'dinie/R2'\nreason = 'until March'\n");
    let output = run(&skip, &[]).await;
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(told(&output).contains("left out: until March: dinie/R2"), "{}", told(&output));
}

/// What the file says of writes and of what is run gives way to the command line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_comes_first() {
    let output = run(SETTINGS, &["--only", "R1"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let output = run("[check]\nonly = ['R2']\n", &[]).await;
    assert!(told(&output).contains("without --allow-writes"), "{}", told(&output));
}

/// The documents of a contract are found beside the target file, and again by whoever cleans up from another folder.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contract_of_ones_own_is_judged() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mock");
    let folder = tempfile::tempdir().unwrap();
    let documents = folder.path().join("documents");
    std::fs::create_dir(&documents).unwrap();
    for file in ["openapi.yaml", "lifecycle.yaml"] {
        std::fs::copy(here.join(file), documents.join(file)).unwrap();
    }
    let paths = ["openapi.yaml", "lifecycle.yaml"].map(|file| documents.join(file));
    // The server goes by the name of the folder, and the target file by another one.
    let mock = Mock::read(&paths[0], Some(&paths[1])).unwrap();
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let clock = Clock::virtual_at("2026-01-01T00:00:00Z".parse().unwrap());
    let server =
        Server::builder().clock(clock).bind(loopback).admin(loopback).mock(mock).spawn().await.unwrap();
    let path = folder.path().join("target.toml");
    server.describe().write(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap().replace("contracts.documents", "contracts.gates");
    let text = text.replacen(
        "[contracts.gates]\n",
        "[contracts.gates]\nopenapi = \"documents/openapi.yaml\"\nlifecycle = \"documents/lifecycle.yaml\"\n",
        1,
    );
    std::fs::write(&path, text).unwrap();
    let mut judge = Command::new(env!("CARGO_BIN_EXE_rescind"));
    judge.current_dir(folder.path()).env_clear().env("COLUMNS", "80");
    judge.args(["check", "--target", "target.toml", "--allow-writes", "--no-seeds", "--contract", "gates"]);
    let output = tokio::task::spawn_blocking(move || judge.output().unwrap()).await.unwrap();
    let text = told(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("gates: of 8 requirements") || text.contains("gates: of "), "{text}");
    assert!(!folder.path().join("rescind.cleanup").exists(), "{text}");
    server.shutdown().await;
}
