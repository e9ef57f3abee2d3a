//! Keywords that are misspelt, misplaced, missing or of another version.

use insta::assert_snapshot;

use crate::{described, report, schema};

#[test]
fn misspelt_keyword() {
    assert_snapshot!(schema("      type: string\n      minLenght: 3\n"));
}

#[test]
fn misspelt_required_keyword_is_one_mistake() {
    assert_snapshot!(described(
        "paths:\n  /keys:\n    get:\n      operationId: list\n      responses:\n        '200': {descriptoin: Keys.}\n"
    ));
}

#[test]
fn misspelt_method() {
    assert_snapshot!(described("paths:\n  /keys:\n    psot:\n      responses: {}\n"));
}

#[test]
fn keyword_without_resemblance() {
    assert_snapshot!(schema("      type: string\n      secret: true\n"));
}

#[test]
fn keywords_of_json_schema() {
    assert_snapshot!(schema("      const: live\n      if: {}\n"));
}

#[test]
fn missing_keywords() {
    assert_snapshot!(report("api.yaml", "openapi: 3.0.3\ninfo:\n  title: Keys\n"));
}

#[test]
fn response_without_description() {
    assert_snapshot!(described(
        "paths:\n  /keys:\n    get:\n      operationId: list\n      responses:\n        '204': {}\n"
    ));
}

#[test]
fn keys_that_are_no_status() {
    assert_snapshot!(described(concat!(
        "paths:\n  /keys:\n    get:\n      operationId: list\n      responses:\n",
        "        200: {description: Keys.}\n        4xx: {description: Refused.}\n",
        "        error: {description: Broken.}\n        600: {description: Beyond.}\n",
    )));
}

#[test]
fn path_without_a_slash() {
    assert_snapshot!(described("paths:\n  keys: {}\n"));
}

#[test]
fn parameter_without_schema() {
    assert_snapshot!(described(
        "paths: {}\ncomponents:\n  parameters:\n    Limit:\n      name: limit\n      in: query\n"
    ));
}

#[test]
fn keywords_that_exclude_each_other() {
    assert_snapshot!(described(concat!(
        "paths: {}\ncomponents:\n  parameters:\n    Limit:\n      name: limit\n      in: query\n",
        "      schema: {type: integer}\n      example: 1\n      examples: {one: {value: 1}}\n",
    )));
}

#[test]
fn name_of_a_component() {
    assert_snapshot!(described("paths: {}\ncomponents:\n  schemas:\n    API key: {type: string}\n"));
}

#[test]
fn extensions_are_welcome() {
    assert_snapshot!(schema("      type: string\n      x-secret: true\n"));
}

#[test]
fn misspelt_keyword_in_json() {
    let text = "{\n\t\"openapi\": \"3.0.3\",\n\t\"info\": {\"title\": \"Keys\", \"version\": \"1\"},\n\t\"paths\": {},\n\t\"component\": {}\n}\n";
    assert_snapshot!(report("api.json", text));
}
