//! Schemas that contradict themselves.

use insta::assert_snapshot;

use crate::schema;

#[test]
fn bounds_that_no_value_meets() {
    assert_snapshot!(schema("      type: string\n      minLength: 10\n      maxLength: 5\n"));
}

#[test]
fn pattern_that_is_no_regular_expression() {
    assert_snapshot!(schema("      type: string\n      pattern: '^[a-z+$'\n"));
}

#[test]
fn pattern_with_brackets_without_end() {
    assert_snapshot!(schema(&format!("      type: string\n      pattern: '{}'\n", "(".repeat(300))));
}

#[test]
fn required_property_that_is_not_described() {
    assert_snapshot!(schema(
        "      type: object\n      required: [id, nmae, secret]\n      properties: {id: {}, name: {}}\n"
    ));
}

#[test]
fn branches_may_require_what_others_describe() {
    assert_snapshot!(schema(
        "      allOf:\n        - properties: {id: {}}\n        - properties: {name: {}}\n          required: [id]\n"
    ));
}

#[test]
fn array_without_items() {
    assert_snapshot!(schema("      type: array\n"));
}
