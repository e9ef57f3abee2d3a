//! `rescind init` and `rescind lint` from outside: what they print and write, and their exit status.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use insta::assert_snapshot;
use rescind_specs::{Contract, LIFECYCLE_RULES, Vendor};

fn rescind(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rescind"));
    command.current_dir(folder).env_clear().env("COLUMNS", "80").args(arguments).output().unwrap()
}

fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// A folder `keys` with an OpenAPI document.
fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("keys")).unwrap();
    std::fs::write(folder.path().join("keys/openapi.yaml"), text).unwrap();
    folder
}

fn dinie() -> &'static str {
    Vendor::Dinie.documents()[0].1
}

#[test]
fn a_draft_is_written_loads_and_is_never_written_over() {
    let folder = folder(dinie());
    let (code, out, err) = told(&rescind(folder.path(), &["init", "keys/openapi.yaml"]));
    assert_eq!((code, err.as_str()), (0, ""));
    assert_snapshot!("init", out);
    let (openapi, lifecycle) =
        (folder.path().join("keys/openapi.yaml"), folder.path().join("keys/lifecycle.yaml"));
    let contract = Contract::load(&openapi, Some(&lifecycle)).unwrap();
    assert_eq!(contract.name(), "keys");
    assert!(contract.lifecycle().unwrap().kind(None).is_some());

    std::fs::write(&lifecycle, "mine: {}\n").unwrap();
    let (code, out, err) = told(&rescind(folder.path(), &["init", "keys/openapi.yaml"]));
    assert_eq!((code, out.as_str()), (2, ""));
    assert_eq!(
        err,
        "error: keys/lifecycle.yaml exists; --force writes over it, --output FILE writes elsewhere, --output - prints \
         the draft\n"
    );
    assert_eq!(std::fs::read_to_string(&lifecycle).unwrap(), "mine: {}\n");
    let (code, out, err) = told(&rescind(folder.path(), &["init", "keys/openapi.yaml", "--output", "-"]));
    assert_eq!(code, 0);
    assert!(
        out.starts_with("# What the calls of Dinie API mean over time") && err.contains("[contracts.keys]"),
        "{err}"
    );
    assert_eq!(told(&rescind(folder.path(), &["init", "keys/openapi.yaml", "--force"])).0, 0);
    assert_ne!(std::fs::read_to_string(&lifecycle).unwrap(), "mine: {}\n");
}

#[test]
fn a_document_with_mistakes_gives_a_draft_and_shows_them() {
    let folder = folder(&dinie().replace("operationId: createToken", "operationId: revokeCredential"));
    let (code, out, err) = told(&rescind(folder.path(), &["init", "keys/openapi.yaml"]));
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("revoke"), "{out}");
    assert!(err.contains("duplicate operationId `revokeCredential`"), "{err}");
    assert!(err.contains("correct them before a deployment is judged"), "{err}");
}

#[test]
fn a_draft_is_linted_by_what_is_left_to_answer() {
    let folder = folder(dinie());
    assert_eq!(told(&rescind(folder.path(), &["init", "keys/openapi.yaml"])).0, 0);
    let lint = ["lint", "--openapi", "keys/openapi.yaml", "--lifecycle", "keys/lifecycle.yaml"];
    let (code, out, _) = told(&rescind(folder.path(), &lint));
    assert_eq!(code, 0, "{out}");
    assert!(
        out.contains("warning[open_question]: this is still a question\n  --> keys/lifecycle.yaml:"),
        "{out}"
    );
    assert!(out.ends_with("0 errors, 14 warnings\n"), "{out}");
    let denied: Vec<&str> = lint.into_iter().chain(["--deny-warnings"]).collect();
    assert_eq!(told(&rescind(folder.path(), &denied)).0, 1);
    let json: Vec<&str> = lint.into_iter().chain(["--format", "json"]).collect();
    let (code, out, _) = told(&rescind(folder.path(), &json));
    assert_eq!(code, 0);
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(found[0]["rule"], "open_question");
    assert_eq!(found[0]["file"], "keys/lifecycle.yaml");
    assert!(found[0]["line"].as_u64().unwrap() > 5);
}

#[test]
fn bundled_contracts_are_clean_and_a_broken_document_is_an_error() {
    let folder = folder("openapi: 3.0.3\ninfo: { title: One, version: '1' }\npath: {}\n");
    let all = ["lint", "--contract", "wattshift,dinie,shiftagent,entrytarget", "--deny-warnings"];
    let (code, out, err) = told(&rescind(folder.path(), &all));
    assert_eq!(
        (code, out.as_str(), err.as_str()),
        (0, "nothing is missing, and nothing contradicts itself\n", "")
    );
    let (code, out, _) = told(&rescind(folder.path(), &["lint", "--openapi", "keys/openapi.yaml"]));
    assert_eq!(code, 1);
    assert!(out.contains("keys/openapi.yaml:3:1"), "{out}");
    assert_eq!(told(&rescind(folder.path(), &["lint", "--openapi", "none.yaml"])).0, 2);
    assert_eq!(told(&rescind(folder.path(), &["lint"])).0, 2);
}

#[test]
fn every_rule_is_listed_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let (_, list, _) = told(&rescind(folder.path(), &["list", "--rules"]));
    for rule in LIFECYCLE_RULES {
        assert!(list.contains(rule.id), "{list}");
        let (code, out, _) = told(&rescind(folder.path(), &["explain", rule.id]));
        assert_eq!(code, 0);
        assert!(
            out.starts_with(rule.id) && out.lines().skip(1).all(|line| line.chars().count() <= 80),
            "{out}"
        );
    }
}
