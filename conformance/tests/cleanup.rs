//! `rescind cleanup` where it cannot do everything, and what a run says of what earlier ones left.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/program.rs"]
mod program;

use std::path::Path;
use std::process::{Command, Output};

use rescind_conformance::deployment::Deployment;
use rescind_conformance::reference::Reference;
use rescind_specs::Vendor;

use program::{active, rescind, told};

const WORD: &str = "0123456789abcdef0123456789abcdef";

/// The lines of a run that left a credential which there is not, and one that was perhaps issued.
fn leftover(url: &str) -> String {
    let run = format!(
        r#"{{"event":"run","contract":"dinie","documents":"bundled","url":"{url}","began":"2026-01-01T00:00:00Z","version":"0.1.0"}}"#
    );
    let key = r#""contract":"dinie","what":{"credential":"client"}"#;
    let issued = format!(r#"{{"event":"issued",{key},"request":1,"id":"dinie_ci_{WORD}"}}"#);
    let asked = format!(r#"{{"event":"asked",{key},"request":2,"words":["{WORD}"]}}"#);
    [run, issued, asked].map(|line| line + "\n").concat()
}

fn bare(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rescind"));
    command.current_dir(folder).env_clear().env("COLUMNS", "80").args(arguments).output().unwrap()
}

async fn with_callers(folder: &Path, deployment: &Deployment, arguments: &[&str]) -> Output {
    let mut command = rescind(folder, "dinie", deployment);
    command.args(arguments);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[test]
fn nothing_was_left() {
    let folder = tempfile::tempdir().unwrap();
    let output = bare(folder.path(), &["cleanup"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(told(&output).contains("nothing was left behind"), "{}", told(&output));
}

/// What cannot be worked off now stays, and the message says what is missing.
#[test]
fn a_file_that_cannot_be_worked_off_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rescind.cleanup");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v3", listener.local_addr().unwrap());
    drop(listener);
    std::fs::write(&path, leftover(&url)).unwrap();
    let output = bare(folder.path(), &["cleanup"]);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("RESCIND_DINIE_OPERATOR_SECRET"), "{}", told(&output));
    let mut command = Command::new(env!("CARGO_BIN_EXE_rescind"));
    command.current_dir(folder.path()).env_clear().arg("cleanup");
    let output = command.env("RESCIND_DINIE_OPERATOR_ID", "a").env("RESCIND_DINIE_OPERATOR_SECRET", "secret");
    let output = output.output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", told(&output));
    assert!(told(&output).contains("0 things put away, 2 things left, which stay in"), "{}", told(&output));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), leftover(&url));
    std::fs::write(&path, "[contracts.dinie]\n").unwrap();
    let output = bare(folder.path(), &["cleanup"]);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(
        told(&output).contains("rescind.cleanup:1: this is no line of a cleanup file"),
        "{}",
        told(&output)
    );
}

/// A run tells of what an earlier one left, takes a file of its own, and `rescind cleanup` works off the earlier one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_earlier_run_left_is_told_and_kept() {
    let server = Reference::builder().start(&[Vendor::Dinie], &[]).await.unwrap();
    let deployment = server.deployment(Vendor::Dinie).unwrap();
    let before = active(&deployment, "dinie").await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rescind.cleanup");
    let url = deployment.base.to_string();
    std::fs::write(&path, leftover(&url)).unwrap();
    let control = deployment.control.as_ref().unwrap().to_string();
    let check = ["check", "--contract", "dinie", "--url", &url, "--control", &control, "--only", "R1,R2"];
    let arguments = [&check[..], &["--allow-writes", "--no-seeds"]].concat();
    let output = with_callers(folder.path(), &deployment, &arguments).await;
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(told(&output).contains("an earlier run may have left 2 things"), "{}", told(&output));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), leftover(&url));
    assert!(!folder.path().join("rescind.cleanup.2").exists());
    // The one is unknown to the server, and the list shows that the other was never issued.
    let output = with_callers(folder.path(), &deployment, &["cleanup"]).await;
    let text = told(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains(&format!("put away      client dinie_ci_{WORD}")), "{text}");
    assert!(text.contains("nothing left, and rescind.cleanup removed"), "{text}");
    assert!(!path.exists());
    assert_eq!(active(&deployment, "dinie").await, before);
    server.stop().await;
}
