//! One feature of OpenAPI at a time: whether it is carried, carried with a loss, or refused, and in which words.
//!
//! `tests/probes/<area>.yaml` lists the features; the snapshot beside this file shows what a person is told of each.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use rescind_specs::{Diagnostic, Document, LoadError, Prepared};
use xtask::artifact::Artifact;
use xtask::compile::{self, CompileError, GeneratedCrate, Verdict};
use xtask::emit::client::{self, Runtime};
use xtask::emit::server::{self, DocumentPlace, Options};
use xtask::lower;

#[path = "support/probe.rs"]
mod probe;

use probe::{Probe, areas};

/// What became of a probe.
struct Found {
    outcome: &'static str,
    diagnostics: Vec<Diagnostic>,
    /// The files of the client and those of the stubs.
    files: Option<(Vec<Artifact>, Vec<Artifact>)>,
}

/// Generates both sides.
fn generate(probe: &Probe, module: &str) -> Found {
    let refused = |diagnostics| Found { outcome: "refused", diagnostics, files: None };
    let prepared =
        Document::parse("probe", probe.text.clone()).and_then(|document| Prepared::new("probe", document));
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(LoadError::Invalid(diagnostics)) => return refused(diagnostics),
        Err(error) => panic!("`{}`: {error}", probe.name),
    };
    let contract = &prepared.contract;
    let draft = match lower::lower(contract) {
        Ok(draft) => draft,
        Err(diagnostics) => return refused(diagnostics),
    };
    let mut told = prepared.notes.clone();
    told.extend(prepared.left_out.iter().flat_map(|left_out| left_out.reasons.clone()));
    told.extend(contract.warnings().iter().cloned());
    told.extend(draft.losses.iter().map(|loss| loss.diagnostic(contract.document())));
    let runtime = Runtime { path: "::rescind_client".to_owned() };
    let client =
        client::emit(&draft, &runtime).unwrap_or_else(|error| panic!("`{}`: no client: {error}", probe.name));
    let options = Options {
        runtime: "::rescind_server::runtime".to_owned(),
        document: DocumentPlace::Beside,
        source: "probe".to_owned(),
    };
    let (server, losses) = server::files(Path::new(module), &draft, &options)
        .unwrap_or_else(|error| panic!("`{}`: no stubs: {error}", probe.name));
    told.extend(losses);
    let outcome = match (prepared.left_out.as_slice(), told.as_slice()) {
        ([], []) => "carried",
        ([], _) => "loss",
        _ => "refused",
    };
    let client = vec![Artifact::from_file(format!("{module}.rs"), "probe", &client)];
    Found { outcome, diagnostics: told, files: Some((client, server)) }
}

/// The name of the module of the probe at `index` of an area.
fn module(area: &str, index: usize) -> String {
    format!("{area}_{index}")
}

#[test]
fn every_feature_is_carried_or_told() {
    let mut names = BTreeSet::new();
    let mut wrong = Vec::new();
    for (area, probes) in areas() {
        let mut told = String::new();
        for (index, probe) in probes.iter().enumerate() {
            assert!(names.insert(probe.name.clone()), "two probes are called `{}`", probe.name);
            let found = generate(probe, &module(&area, index));
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

#[test]
fn what_is_generated_compiles() {
    let (mut clients, mut servers) = (Vec::new(), Vec::new());
    let mut probed = BTreeMap::new();
    for (area, probes) in areas() {
        for (index, probe) in probes.into_iter().enumerate() {
            let module = module(&area, index);
            let Some((client, server)) = generate(&probe, &module).files else { continue };
            clients.push((module.clone(), client));
            servers.push((module.clone(), server));
            probed.insert(module, probe.name);
        }
    }
    let crates = [
        GeneratedCrate::of_modules("probe-clients", clients),
        GeneratedCrate::of_modules("probe-servers", servers),
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (name, verdict) in compile::check(root, "probes", &crates).unwrap() {
        match verdict {
            Verdict::Compiles => {}
            Verdict::Stopped(reason) => panic!("{name}: {reason}"),
            Verdict::Errors(errors) => {
                let told = errors.iter().map(|error| format!("{}\n{}", of(error, &probed), error.rendered));
                panic!("{name}: {}", told.collect::<Vec<_>>().join("\n"));
            }
        }
    }
}

/// The probe that an error is about.
fn of<'p>(error: &CompileError, probed: &'p BTreeMap<String, String>) -> &'p str {
    let module = error.file.as_ref().and_then(|file| file.iter().nth(1)).unwrap_or_default();
    let module = Path::new(module).file_stem().unwrap_or_default().to_string_lossy();
    probed.get(module.as_ref()).map_or("no probe", String::as_str)
}
