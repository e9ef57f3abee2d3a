//! Documents with random damage: each is generated or told to be wrong; nothing panics, nothing hangs.
//!
//! `RESCIND_FUZZ_SECONDS=600` runs for ten minutes instead of a few seconds, `RESCIND_FUZZ_FIRST=N` begins with case N.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod mutate;
mod random;

use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use rescind_specs::{Document, LoadError, Prepared};
use serde_json::Value;
use xtask::artifact::Artifact;
use xtask::clock::Stopwatch;
use xtask::emit::client::{self, Runtime};
use xtask::emit::server::{self, DocumentPlace, Options};
use xtask::lower;

use mutate::mutant;

/// Time for one document, after which it counts as a hang.
const PATIENCE: Duration = Duration::from_mins(1);
/// As much stack as a main thread has.
const STACK: usize = 8 << 20;

/// What became of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Generated,
    Told,
}

/// Generates both sides from `text`, and fails on anything but code or a diagnostic.
fn generate(text: String) -> Result<Fate, String> {
    let prepared =
        match Document::parse("mutant.json", text).and_then(|document| Prepared::new("mutant", document)) {
            Ok(prepared) => prepared,
            Err(LoadError::Invalid(found)) if found.is_empty() => {
                return Err("refused without a reason".to_owned());
            }
            Err(_) => return Ok(Fate::Told),
        };
    if prepared.left_out.iter().any(|operation| operation.reasons.is_empty()) {
        return Err("left out without a reason".to_owned());
    }
    let draft = match lower::lower(&prepared.contract) {
        Ok(draft) => draft,
        Err(found) if found.is_empty() => return Err("not carried without a reason".to_owned()),
        Err(_) => return Ok(Fate::Told),
    };
    let file = client::emit(&draft, &Runtime { path: "::rescind_client".to_owned() })
        .map_err(|error| format!("client: {error}"))?;
    let client = Artifact::from_file("client.rs", "mutant.json", &file);
    let options = Options {
        runtime: "::rescind_server::runtime".to_owned(),
        document: DocumentPlace::Beside,
        source: "mutant.json".to_owned(),
    };
    let (stubs, _) =
        server::file("server.rs", &draft, &options).map_err(|error| format!("server: {error}"))?;
    for artifact in [client, stubs] {
        syn::parse_file(&artifact.contents)
            .map_err(|error| format!("{}: {error}", artifact.path.display()))?;
    }
    Ok(Fate::Generated)
}

/// The documents that are damaged, as JSON: small ones, which say much in little.
fn seeds() -> Vec<(PathBuf, Value)> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in ["golden", "sample"] {
        for entry in std::fs::read_dir(tests.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let document = if path.is_dir() { path.join("openapi.yaml") } else { path };
            files.extend(document.is_file().then_some(document));
        }
    }
    for entry in std::fs::read_dir(tests.join("../../specs")).unwrap() {
        let document = entry.unwrap().path().join("openapi.yaml");
        files.extend(document.is_file().then_some(document));
    }
    files.sort();
    let read = files.into_iter().filter_map(|file| {
        let text = std::fs::read_to_string(&file).ok()?;
        let document = Document::parse(file.to_string_lossy(), text).ok()?;
        Some((file, document.root().clone()))
    });
    read.collect()
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// How many documents are damaged where no time is given for it.
const CASES: u64 = 400;

#[test]
fn damage_is_told_or_carried() {
    let seeds = seeds();
    assert!(seeds.len() > 20);
    let budget = number("RESCIND_FUZZ_SECONDS").map(Duration::from_secs);
    let first = number("RESCIND_FUZZ_FIRST").unwrap_or(0);
    // What a crash that cannot be caught leaves behind.
    let last = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutation-last.json");
    let watch = Stopwatch::start();
    let (mut generated, mut told) = (0_u32, 0_u32);
    let mut failures = Vec::new();
    let mut case = first;
    let goes_on = |case| budget.map_or(case - first < CASES, |budget| watch.elapsed() < budget);
    while goes_on(case) && failures.len() < 20 {
        let (file, seed) = &seeds[usize::try_from(case).unwrap() % seeds.len()];
        let text = mutant(seed, case);
        std::fs::write(&last, &text).unwrap();
        let (sender, receiver) = channel();
        let worker = thread::Builder::new()
            .stack_size(STACK)
            .spawn(move || {
                let _ = sender.send(generate(text));
            })
            .unwrap();
        let outcome = match receiver.recv_timeout(PATIENCE) {
            Ok(outcome) => outcome,
            Err(_) if worker.is_finished() => Err("panicked".to_owned()),
            Err(_) => Err(format!("not done after {} s", PATIENCE.as_secs())),
        };
        match outcome {
            Ok(Fate::Generated) => generated += 1,
            Ok(Fate::Told) => told += 1,
            Err(words) => {
                let kept = last.with_file_name(format!("mutation-{case}.json"));
                std::fs::copy(&last, &kept).unwrap();
                failures.push(format!("case {case} of {}: {words}; see {}", file.display(), kept.display()));
            }
        }
        case += 1;
    }
    eprintln!("{generated} generated, {told} told to be wrong, cases {first} to {case}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // Damage that only ever leads to refusals would prove nothing of the emitters.
    assert!(generated > 0 && told > 0, "{generated} generated, {told} told");
}
