//! What a document has to be like to be looked for, and what is said of one that is not.

use std::path::Path;

use rescind_specs::Vendor;
use serde_json::{Value, json};

use super::{Stored, read};
use crate::digest::digest;

fn document() -> Value {
    json!({
        "version": 1,
        "contract": "dinie",
        "digest": digest(Vendor::Dinie.contract().unwrap()),
        "requirement": "R14",
        "finding": {
            "check": "repeated_revocation",
            "verdict": "fail",
            "operation": "revokeCredential",
            "message": "revoking a credential again is not answered as documented",
            "documented": "204 or 404 or 409",
            "received": "500",
            "place": null,
            "exchanges": [1, 2],
        },
        "repeat": { "sequence": {
            "of": "client",
            "check": { "repeated_revocation": { "answer": [{ "status": [204, 404, 409] }] } },
            "steps": [
                { "about": "issue credential A", "do": { "issue": ["A", {}] } },
                { "do": { "revoke": { "target": { "slot": "A" }, "by": "documented" } } },
                { "do": { "revoke": { "target": { "slot": "A" }, "by": "documented" } } },
            ],
        } },
    })
}

fn reading(text: &str) -> Result<Vec<Stored>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.json");
    std::fs::write(&path, text).unwrap();
    let shown = path.display().to_string();
    read(&path).map(|(all, _)| all).map_err(|error| error.to_string().replace(&shown, "x.json"))
}

#[test]
fn a_document_is_read_and_written_the_same() {
    let all = reading(&document().to_string()).unwrap();
    let [stored] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(stored.id(), "dinie/R14");
    for (wanted, meant) in [
        ("R14", true),
        ("dinie/R14", true),
        ("repeated_revocation", true),
        ("R1", false),
        ("wattshift/R14", false),
    ] {
        assert_eq!(stored.is_meant(wanted), meant, "{wanted}");
    }
    let folder = tempfile::tempdir().unwrap();
    let both = [stored.clone(), stored.clone()];
    let written = Stored::write_all(&both, folder.path()).unwrap();
    let names: Vec<&str> = written.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["dinie-R14-repeated_revocation.json", "dinie-R14-repeated_revocation-2.json"]);
    assert_eq!(read(&written[0]).unwrap().0, all);
}

#[test]
fn what_cannot_be_read_says_why() {
    let check = |text: String, says: &str| {
        let error = reading(&text).unwrap_err();
        assert!(error.starts_with(says), "{error}");
    };
    let changed = |path: &str, value: Value| {
        let mut document = document();
        *document.pointer_mut(path).unwrap() = value;
        serde_json::to_string_pretty(&document).unwrap()
    };
    check("{".to_owned(), "x.json:1:1: EOF while parsing an object");
    check("{}".to_owned(), "x.json: this is no counterexample");
    check(
        changed("/version", json!(2)),
        "x.json has version 2 of the format, and this program reads version 1",
    );
    check(changed("/repeat/sequence/steps/0/do", json!({ "dance": "A" })), "x.json:");
    check(changed("/repeat/sequence/steps/0/do", json!({ "present": "?" })), "x.json:");
    let error = read(Path::new("/nonexistent/x.json")).unwrap_err().to_string();
    assert!(error.starts_with("cannot read /nonexistent/x.json: "), "{error}");
}
