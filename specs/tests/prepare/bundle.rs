//! Documents that consist of several files.

use std::path::Path;

use insta::assert_snapshot;
use rescind_specs::{Pointer, Prepared};

use crate::told;

fn read() -> Prepared {
    // Relative, so that what is told is the same everywhere; tests run in the folder of their package.
    Prepared::read("api", Path::new("tests/prepare/files/api.yaml")).unwrap()
}

#[test]
fn mistakes_are_shown_in_the_file_that_has_them() {
    assert_snapshot!(told(&read()));
}

#[test]
fn everything_stands_in_one_document() {
    let prepared = read();
    assert!(prepared.is_altered());
    assert_snapshot!(prepared.normal_form());
}

#[test]
fn places_are_those_in_the_files() {
    let prepared = read();
    let document = prepared.contract.document();
    let at = Pointer::parse("/components/schemas/Key/properties/owner").unwrap();
    let shown = document.diagnostic(&at, "here").to_string();
    assert_eq!(
        shown,
        "tests/prepare/files/common.yaml:22:16: here (at /components/schemas/Key/properties/owner)"
    );
}

#[test]
fn the_same_files_give_the_same_document() {
    assert_eq!(read().normal_form(), read().normal_form());
}
