//! The compile harness: what compiles is told from what does not, each crate by itself.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use xtask::artifact::Artifact;
use xtask::compile::{GeneratedCrate, HarnessError, Verdict, Workspace, check};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn file(path: &str, contents: &str) -> Artifact {
    Artifact { path: path.into(), contents: contents.into() }
}

fn of_one_file(name: &str, contents: &str) -> GeneratedCrate {
    GeneratedCrate { name: name.into(), files: vec![file("src/lib.rs", contents)] }
}

#[test]
fn each_crate_has_its_own_errors() {
    let modules = GeneratedCrate::of_modules(
        "modules",
        [
            ("right".to_owned(), vec![file("right.rs", "pub const A: u8 = 1;")]),
            (
                "wrong".to_owned(),
                vec![file("wrong/mod.rs", "mod deep;"), file("wrong/deep.rs", "\nfn a() -> u8 {}")],
            ),
        ],
    );
    let crates = [
        of_one_file("right", "pub fn a() -> ::serde_json::Value { ::serde_json::Value::Null }"),
        of_one_file("wrong", "fn a() -> u8 { 1 + \"a\" }\n\nfn b(b: Missing) {}"),
        modules,
    ];
    let verdicts = check(root(), "test-errors", &crates).unwrap();
    assert_eq!(verdicts[0], ("right".to_owned(), Verdict::Compiles));
    let Verdict::Errors(errors) = &verdicts[1].1 else { panic!("{verdicts:?}") };
    assert_eq!(
        (errors[0].file.clone(), errors[0].line),
        (Some(PathBuf::from("src/lib.rs")), 3),
        "{errors:?}"
    );
    assert!(errors[0].message.ends_with("[E0425]") || errors[0].message.ends_with("[E0412]"), "{errors:?}");
    let Verdict::Errors(errors) = &verdicts[2].1 else { panic!("{verdicts:?}") };
    assert_eq!(errors.len(), 1);
    assert_eq!((errors[0].file.clone(), errors[0].line), (Some(PathBuf::from("src/wrong/deep.rs")), 2));
}

#[test]
fn what_cargo_refuses_and_what_takes_too_long_is_no_success() {
    let refused = check(root(), "test-refused", &[of_one_file("not a name", "")]);
    assert!(
        matches!(&refused, Err(HarnessError::Refused(words)) if words.contains("not a name")),
        "{refused:?}"
    );

    let endless = "#![allow(long_running_const_eval)]\nconst _: () = loop {};";
    let mut workspace = Workspace::new(root(), "test-limit").unwrap();
    workspace.add(&[of_one_file("endless", endless)]).unwrap();
    let verdicts = workspace.check(&["endless"], None, Duration::from_secs(3)).unwrap();
    assert_eq!(verdicts["endless"], Verdict::Stopped("not done after 3 s".to_owned()));
}
