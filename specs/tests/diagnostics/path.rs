//! Path templates and the parameters declared for them.

use insta::assert_snapshot;

use crate::described;

const RESPONSES: &str = "responses: {'204': {description: Done.}}";

fn parameter(name: &str) -> String {
    format!("{{name: {name}, in: path, required: true, schema: {{type: string}}}}")
}

#[test]
fn undeclared_in_all_operations() {
    assert_snapshot!(described(&format!(
        "paths:\n  /keys/{{id}}:\n    get: {{operationId: a, {RESPONSES}}}\n    delete: {{operationId: b, {RESPONSES}}}\n"
    )));
}

#[test]
fn undeclared_in_one_operation() {
    let id = parameter("id");
    assert_snapshot!(described(&format!(
        "paths:\n  /keys/{{id}}:\n    get: {{operationId: a, parameters: [{id}], {RESPONSES}}}\n    delete: {{operationId: b, {RESPONSES}}}\n"
    )));
}

#[test]
fn misspelt_declaration_is_one_mistake() {
    let id = parameter("keyld");
    assert_snapshot!(described(&format!(
        "paths:\n  /keys/{{keyId}}:\n    parameters:\n      - {id}\n    get: {{operationId: a, {RESPONSES}}}\n"
    )));
}

#[test]
fn declared_but_not_in_the_path() {
    let id = parameter("tenant");
    assert_snapshot!(described(&format!(
        "paths:\n  /keys:\n    get:\n      operationId: a\n      parameters:\n        - {id}\n      {RESPONSES}\n"
    )));
}

#[test]
fn equal_up_to_names() {
    let (id, name) = (parameter("id"), parameter("name"));
    assert_snapshot!(described(&format!(
        "paths:\n  /keys/{{id}}: {{parameters: [{id}]}}\n  /keys/{{name}}: {{parameters: [{name}]}}\n"
    )));
}

#[test]
fn brace_without_partner() {
    assert_snapshot!(described("paths:\n  /keys/{id: {}\n"));
}

#[test]
fn duplicate_parameters() {
    assert_snapshot!(described(&format!(
        concat!(
            "paths:\n  /keys:\n    get:\n      operationId: a\n      parameters:\n",
            "        - {{name: limit, in: query, schema: {{type: integer}}}}\n",
            "        - {{name: limit, in: header, schema: {{type: integer}}}}\n",
            "        - {{$ref: '#/components/parameters/Limit'}}\n      {}\n",
            "components:\n  parameters:\n    Limit: {{name: limit, in: query, schema: {{type: string}}}}\n",
        ),
        RESPONSES
    )));
}
