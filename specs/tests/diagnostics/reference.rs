//! `$ref` that lead nowhere, away, in circles, or to the wrong kind of object.

use insta::assert_snapshot;
use rescind_specs::{Document, Pointer};

use crate::{described, schema};

#[test]
fn dangling() {
    assert_snapshot!(schema("      $ref: '#/components/schemas/Keys'\n"));
}

#[test]
fn dangling_without_resemblance() {
    assert_snapshot!(schema("      $ref: '#/components/schemas/Credential'\n"));
}

#[test]
fn external_files_are_reported_once() {
    assert_snapshot!(schema(
        "      properties:\n        a: {$ref: 'common.yaml#/A'}\n        b: {$ref: 'common.yaml#/B'}\n        c: {$ref: other.yaml}\n"
    ));
}

#[test]
fn wrong_kind() {
    assert_snapshot!(described(concat!(
        "paths:\n  /keys:\n    get:\n      operationId: list\n      responses:\n",
        "        '200': {$ref: '#/components/schemas/Key'}\n",
        "components:\n  schemas:\n    Key: {type: object}\n",
    )));
}

#[test]
fn target_outside_of_the_known_places() {
    assert_snapshot!(described(concat!(
        "paths: {}\ncomponents:\n  schemas:\n    Key: {$ref: '#/x-schemas/Key'}\n",
        "x-schemas:\n  Key: {typ: object}\n",
    )));
}

#[test]
fn circle() {
    assert_snapshot!(described(concat!(
        "paths: {}\ncomponents:\n  schemas:\n",
        "    A: {$ref: '#/components/schemas/B'}\n    B: {$ref: '#/components/schemas/A'}\n",
    )));
}

#[test]
fn not_a_pointer() {
    assert_snapshot!(schema("      properties:\n        a: {$ref: '#Key'}\n        b: {$ref: 3}\n"));
}

#[test]
fn discriminator_that_maps_to_nothing() {
    assert_snapshot!(described(concat!(
        "paths: {}\ncomponents:\n  schemas:\n    Key:\n      oneOf: [{$ref: '#/components/schemas/Live'}]\n",
        "      discriminator:\n        propertyName: kind\n        mapping: {live: '#/components/schemas/Lives', test: Test}\n",
        "    Live: {type: object}\n",
    )));
}

#[test]
fn recursive_schemas_are_sound() {
    assert_snapshot!(schema("      properties:\n        parent: {$ref: '#/components/schemas/Key'}\n"));
}

#[test]
fn chain_is_followed_to_its_end() {
    let text = "a: {$ref: '#/b'}\nb: {$ref: '#/c~1d/0'}\nc/d: [{x: 1}]\n";
    let document = Document::parse("api.yaml", text).unwrap();
    let (place, value) = document.resolve(&Pointer::root().join("a")).unwrap();
    assert_eq!(place.as_str(), "/c~1d/0");
    assert_eq!(value, &serde_json::json!({"x": 1}));
}
