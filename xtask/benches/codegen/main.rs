//! How long codegen takes: the bundled contracts, and large documents beside progenitor alone.
//!
//! `cargo bench -p xtask --bench codegen`; `-- 300` gives documents of about 300 operations instead of 1,000,
//! `-- FILE…` takes these documents instead.

mod synthetic;

use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use progenitor::{GenerationSettings, Generator, InterfaceStyle};
use xtask::clock::Stopwatch;
use xtask::codegen::{self, Mode};
use xtask::manifest::Runtime;
use xtask::output::package::{self, Side};
use xtask::own::{self, Shape, Sides};

/// Measurements of each, of which the fastest counts: everything slower is something else running.
const ROUNDS: usize = 3;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let size = arguments.iter().find_map(|argument| argument.parse().ok());
    let mut out = io::stdout();
    if let (None, false) = (size, arguments.is_empty()) {
        for file in &arguments {
            let taken = best(|| rescind(Path::new(file)))?;
            writeln!(out, "{:.3} s: {file}", taken.as_secs_f64())?;
        }
        return Ok(());
    }
    let size = size.unwrap_or(1000);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let contracts = contracts(root)?;
    for drift in codegen::bundled(root, &[], Mode::Check)?.drift {
        writeln!(out, "{} is {}: what is measured is not what is there", drift.path.display(), drift.kind)?;
    }
    let bundled = best(|| Ok(codegen::bundled(root, &contracts, Mode::Check).map(drop)?))?;
    writeln!(out, "bundled contracts: {:.3} s (goal: 1 s)", bundled.as_secs_f64())?;

    let folder = tempfile::tempdir()?;
    let mut before: Option<f64> = None;
    for operations in [size / 2, size, size * 2] {
        let text = synthetic::document(operations).to_string();
        let file = folder.path().join(format!("synthetic-{operations}.json"));
        std::fs::write(&file, &text)?;
        let (mut ours, mut theirs) = (Duration::MAX, Duration::MAX);
        // In turn, so that a busy machine is busy for both.
        for _ in 0..ROUNDS {
            ours = ours.min(once(|| rescind(&file))?);
            theirs = theirs.min(once(|| alone(&text))?);
        }
        let ours = ours.as_secs_f64();
        let theirs = theirs.as_secs_f64();
        write!(
            out,
            "{operations:>5} operations: client and stubs {ours:.3} s, progenitor alone {theirs:.3} s, ratio {:.2} (goal: 3)",
            ours / theirs
        )?;
        match before.replace(ours) {
            Some(before) => writeln!(out, ", {:.2} times the half (goal: about 2)", ours / before)?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

/// Names of the bundled contracts.
fn contracts(root: &Path) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root.join("specs"))? {
        let entry = entry?;
        if entry.path().join("openapi.yaml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// From the file to the text of all generated files.
fn rescind(file: &Path) -> Outcome<()> {
    let generated = own::generate(file, Some("synthetic"), Sides::Both, Shape::Crate)?;
    let runtime = Runtime::Version("1.0.0".to_owned());
    let (facts, [client, server]) = (generated.facts, [generated.client, generated.server]);
    for (side, sources) in [(Side::Client, client), (Side::Server, server)] {
        let sources = sources.unwrap_or_default();
        std::hint::black_box(package::files(&facts, side, sources, Path::new("out"), &runtime));
    }
    Ok(())
}

/// From the text of the document to the text of a client: what progenitor's own command does.
fn alone(text: &str) -> Outcome<()> {
    let document: openapiv3::OpenAPI = serde_json::from_str(text)?;
    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Builder);
    let tokens = Generator::new(&settings).generate_tokens(&document)?;
    std::hint::black_box(prettyplease::unparse(&syn::parse2(tokens)?));
    Ok(())
}

fn once(work: impl FnOnce() -> Outcome<()>) -> Outcome<Duration> {
    let watch = Stopwatch::start();
    work()?;
    Ok(watch.elapsed())
}

fn best(mut work: impl FnMut() -> Outcome<()>) -> Outcome<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        best = best.min(once(&mut work)?);
    }
    Ok(best)
}
