//! Generated crates: they compile as they stand, their README does too, and no file of others is touched.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use xtask::compile::{GeneratedCrate, check};
use xtask::manifest::Runtime;
use xtask::output::package::{self, Side};
use xtask::own::{self, Shape, Sides};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn codegen(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).arg("codegen").args(arguments).output().unwrap()
}

/// Exit code and standard error, with `folder` left out.
fn told(output: &Output, folder: &Path) -> (Option<i32>, String) {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    (output.status.code(), text.replace(&folder.display().to_string(), "DIR"))
}

const DOCUMENT: &str = "\
openapi: 3.0.3
info: { title: 'Key | *Service* <b>', version: v1.2-beta, description: '```rust\nno code\n```' }
servers: [{ url: https://keys.example.com/v1 }]
security: [{ admin: [] }, { key: [] }]
paths:
  /keys/{id}:
    delete:
      operationId: revokeKey
      summary: 'Revoke | a [key](x)'
      parameters:
        - { name: id, in: path, required: true, schema: { type: string } }
        - { name: session, in: cookie, schema: { type: string } }
      responses:
        '103': { description: Early hints. }
        '204': { description: Gone. }
        '404': { description: Unknown., content: { application/json: { schema: { $ref: '#/components/schemas/Problem' } } } }
  /keys:
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { until: { type: string, format: date-time } } } } } }
      responses:
        '201': { description: Issued. }
components:
  schemas: { Problem: { type: object, required: [id], properties: { id: { type: string, format: uuid } } } }
  securitySchemes:
    admin: { type: http, scheme: bearer }
    key: { type: apiKey, in: header, name: X-Key }
";

/// The blocks of Rust in a README, as a crate that uses the crate it is about.
fn examples(readme: &str) -> String {
    let blocks = readme.split("```rust,no_run\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let plain = |block: &str| -> String {
        block.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
    };
    let modules = blocks.enumerate().map(|(number, block)| {
        let block = plain(block);
        format!("mod example{number} {{\n{block}\n}}\n")
    });
    modules.collect::<Vec<_>>().concat()
}

#[test]
fn crates_and_their_readmes_compile() {
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("keys.yaml");
    std::fs::write(&document, DOCUMENT).unwrap();
    let generated = own::generate(&document, None, Sides::Both, Shape::Crate).unwrap();
    let runtime = Runtime::Folder(root().to_owned());
    let mut crates = Vec::new();
    for (side, sources) in [(Side::Client, generated.client), (Side::Server, generated.server)] {
        let name = package::name(&generated.facts, side);
        assert_eq!(name, format!("key-service-b-{}", side.word()));
        let mut files = package::files(&generated.facts, side, sources.unwrap(), folder.path(), &runtime);
        let text =
            |path: &str| files.iter().find(|file| file.path == Path::new(path)).unwrap().contents.clone();
        assert!(text("Cargo.toml").contains("version = \"1.2.0\""), "{}", text("Cargo.toml"));
        let readme = text("README.md");
        insta::assert_snapshot!(format!("readme_{}", side.word()), readme);
        let library = name.replace('-', "_");
        let code = examples(&readme).replace(&format!("use {library}::"), "use crate::");
        assert_eq!(code.matches("mod example").count(), 1);
        for file in &mut files {
            if file.path == Path::new("src/lib.rs") {
                file.contents.push_str(&code);
            }
        }
        crates.push(GeneratedCrate { name, files });
    }
    for (name, verdict) in check(root(), "test-crates", &crates).unwrap() {
        assert!(verdict.compiles(), "{name}: {verdict:?}");
    }
}

#[test]
fn a_crate_is_written_compared_and_cleaned_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let write = |name: &str, contents: &str| std::fs::write(path(name), contents).unwrap();
    write("keys.yaml", DOCUMENT);
    write("Cargo.toml", "[workspace]\nmembers = ['app']\n");
    let arguments = [
        "--openapi",
        &path("keys.yaml"),
        "--name",
        "keys",
        "--client-out",
        &path("client"),
        "--server-out",
        &path("server"),
    ];
    let run = |more: &[&str]| told(&codegen(&[&arguments[..], more].concat()), folder.path());

    let (code, text) = run(&[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.ends_with("generated 2 of 2 operations, 2 warnings; client DIR/client, server DIR/server\n"),
        "{text}"
    );
    let manifest = std::fs::read_to_string(path("client/Cargo.toml")).unwrap();
    assert!(
        manifest.contains("name = \"keys-client\"") && manifest.ends_with("\n[workspace]\n"),
        "{manifest}"
    );
    assert_eq!(run(&["--check"]).0, Some(0));
    let (code, text) = run(&["--deny-warnings", "--quiet"]);
    assert_eq!(code, Some(1));
    assert!(text.starts_with("warning: ") && text.ends_with("error: warnings are denied\n"), "{text}");
    assert_eq!(run(&["--quiet"]), (Some(0), String::new()));

    // What an earlier version generated is removed; what somebody wrote is not.
    let old = "//! @generated by cargo xtask codegen from keys.yaml; do not edit.\n";
    write("client/src/old.rs", old);
    write("client/src/own.rs", "fn own() {}");
    write("server/README.md", "# My own\n");
    let (code, text) = run(&["--check"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("orphaned  DIR/client/src/old.rs\n   stale  DIR/server/README.md\n"), "{text}");
    let (code, text) = run(&[]);
    assert_eq!(code, Some(1));
    assert!(text.contains("nothing was written:\n  DIR/server/README.md\n"), "{text}");
    assert!(Path::new(&path("client/src/old.rs")).exists());
    assert_eq!(run(&["--force"]).0, Some(0));
    assert!(
        !Path::new(&path("client/src/old.rs")).exists() && Path::new(&path("client/src/own.rs")).exists()
    );
    assert_eq!(run(&["--check"]).0, Some(0));

    let output = codegen(&[&arguments[..], &["--format", "json", "--runtime", "1.0"]].concat());
    let told = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{told}");
    for line in lines {
        assert_eq!((line["severity"].as_str(), line["line"].as_u64()), (Some("warning"), Some(16)), "{line}");
    }
    let manifest = std::fs::read_to_string(path("server/Cargo.toml")).unwrap();
    assert!(manifest.contains("rescind-server = { version = \"1.0\""), "{manifest}");
}

#[test]
fn a_file_lists_documents() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("contracts")).unwrap();
    std::fs::write(path("contracts/keys.yaml"), DOCUMENT).unwrap();
    let text = "[[codegen]]\nopenapi = 'contracts/keys.yaml'\nclient = 'client'\n\n\
                [[codegen]]\nopenapi = 'contracts/keys.yaml'\nserver = 'stubs'\nmodule = true\nname = 'keys'\n";
    std::fs::write(path("rescind.toml"), text).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        let output = command.arg("codegen").args(arguments).current_dir(folder.path()).output().unwrap();
        told(&output, folder.path())
    };
    assert_eq!(run(&["--check"]).0, Some(1));
    assert_eq!(run(&["--quiet"]), (Some(0), String::new()));
    assert!(path("client/src/lib.rs").exists() && path("stubs/keys/api.rs").exists());
    assert_eq!(run(&["--check", "--config", "rescind.toml"]).0, Some(0));
    std::fs::write(path("rescind.toml"), text.replace("module", "modul")).unwrap();
    assert_eq!(
        run(&["--check"]),
        (Some(2), "error: rescind.toml:8:1: unknown key `modul`; did you mean `module`?\n".to_owned())
    );
}
