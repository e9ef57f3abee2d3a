//! Runs `cargo check`, and ends it when it takes too long.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::message::{self, Said};
use crate::clock::Stopwatch;

/// How cargo came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By itself.
    Exit,
    /// It was ended.
    TimeLimit,
}

/// What one run said.
#[derive(Debug)]
pub(super) struct Run {
    /// Of each member.
    pub crates: BTreeMap<String, Said>,
    /// The end of standard error.
    pub words: String,
    /// How it ended.
    pub end: End,
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The target folder of the workspace at `root`, whatever says where it is.
pub(super) fn target_folder(root: &Path) -> io::Result<PathBuf> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root)
        .output()?;
    let told: Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))?;
    let folder = told["target_directory"].as_str();
    folder.map(PathBuf::from).ok_or_else(|| io::Error::other("cargo names no target folder"))
}

/// Checks the members called `names` of the workspace at `folder`.
pub(super) fn check(
    folder: &Path,
    target: &Path,
    names: &[&str],
    jobs: Option<usize>,
    limit: Duration,
) -> io::Result<Run> {
    let mut command = cargo();
    command.args(["check", "--quiet", "--offline", "--keep-going", "--message-format=json"]);
    command.arg("--target-dir").arg(target);
    if let Some(jobs) = jobs {
        command.arg(format!("--jobs={jobs}"));
    }
    for name in names {
        command.args(["--package", name]);
    }
    // What is kept between runs of the same crate is of no use to crates that are compiled once.
    command.env("CARGO_INCREMENTAL", "0");
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;

    let (lines, told) = channel();
    let output = child.stdout.take();
    let reader = thread::spawn(move || {
        for line in output.into_iter().flat_map(|output| BufReader::new(output).lines()).map_while(Result::ok)
        {
            if lines.send(line).is_err() {
                break;
            }
        }
    });
    let errors = child.stderr.take();
    let words = thread::spawn(move || {
        let mut words = String::new();
        let _ = errors.map(|mut errors| errors.read_to_string(&mut words));
        words
    });

    let start = Stopwatch::start();
    let mut crates = BTreeMap::new();
    let end = loop {
        match told.recv_timeout(limit.saturating_sub(start.elapsed())) {
            Ok(line) => message::take(&line, folder, &mut crates),
            Err(RecvTimeoutError::Disconnected) => break End::Exit,
            Err(RecvTimeoutError::Timeout) => {
                end(&mut child);
                break End::TimeLimit;
            }
        }
    };
    child.wait()?;
    let _ = reader.join();
    let words = words.join().unwrap_or_default();
    Ok(Run { crates, words: words.trim().to_owned(), end })
}

/// Ends cargo with the compilers that it started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status();
    let _ = child.kill();
}
