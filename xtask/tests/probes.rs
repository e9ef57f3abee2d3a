//! One feature of OpenAPI at a time: whether it is carried, carried with a loss, or refused, and in which words.
//!
//! `tests/probes/<area>.yaml` lists the features; the snapshot beside this file shows what a person is told of each.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rescind_specs::{Contract, Diagnostic, Document, LoadError};
use serde_json::{Map, Value, json};
use xtask::emit::client::{self, Runtime};
use xtask::emit::server::{self, DocumentPlace, Options};
use xtask::lower;

/// One feature on its own.
struct Probe {
    /// What it is about.
    name: String,
    /// What becomes of it: `carried`, `loss` or `refused`.
    outcome: String,
    /// The text of its document.
    text: String,
}

/// What became of a probe.
struct Found {
    outcome: &'static str,
    diagnostics: Vec<Diagnostic>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/probes")
}

/// The areas, by name.
fn areas() -> Vec<(String, Vec<Probe>)> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder()).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files.iter().map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), read(path))).collect()
}

fn read(path: &Path) -> Vec<Probe> {
    let text = format!("probes:\n{}", fs::read_to_string(path).unwrap());
    let document =
        Document::parse(path.display().to_string(), text).unwrap_or_else(|error| panic!("{error}"));
    let probes = document.root()["probes"].as_array().expect("a list of probes");
    probes.iter().map(probe).collect()
}

fn probe(entry: &Value) -> Probe {
    let text = |key: &str| entry[key].as_str().map(str::to_owned);
    let name = text("probe").unwrap_or_else(|| panic!("a probe without a name: {entry}"));
    let outcome = text("outcome").unwrap_or_else(|| panic!("`{name}` has no outcome"));
    assert!(["carried", "loss", "refused"].contains(&outcome.as_str()), "`{name}`: outcome `{outcome}`");
    // A text stands for itself: some mistakes do not survive a parser.
    let document = text("text").unwrap_or_else(|| {
        let mut whole =
            json!({ "openapi": "3.0.3", "info": { "title": "probe", "version": "1" }, "paths": {} });
        merge(whole.as_object_mut().unwrap(), entry["document"].as_object().expect(&name));
        serde_json::to_string_pretty(&whole).unwrap()
    });
    Probe { name, outcome, text: document }
}

fn merge(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(key), value) {
            (Some(Value::Object(into)), Value::Object(from)) => merge(into, from),
            _ => drop(into.insert(key.clone(), value.clone())),
        }
    }
}

/// Generates both sides.
fn generate(probe: &Probe) -> Found {
    let refused = |diagnostics| Found { outcome: "refused", diagnostics };
    let contract = match Document::parse("probe", probe.text.clone())
        .and_then(|document| Contract::new("probe", document, None))
    {
        Ok(contract) => contract,
        Err(LoadError::Invalid(diagnostics)) => return refused(diagnostics),
        Err(error) => panic!("`{}`: {error}", probe.name),
    };
    let mut draft = match lower::lower(&contract) {
        Ok(draft) => draft,
        Err(diagnostics) => return refused(diagnostics),
    };
    let mut told: Vec<Diagnostic> = contract.warnings().to_vec();
    told.extend(draft.losses.iter().map(|loss| loss.diagnostic(contract.document())));
    let runtime = Runtime { path: "::rescind_client".to_owned() };
    if let Err(error) = client::emit(&draft, &runtime) {
        panic!("`{}`: no client: {error}", probe.name);
    }
    let options = Options {
        runtime: "::rescind_server::runtime".to_owned(),
        document: DocumentPlace::Beside,
        source: "probe".to_owned(),
    };
    match server::emit(&mut draft, &options) {
        Ok(stubs) => told.extend(stubs.losses),
        Err(error) => panic!("`{}`: no stubs: {error}", probe.name),
    }
    Found { outcome: if told.is_empty() { "carried" } else { "loss" }, diagnostics: told }
}

#[test]
fn every_feature_is_carried_or_told() {
    let mut names = BTreeSet::new();
    let mut wrong = Vec::new();
    for (area, probes) in areas() {
        let mut told = String::new();
        for probe in &probes {
            assert!(names.insert(probe.name.clone()), "two probes are called `{}`", probe.name);
            let found = generate(probe);
            if found.outcome != probe.outcome {
                wrong.push(format!(
                    "{area}: `{}` is {}, expected {}",
                    probe.name, found.outcome, probe.outcome
                ));
            }
            writeln!(told, "{}: {}", probe.name, found.outcome).unwrap();
            let lines: BTreeSet<String> = found.diagnostics.iter().map(ToString::to_string).collect();
            for line in lines {
                writeln!(told, "  {line}").unwrap();
            }
        }
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("probes_{area}"), told);
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
