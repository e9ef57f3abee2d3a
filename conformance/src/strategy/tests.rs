//! Values of the bundled contracts' schemas and of random schemas.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngSeed, TestRunner};
use rescind_specs::{Contract, Direction, Document, Schema, Vendor};
use serde_json::{Value, json};

use super::*;

/// Every schema that bodies and parameters are measured by, with its direction.
fn schemas(contract: &Contract) -> Vec<(Schema, Direction)> {
    let mut found = Vec::new();
    for operation in contract.operations() {
        let bodies = operation.request_body.iter().flat_map(|body| &body.content);
        found.extend(
            bodies.filter_map(|content| content.schema.clone()).map(|schema| (schema, Direction::Request)),
        );
        let parameters = operation.parameters.iter().filter_map(|parameter| parameter.schema.clone());
        found.extend(parameters.map(|schema| (schema, Direction::Request)));
        let answers = operation.responses.iter().flat_map(|response| &response.content);
        found.extend(
            answers.filter_map(|content| content.schema.clone()).map(|schema| (schema, Direction::Response)),
        );
    }
    found
}

/// A contract of one operation whose request body has this schema.
fn contract_of(schema: &Value) -> Contract {
    let document = json!({
        "openapi": "3.0.3",
        "info": { "title": "t", "version": "1" },
        "paths": { "/x": { "post": {
            "operationId": "x",
            "requestBody": { "content": { "application/json": { "schema": schema } } },
            "responses": { "200": { "description": "ok" } },
        } } },
        "components": { "schemas": {
            "Tree": { "type": "object", "required": ["name"], "properties": {
                "name": { "type": "string", "minLength": 1 },
                "children": { "type": "array", "items": { "$ref": "#/components/schemas/Tree" } },
            } },
            "Cat": { "type": "object", "required": ["kind", "lives"], "properties": {
                "kind": { "type": "string" }, "lives": { "type": "integer", "minimum": 1, "maximum": 9 } } },
            "Dog": { "type": "object", "required": ["kind", "name"], "properties": {
                "kind": { "type": "string" }, "name": { "type": "string", "maxLength": 8 } } },
        } },
    });
    Contract::new("t", Document::parse("t", document.to_string()).unwrap(), None)
        .unwrap_or_else(|error| panic!("{schema}: {error}"))
}

fn body(contract: &Contract) -> Schema {
    let body = contract.operations()[0].request_body.as_ref().unwrap();
    body.content[0].schema.clone().unwrap()
}

fn listed(schema: &Value) -> (Vec<String>, Vec<String>) {
    let contract = contract_of(schema);
    let schema = body(&contract);
    let edges = boundaries(&contract, &schema)
        .into_iter()
        .map(|(edge, _)| format!("{} {}", edge.pointer, edge.keyword))
        .collect();
    let broken = violations(&contract, &schema)
        .into_iter()
        .map(|(broken, _)| format!("{} {}", broken.pointer, broken.keyword))
        .collect();
    (edges, broken)
}

#[test]
fn bundled_schemas_give_valid_values() {
    let mut runner = TestRunner::deterministic();
    for vendor in Vendor::ALL {
        let contract = Contract::of(vendor).unwrap();
        for (schema, direction) in schemas(&contract) {
            let validator = contract.validator(&schema, direction).unwrap();
            for strategy in [valid(&contract, &schema, direction), minimal(&contract, &schema, direction)] {
                for _ in 0..10 {
                    let value =
                        strategy.new_tree(&mut runner).unwrap_or_else(|why| panic!("{schema:?}: {why}"));
                    assert_eq!(validator.violations(&value.current()), [], "{schema:?}");
                }
            }
        }
    }
}

#[test]
fn bundled_request_schemas_are_broken_one_keyword_at_a_time() {
    let mut listing = String::new();
    let mut runner = TestRunner::deterministic();
    for vendor in Vendor::ALL {
        let contract = Contract::of(vendor).unwrap();
        for operation in contract.operations() {
            for content in operation.request_body.iter().flat_map(|body| &body.content) {
                let Some(schema) = &content.schema else { continue };
                writeln!(listing, "{} {}", contract.name(), operation.id).unwrap();
                for (edge, values) in boundaries(&contract, schema) {
                    writeln!(listing, "  valid   {} {}: {}", edge.pointer, edge.keyword, edge.how).unwrap();
                    assert!(values.new_tree(&mut runner).is_ok());
                }
                for (broken, values) in violations(&contract, schema) {
                    writeln!(listing, "  invalid {} {}: {}", broken.pointer, broken.keyword, broken.how)
                        .unwrap();
                    assert!(values.new_tree(&mut runner).is_ok());
                }
            }
        }
    }
    insta::assert_snapshot!(listing);
}

#[test]
fn every_keyword_is_broken() {
    let cases = [
        (json!({"type": "string", "minLength": 2, "maxLength": 4}), vec!["type", "minLength", "maxLength"]),
        (json!({"type": "string", "pattern": "^a+$", "maxLength": 4}), vec!["type", "pattern", "maxLength"]),
        (json!({"type": "string", "format": "uuid"}), vec!["type", "format"]),
        (json!({"type": "string", "format": "password"}), vec!["type"]),
        (json!({"type": "string", "enum": ["a", "b"]}), vec!["type", "enum"]),
        (json!({"type": "integer", "minimum": 1, "maximum": 5}), vec!["type", "minimum", "maximum"]),
        (
            json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true, "multipleOf": 5}),
            vec!["type", "exclusiveMinimum", "multipleOf"],
        ),
        (json!({"type": "integer", "format": "int32"}), vec!["type", "minimum", "maximum"]),
        (json!({"type": "number", "maximum": 1.5}), vec!["type", "maximum"]),
        (json!({"type": "boolean"}), vec!["type"]),
        (
            json!({"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": true, "items": {"type": "integer"}}),
            vec!["type", "minItems", "maxItems", "uniqueItems"],
        ),
        (
            json!({"type": "object", "required": ["a"], "additionalProperties": false, "properties": {"a": {}}}),
            vec!["type", "additionalProperties", "required"],
        ),
        (
            json!({"type": "object", "maxProperties": 2, "additionalProperties": {"type": "string"}}),
            vec!["type", "maxProperties"],
        ),
        (
            json!({"allOf": [
                {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
                {"properties": {"a": {"maxLength": 3}}},
            ]}),
            vec!["type", "required", "maxLength"],
        ),
        (json!({"$ref": "#/components/schemas/Tree"}), vec!["type", "required", "minLength"]),
        (
            json!({"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
                "discriminator": {"propertyName": "kind"}}),
            vec!["type", "maximum", "maxLength"],
        ),
    ];
    for (schema, keywords) in cases {
        let (_, broken) = listed(&schema);
        for keyword in keywords {
            assert!(
                broken.iter().any(|line| line.ends_with(&format!(" {keyword}"))),
                "{schema} is not broken in {keyword}: {broken:?}"
            );
        }
    }
}

#[test]
fn nothing_is_broken_that_is_not_forbidden() {
    let open = json!({"type": "object", "properties": {"a": {"description": "anything"}}});
    let (_, broken) = listed(&open);
    assert_eq!(broken, [" type", " type"]);
    let (_, broken) = listed(&json!({"description": "anything"}));
    assert_eq!(broken, [] as [&str; 0]);
}

#[test]
fn lengths_are_counted_in_characters() {
    let contract = contract_of(&json!({"type": "string", "maxLength": 12}));
    let schema = body(&contract);
    let mut runner = TestRunner::deterministic();
    let (_, values) =
        boundaries(&contract, &schema).into_iter().find(|(edge, _)| edge.keyword == "maxLength").unwrap();
    let value = values.new_tree(&mut runner).unwrap().current();
    let text = value.as_str().unwrap();
    assert_eq!(text.chars().count(), 12);
    assert!(text.len() > 12);
}

#[test]
fn a_schema_that_allows_nothing_gives_nothing() {
    let contract = contract_of(&json!({"allOf": [{"type": "string"}, {"type": "boolean"}]}));
    let mut runner = TestRunner::deterministic();
    assert!(valid(&contract, &body(&contract), Direction::Request).new_tree(&mut runner).is_err());
}

/// A random schema, as deep as `depth`.
fn any_schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (0_u64..4, 0_u64..6, any::<bool>()).prop_map(|(shortest, more, nullable)| json!({
            "type": "string", "minLength": shortest, "maxLength": shortest + more, "nullable": nullable })),
        (-5_i64..5, 0_i64..9, any::<bool>()).prop_map(|(low, more, open)| json!({
            "type": "integer", "minimum": low, "maximum": low + more + 1, "exclusiveMinimum": open })),
        prop::sample::select(vec!["date-time", "uuid", "email", "uri", "ipv4", "date", "byte", "password"])
            .prop_map(|format| json!({ "type": "string", "format": format })),
        prop::sample::select(vec!["^a+$", "^[a-f0-9]{8}$", "b", r"^\d{3}-\w+"])
            .prop_map(|pattern| json!({ "type": "string", "pattern": pattern })),
        Just(json!({ "type": "boolean" })),
        Just(json!({ "type": "string", "enum": ["x", "y"] })),
        Just(json!({ "type": "number", "minimum": 0.5, "exclusiveMinimum": true })),
        Just(json!({ "$ref": "#/components/schemas/Tree" })),
        Just(json!({})),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            (inner.clone(), 0_u64..3, 0_u64..3, any::<bool>()).prop_map(
                |(items, fewest, more, unique)| json!({
                "type": "array", "items": items, "minItems": fewest, "maxItems": fewest + more,
                "uniqueItems": unique })
            ),
            (prop::collection::btree_map("[a-c]", inner.clone(), 1..3), any::<bool>(), any::<bool>())
                .prop_map(|(properties, required, closed)| {
                    let names: Vec<&String> = properties.keys().take(1).collect();
                    let mut schema = json!({ "type": "object", "properties": properties,
                        "additionalProperties": !closed });
                    if required {
                        schema["required"] = json!(names);
                    }
                    schema
                }),
            prop::collection::vec(inner, 1..3).prop_map(|branches| json!({ "anyOf": branches })),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    /// What `boundaries` gives is valid, what `violations` gives is broken where it says, and shrinking keeps both.
    #[test]
    fn random_schemas(schema in any_schema()) {
        let contract = contract_of(&schema);
        let schema = body(&contract);
        let validator = contract.validator(&schema, Direction::Request).unwrap();
        let mut runner = TestRunner::deterministic();
        for (edge, values) in boundaries(&contract, &schema) {
            // A demand that is hard to meet may be missed now and then.
            let Ok(mut tree) = values.new_tree(&mut runner) else { continue };
            for _ in 0..4 {
                prop_assert!(validator.is_valid(&tree.current()), "{edge:?} {}", tree.current());
                tree.simplify();
            }
        }
        for (broken, values) in violations(&contract, &schema) {
            let Ok(mut tree) = values.new_tree(&mut runner) else { continue };
            for _ in 0..4 {
                prop_assert!(!validator.is_valid(&tree.current()), "{broken:?} {}", tree.current());
                tree.simplify();
            }
        }
    }
}
