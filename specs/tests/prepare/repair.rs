//! Documents with mistakes.

use std::fmt::Write as _;

use insta::assert_snapshot;

use crate::{described, prepared};

#[test]
fn a_sound_document_stays_as_it_is() {
    assert_snapshot!(described(
        "paths: {/keys: {get: {operationId: a, responses: {'204': {description: ''}}}}}\n"
    ));
}

#[test]
fn keywords_of_schemas() {
    assert_snapshot!(described(
        "
paths: {}
components:
  schemas:
    A: {type: array}
    B: {type: string, pattern: '^[a-z', minLength: '3', maxLength: many}
    C: {type: [string, 'null'], minLenght: 3}
    D: {type: strng}
    E: {type: integer, exclusiveMinimum: 5}
    F: {type: object, properties: {id: {type: string, required: true}}, required: [id, id]}
    G: {type: string, minLength: 5, maxLength: 3}
    H: {$ref: '#/components/schemas/Nothing'}
    I: {oneOf: [{$ref: '#/components/schemas/A'}], discriminator: {propertyName: k, mapping: {a: A, b: Nothing}}}
    J: {allOf: [{$ref: '#/components/schemas/J'}, {type: object}]}
"
    ));
}

#[test]
fn what_an_operation_needs_is_missing() {
    assert_snapshot!(described(
        "
paths:
  /a:
    get: {operationId: a, parameters: [{$ref: '#/components/parameters/Page'}], responses: {'204': {description: ''}}}
  /b:
    post: {operationId: b, requestBody: {$ref: '#/components/requestBodies/B'}, responses: {'204': {description: ''}}}
  /c:
    get: {operationId: c, responses: {'200': {$ref: '#/components/responses/C'}, '401': {description: ''}}}
  /d:
    get: {operationId: d, responses: {'200': {description: ''}, '401': {$ref: '#/components/responses/C'}}}
  /e: {$ref: '#/paths/~1f'}
components:
  parameters:
    Page: {name: page, in: quary, schema: {type: string}}
    Unused: {name: page, in: quary, schema: {type: string}}
"
    ));
}

#[test]
fn paths_and_their_parameters() {
    assert_snapshot!(described(
        "
paths:
  keys:
    get: {operationId: a, responses: {'204': {description: ''}}}
  /keys/{id}:
    get: {operationId: b, parameters: [{name: id, in: path, schema: {type: string}}], responses: {'204': {description: ''}}}
  /keys/{name}:
    get: {operationId: c, responses: {'204': {description: ''}}}
    delete: {operationId: d, parameters: [{name: name, in: path, required: true, schema: {type: integer}}], responses: {'204': {description: ''}}}
  /keys/{id:
    get: {operationId: e, responses: {'204': {description: ''}}}
  /tokens/{id}:
    get: {operationId: f, parameters: [{name: ids, in: path, required: true, schema: {type: string}}], responses: {'204': {description: ''}}}
    gte: {operationId: g, responses: {'204': {description: ''}}}
"
    ));
}

#[test]
fn responses_and_media_types() {
    assert_snapshot!(described(
        "
paths:
  /a:
    get:
      operationId: a
      responses:
        '200': {content: {application/json: {}, json: {}}}
        4xx: {description: ''}
        '2000': {description: ''}
  /b:
    get: {operationId: b}
  /c:
    get: {operationId: c, responses: {}}
  /d:
    post: {operationId: a, requestBody: {content: {json: {}}}, responses: {'204': {description: ''}}}
"
    ));
}

#[test]
fn nobody_is_let_in_by_a_mistake() {
    assert_snapshot!(described(
        "
security: [key]
paths:
  /a:
    get: {operationId: a, security: [{nothing: []}], responses: {'204': {description: ''}}}
  /b:
    get: {operationId: b, security: [{key: null}], responses: {'204': {description: ''}}}
  /c:
    get: {operationId: c, security: [5], responses: {'204': {description: ''}}}
components:
  securitySchemes:
    key: {type: basic}
    other: {type: apiKey, name: X-Key}
"
    ));
}

#[test]
fn components_by_names_that_cannot_be_used() {
    assert_snapshot!(described(
        "
paths:
  /a:
    get:
      operationId: a
      security: [{my key: []}]
      responses:
        '200':
          description: ''
          content:
            application/json: {schema: {oneOf: [{$ref: '#/components/schemas/A%20b'}, {$ref: '#/definitions/C'}]}}
definitions:
  C: {type: object, properties: {next: {$ref: '#/definitions/C'}}}
components:
  securitySchemes: {my key: {type: http, scheme: basic}}
  schemas:
    A b: {type: object, properties: {next: {$ref: '#/components/schemas/A%20b/properties/name'}, name: {type: string}}}
    A_b: {type: string}
"
    ));
}

#[test]
fn the_same_mistake_many_times() {
    let mut schemas = String::from("paths: {}\ncomponents:\n  schemas:\n");
    for number in 0..40 {
        writeln!(schemas, "    A{number}: {{type: array}}").unwrap();
    }
    assert_snapshot!(described(&schemas));
}

#[test]
fn a_document_of_one_long_line() {
    let filler = "x".repeat(200_000);
    assert_snapshot!(prepared(&format!(
        r#"{{"openapi":"3.0.3","info":{{"title":"{filler}","version":"1"}},"paths":{{}},"components":{{"schemas":{{"Schlüssel":{{"type":"array","description":"{filler}"}}}}}}}}"#
    )));
}

#[test]
fn wide_letters_tabs_and_windows_line_ends() {
    assert_snapshot!(described(
        "paths: {}\r\ncomponents:\r\n  schemas:\r\n    A:\r\n      description: \"鍵\t🔑\" # ü\r\n      x-鍵: {\"🔑\":\t1}\r\n      type: strng\r\n      format: [\"鍵\",\t\"🔑\"]\r\n"
    ));
}

#[test]
fn nothing_is_left() {
    assert_snapshot!(described("paths: []\n"));
    assert_snapshot!("only operation", described("paths: {/a: {get: {parameters: [5], responses: {}}}}\n"));
    assert_snapshot!("other version", prepared("openapi: 4.0.0\npaths: {}\n"));
}

#[test]
fn versions_written_another_way() {
    assert_snapshot!(prepared("openapi: 3.0\npaths: {}\n"));
}
