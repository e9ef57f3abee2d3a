//! The program from outside: what it prints, and its exit status.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use insta::assert_snapshot;
use rescind_conformance::exit_code::ExitCode;
use rescind_conformance::explain;
use rescind_specs::{Contract, Vendor};

/// The program, in a folder without a target file and an environment without its variables.
fn rescind(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rescind"));
    command.current_dir(folder).env_clear().env("COLUMNS", "80");
    command
}

fn run(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    rescind(folder.path()).args(arguments).output().unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// An address of the loopback interface where nothing listens.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/base", listener.local_addr().unwrap())
}

#[test]
fn a_wrong_invocation_says_what_to_write() {
    let check = |name: &str, arguments: &[&str]| {
        let output = run(arguments);
        assert_eq!(status(&output), 2, "{arguments:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{arguments:?}");
        assert_snapshot!(name, stderr(&output));
    };
    check("unknown_flag", &["check", "--refrence"]);
    check("unknown_contract", &["check", "--contract", "dini", "--url", "http://127.0.0.1:9"]);
    check("nothing_to_judge", &["check"]);
    check("no_url", &["check", "--contract", "dinie"]);
    check("no_caller", &["check", "--contract", "dinie", "--url", "http://127.0.0.1:9"]);
    check("no_caller_without_id", &["check", "--contract", "shiftagent", "--url", "http://127.0.0.1:9"]);
    check("url_with_secret", &["check", "--contract", "wattshift", "--url", "http://id:secret@127.0.0.1:9"]);
    check("one_url_for_two", &["check", "--contract", "wattshift,dinie", "--url", "http://127.0.0.1:9"]);
    check("unknown_format", &["check", "--reference", "--report", "xml=a"]);
    check("github_elsewhere", &["check", "--reference", "--report", "github"]);
    check("two_reports_in_one_file", &["check", "--reference", "--report", "html=a", "--report", "json=a"]);
    check("no_folder", &["check", "--reference", "--snapshots", "/dev/null"]);
    check("no_result", &["report", "result.json"]);
    check("unknown_selection", &["check", "--reference", "--contract", "dinie", "--only", "R99"]);
    check("unknown_fault", &["check", "--reference", "--fault", "everything"]);
    let production = ["check", "--contract", "wattshift", "--url", "https://api.acme.com", "--allow-writes"];
    check("production", &production);
    check("no_time_to_answer", &["check", "--contract", "dinie", "--timeout", "0s"]);
    check("unknown_page", &["explain", "R3"]);
}

#[test]
fn a_contract_with_a_mistake_is_shown_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("openapi.yaml");
    std::fs::write(&path, "openapi: 3.0.3\ninfo: { title: One, version: '1' }\npath: {}\n").unwrap();
    let output = rescind(folder.path()).args(["check", "--openapi", "openapi.yaml"]).output().unwrap();
    assert_eq!(status(&output), 2);
    assert_snapshot!("mistake_in_contract", stderr(&output));
}

#[test]
fn a_deployment_that_is_not_there_is_told_apart() {
    let output = run(&["check", "--contract", "wattshift", "--url", &nowhere(), "--allow-writes"]);
    assert_eq!(status(&output), 4, "{}", stderr(&output));
    assert!(stderr(&output).contains("wattshift"), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
}

#[test]
fn the_environment_comes_before_the_target_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rescind.toml");
    let url = nowhere();
    let text = format!(
        "[contracts.dinie]\nurl = {url:?}\n[contracts.dinie.callers.operator]\nid = \"a\"\nsecret = {{ env = \"HIDDEN\" }}\n"
    );
    std::fs::write(&path, text).unwrap();
    let output = rescind(folder.path()).arg("check").output().unwrap();
    assert_eq!(status(&output), 2);
    assert_snapshot!("unset_variable", stderr(&output));
    let output = rescind(folder.path()).arg("check").env("HIDDEN", "hidden-secret").output().unwrap();
    assert_eq!(status(&output), 4, "{}", stderr(&output));
    let environment =
        [("RESCIND_DINIE_OPERATOR_ID", "b"), ("RESCIND_DINIE_OPERATOR_SECRET", "hidden-secret")];
    let output = rescind(folder.path()).arg("check").envs(environment).output().unwrap();
    assert_eq!(status(&output), 4, "{}", stderr(&output));
    let output = rescind(folder.path()).arg("check").env("RESCIND_DINIE_OPERATOR_ID", "b").output().unwrap();
    assert_eq!(status(&output), 2);
    assert_snapshot!("half_a_caller", stderr(&output));
}

#[test]
fn a_mistake_in_the_target_file_is_named_without_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rescind.toml");
    let check = |name: &str, text: &str| {
        std::fs::write(&path, text).unwrap();
        let output = rescind(folder.path()).arg("check").output().unwrap();
        assert_eq!(status(&output), 2, "{}", stderr(&output));
        assert!(!stderr(&output).contains("sk_hidden"), "{}", stderr(&output));
        assert_snapshot!(name, stderr(&output));
    };
    check("target_syntax", "[contracts.dinie]\nurl = \"http://127.0.0.1\"\nsecret = sk_hidden\n");
    check("target_unknown_key", "[contracts.dinie]\nuri = \"http://127.0.0.1\"\n");
    check("target_bad_secret", "[contracts.dinie.callers.operator]\nid = \"a\"\nsecret = [\"sk_hidden\"]\n");
    check("target_bare_secret", "[contracts.dinie.callers.operator]\nid = \"a\"\nsecret = \"sk_hidden\"\n");
    check("target_number_as_secret", "[contracts.dinie.callers.operator]\nid = \"a\"\nsecret = 4711\n");
    check(
        "target_unknown_caller",
        "[contracts.dinie]\nurl = \"http://127.0.0.1\"\n[contracts.dinie.callers.boss]\nid = \"a\"\nsecret = { literal = \"sk_hidden\" }\n",
    );
    check("target_unknown_contract", "[contracts.dino]\nurl = \"http://127.0.0.1\"\n");
    check("target_no_openapi", "[contracts.mine]\nlifecycle = \"lifecycle.yaml\"\n");
    check("target_skip_without_reason", "[[skip]]\nid = \"R1\"\nreason = \" \"\n");
    check(
        "target_accept_with_time",
        "[[accept]]\nid = \"R1\"\nuntil = 2027-01-31T00:00:00Z\nreason = \"x\"\n",
    );
    check("target_accept_quoted", "[[accept]]\nid = \"R1\"\nuntil = \"2027-01-31\"\nreason = \"x\"\n");
    check("target_unknown_setting", "[check]\nallow_writes = true\n");
    let accepted = "[contracts.wattshift]\nurl = \"http://127.0.0.1\"\n[[accept]]\nid = \"wattshift/R99\"\n";
    check("target_unknown_acceptance", &format!("{accepted}until = 2027-01-31\nreason = \"x\"\n"));
    let print =
        "[contracts.dinie]\nurl = \"http://127.0.0.1\"\n[contracts.dinie.callers.operator]\nid = \"a\"\n";
    check(
        "target_secret_not_printed",
        &format!("{print}secret = {{ command = [\"false\", \"sk_hidden\"] }}\n"),
    );
    check("target_empty", "");
}

#[cfg(unix)]
#[test]
fn a_target_file_that_others_may_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rescind.toml");
    let url = nowhere();
    let text = format!(
        "[contracts.dinie]\nurl = {url:?}\n[contracts.dinie.callers.operator]\nid = \"a\"\nsecret = {{ literal = \"sk_hidden\" }}\n"
    );
    std::fs::write(&path, text).unwrap();
    for (mode, warned) in [(0o644, true), (0o600, false)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let output = rescind(folder.path()).arg("check").output().unwrap();
        assert_eq!(status(&output), 4, "{}", stderr(&output));
        assert_eq!(stderr(&output).contains("chmod 600"), warned, "{}", stderr(&output));
        assert!(!stderr(&output).contains("sk_hidden"));
    }
}

#[test]
fn the_manual() {
    let check = |name: &str, arguments: &[&str]| {
        let output = run(arguments);
        assert_eq!(status(&output), 0, "{}", stderr(&output));
        assert_snapshot!(name, stdout(&output));
    };
    check("list", &["list"]);
    check("list_requirements", &["list", "--requirements", "--contract", "dinie"]);
    check("explain_requirement", &["explain", "dinie/R4"]);
    check("explain_exit_code", &["explain", "3"]);
}

#[test]
fn every_check_and_requirement_is_explained() {
    for check in explain::checks() {
        assert!(check.page.contains("# What it does"), "{} has no manual page", check.id);
        assert!(explain::explain(check.id).is_some(), "{}", check.id);
    }
    for vendor in Vendor::ALL {
        for requirement in &Contract::of(vendor).unwrap().lifecycle().unwrap().requirements {
            let id = format!("{vendor}/{}", requirement.id);
            assert!(explain::explain(&id).unwrap().contains(&requirement.text), "{id}");
        }
    }
    for code in ExitCode::ALL {
        assert!(explain::explain(&code.to_string()).unwrap().contains(code.meaning()), "{code}");
    }
}

#[test]
fn schemas_and_completions_are_printed() {
    for of in ["report", "target", "lifecycle"] {
        let schema: serde_json::Value = serde_json::from_str(&stdout(&run(&["schema", of]))).unwrap();
        assert!(jsonschema::meta::is_valid(&schema), "{of}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(stdout(&run(&["completions", shell])).contains("rescind"), "{shell}");
    }
}

#[test]
fn help_names_the_exit_codes_and_fits_the_terminal() {
    for arguments in [&["--help"][..], &["check", "--help"], &["help"], &["check", "-h"]] {
        let output = run(arguments);
        let text = stdout(&output) + &stderr(&output);
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{arguments:?}: {text}");
    }
    assert!(stdout(&run(&["check", "--help"])).contains("could not be reached"));
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    use std::io::Read as _;
    use std::process::Stdio;

    let folder = tempfile::tempdir().unwrap();
    let mut child = rescind(folder.path())
        .args(["schema", "report"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().code().is_some());
    assert_eq!(text, "");
}

#[test]
fn the_reference_server_is_judged_in_process() {
    let arguments = ["check", "--reference", "--contract", "dinie", "--only", "R2"];
    let output = run(&arguments);
    assert_eq!(status(&output), 0, "{}{}", stdout(&output), stderr(&output));
    let output =
        run(&[&arguments[..], &["--fault", "accepted-after-revocation", "--report", "json=-"]].concat());
    assert_eq!(status(&output), 1, "{}{}", stdout(&output), stderr(&output));
    let report: rescind_conformance::report::Report = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report.seed, 0);
    let broken =
        report.contracts[0].requirements.iter().filter(|requirement| !requirement.findings.is_empty());
    assert_eq!(broken.map(|requirement| requirement.id.0.as_str()).collect::<Vec<_>>(), ["R2"]);
}

#[test]
fn two_reports_for_standard_output_are_one_too_many() {
    let output = run(&["check", "--reference", "--report", "json=-", "--report", "human=-"]);
    assert_eq!(status(&output), 2, "{}", stderr(&output));
}

/// An interrupt ends the whole run, not only the contract that is being judged, and is no pass.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_run() {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::Stdio;

    let folder = tempfile::tempdir().unwrap();
    let arguments = ["check", "--reference", "--contract", "dinie,wattshift", "--rate", "20", "-v"];
    let mut judge =
        rescind(folder.path()).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(judge.stderr.take().unwrap());
    let mut first = String::new();
    told.read_line(&mut first).unwrap();
    assert!(Command::new("kill").args(["-INT", &judge.id().to_string()]).status().unwrap().success());
    let mut rest = String::new();
    told.read_to_string(&mut rest).unwrap();
    let output = judge.wait_with_output().unwrap();
    assert!(rest.contains("interrupted; what was issued is being revoked"), "{first}{rest}");
    assert!(rest.contains("not begun: wattshift"), "{first}{rest}");
    assert_eq!(status(&output), 3);
    assert!(stdout(&output).contains("dinie: the run was interrupted"), "{}", stdout(&output));
    assert!(!stdout(&output).contains("left behind"), "{}", stdout(&output));
}

/// A fault that breaks nothing of what is judged is no silent pass.
#[test]
fn a_fault_of_another_contract_is_told() {
    let arguments =
        ["check", "--reference", "--contract", "dinie", "--only", "R3", "--fault", "sliding-cache"];
    let output = run(&arguments);
    assert_eq!(stderr(&output), "note: sliding-cache breaks nothing that is judged here, only entrytarget\n");
    assert_eq!(status(&output), 0);
}

/// Every format at once, and all of them again from the result as JSON.
#[test]
fn a_result_is_rendered_at_once_and_later() {
    let folder = tempfile::tempdir().unwrap();
    let summary = folder.path().join("summary.md");
    std::fs::write(&summary, "before\n").unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let formats = ["human", "junit", "sarif", "har", "markdown", "html"];
    let wanted = |prefix: &str| {
        let reports: Vec<String> =
            formats.iter().map(|format| format!("{format}={prefix}.{format}")).collect();
        reports.join(",")
    };
    let output = rescind(folder.path())
        .args(["check", "--reference", "--contract", "wattshift", "--only", "R1", "--report", "json=-"])
        .args(["--report", &wanted("first"), "--report", "github"])
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .unwrap();
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let result = folder.path().join("result.json");
    std::fs::write(&result, &output.stdout).unwrap();
    let markdown = read("first.markdown");
    assert_eq!(read("summary.md"), format!("before\n{markdown}"));

    // What was longer before is replaced, not overwritten in part.
    std::fs::write(folder.path().join("later.markdown"), markdown.repeat(2)).unwrap();
    let output = rescind(folder.path())
        .args(["report", "result.json"])
        .env("RESCIND_REPORT", "json=result.json")
        .args(["--report", &wanted("later")])
        .output()
        .unwrap();
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("Exit code 0"), "{}", stdout(&output));
    for format in formats {
        assert_eq!(read(&format!("first.{format}")), read(&format!("later.{format}")), "{format}");
    }

    let output = rescind(folder.path())
        .args(["check", "--reference", "--contract", "wattshift", "--only", "R1"])
        .env("RESCIND_REPORT", "junit=from-environment.xml,markdown=-")
        .output()
        .unwrap();
    assert!(stdout(&output).starts_with("## "), "{}", stdout(&output));
    assert!(read("from-environment.xml").starts_with("<?xml"));
}

#[test]
fn a_result_that_is_none_says_so() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("result.json"), "{\"version\": \"9.9.9\", \"seed\": 0}").unwrap();
    let output = rescind(folder.path()).args(["report", "result.json"]).output().unwrap();
    assert_eq!(status(&output), 2);
    let text = stderr(&output);
    assert!(text.contains("written by rescind 9.9.9") && text.contains("missing field"), "{text}");
}

#[test]
fn manual_pages_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let output = rescind(folder.path()).args(["man", "--out", "man"]).output().unwrap();
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let page = std::fs::read_to_string(folder.path().join("man/rescind-check.1")).unwrap();
    assert!(page.contains("\\-\\-report") && page.contains(".SH"), "{page}");
    assert_eq!(
        stdout(&output).lines().count(),
        std::fs::read_dir(folder.path().join("man")).unwrap().count()
    );
    assert!(stdout(&run(&["man"])).starts_with(".ie"), "{}", stdout(&run(&["man"])));
}
