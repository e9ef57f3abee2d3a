//! The renderings for programs and browsers: what each looks like, and that its readers can read it whatever a
//! deployment answers.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/result.rs"]
mod result;

use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;
use quick_xml::Reader;
use quick_xml::events::Event;
use rescind_conformance::report::{Report, har, html, json, junit, markdown, sarif};
use serde_json::{Value, json};

use result::{MARKUP, broken, contract, report, seen};

type Render = fn(&Report, &mut dyn Write) -> io::Result<()>;

fn rendered(render: Render, report: &Report) -> String {
    let mut out = Vec::new();
    render(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn conforming() -> Report {
    report(vec![contract("dinie"), contract("entrytarget")])
}

fn schemas() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas")
}

#[test]
fn each_format_is_as_it_was() {
    let report = seen();
    assert_snapshot!("junit", rendered(junit::write, &report));
    assert_snapshot!("sarif", rendered(sarif::write, &report));
    assert_snapshot!("markdown", rendered(markdown::write, &report));
    assert_snapshot!("har", rendered(har::write, &report));
    assert_snapshot!("html", rendered(html::write, &report));
    assert_snapshot!("markdown_conforming", rendered(markdown::write, &conforming()));
    assert_snapshot!("junit_conforming", rendered(junit::write, &conforming()));
}

/// Whatever a deployment answers: no reader gets a character that it would obey.
#[test]
fn no_rendering_holds_control_characters() {
    let report = seen();
    for render in
        [junit::write as Render, sarif::write, markdown::write, har::write, html::write, json::write]
    {
        let text = rendered(render, &report);
        let wrong = text.chars().find(|c| c.is_control() && *c != '\n' && *c != '\t');
        assert_eq!(wrong, None);
    }
}

#[test]
fn junit_is_well_formed_and_adds_up() {
    let text = rendered(junit::write, &seen());
    let mut reader = Reader::from_str(&text);
    let mut cases = 0;
    let mut told = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) | Event::Empty(tag) => match tag.name().as_ref() {
                "testcase" => cases += 1,
                "failure" | "error" | "skipped" => {
                    told.push(tag.name().as_ref().to_owned());
                }
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(
        text.contains(&format!("<testsuites name=\"rescind\" tests=\"{cases}\" failures=\"1\" errors=\"0\"")),
        "{text}"
    );
    told.sort();
    assert_eq!(told, ["failure", "skipped", "skipped", "skipped", "skipped"]);
}

/// The schema of the xUnit plugin of Jenkins. Needs `xmllint`; without it nothing is tested, and said so, which is a
/// failure where `RESCIND_REQUIRE_XMLLINT=1`.
#[test]
fn junit_keeps_to_the_schema_that_jenkins_reads() {
    for report in [seen(), broken(), conforming(), report(Vec::new())] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("junit.xml");
        std::fs::write(&file, rendered(junit::write, &report)).unwrap();
        let schema = schemas().join("junit-10.xsd");
        let checked =
            Command::new("xmllint").args(["--nonet", "--noout", "--schema"]).arg(schema).arg(&file).output();
        match checked {
            Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => {
                let demanded = std::env::var("RESCIND_REQUIRE_XMLLINT").is_ok_and(|value| value == "1");
                assert!(!demanded, "xmllint is missing, and RESCIND_REQUIRE_XMLLINT=1 demands it: {error}");
                eprintln!("NOT RUN: xmllint is not on the path");
            }
        }
    }
}

#[test]
fn sarif_keeps_to_the_published_schema() {
    let schema = std::fs::read_to_string(schemas().join("sarif-2.1.0-rtm.5.json")).unwrap();
    // The published file has a pattern that is none; it says what a language is.
    let schema = schema.replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    for report in [seen(), broken(), conforming(), report(Vec::new())] {
        let log: Value = serde_json::from_str(&rendered(sarif::write, &report)).unwrap();
        let wrong: Vec<String> =
            validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        let run = &log["runs"][0];
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
            // Code hosts refuse a result without a place.
            assert!(result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64() > Some(0));
        }
    }
}

#[test]
fn the_archive_keeps_to_the_published_schema() {
    let validator = jsonschema::validator_for(&archive_schema()).unwrap();
    let archive: Value = serde_json::from_str(&rendered(har::write, &seen())).unwrap();
    let wrong: Vec<String> =
        validator.iter_errors(&archive).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(archive["log"]["entries"].as_array().unwrap().len(), 6);
    assert_eq!(archive["log"]["entries"][3]["request"]["url"], "http://127.0.0.1:8081/dinie/v3/auth/token");
}

/// The published schema in one document: its files refer to each other by name.
fn archive_schema() -> Value {
    fn join(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.shift_remove("$id");
                members.shift_remove("$schema");
                if let Some(Value::String(target)) = members.get_mut("$ref")
                    && !target.starts_with('#')
                {
                    *target = format!("#/definitions/{}", target.trim_end_matches('#'));
                }
                members.values_mut().for_each(join);
            }
            Value::Array(items) => items.iter_mut().for_each(join),
            _ => {}
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/tests/fixtures/har");
    let mut definitions = serde_json::Map::new();
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "json") {
            let mut schema = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            join(&mut schema);
            definitions.insert(file.file_name().unwrap().to_string_lossy().into_owned(), schema);
        }
    }
    json!({
        "$schema": "http://json-schema.org/draft-06/schema#",
        "$ref": "#/definitions/har.json",
        "definitions": definitions,
    })
}

/// Texts of a deployment never become elements of the page, and links lead somewhere.
#[test]
fn the_page_obeys_nothing_that_a_deployment_says() {
    let page = rendered(html::write, &seen());
    assert!(!page.contains("<img") && !page.contains("<script") && !page.contains("onerror=\""), "{MARKUP}");
    assert!(page.contains("&lt;/script&gt;&lt;img src=x onerror=&quot;"), "it is shown all the same");
    let anchors: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    for target in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert_eq!(anchors.iter().filter(|anchor| **anchor == target).count(), 1, "{target}");
    }
}

/// Nothing is loaded from elsewhere, so the page is the same wherever it is opened.
#[test]
fn the_page_needs_nothing_but_itself() {
    let page = rendered(html::write, &seen());
    for wrong in ["src=", "@import", "url(", "<link", "<iframe", "javascript:"] {
        let inside = page.replace("src=x", "");
        assert!(!inside.contains(wrong), "{wrong}");
    }
}
