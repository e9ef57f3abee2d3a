//! Every example that the runtime answers satisfies its schema, or there is none.

#![expect(clippy::unwrap_used, reason = "what a test is sure of")]

use std::path::{Path, PathBuf};

use http::HeaderMap;
use proptest::prelude::*;
use rescind_server::runtime::{AnswerBody, example};
use rescind_specs::{Contract, Direction, Document, MediaType};
use serde_json::{Value, json};

fn contract(document: &Value) -> Contract {
    Contract::new("t", Document::parse("t.json", document.to_string()).unwrap(), None).unwrap()
}

/// A document whose one operation answers with `schema`.
fn with_schema(schema: &Value, components: &Value) -> Contract {
    contract(&json!({
        "openapi": "3.0.3",
        "info": { "title": "t", "version": "1" },
        "paths": { "/": { "get": { "operationId": "o", "responses": { "200": {
            "description": "fine",
            "content": { "application/json": { "schema": schema } },
        } } } } },
        "components": { "schemas": components },
    }))
}

/// What is made of a schema, after the validator had its say.
fn made(contract: &Contract) -> Option<Value> {
    let operation = &contract.operations()[0];
    let schema = operation.responses.find(200).unwrap().content[0].schema.as_ref().unwrap();
    let value = example::make(contract, schema, Direction::Response)?;
    let validator = contract.validator(schema, Direction::Response).unwrap();
    assert!(validator.is_valid(&value), "{value} of {}", schema.value());
    Some(value)
}

#[test]
fn each_keyword_is_honoured() {
    for (schema, wanted) in [
        (json!({ "type": "string" }), json!("text")),
        (json!({ "type": "string", "maxLength": 2 }), json!("te")),
        (json!({ "type": "string", "minLength": 6 }), json!("textxx")),
        (json!({ "type": "string", "format": "uuid" }), json!("00000000-0000-4000-8000-000000000000")),
        (json!({ "type": "string", "pattern": "^[a-z]{3}-\\d{2,4}$" }), json!("aaa-11")),
        (json!({ "type": "string", "pattern": "^ak_[\\w.-]+$", "minLength": 8 }), json!("ak_aaaaa")),
        (json!({ "type": "string", "pattern": "^(AC|SM)[0-9a-f]{4}$" }), json!("ACaaaa")),
        (json!({ "type": "string", "pattern": "[\\/]$", "minLength": 3 }), json!("xx/")),
        (json!({ "type": "string", "enum": ["a", "b"] }), json!("a")),
        (json!({ "type": "string", "example": 5, "default": "d" }), json!("d")),
        (json!({ "type": "integer" }), json!(1)),
        (json!({ "type": "integer", "minimum": 5 }), json!(5)),
        (json!({ "type": "integer", "minimum": 5, "exclusiveMinimum": true }), json!(6)),
        (json!({ "type": "integer", "maximum": -5, "exclusiveMaximum": true }), json!(-6)),
        (json!({ "type": "integer", "minimum": 10, "multipleOf": 7 }), json!(14)),
        (
            json!({ "type": "integer", "format": "int64", "minimum": 9_223_372_036_854_775_000_i64 }),
            json!(9_223_372_036_854_775_000_i64),
        ),
        (json!({ "type": "number", "minimum": 0.25, "maximum": 0.75 }), json!(0.25)),
        (
            json!({ "type": "number", "minimum": 0, "exclusiveMinimum": true, "maximum": 1, "exclusiveMaximum": true }),
            json!(0.5),
        ),
        (json!({ "type": "number", "multipleOf": 0.5, "minimum": 0.1 }), json!(0.5)),
        (json!({ "type": "boolean", "enum": [false] }), json!(false)),
        (json!({ "type": "array", "items": { "type": "integer" } }), json!([1])),
        (json!({ "type": "array", "items": { "type": "integer" }, "maxItems": 0 }), json!([])),
        (
            json!({ "type": "array", "items": { "type": "integer" }, "minItems": 3, "uniqueItems": true }),
            json!([1, 2, 3]),
        ),
        (
            json!({ "type": "array", "items": { "enum": ["a", "b"] }, "minItems": 2, "uniqueItems": true }),
            json!(["a", "b"]),
        ),
        (json!({ "type": "object", "minProperties": 2 }), json!({ "key1": "text", "key2": "text" })),
        (json!({ "type": "object", "additionalProperties": { "type": "boolean" } }), json!({ "key1": true })),
        (
            json!({ "type": "object", "maxProperties": 1, "required": ["b"],
                "properties": { "a": { "type": "integer" }, "b": { "type": "integer" } } }),
            json!({ "b": 1 }),
        ),
        (
            json!({ "type": "object", "properties": { "s": { "type": "string", "writeOnly": true }, "a": { "type": "integer", "example": 7 } } }),
            json!({ "a": 7 }),
        ),
        (
            json!({ "allOf": [
                { "type": "object", "required": ["a"], "properties": { "a": { "type": "string" } } },
                { "type": "object", "properties": { "a": { "type": "string", "minLength": 5 }, "b": { "type": "integer" } } },
            ] }),
            json!({ "a": "textx", "b": 1 }),
        ),
        (
            json!({ "oneOf": [
                { "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"] },
                { "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a", "b"] },
            ] }),
            json!({ "a": "text" }),
        ),
        (
            json!({ "oneOf": [{ "$ref": "#/components/schemas/Cat" }, { "$ref": "#/components/schemas/Dog" }],
                "discriminator": { "propertyName": "kind", "mapping": { "meow": "#/components/schemas/Cat" } } }),
            json!({ "kind": "meow", "lives": 1 }),
        ),
        (json!({ "$ref": "#/components/schemas/Node" }), json!({ "name": "text", "children": [] })),
        (json!({ "type": "string", "nullable": true, "pattern": "(?=a)b" }), json!(null)),
    ] {
        let components = json!({
            "Cat": { "type": "object", "required": ["kind"], "properties": {
                "kind": { "type": "string" }, "lives": { "type": "integer" } } },
            "Dog": { "type": "object", "required": ["kind", "barks"], "properties": {
                "kind": { "type": "string" }, "barks": { "type": "boolean" } } },
            "Node": { "type": "object", "required": ["name"], "properties": {
                "name": { "type": "string" },
                "parent": { "$ref": "#/components/schemas/Node" },
                "children": { "type": "array", "items": { "$ref": "#/components/schemas/Node" } } } },
        });
        assert_eq!(made(&with_schema(&schema, &components)), Some(wanted), "{schema}");
    }
}

#[test]
fn what_cannot_be_made_is_not() {
    let endless = json!({ "Endless": { "type": "object", "required": ["next"],
        "properties": { "next": { "$ref": "#/components/schemas/Endless" } } } });
    for schema in [
        json!({ "$ref": "#/components/schemas/Endless" }),
        json!({ "allOf": [{ "type": "string", "minLength": 3 }, { "maxLength": 2 }] }),
        json!({ "allOf": [{ "type": "integer", "minimum": 3 }, { "maximum": 2 }] }),
        json!({ "type": "string", "pattern": "^(?=.*[a-z])(?=.*\\d)" }),
        json!({ "type": "array", "items": {}, "minItems": 1_000_000_000_000_u64 }),
        json!({ "type": "string", "minLength": 1_000_000_000_000_u64 }),
        json!({ "type": "object", "minProperties": 2, "additionalProperties": false }),
        json!({ "type": "array", "minItems": 3, "uniqueItems": true, "items": { "type": "boolean" } }),
        json!({ "not": {} }),
    ] {
        assert_eq!(made(&with_schema(&schema, &endless)), None, "{schema}");
    }
}

/// Documents that come with the sources.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for folder in ["specs", "xtask/tests/golden"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path().join("openapi.yaml");
            found.extend(path.is_file().then_some(path));
        }
    }
    found.sort();
    found
}

#[test]
fn every_documented_operation_has_a_valid_example() {
    for path in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        let document = Document::parse(path.display().to_string(), text).unwrap();
        let contract = Contract::new("t", document, None).unwrap();
        for operation in contract.operations() {
            if !operation
                .responses
                .iter()
                .any(|response| response.status.covers(200) || response.status.is_success())
            {
                continue;
            }
            let place = format!("{}: {}", path.display(), operation.id);
            let answer = example::answer(&contract, operation, &example::Wish::of(&HeaderMap::new()));
            let answer = answer.unwrap_or_else(|| panic!("{place}: no example"));
            assert_eq!(answer.fault(), None, "{place}");
            let response = operation.responses.find(answer.status.as_u16()).unwrap();
            let AnswerBody::Of { media_type, bytes } = &answer.body else {
                assert!(response.content.is_empty() || answer.status == 204, "{place}");
                continue;
            };
            let media_type: MediaType = media_type.to_str().unwrap().parse().unwrap();
            let content = response.content_for(&media_type).unwrap_or_else(|| panic!("{place}"));
            if let (Some(schema), true) = (&content.schema, media_type.is_json()) {
                let value: Value = serde_json::from_slice(bytes).unwrap();
                let violations = contract.validator(schema, Direction::Response).unwrap().violations(&value);
                assert!(violations.is_empty(), "{place}: {violations:?}");
            }
        }
    }
}

/// Schemas of which nearly all have instances, with references to two components, one of them recursive.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (0_u32..6, 0_u32..12).prop_map(|(least, more)| json!({ "type": "string", "minLength": least, "maxLength": least + more })),
        prop::sample::select(vec!["date", "date-time", "uuid", "email", "uri", "byte", "ipv4", "hostname", "other"])
            .prop_map(|format| json!({ "type": "string", "format": format })),
        prop::sample::select(vec!["^[A-Z]{2}\\d+$", "^a|b$", "x{2,}y?", "^\\S+@\\S+$", "^(a|b)*c$", "[^a]", "^[^\\s]{3,5}$", "^\\+?[1-9]\\d{1,14}$"])
            .prop_map(|pattern| json!({ "type": "string", "pattern": pattern })),
        (-50_i32..50, 0_i32..9, any::<bool>()).prop_map(|(least, more, exclusive)| json!({
            "type": "integer", "minimum": least, "maximum": least + more + 2, "exclusiveMinimum": exclusive })),
        (-50_i32..50, 1_i32..9).prop_map(|(least, step)| json!({ "type": "integer", "minimum": least, "multipleOf": step })),
        (-9_i32..9, any::<bool>()).prop_map(|(most, exclusive)| json!({ "type": "number", "maximum": most, "exclusiveMaximum": exclusive })),
        Just(json!({ "type": "boolean" })),
        Just(json!({ "enum": [3, "x", null] })),
        Just(json!({ "type": "string", "example": 3 })),
        Just(json!({ "type": "string", "nullable": true, "enum": ["a"] })),
        Just(json!({ "$ref": "#/components/schemas/Tree" })),
        Just(json!({ "$ref": "#/components/schemas/Plain" })),
        Just(json!({})),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let members = prop::collection::btree_map("[a-d]", inner.clone(), 0..4);
        prop_oneof![
            (inner.clone(), 0_u32..4, any::<bool>()).prop_map(|(items, least, unique)| json!({
                "type": "array", "items": items, "minItems": least, "uniqueItems": unique })),
            (members.clone(), any::<bool>(), 0_u32..5).prop_map(|(members, closed, least)| {
                let required: Vec<&String> = members.keys().step_by(2).collect();
                let mut schema = json!({ "type": "object", "properties": members, "minProperties": least });
                if !required.is_empty() {
                    schema["required"] = json!(required);
                }
                if closed {
                    schema["additionalProperties"] = json!(false);
                }
                schema
            }),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|forms| json!({ "oneOf": forms })),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|forms| json!({ "anyOf": forms })),
            prop::collection::vec(inner, 1..3).prop_map(|parts| json!({ "allOf": parts })),
            members.prop_map(|members| json!({ "allOf": [{ "$ref": "#/components/schemas/Plain" }, { "type": "object", "properties": members }] })),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_made_satisfies_its_schema(schema in schema()) {
        let components = json!({
            "Tree": { "type": "object", "required": ["size"], "properties": {
                "size": { "type": "integer", "minimum": 1 },
                "left": { "$ref": "#/components/schemas/Tree" },
                "all": { "type": "array", "items": { "$ref": "#/components/schemas/Tree" } } } },
            "Plain": { "type": "object", "required": ["id"], "properties": { "id": { "type": "string", "format": "uuid" } } },
        });
        made(&with_schema(&schema, &components));
    }
}
