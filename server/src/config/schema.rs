//! The JSON Schema of the configuration file, for editors.

use clap::{Arg, Command};
use schemars::{Schema, json_schema};
use serde_json::{Map, Value, json};

use super::key::{self, Kind};

/// The JSON Schema of the configuration file, written from the definition of the command line.
pub fn schema() -> Schema {
    of(&crate::cli::command())
}

/// The same as a text.
pub fn schema_text() -> String {
    format!("{:#}\n", schema().to_value())
}

fn of(command: &Command) -> Schema {
    let mut properties = properties(key::own(command));
    for (name, keys) in key::tables(command) {
        let about = command.find_subcommand(name).and_then(Command::get_about).map(ToString::to_string);
        let table = json!({
            "description": about,
            "type": "object",
            "properties": self::properties(keys),
            "additionalProperties": false,
        });
        properties.insert(name.to_owned(), table);
    }
    json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "rescind-server.toml",
        "description": "How rescind-server serves. Flags and environment variables come before this file.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "$defs": {
            "elsewhere": {
                "description": "A value that is kept elsewhere: in an environment variable or a file.",
                "type": "object",
                "properties": { "env": { "type": "string" }, "file": { "type": "string" } },
                "additionalProperties": false,
                "minProperties": 1,
                "maxProperties": 1,
            },
        },
    })
}

fn properties<'a>(keys: impl IntoIterator<Item = &'a Arg>) -> Map<String, Value> {
    keys.into_iter().map(|argument| (key::name(argument).to_owned(), property(argument))).collect()
}

fn property(argument: &Arg) -> Value {
    let kind = Kind::of(argument);
    let mut plain = match kind {
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Number => json!({ "type": "integer", "minimum": 0 }),
        Kind::Text | Kind::Path | Kind::Database | Kind::List => json!({ "type": "string" }),
    };
    let known: Vec<String> =
        argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    if !known.is_empty() && kind != Kind::Switch {
        plain["enum"] = json!(known);
    }
    let elsewhere = json!({ "$ref": "#/$defs/elsewhere" });
    let mut alternatives = vec![plain.clone()];
    if kind == Kind::List {
        let item = json!({ "anyOf": [plain, elsewhere.clone()] });
        alternatives.push(json!({ "type": "array", "items": item }));
    }
    alternatives.push(elsewhere);
    let mut schema = json!({
        "description": argument.get_help().map(ToString::to_string),
        "anyOf": alternatives,
    });
    let default = argument.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
    if let Some(default) = default {
        schema["default"] = match kind {
            Kind::Switch | Kind::Number => default.parse().unwrap_or(Value::String(default)),
            Kind::Text | Kind::Path | Kind::Database | Kind::List => Value::String(default),
        };
    }
    schema
}
