//! The probes: `tests/probes/<area>.yaml`, each entry one feature on its own.

use std::fs;
use std::path::{Path, PathBuf};

use rescind_specs::Document;
use serde_json::{Map, Value, json};

/// One feature on its own.
pub(crate) struct Probe {
    /// What it is about.
    pub(crate) name: String,
    /// What becomes of it: `carried`, `loss` or `refused`.
    pub(crate) outcome: String,
    /// The text of its document.
    pub(crate) text: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/probes")
}

/// The areas, by name.
pub(crate) fn areas() -> Vec<(String, Vec<Probe>)> {
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
