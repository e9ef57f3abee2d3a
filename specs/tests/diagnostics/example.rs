//! Examples and defaults that break the schema they illustrate.

use insta::assert_snapshot;

use crate::{described, schema};

#[test]
fn default_that_is_not_allowed() {
    assert_snapshot!(schema("      type: string\n      enum: [live, test]\n      default: production\n"));
}

#[test]
fn example_with_a_mistake_deep_inside() {
    assert_snapshot!(schema(concat!(
        "      type: object\n      properties:\n        scopes: {type: array, items: {type: string, maxLength: 4}}\n",
        "      example:\n        scopes: [read, write]\n",
    )));
}

#[test]
fn null_needs_nullable() {
    assert_snapshot!(schema(concat!(
        "      properties:\n        a: {type: string, example: null}\n",
        "        b: {type: string, nullable: true, example: null}\n",
    )));
}

#[test]
fn examples_of_content_and_parameters() {
    assert_snapshot!(described(concat!(
        "paths:\n  /keys:\n    get:\n      operationId: list\n      parameters:\n",
        "        - {name: limit, in: query, schema: {type: integer, maximum: 100}, example: 500}\n",
        "      responses:\n        '200':\n          description: Keys.\n          content:\n",
        "            application/json:\n              schema: {$ref: '#/components/schemas/Key'}\n",
        "              examples: {one: {$ref: '#/components/examples/One'}}\n",
        "components:\n  examples:\n    One:\n      value: {name: a}\n",
        "  schemas:\n    Key: {type: object, required: [id], properties: {id: {type: string}, name: {type: string}}}\n",
    )));
}

#[test]
fn recursive_example() {
    assert_snapshot!(schema(concat!(
        "      properties:\n        parent: {$ref: '#/components/schemas/Key'}\n        id: {type: string}\n",
        "      example: {id: a, parent: {id: b, parent: {id: 3}}}\n",
    )));
}
