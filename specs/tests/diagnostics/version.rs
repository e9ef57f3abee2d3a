//! Documents that are no OpenAPI 3.0.

use insta::assert_snapshot;

use crate::report;

#[test]
fn openapi_3_1() {
    assert_snapshot!(report("api.yaml", "openapi: 3.1.0\ninfo: {title: Keys}\nwebhooks: {}\n"));
}

#[test]
fn openapi_3_2() {
    assert_snapshot!(report("api.yaml", "openapi: 3.2.0\ninfo: {title: Keys}\n"));
}

#[test]
fn swagger_2() {
    assert_snapshot!(report("api.yaml", "swagger: '2.0'\ninfo: {title: Keys}\n"));
}

#[test]
fn version_as_a_number() {
    assert_snapshot!(report("api.yaml", "openapi: 3.0\npaths: {}\n"));
}

#[test]
fn no_version() {
    assert_snapshot!(report("api.yaml", "info: {title: Keys}\npaths: {}\n"));
}
