//! Objects: properties by name, by pattern, and all others.

use serde_json::{Map, Value, json};

use super::{Lowering, schema::Subject};
use crate::Pointer;

impl Lowering<'_> {
    pub(super) fn object(&mut self, subject: &mut Subject<'_>) {
        if let Some(properties) = subject.members.get("properties") {
            let lowered = self.schemas_by_name(&subject.at.join("properties"), properties);
            subject.set("properties", lowered);
        }
        match subject.members.get("required") {
            Some(Value::Array(names)) if names.is_empty() => {}
            Some(names) => subject.set("required", names.clone()),
            None => {}
        }
        let others = self.other_properties(subject);
        self.pattern_properties(subject, others.as_ref());
        if !subject.out.contains_key("additionalProperties")
            && let Some(others) = others
            && !subject.has("patternProperties")
        {
            subject.set("additionalProperties", others);
        }
        self.dependencies(subject);
    }

    /// Each member of an object as a schema.
    pub(super) fn schemas_by_name(&mut self, at: &Pointer, schemas: &Value) -> Value {
        let Some(members) = schemas.as_object() else { return schemas.clone() };
        let lowered: Map<String, Value> =
            members.keys().map(|name| (name.clone(), self.schema(&at.join(name)))).collect();
        Value::Object(lowered)
    }

    /// What is said of properties that nothing else speaks of: `false`, a schema, or nothing.
    fn other_properties(&mut self, subject: &Subject<'_>) -> Option<Value> {
        let keyword = "additionalProperties";
        if let Some(value) = subject.members.get(keyword) {
            return Some(match value {
                Value::Bool(_) => value.clone(),
                _ => self.schema(&subject.at.join(keyword)),
            });
        }
        let keyword = "unevaluatedProperties";
        let value = subject.members.get(keyword)?;
        if *value == Value::Bool(true) {
            return None;
        }
        let elsewhere =
            ["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas"];
        if elsewhere.iter().any(|keyword| subject.has(keyword)) {
            let message = "`unevaluatedProperties` looks into other schemas, which OpenAPI 3.0 cannot say, so any \
                           further property is allowed";
            let help = "list all properties in one schema and use `additionalProperties`";
            self.loosen(&subject.at, keyword, message, help);
            return None;
        }
        Some(match value {
            Value::Bool(_) => value.clone(),
            _ => self.schema(&subject.at.join(keyword)),
        })
    }

    fn pattern_properties(&mut self, subject: &mut Subject<'_>, others: Option<&Value>) {
        let keyword = "patternProperties";
        let Some(patterns) = subject.members.get(keyword).and_then(Value::as_object) else { return };
        if patterns.is_empty() {
            if let Some(others) = others {
                subject.set("additionalProperties", others.clone());
            }
            return;
        }
        let at = subject.at.join(keyword);
        let mut schemas = Vec::new();
        for pattern in patterns.keys() {
            let schema = self.schema(&at.join(pattern));
            if !schemas.contains(&schema) {
                schemas.push(schema);
            }
        }
        let everything = patterns.len() == 1 && patterns.keys().all(|pattern| matches_everything(pattern));
        if everything && !subject.has("properties") {
            subject.set("additionalProperties", schemas.remove(0));
            return;
        }
        self.loosen(
            &subject.at,
            keyword,
            "OpenAPI 3.0 has no patterns for the names of properties, so every further property may be as any of \
             these describes it",
            "give the properties names, or describe all of them with `additionalProperties`",
        );
        match others {
            // Whatever no pattern matches is not described at all.
            None | Some(Value::Bool(true)) => {}
            Some(others) => {
                if *others != Value::Bool(false) && !schemas.contains(others) {
                    schemas.push(others.clone());
                }
                let one = if schemas.len() == 1 { schemas.remove(0) } else { json!({ "anyOf": schemas }) };
                subject.set("additionalProperties", one);
            }
        }
    }

    fn dependencies(&mut self, subject: &Subject<'_>) {
        for (keyword, message) in [
            ("dependentRequired", "OpenAPI 3.0 cannot require a property because of another one"),
            ("dependentSchemas", "OpenAPI 3.0 cannot apply a schema because of a property"),
        ] {
            if subject.members.get(keyword).and_then(Value::as_object).is_some_and(|names| !names.is_empty())
            {
                let help = "check it in the server, or split the schema with `oneOf`";
                self.loosen(&subject.at, keyword, format!("{message}, so `{keyword}` is left out"), help);
            }
        }
        let keyword = "propertyNames";
        let Some(names) = subject.members.get(keyword) else { return };
        // Names are strings anyway.
        let trivial = *names == Value::Bool(true)
            || names.as_object().is_some_and(|names| {
                names.iter().all(|(name, value)| name == "type" && value == "string" || name == "description")
            });
        if !trivial {
            self.loosen(
                &subject.at,
                keyword,
                "OpenAPI 3.0 cannot restrict the names of properties, so `propertyNames` is left out",
                "list the names in `properties`, with `additionalProperties: false`",
            );
        }
    }
}

fn matches_everything(pattern: &str) -> bool {
    matches!(pattern, "" | ".*" | "^.*$" | "^.*" | ".*$" | "^" | "[\\s\\S]*" | "^[\\s\\S]*$")
}
