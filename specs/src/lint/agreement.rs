//! The walk along the official schema finds a mistake exactly where a general validator of that schema does.

use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

use super::meta::Survey;
use crate::document::Document;

/// One of everything that OpenAPI 3.0 can describe.
pub(crate) const EVERYTHING: &str = r"
openapi: 3.0.3
info:
  title: Keys
  version: '1'
  contact: {name: a, url: https://example.com, email: a@example.com}
  license: {name: MIT, url: https://example.com}
servers: [{url: 'https://{host}', variables: {host: {default: a, enum: [a, b]}}}]
tags: [{name: keys, externalDocs: {url: https://example.com}}]
security: [{key: [], oauth: [read]}, {}]
externalDocs: {url: https://example.com}
paths:
  /keys/{id}:
    summary: One key
    parameters:
      - {name: id, in: path, required: true, style: simple, schema: {type: string}}
      - {name: filter, in: query, style: deepObject, explode: true, schema: {type: object}}
      - {name: session, in: cookie, content: {text/plain: {schema: {type: string}}}}
      - {$ref: '#/components/parameters/Trace'}
    put:
      tags: [keys]
      operationId: putKey
      deprecated: true
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema: {type: object, properties: {file: {type: string, format: binary}}}
            encoding: {file: {contentType: image/png, headers: {X-A: {schema: {type: string}}}, style: form}}
      responses:
        '200':
          description: The key.
          headers: {ETag: {required: true, schema: {type: string}}, X-B: {$ref: '#/components/headers/B'}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Key'}, example: {id: a}}}
          links: {again: {operationId: putKey, parameters: {id: $request.path.id}}}
        4XX: {$ref: '#/components/responses/Refused'}
        default: {description: Broken.}
      callbacks:
        revoked: {'{$request.query.url}': {post: {operationId: see, responses: {'204': {description: Seen.}}}}}
      security: []
      servers: [{url: /v2}]
components:
  parameters: {Trace: {name: X-Trace, in: header, schema: {type: string}, examples: {a: {value: b}}}}
  headers: {B: {schema: {type: integer}, example: 1}}
  responses: {Refused: {description: Refused.}}
  requestBodies: {Empty: {content: {}}}
  examples: {One: {summary: One, value: {id: a}}}
  links: {L: {operationRef: '#/paths/~1keys~1{id}/put'}}
  callbacks: {C: {$ref: '#/paths/~1keys~1{id}/put/callbacks/revoked'}}
  securitySchemes:
    key: {type: apiKey, name: X-Key, in: header}
    bearer: {type: http, scheme: bearer, bearerFormat: JWT}
    basic: {type: http, scheme: basic}
    oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: /token, scopes: {read: Read.}}}}
    openid: {type: openIdConnect, openIdConnectUrl: https://example.com}
  schemas:
    Key:
      type: object
      required: [id]
      additionalProperties: false
      properties:
        id: {type: string, minLength: 1, maxLength: 9, pattern: a, nullable: true, default: a}
        size: {type: integer, minimum: 0, exclusiveMinimum: true, multipleOf: 2}
        labels: {type: array, items: {type: string, enum: [a, b]}, minItems: 1, uniqueItems: true}
      xml: {name: key, wrapped: true}
    Any:
      oneOf: [{$ref: '#/components/schemas/Key'}, {not: {type: string}}]
      allOf: [{additionalProperties: {type: string}}]
      discriminator: {propertyName: kind, mapping: {key: Key}}
x-extension: {anything: 1}
";

/// Names and values that mean something in one place or another.
const POOL: [&str; 34] = [
    "$ref",
    "type",
    "schema",
    "content",
    "example",
    "examples",
    "style",
    "in",
    "name",
    "required",
    "items",
    "properties",
    "responses",
    "default",
    "description",
    "scheme",
    "bearerFormat",
    "flows",
    "operationRef",
    "enum",
    "minLength",
    "x-a",
    "200",
    "5XX",
    "/a",
    "get",
    "path",
    "query",
    "object",
    "array",
    "http",
    "form",
    "bearer",
    "nonsense",
];

#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Remove,
    Rename(&'static str),
    Replace(Value),
    Insert(&'static str, Value),
}

pub(crate) fn edit() -> impl Strategy<Value = Edit> {
    let name = || prop::sample::select(&POOL[..]);
    let value = || {
        prop_oneof![
            Just(json!(null)),
            Just(json!(true)),
            Just(json!(-1)),
            Just(json!(0)),
            Just(json!(2.5)),
            Just(json!([])),
            Just(json!(["a", "a"])),
            Just(json!({})),
            Just(json!({"a": 1})),
            Just(json!({"$ref": "#/components/schemas/Key"})),
            Just(json!({"$ref": 1})),
            Just(json!({"description": "a"})),
            Just(json!({"type": "string"})),
            name().prop_map(Value::from),
        ]
    };
    prop_oneof![
        Just(Edit::Remove),
        name().prop_map(Edit::Rename),
        value().prop_map(Edit::Replace),
        (name(), value()).prop_map(|(name, value)| Edit::Insert(name, value)),
    ]
}

pub(crate) fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                places(value, &at, found);
                found.push(at);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let at = format!("{at}/{index}");
                places(value, &at, found);
                found.push(at);
            }
        }
        _ => {}
    }
}

pub(crate) fn apply(root: &mut Value, at: &str, edit: Edit) {
    let (parent, last) = at.rsplit_once('/').unwrap();
    let last = last.replace("~1", "/").replace("~0", "~");
    match (root.pointer_mut(parent).unwrap(), edit) {
        (Value::Object(members), Edit::Remove) => drop(members.shift_remove(&last)),
        (Value::Object(members), Edit::Rename(name)) => {
            if let Some(value) = members.shift_remove(&last) {
                members.insert(name.to_owned(), value);
            }
        }
        (Value::Array(items), Edit::Remove) => drop(items.remove(last.parse().unwrap())),
        (_, edit) => match (root.pointer_mut(at).unwrap(), edit) {
            (Value::Object(members), Edit::Insert(name, value)) => {
                drop(members.insert(name.to_owned(), value));
            }
            (Value::Array(items), Edit::Insert(_, value)) => items.push(value),
            (place, Edit::Replace(value) | Edit::Insert(_, value)) => *place = value,
            _ => {}
        },
    }
}

fn official() -> jsonschema::Validator {
    let schema = serde_json::from_str(include_str!("../../meta/openapi-3.0.schema.json")).unwrap();
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft4)
        .should_validate_formats(false)
        .build(&schema)
        .unwrap()
}

#[test]
fn everything_is_sound() {
    let document = Document::parse("api.yaml", EVERYTHING).unwrap();
    assert!(official().is_valid(document.root()));
    let found: Vec<String> = super::lint(&document).iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn walk_agrees_with_the_official_schema() {
    let official = official();
    let sound = Document::parse("api.yaml", EVERYTHING).unwrap();
    let mut known = Vec::new();
    places(sound.root(), "", &mut known);
    let config = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    runner
        .run(&(any::<Index>(), edit()), |(index, edit)| {
            let at = index.get(&known);
            // The version is checked before the walk.
            prop_assume!(at != "/openapi");
            let mut broken = sound.root().clone();
            apply(&mut broken, at, edit);
            let document = Document::parse("api.json", broken.to_string()).unwrap();
            let found: Vec<String> =
                Survey::of(&document).findings.iter().map(|found| found.diagnostic.to_string()).collect();
            // Rules of the specification that its schema leaves out, the second one below `callbacks` only.
            let stricter = ["cannot be the name of a component", "`$ref` must be a string"];
            prop_assume!(!found.iter().any(|line| stricter.iter().any(|rule| line.contains(rule))));
            let expected: Vec<String> =
                official.iter_errors(&broken).map(|error| error.to_string()).collect();
            prop_assert_eq!(expected.is_empty(), found.is_empty(), "{} {:?} {:?}", at, expected, found);
            Ok(())
        })
        .unwrap();
}
