//! The invariants of the workspace that no compiler checks; the README's section on architecture states them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// Every file below `folder` with that extension, relative to the root.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(folder)];
    while let Some(next) = open.pop() {
        let Ok(entries) = fs::read_dir(root().join(&next)) else { continue };
        for entry in entries.flatten() {
            let path = next.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn text(path: &Path) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The members of the workspace that `member` names in one table of its manifest.
fn members_in(member: &str, table: &str) -> Vec<String> {
    let manifest = text(&Path::new(member).join("Cargo.toml"));
    let header = format!("[{table}]");
    let lines = manifest.lines().skip_while(|line| *line != header).skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| name.starts_with("rescind-"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let allowed: [(&str, &[&str]); 5] = [
        ("specs", &[]),
        ("xtask", &["rescind-specs"]),
        ("client", &[]),
        ("server", &["rescind-specs"]),
        // The server only behind the feature `reference`.
        ("conformance", &["rescind-server", "rescind-specs"]),
    ];
    for (member, allowed) in allowed {
        assert_eq!(members_in(member, "dependencies"), allowed, "dependencies of {member}");
    }
    let manifest = text(Path::new("conformance/Cargo.toml"));
    assert!(manifest.contains("rescind-server = { workspace = true, optional = true }"));
    assert!(members_in("specs", "dev-dependencies").is_empty());
}

/// Client and server read and write alternatives in one way. Neither crate may depend on the other, so each has the file.
#[test]
fn alternatives_are_read_alike_on_both_sides() {
    let sides = ["client/src/typing.rs", "server/src/runtime/typing.rs"].map(|path| text(Path::new(path)));
    assert!(
        sides[0] == sides[1],
        "client/src/typing.rs and server/src/runtime/typing.rs differ; copy one over the other"
    );
}

#[test]
fn vendors_are_named_only_where_they_belong() {
    let names = ["wattshift", "dinie", "shiftagent", "entrytarget"];
    let exempt = |path: &Path| {
        let path = path.to_string_lossy();
        path.contains("/generated/")
            || path.contains("/tests/")
            // Unit tests that have a file of their own.
            || path.ends_with("/tests.rs")
            || path.contains("/examples/")
            || path.contains("/benches/")
            || path.starts_with("server/src/vendor/")
            // What callers of one contract have to do themselves, on top of its generated client.
            || names.iter().any(|name| path.starts_with(&format!("client/src/{name}/")))
            // The doors of the crates: one public module a contract.
            || path == "client/src/lib.rs"
            || path == "server/src/vendor.rs"
    };
    let mut found = Vec::new();
    for path in ["xtask", "client", "server", "conformance"].iter().flat_map(|folder| files(folder, "rs")) {
        if exempt(&path) {
            continue;
        }
        for (number, line) in text(&path).lines().enumerate() {
            let code = line.trim_start();
            // An example in a doc comment may name a bundled contract.
            if code.starts_with("//") {
                continue;
            }
            let lower = code.to_lowercase();
            if names.iter().any(|name| lower.contains(name)) {
                found.push(format!("{}:{}: {code}", path.display(), number + 1));
            }
        }
    }
    assert!(
        found.is_empty(),
        "a vendor is named outside of its places; the lifecycle language lacks a word:\n{}",
        found.join("\n")
    );
}

#[test]
fn only_the_clocks_read_the_time() {
    let banned = ["SystemTime::now", "Instant::now", "Timestamp::now", "thread::sleep", "time::sleep"];
    let mut found = Vec::new();
    for path in
        ["specs/src", "client/src", "server/src", "conformance/src"].iter().flat_map(|f| files(f, "rs"))
    {
        if path.file_name().is_some_and(|name| name == "clock.rs") {
            continue;
        }
        for (number, line) in text(&path).lines().enumerate() {
            let code = line.trim_start();
            if !code.starts_with("//") && banned.iter().any(|word| code.contains(word)) {
                found.push(format!("{}:{}: {code}", path.display(), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "time is read outside of a clock.rs:\n{}", found.join("\n"));
}

#[test]
fn every_source_file_says_what_it_is() {
    let folders = ["specs/src", "xtask/src", "client/src", "server/src", "conformance/src"];
    let silent: Vec<_> = folders
        .iter()
        .flat_map(|folder| files(folder, "rs"))
        .filter(|path| !text(path).starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "these files do not begin with a `//!` line: {silent:?}");
}

#[test]
fn generated_files_say_how_to_make_them_again() {
    let generated: Vec<_> = ["client/src/generated", "server/src/generated"]
        .iter()
        .flat_map(|folder| files(folder, "rs"))
        .collect();
    assert!(!generated.is_empty());
    for path in generated {
        let first = text(&path);
        assert!(first.starts_with("//! @generated by cargo xtask codegen"), "{}", path.display());
    }
}

#[test]
fn the_top_level_holds_nothing_else() {
    let known = [
        "Cargo.toml",
        "Cargo.lock",
        "specs",
        "xtask",
        "client",
        "server",
        "conformance",
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "clippy.toml",
        "deny.toml",
        "rustfmt.toml",
        "target",
    ];
    for entry in fs::read_dir(root()).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(name.starts_with('.') || known.contains(&name.as_str()), "{name} does not belong there");
    }
}
