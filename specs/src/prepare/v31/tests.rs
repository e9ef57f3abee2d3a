//! What becomes of each thing that 3.1 can say: the lowered form, the warnings, and that the result is a sound 3.0
//! document.

use serde_json::{Value, json};

use super::{Lowered, lower};
use crate::{Document, Severity, lint};

/// Lowers a document whose parts besides version and title are given; the result has no mistakes.
fn document(rest: &Value) -> Lowered {
    let mut whole = json!({ "openapi": "3.1.0", "info": { "title": "Keys", "version": "1" } });
    whole.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    let document = Document::parse("api.json", whole.to_string()).unwrap();
    let lowered = lower(&document);
    let altered = lowered.document(&document);
    let wrong: Vec<String> = lint(&altered)
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .map(ToString::to_string)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}\n{:#}", lowered.root);
    for warning in &lowered.warnings {
        assert!(warning.help.is_some() && warning.position.is_some(), "{warning}");
        assert_eq!(warning.severity, Severity::Warning);
    }
    lowered
}

fn told(lowered: &Lowered) -> Vec<String> {
    lowered.warnings.iter().map(|warning| format!("{}: {}", warning.pointer, warning.message)).collect()
}

/// Lowers a schema that stands beside `Other`.
fn schemas(schema: &Value) -> Lowered {
    document(&json!({ "components": { "schemas": {
        "It": schema,
        "Other": { "type": "object", "properties": { "a": { "type": "string" } } },
    } } }))
}

fn check(original: &Value, expected: &Value) {
    let lowered = schemas(original);
    let found = &lowered.root["components"]["schemas"]["It"];
    assert_eq!(found, expected, "{original}\n{found:#}");
    assert!(lowered.warnings.is_empty(), "{original}: {:#?}", told(&lowered));
}

/// As `check`, with one warning whose text contains `words`.
fn check_loss(original: &Value, expected: &Value, words: &str) {
    let lowered = schemas(original);
    let found = &lowered.root["components"]["schemas"]["It"];
    assert_eq!(found, expected, "{original}\n{found:#}");
    let told = told(&lowered);
    assert!(told.len() == 1 && told[0].contains(words), "{original}: {told:#?}");
}

#[test]
fn types_and_null() {
    let nothing = json!({ "nullable": true, "enum": [null] });
    let other = json!({ "$ref": "#/components/schemas/Other" });
    for (original, expected) in [
        (
            json!({ "type": ["string", "null"], "minLength": 1 }),
            json!({ "minLength": 1, "type": "string", "nullable": true }),
        ),
        (json!({ "type": ["string"] }), json!({ "type": "string" })),
        (json!({ "type": "null" }), nothing.clone()),
        (json!({ "type": ["array", "null"] }), json!({ "type": "array", "nullable": true, "items": {} })),
        (
            json!({ "type": ["string", "integer"], "minLength": 1, "maximum": 3, "description": "d" }),
            json!({ "description": "d", "anyOf": [{ "type": "integer", "maximum": 3 }, { "type": "string", "minLength": 1 }] }),
        ),
        (
            json!({ "type": ["string", "number", "integer", "null"], "format": "date" }),
            json!({ "nullable": true, "anyOf": [{ "type": "number" }, { "type": "string", "format": "date" }, nothing] }),
        ),
        (
            json!({ "type": ["string", "integer"], "enum": ["a", 1, "b", true] }),
            json!({ "anyOf": [{ "type": "integer", "enum": [1] }, { "type": "string", "enum": ["a", "b"] }] }),
        ),
        (
            json!({ "type": ["string", "null"], "enum": ["a", null] }),
            json!({ "type": "string", "nullable": true, "enum": ["a", null] }),
        ),
        // Null is no value of the list, so it is none at all.
        (json!({ "type": ["string", "null"], "enum": ["a"] }), json!({ "type": "string", "enum": ["a"] })),
        (json!({ "type": "string", "enum": ["a", null] }), json!({ "type": "string", "enum": ["a"] })),
        (json!({ "enum": ["a", null] }), json!({ "type": "string", "nullable": true, "enum": ["a", null] })),
        (json!({ "enum": ["a", 1] }), json!({ "enum": ["a", 1] })),
        (json!({ "enum": [1, 2.5] }), json!({ "type": "number", "enum": [1, 2.5] })),
        (json!({ "const": "a" }), json!({ "type": "string", "enum": ["a"] })),
        (json!({ "const": null }), nothing.clone()),
        (json!({ "const": { "a": 1 } }), json!({ "enum": [{ "a": 1 }] })),
        (json!({ "type": "object", "const": "a" }), json!({ "allOf": [{ "not": {} }], "type": "object" })),
        (json!({ "type": ["string", "number", "boolean", "array", "object", "null"] }), json!({})),
        (
            json!({ "anyOf": [{ "type": "string" }, { "type": "null" }], "title": "t" }),
            json!({ "title": "t", "type": "string", "nullable": true }),
        ),
        (
            json!({ "oneOf": [{ "type": "string", "enum": ["a"] }, { "const": null }] }),
            json!({ "type": "string", "enum": ["a", null], "nullable": true }),
        ),
        (
            json!({ "anyOf": [other, { "type": "null" }] }),
            json!({ "nullable": true, "anyOf": [other, nothing] }),
        ),
        (
            json!({ "oneOf": [{ "type": "null" }, other] }),
            json!({ "nullable": true, "anyOf": [other, nothing] }),
        ),
        (
            json!({ "oneOf": [other, { "type": "string" }, { "type": "null" }] }),
            json!({ "nullable": true, "oneOf": [other, { "type": "string" }, nothing] }),
        ),
        (json!({ "anyOf": [{ "type": "null" }] }), nothing.clone()),
        (
            json!({ "type": ["string", "integer"], "anyOf": [{ "const": 1 }, { "const": "a" }] }),
            json!({
                "anyOf": [{ "type": "integer", "enum": [1] }, { "type": "string", "enum": ["a"] }],
                "allOf": [{ "anyOf": [{ "type": "integer" }, { "type": "string" }] }],
            }),
        ),
    ] {
        check(&original, &expected);
    }
    check_loss(
        &json!({ "$ref": "#/components/schemas/Other", "nullable": true }),
        &json!({ "nullable": true, "anyOf": [other, nothing] }),
        "`nullable` is of OpenAPI 3.0",
    );
    check_loss(
        &json!({ "type": "string", "nullable": true }),
        &json!({ "type": "string", "nullable": true }),
        "`nullable` is of OpenAPI 3.0",
    );
}

#[test]
fn numbers_strings_and_examples() {
    for (original, expected) in [
        (
            json!({ "type": "integer", "exclusiveMinimum": 0 }),
            json!({ "minimum": 0, "exclusiveMinimum": true, "type": "integer" }),
        ),
        (json!({ "exclusiveMaximum": 5, "maximum": 9 }), json!({ "maximum": 5, "exclusiveMaximum": true })),
        (json!({ "exclusiveMaximum": 9, "maximum": 5 }), json!({ "maximum": 5 })),
        (json!({ "exclusiveMinimum": 5, "minimum": 5 }), json!({ "minimum": 5, "exclusiveMinimum": true })),
        (json!({ "type": "string", "examples": ["a"] }), json!({ "example": "a", "type": "string" })),
        (
            json!({ "type": "string", "contentEncoding": "base64" }),
            json!({ "format": "byte", "type": "string" }),
        ),
        (json!({ "contentMediaType": "image/png" }), json!({ "format": "binary", "type": "string" })),
        (
            json!({ "contentMediaType": "image/png", "contentEncoding": "base64" }),
            json!({ "format": "byte", "type": "string" }),
        ),
        (json!({ "type": "string", "contentMediaType": "application/json" }), json!({ "type": "string" })),
        (
            json!({ "$comment": "c", "$id": "https://h/a", "$schema": "https://json-schema.org/draft/2020-12/schema" }),
            json!({}),
        ),
    ] {
        check(&original, &expected);
    }
    for (original, expected, words) in [
        (json!({ "examples": ["a", "b"] }), json!({ "example": "a" }), "only the first"),
        (
            json!({ "minimum": 1, "exclusiveMinimum": true }),
            json!({ "minimum": 1, "exclusiveMinimum": true }),
            "as a flag",
        ),
        (json!({ "type": "string", "contentEncoding": "base32" }), json!({ "type": "string" }), "`base32`"),
        (json!({ "type": "string", "contentSchema": true }), json!({ "type": "string" }), "`contentSchema`"),
        (json!({ "minLenght": 1 }), json!({}), "`minLenght` is no keyword"),
        (json!({ "$schema": "http://json-schema.org/draft-07/schema#" }), json!({}), "draft-07"),
    ] {
        check_loss(&original, &expected, words);
    }
}

#[test]
fn objects_and_arrays() {
    let string = json!({ "type": "string" });
    let integer = json!({ "type": "integer" });
    for (original, expected) in [
        (
            json!({ "properties": { "a": true, "b": false } }),
            json!({ "properties": { "a": {}, "b": { "not": {} } } }),
        ),
        (json!({ "required": [] }), json!({})),
        (
            json!({ "additionalProperties": { "const": 1 } }),
            json!({ "additionalProperties": { "type": "integer", "enum": [1] } }),
        ),
        (json!({ "unevaluatedProperties": false }), json!({ "additionalProperties": false })),
        (json!({ "unevaluatedProperties": true, "anyOf": [true] }), json!({ "anyOf": [{}] })),
        (json!({ "patternProperties": { "^.*$": integer } }), json!({ "additionalProperties": integer })),
        (json!({ "propertyNames": { "type": "string" } }), json!({})),
        (json!({ "type": "array" }), json!({ "type": "array", "items": {} })),
        (json!({ "items": false }), json!({ "items": {}, "maxItems": 0 })),
        (
            json!({ "prefixItems": [integer, integer], "items": false, "minItems": 2 }),
            json!({ "minItems": 2, "maxItems": 2, "items": integer }),
        ),
        (json!({ "prefixItems": [integer], "items": integer }), json!({ "items": integer })),
        (json!({ "contains": integer, "minContains": 0 }), json!({})),
    ] {
        check(&original, &expected);
    }
    for (original, expected, words) in [
        (
            json!({ "patternProperties": { "^a": integer }, "additionalProperties": false }),
            json!({ "additionalProperties": integer }),
            "patterns for the names",
        ),
        (
            json!({ "patternProperties": { "^a": integer, "^b": string }, "additionalProperties": { "type": "boolean" } }),
            json!({ "additionalProperties": { "anyOf": [integer, string, { "type": "boolean" }] } }),
            "patterns for the names",
        ),
        (json!({ "patternProperties": { "^a": integer } }), json!({}), "patterns for the names"),
        (json!({ "propertyNames": { "pattern": "^a" } }), json!({}), "`propertyNames`"),
        (json!({ "dependentRequired": { "a": ["b"] } }), json!({}), "`dependentRequired`"),
        (json!({ "dependentSchemas": { "a": true } }), json!({}), "`dependentSchemas`"),
        (
            json!({ "unevaluatedProperties": false, "allOf": [true] }),
            json!({ "allOf": [{}] }),
            "`unevaluatedProperties`",
        ),
        (
            json!({ "unevaluatedItems": false, "allOf": [true] }),
            json!({ "allOf": [{}] }),
            "`unevaluatedItems`",
        ),
        (json!({ "prefixItems": [integer, string] }), json!({ "items": {} }), "order is not carried"),
        (
            json!({ "prefixItems": [integer, string], "items": { "type": "boolean" } }),
            json!({ "items": { "anyOf": [integer, string, { "type": "boolean" }] } }),
            "order is not carried",
        ),
        (
            json!({ "items": [integer, string], "maxItems": 2 }),
            json!({ "maxItems": 2, "items": { "anyOf": [integer, string] } }),
            "order",
        ),
        (json!({ "contains": integer }), json!({ "minItems": 1 }), "have to occur"),
        (json!({ "if": string, "then": { "minLength": 1 } }), json!({}), "no conditions"),
    ] {
        check_loss(&original, &expected, words);
    }
}

#[test]
fn what_is_lost_below_a_negation_takes_it_along() {
    let lowered = schemas(&json!({ "not": { "contains": { "const": 1 } } }));
    assert_eq!(lowered.root["components"]["schemas"]["It"], json!({}));
    assert_eq!(told(&lowered).len(), 2);

    let loose = json!({ "components": { "schemas": {
        "It": { "oneOf": [{ "$ref": "#/components/schemas/Loose" }, { "type": "string" }] },
        "Outer": { "not": { "items": { "$ref": "#/components/schemas/It" } } },
        "Loose": { "type": "array", "contains": { "$ref": "#/components/schemas/It" } },
    } } });
    let lowered = document(&loose);
    assert!(lowered.root["components"]["schemas"]["It"].get("anyOf").is_some(), "{:#}", lowered.root);
    assert_eq!(lowered.root["components"]["schemas"]["Outer"], json!({}));
}

#[test]
fn references() {
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    check(&json!({ "$ref": "#/components/schemas/Other" }), &reference("Other"));
    check(
        &json!({ "$ref": "#/components/schemas/Other", "description": "d", "minProperties": 1 }),
        &json!({ "description": "d", "minProperties": 1, "allOf": [reference("Other")] }),
    );
    check(
        &json!({ "$ref": "#/components/schemas/Other", "allOf": [true] }),
        &json!({ "allOf": [reference("Other"), {}] }),
    );

    let lowered = document(&json!({ "components": { "schemas": {
        "Key": {
            "$defs": { "Id": { "type": "string" }, "Key": { "type": "integer" }, "Unused": true },
            "properties": {
                "id": { "$ref": "#/components/schemas/Key/$defs/Id" },
                "local": { "$ref": "#/$defs/Key" },
                "named": { "$ref": "#tag" },
                "deep": { "$ref": "#/components/schemas/Node/properties/next" },
            },
        },
        "Node": {
                        "$id": "https://example.com/node",
            "properties": { "next": { "type": ["object", "null"], "properties": { "again": { "$ref": "#" } } } },
        },
        "Tagged": { "$anchor": "tag", "type": "string" },
        "ByUri": { "$ref": "https://example.com/node" },
    } } }));
    let found = &lowered.root["components"]["schemas"];
    assert_eq!(
        found["Key"],
        json!({ "properties": {
            "id": reference("Id"), "local": reference("Key_Key"), "named": reference("Tagged"), "deep": reference("Node_next"),
        } }),
    );
    assert_eq!(found["Id"], json!({ "type": "string" }));
    assert_eq!(found["Key_Key"], json!({ "type": "integer" }));
    assert_eq!(found["Node"], json!({ "properties": { "next": reference("Node_next") } }));
    assert_eq!(found["ByUri"], reference("Node"));
    assert_eq!(found["Node_next"]["properties"]["again"], reference("Node"));
    assert_eq!(
        lowered.moved.iter().map(|(to, from)| format!("{from} to {to}")).collect::<Vec<_>>(),
        [
            "/components/schemas/Key/$defs/Id to /components/schemas/Id",
            "/components/schemas/Key/$defs/Key to /components/schemas/Key_Key",
            "/components/schemas/Node/properties/next to /components/schemas/Node_next",
        ]
    );
}

#[test]
fn dynamic_references() {
    let one = document(&json!({ "components": { "schemas": {
        "Tree": { "$dynamicAnchor": "node", "properties": { "next": { "$dynamicRef": "#node" } } },
    } } }));
    let next = json!({ "$ref": "#/components/schemas/Tree" });
    assert_eq!(one.root["components"]["schemas"]["Tree"]["properties"]["next"], next);
    assert!(one.warnings.is_empty());
    let two = document(&json!({ "components": { "schemas": {
        "Tree": { "$dynamicAnchor": "node", "properties": { "next": { "$dynamicRef": "#node" } } },
        "Strict": { "$dynamicAnchor": "node", "$ref": "#/components/schemas/Tree" },
    } } }));
    assert_eq!(two.root["components"]["schemas"]["Tree"]["properties"]["next"], json!({}));
    assert!(told(&two)[0].contains("can lead to several schemas"));
}

#[test]
fn around_the_schemas() {
    let lowered = document(&json!({
        "info": {
            "title": "Keys", "version": "1", "summary": "In short.", "description": "At length.",
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "servers": [{ "url": "https://{host}", "variables": { "host": { "default": "a", "enum": [] } } }],
        "security": [{ "tls": [] }, { "tls": [], "key": [] }],
        "webhooks": { "revoked": { "post": {} } },
        "paths": {
            "/keys": { "$ref": "#/components/pathItems/Keys", "summary": "All keys" },
            "/upload": { "post": {
                "operationId": "upload",
                "requestBody": { "content": {
                    "application/octet-stream": {},
                    "multipart/form-data": { "schema": { "properties": {
                        "picture": { "type": "string", "contentMediaType": "image/png" },
                    } } },
                } },
                "responses": {},
            } },
        },
        "components": {
            "securitySchemes": {
                "tls": { "type": "mutualTLS" },
                "key": { "type": "apiKey", "name": "X-Key", "in": "header" },
            },
            "responses": { "Gone": { "description": "Gone.", "content": { "text/plain": {} } } },
            "pathItems": {
                "Keys": {
                    "get": {
                        "operationId": "list",
                        "parameters": [{ "name": "limit", "in": "query", "schema": { "type": ["integer", "null"] } }],
                        "responses": { "410": { "$ref": "#/components/responses/Gone", "description": "No more." } },
                    },
                },
            },
        },
    }));
    insta::assert_snapshot!(format!("{:#}\n{}", lowered.root, told(&lowered).join("\n")));
}

#[test]
fn a_document_without_paths() {
    assert_eq!(document(&json!({ "webhooks": {} })).root["paths"], json!({}));
}

#[test]
fn a_path_item_that_contains_itself() {
    let item = json!({ "post": { "operationId": "a", "callbacks": { "c": { "{$url}": {
        "$ref": "#/components/pathItems/Loop",
    } } }, "responses": { "204": { "description": "Done." } } } });
    let lowered = document(&json!({
        "paths": { "/a": { "$ref": "#/components/pathItems/Loop" } },
        "components": { "pathItems": { "Loop": item } },
    }));
    assert!(told(&lowered).iter().any(|line| line.contains("contains itself")), "{:#?}", told(&lowered));
}
