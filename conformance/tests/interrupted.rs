//! A run that is interrupted or killed at a random moment: the server's own list says what is still there.
//!
//! A proxy between the two counts the requests and gives the signal when one comes, or when its answer is on its way, so
//! that the worst moments are among those that are tried. `RESCIND_INTERRUPTS` is the number of runs a contract.

#![cfg(unix)]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/program.rs"]
mod program;
#[path = "variants/proxy.rs"]
#[expect(dead_code, reason = "the variants change more")]
mod proxy;

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use http::request::Parts;
use rescind_conformance::reference::Reference;
use rescind_specs::Vendor;

use program::{active, rescind, told};
use proxy::{Answer, Asked, Change, Proxy, Way, Writing};

/// The side of a request on which the signal is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// The server has not seen it.
    Before,
    /// The server has done what it asks for, and the judge does not know.
    After,
}

/// Gives a process a signal when a request passes.
struct Interrupter {
    signal: &'static str,
    moment: Moment,
    /// How many requests pass before that.
    left: u32,
    /// How many requests pass before it is given once more, if it is.
    again: Option<u32>,
    process: Option<u32>,
}

impl Interrupter {
    fn strike(&mut self) {
        let process = self.process.expect("the process is known");
        match self.again.take() {
            Some(again) => self.left = again,
            None => self.process = None,
        }
        let sent = Command::new("kill").args([self.signal, &process.to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }
}

impl Change for Interrupter {
    fn ask(&mut self, _: &mut Parts) -> Way {
        if self.process.is_some() {
            self.left = self.left.saturating_sub(1);
            if self.left == 0 && self.moment == Moment::Before {
                self.strike();
            }
        }
        Way::On
    }

    fn answer(&mut self, _: &Asked, _: &mut Answer) {
        if self.process.is_some() && self.left == 0 && self.moment == Moment::After {
            self.strike();
        }
    }
}

/// Numbers that look drawn; the same each time.
fn draw(number: u64) -> u64 {
    let z = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (z ^ (z >> 27)) >> 8
}

fn times() -> u64 {
    std::env::var("RESCIND_INTERRUPTS").ok().and_then(|count| count.parse().ok()).unwrap_or(2)
}

/// What a signal left.
struct Aftermath {
    /// What the program told.
    told: String,
    code: Option<i32>,
    /// Credentials that work and did not before.
    left: Vec<String>,
    /// Whether a cleanup file is there.
    recorded: bool,
    /// What `rescind cleanup` told afterwards, if it was run.
    cleaned: Option<(String, Option<i32>, Vec<String>)>,
}

/// Starts the process. Its first request waits until it is known whose it is.
fn begin(judge: &mut Command, change: &Mutex<Interrupter>) -> Child {
    let mut waiting = change.lock().unwrap();
    let judge = judge.spawn().unwrap();
    waiting.process = Some(judge.id());
    judge
}

/// Judges a contract, and lets a signal come at the request of this number, and perhaps another one later.
async fn interrupted(vendor: Vendor, signal: &'static str, number: u64, again: Option<u32>) -> Aftermath {
    let server = Reference::builder().seed(number).start(&[vendor], &[]).await.unwrap();
    let deployment = server.deployment(vendor).unwrap();
    let before = active(&deployment, vendor.name()).await;
    let left = u32::try_from(draw(number) % 400).unwrap() + 1;
    let moment = if number.is_multiple_of(2) { Moment::After } else { Moment::Before };
    let change = Arc::new(Mutex::new(Interrupter { signal, moment, left, again, process: None }));
    let behind: SocketAddr =
        *deployment.base.socket_addrs(|| None).unwrap().first().expect("it has an address");
    let proxy = Proxy::start(behind, change.clone(), Writing::Plain).await;
    let url = format!("http://{}{}", proxy.address(), deployment.base.path());
    let folder = tempfile::tempdir().unwrap();
    let control = deployment.control.as_ref().unwrap().to_string();
    let mut judge = rescind(folder.path(), vendor.name(), &deployment);
    judge.args(["check", "--contract", vendor.name(), "--url", &url, "--control", &control]);
    judge.args(["--allow-writes", "--seed", "1"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let judge = begin(&mut judge, &change);
    let output = tokio::task::spawn_blocking(move || judge.wait_with_output().unwrap()).await.unwrap();
    let new = async || {
        let after = active(&deployment, vendor.name()).await;
        after.into_iter().filter(|id| !before.contains(id)).collect::<Vec<_>>()
    };
    let mut aftermath = Aftermath {
        told: told(&output),
        code: output.status.code(),
        left: new().await,
        recorded: folder.path().join("rescind.cleanup").exists(),
        cleaned: None,
    };
    if (signal == "-KILL" || again.is_some()) && aftermath.recorded {
        let mut cleanup = rescind(folder.path(), vendor.name(), &deployment);
        cleanup.arg("cleanup");
        let output = tokio::task::spawn_blocking(move || cleanup.output().unwrap()).await.unwrap();
        aftermath.cleaned = Some((told(&output), output.status.code(), new().await));
        aftermath.recorded = folder.path().join("rescind.cleanup").exists();
    }
    server.stop().await;
    aftermath
}

/// Whatever is under way when the interrupt comes is awaited, and what was issued is revoked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_after_an_interrupt() {
    for vendor in Vendor::ALL {
        for number in 0..times() {
            let Aftermath { told, code, left, recorded, .. } =
                interrupted(vendor, "-INT", number, None).await;
            assert_eq!(left, Vec::<String>::new(), "{vendor}, {number}: {told}");
            assert!(!recorded, "{vendor}, {number}: {told}");
            // The last request of a run may be the one that is interrupted.
            assert!(matches!(code, Some(0 | 3)), "{vendor}, {number}: {told}");
        }
    }
}

/// A process that is killed leaves a file, and that is enough. What was asked for in its last moment can be found where
/// the contract has a list or whoever asks chooses the identifier; else it is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_run_left_is_cleaned_up() {
    for vendor in Vendor::ALL {
        for number in 0..times() {
            let Aftermath { told, code, cleaned, recorded, .. } =
                interrupted(vendor, "-KILL", 1000 + number, None).await;
            assert_eq!(code, None, "{vendor}, {number}: {told}");
            let Some((told, code, left)) = cleaned else { panic!("{vendor}, {number}: no file: {told}") };
            let perhaps = told.matches("perhaps there").count();
            if perhaps == 0 {
                assert_eq!(left, Vec::<String>::new(), "{vendor}, {number}: {told}");
                assert!(!recorded && code == Some(0), "{vendor}, {number}: {told}");
            } else {
                assert!(recorded && code == Some(3), "{vendor}, {number}: {told}");
                // As many as were under way.
                assert!(left.len() <= perhaps, "{vendor}, {number}: {left:?}, {told}");
            }
        }
    }
}

/// Whoever does not want to wait for the revocations interrupts again, is told what is left, and cleans up later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_interrupt_leaves_a_file() {
    // The first comes after about three hundred requests, the second while the credentials of these are revoked.
    let number = (0..100).find(|number| draw(*number) % 400 > 300).expect("there is one");
    let Aftermath { told, code, left, cleaned, recorded } =
        interrupted(Vendor::Dinie, "-INT", number, Some(4)).await;
    assert_eq!(code, Some(3), "{told}");
    assert!(!left.is_empty(), "{told}");
    assert!(told.contains("left behind and not revoked") && told.contains("`rescind cleanup`"), "{told}");
    let (told, code, left) = cleaned.expect("a file is there");
    assert_eq!((code, left), (Some(0), Vec::new()), "{told}");
    assert!(!recorded, "{told}");
}
