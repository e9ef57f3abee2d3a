//! A document as large as wished, made the same way every time: resources with shared schemas, as real ones have them.

use serde_json::{Map, Value, json};

/// Operations of one resource.
const EACH: usize = 5;

/// A document with about `operations` operations.
pub(super) fn document(operations: usize) -> Value {
    let resources = operations.div_ceil(EACH);
    let mut paths = Map::new();
    let mut schemas = shared();
    for number in 0..resources {
        let name = format!("Resource{number}");
        let plural = format!("resources{number}");
        paths.insert(format!("/{plural}"), collection(number, &name));
        paths.insert(format!("/{plural}/{{id}}"), member(number, &name));
        schemas.insert(name.clone(), resource(number));
        schemas.insert(format!("{name}Input"), input(number));
        schemas.insert(
            format!("{name}Page"),
            json!({
                "type": "object",
                "required": ["items"],
                "properties": { "items": { "type": "array", "items": reference(&name) }, "next": { "type": "string" } },
            }),
        );
    }
    json!({
        "openapi": "3.0.3",
        "info": { "title": "Synthetic", "version": "1.0.0" },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn content(name: &str) -> Value {
    json!({ "application/json": { "schema": reference(name) } })
}

/// What all resources use.
fn shared() -> Map<String, Value> {
    let schemas = json!({
        "Failure": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": { "type": "string", "maxLength": 64 },
                "message": { "type": "string" },
                "causes": { "type": "array", "items": { "$ref": "#/components/schemas/Failure" } },
            },
        },
        "Identifier": { "type": "string", "pattern": "^[a-z]{2,4}_[0-9a-f]{8}$" },
        "Money": {
            "type": "object",
            "required": ["amount", "currency"],
            "properties": {
                "amount": { "type": "integer", "format": "int64", "minimum": 0 },
                "currency": { "type": "string", "minLength": 3, "maxLength": 3 },
            },
        },
        "State": { "type": "string", "enum": ["new", "active", "suspended", "closed"] },
    });
    match schemas {
        Value::Object(schemas) => schemas,
        _ => Map::new(),
    }
}

fn input(number: usize) -> Value {
    json!({
        "type": "object",
        "required": ["name", "price"],
        "properties": {
            "name": { "type": "string", "minLength": 1, "maxLength": 100 + number % 50 },
            "price": reference("Money"),
            "labels": { "type": "object", "additionalProperties": { "type": "string" } },
            "valid_until": { "type": "string", "format": "date-time" },
            "weight": { "type": "number", "minimum": 0 },
            "tags": { "type": "array", "maxItems": 16, "items": { "type": "string" } },
        },
    })
}

fn resource(number: usize) -> Value {
    json!({
        "type": "object",
        "description": format!("Resource number {number}, with what a made-up vendor tells of it."),
        "required": ["id", "name", "price", "state", "created"],
        "properties": {
            "id": reference("Identifier"),
            "name": { "type": "string" },
            "price": reference("Money"),
            "state": reference("State"),
            "created": { "type": "string", "format": "date-time" },
            "owner": { "type": "string", "format": "uuid" },
            "parent": { "type": "string", "nullable": true },
            "history": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["at", "state"],
                    "properties": { "at": { "type": "string", "format": "date-time" }, "state": reference("State") },
                },
            },
        },
    })
}

fn operation(id: &str, number: usize, success: &str, body: Option<&str>, named: Option<&str>) -> Value {
    let mut operation = json!({
        "operationId": format!("{id}Resource{number}"),
        "summary": format!("{id} of resource {number}"),
        "responses": {
            success: { "description": "Done." },
            "400": { "description": "Wrong.", "content": content("Failure") },
            "404": { "description": "Unknown.", "content": content("Failure") },
        },
    });
    if let Some(named) = named {
        operation["responses"][success]["content"] = content(named);
    }
    if let Some(body) = body {
        operation["requestBody"] = json!({ "required": true, "content": content(body) });
    }
    operation
}

fn collection(number: usize, name: &str) -> Value {
    let mut list = operation("list", number, "200", None, Some(&format!("{name}Page")));
    list["parameters"] = json!([
        { "name": "limit", "in": "query", "schema": { "type": "integer", "minimum": 1, "maximum": 100 } },
        { "name": "cursor", "in": "query", "schema": { "type": "string" } },
        { "name": "state", "in": "query", "schema": reference("State") },
    ]);
    let create = operation("create", number, "201", Some(&format!("{name}Input")), Some(name));
    json!({ "get": list, "post": create })
}

fn member(number: usize, name: &str) -> Value {
    json!({
        "parameters": [{ "name": "id", "in": "path", "required": true, "schema": reference("Identifier") }],
        "get": operation("read", number, "200", None, Some(name)),
        "put": operation("replace", number, "200", Some(&format!("{name}Input")), Some(name)),
        "delete": operation("delete", number, "204", None, None),
    })
}
