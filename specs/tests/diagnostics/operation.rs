//! Operations: ids, links and security.

use insta::assert_snapshot;

use crate::described;

const RESPONSES: &str = "responses: {'204': {description: Done.}}";

#[test]
fn duplicate_operation_id() {
    assert_snapshot!(described(&format!(
        "paths:\n  /keys:\n    get:\n      operationId: keys\n      {RESPONSES}\n    post:\n      operationId: keys\n      {RESPONSES}\n"
    )));
}

#[test]
fn missing_operation_id() {
    assert_snapshot!(described(&format!("paths:\n  /keys:\n    get:\n      {RESPONSES}\n")));
}

#[test]
fn unknown_security_scheme() {
    assert_snapshot!(described(&format!(
        concat!(
            "security:\n  - bearer: []\npaths:\n  /keys:\n    get:\n      operationId: keys\n      security:\n",
            "        - basic: []\n      {}\n",
            "components:\n  securitySchemes:\n    Bearer: {{type: http, scheme: bearer}}\n",
        ),
        RESPONSES
    )));
}

#[test]
fn security_without_schemes() {
    assert_snapshot!(described("security: [{basic: []}]\npaths: {}\n"));
}

#[test]
fn link_to_no_operation() {
    assert_snapshot!(described(concat!(
        "paths:\n  /keys:\n    post:\n      operationId: createKey\n      responses:\n        '201':\n",
        "          description: Created.\n          links: {revoke: {operationId: createKeys}}\n",
    )));
}
