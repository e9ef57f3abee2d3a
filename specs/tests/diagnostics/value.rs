//! Values of the wrong type, and values that are not among those allowed.

use insta::assert_snapshot;

use crate::{described, report, schema};

#[test]
fn misspelt_type() {
    assert_snapshot!(schema("      type: strng\n"));
}

#[test]
fn list_of_types() {
    assert_snapshot!(schema("      type: [string, 'null']\n"));
}

#[test]
fn exclusive_bound_as_a_number() {
    assert_snapshot!(schema("      type: integer\n      exclusiveMinimum: 0\n"));
}

#[test]
fn quoted_number() {
    assert_snapshot!(schema("      type: string\n      minLength: '3'\n"));
}

#[test]
fn negative_length() {
    assert_snapshot!(schema("      type: string\n      minLength: -1\n"));
}

#[test]
fn empty_value_where_a_mapping_belongs() {
    assert_snapshot!(schema("      type: object\n      properties:\n        name:\n"));
}

#[test]
fn required_as_a_boolean() {
    assert_snapshot!(schema("      type: string\n      required: true\n"));
}

#[test]
fn empty_and_repeated_lists() {
    assert_snapshot!(schema("      properties:\n        a: {}\n      required: [a, a]\n      enum: []\n"));
}

#[test]
fn unquoted_version() {
    let text = "openapi: 3.0.3\ninfo:\n  title: Keys\n  version: 1.0\npaths: {}\n";
    assert_snapshot!(report("api.yaml", text));
}

#[test]
fn location_and_style_of_parameters() {
    assert_snapshot!(described(concat!(
        "paths: {}\ncomponents:\n  parameters:\n",
        "    A: {name: a, in: quary, schema: {}}\n",
        "    B: {name: b, in: body, schema: {}}\n",
        "    C: {name: c, in: header, style: form, schema: {}}\n",
        "    D: {name: d, in: path, schema: {}}\n",
        "    E: {name: e, in: path, required: false, schema: {}}\n",
    )));
}

#[test]
fn security_schemes() {
    assert_snapshot!(described(concat!(
        "paths: {}\ncomponents:\n  securitySchemes:\n",
        "    A: {type: apikey, name: X-Key, in: header}\n",
        "    B: {scheme: bearer}\n",
        "    C: {type: http}\n",
        "    D: {type: apiKey, name: X-Key, in: heder}\n",
        "    E: {type: http, scheme: basic, bearerFormat: JWT}\n",
        "    F: {type: oauth2, flows: {clientCredentials: {scopes: {}}}}\n",
    )));
}
