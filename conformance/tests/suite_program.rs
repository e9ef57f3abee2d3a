//! The test program of the suite from outside, as test runners call it: it lists, runs one, and fails where a promise is
//! broken.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::process::{Command, Output};

/// The program of `tests/suite.rs`, which is built beside this one.
fn program() -> Command {
    let here = std::env::current_exe().expect("it runs");
    let folder = here.parent().expect("it lies in a folder");
    let is_it = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.strip_prefix("suite-").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let files = std::fs::read_dir(folder).expect("the folder can be read");
    let programs = files.filter_map(|file| Some(file.ok()?.path())).filter(is_it);
    let newest = programs.max_by_key(|path| path.metadata().and_then(|about| about.modified()).ok());
    Command::new(newest.expect("cargo test -p rescind-conformance builds the suite as well"))
}

fn run(arguments: &[&str], fault: Option<&str>) -> Output {
    let mut program = program();
    program.args(arguments).env_remove("RESCIND_SUITE_FAULT");
    program.envs(fault.map(|fault| ("RESCIND_SUITE_FAULT", fault)));
    program.output().expect("the suite runs")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn it_lists_every_promise() {
    let list = text(&run(&["--list", "--format", "terse"], None));
    for name in
        ["dinie::R2", "entrytarget::R29", "wattshift::status_code_conformance", "dinie::reference_machine"]
    {
        assert!(list.lines().any(|line| line == format!("{name}: test")), "{name}: {list}");
    }
    let ignored = text(&run(&["--list", "--format", "terse", "--ignored"], None));
    assert!(ignored.lines().any(|line| line == "dinie::R19: test"), "{ignored}");
    assert!(!ignored.contains("dinie::R2:"), "{ignored}");
}

/// A runner with a process for each test asks so.
#[test]
fn one_promise_can_be_run_alone() {
    let output = run(&["dinie::R2", "--exact", "--nocapture"], None);
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("test dinie::R2 ... ok"), "{}", text(&output));
    assert!(text(&output).contains("1 passed; 0 failed"), "{}", text(&output));
}

#[test]
fn a_broken_promise_is_a_failed_test() {
    let output = run(&["dinie::R", "--skip", "R20"], Some("accepted-after-revocation"));
    let text = text(&output);
    assert_eq!(output.status.code(), Some(101), "{text}");
    // Names are padded to one length.
    let told = |name: &str, outcome: &str| {
        let words = ["test", name, "...", outcome];
        text.lines().any(|line| line.split_whitespace().eq(words))
    };
    assert!(told("dinie::R2", "FAILED") && told("dinie::R1", "ok"), "{text}");
    assert!(text.contains("Shortest sequence:"), "{text}");
    assert!(text.contains("filtered out"), "{text}");
}
