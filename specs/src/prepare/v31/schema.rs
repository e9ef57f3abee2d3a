//! One schema: the keywords that both versions share, and the order in which the others are rewritten.

use serde_json::{Map, Value, json};

use super::{Lowering, types::Types};
use crate::{Pointer, lint};

/// Keywords that mean the same in both versions.
const SHARED: [&str; 19] = [
    "title",
    "description",
    "default",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "externalDocs",
    "xml",
    "format",
    "multipleOf",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// Keywords that other parts of this module read, and those without any bearing on 3.0.
const KNOWN: [&str; 43] = [
    "$ref",
    "$dynamicRef",
    "$id",
    "$anchor",
    "$dynamicAnchor",
    "$schema",
    "$vocabulary",
    "$comment",
    "$defs",
    "definitions",
    "type",
    "enum",
    "const",
    "nullable",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "examples",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "contains",
    "minContains",
    "maxContains",
    "unevaluatedItems",
    "required",
    "properties",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "unevaluatedProperties",
    "dependentRequired",
    "dependentSchemas",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
];

/// Keywords of earlier drafts that would still say something.
const EARLIER: [&str; 3] = ["dependencies", "additionalItems", "$recursiveRef"];

/// What one schema says and what becomes of it.
pub(super) struct Subject<'d> {
    pub(super) at: Pointer,
    pub(super) members: &'d Map<String, Value>,
    pub(super) out: Map<String, Value>,
}

impl<'d> Subject<'d> {
    pub(super) fn text(&self, keyword: &str) -> Option<&'d str> {
        self.members.get(keyword)?.as_str()
    }

    pub(super) fn has(&self, keyword: &str) -> bool {
        self.members.contains_key(keyword)
    }

    pub(super) fn set(&mut self, keyword: &str, value: impl Into<Value>) {
        self.out.insert(keyword.to_owned(), value.into());
    }

    /// Adds one more schema that has to hold.
    pub(super) fn and(&mut self, schema: Value) {
        match self.out.get_mut("allOf") {
            Some(Value::Array(parts)) => parts.push(schema),
            _ => self.set("allOf", vec![schema]),
        }
    }

    /// Adds alternatives; those that are there already have to hold as well.
    pub(super) fn any_of(&mut self, branches: Vec<Value>) {
        if self.out.contains_key("anyOf") {
            self.and(json!({ "anyOf": branches }));
        } else {
            self.set("anyOf", branches);
        }
    }

    /// Whether nothing so far says which values fit.
    pub(super) fn only_describes(&self) -> bool {
        self.out.keys().all(|keyword| describes(keyword))
    }
}

/// Whether a keyword has no bearing on which values fit.
pub(super) fn describes(keyword: &str) -> bool {
    const DESCRIPTION: [&str; 9] = [
        "title",
        "description",
        "default",
        "example",
        "deprecated",
        "readOnly",
        "writeOnly",
        "externalDocs",
        "xml",
    ];
    keyword.starts_with("x-") || DESCRIPTION.contains(&keyword)
}

/// The schema that only null satisfies.
pub(super) fn null() -> Value {
    json!({ "nullable": true, "enum": [null] })
}

impl Lowering<'_> {
    /// The schema at a place: itself, or a reference to the component that it became.
    pub(super) fn schema(&mut self, at: &Pointer) -> Value {
        let Some(name) = self.hoisted.get(at) else { return self.schema_itself(at) };
        let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
        let directions: Map<String, Value> = ["readOnly", "writeOnly"]
            .into_iter()
            .filter_map(|flag| Some((flag.to_owned(), self.get(at)?.get(flag)?.clone())))
            .collect();
        if directions.is_empty() {
            return reference;
        }
        let mut out = Map::from_iter([("allOf".to_owned(), json!([reference]))]);
        out.extend(directions);
        Value::Object(out)
    }

    /// The schema at a place, lowered in that place.
    pub(super) fn schema_itself(&mut self, at: &Pointer) -> Value {
        let members = match self.get(at) {
            Some(Value::Bool(true)) => return json!({}),
            Some(Value::Bool(false)) => return json!({ "not": {} }),
            Some(Value::Object(members)) => members,
            other => return other.cloned().unwrap_or_default(),
        };
        let mut subject = Subject { at: at.clone(), members, out: Map::new() };
        self.copy(&mut subject);
        self.dialect(&subject);
        self.content_keywords(&mut subject);
        self.bounds(&mut subject);
        self.object(&mut subject);
        self.array(&mut subject);
        self.example(&mut subject);
        self.branches(&mut subject);
        self.references(&mut subject);
        let types = Types::of(&mut subject);
        self.alternatives(&mut subject);
        types.spread(&mut subject);
        self.older_nullable(&mut subject);
        match subject.out.len() {
            // A reference and nothing else needs nothing around it.
            1 => match subject.out.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
                Some([only]) if only.get("$ref").is_some() && !subject.has("allOf") => only.clone(),
                _ => Value::Object(subject.out),
            },
            _ => Value::Object(subject.out),
        }
    }

    fn copy(&mut self, subject: &mut Subject<'_>) {
        for (keyword, value) in subject.members {
            if keyword.starts_with("x-") || SHARED.contains(&keyword.as_str()) {
                subject.out.insert(keyword.clone(), value.clone());
            } else if keyword == "discriminator" {
                let discriminator = self.discriminator(&subject.at, value);
                subject.out.insert(keyword.clone(), discriminator);
            } else if EARLIER.contains(&keyword.as_str()) {
                let message = format!("`{keyword}` is of an earlier draft of JSON Schema and is left out");
                self.loosen(&subject.at, keyword, message, "use the keywords of draft 2020-12");
            } else if !KNOWN.contains(&keyword.as_str()) {
                let known = SHARED.iter().chain(&KNOWN).copied();
                let help = match lint::closest(keyword, known) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "begin its name with `x-` to have it carried".to_owned(),
                };
                let message = format!("`{keyword}` is no keyword of a schema and is left out");
                if self.told.insert(message.clone()) {
                    self.warn(&subject.at.join(keyword), message, &help);
                }
            }
        }
    }

    /// Targets in `mapping` move with the schemas that they name.
    fn discriminator(&mut self, at: &Pointer, value: &Value) -> Value {
        let mut discriminator = value.clone();
        let mapping = discriminator.get_mut("mapping").and_then(Value::as_object_mut);
        for target in mapping.into_iter().flat_map(Map::values_mut) {
            if let Some(text) = target.as_str().filter(|text| text.contains('#')) {
                let reference = self.reference(at, text);
                *target = reference.get("$ref").cloned().unwrap_or_default();
            }
        }
        discriminator
    }

    fn dialect(&mut self, subject: &Subject<'_>) {
        if let Some(dialect) = subject.text("$schema") {
            self.known_dialect(&subject.at.join("$schema"), dialect);
        }
    }

    pub(super) fn known_dialect(&mut self, at: &Pointer, dialect: &str) {
        let known = ["//spec.openapis.org/oas/3.1/dialect/", "//json-schema.org/draft/2020-12/schema"];
        if !known.iter().any(|known| dialect.contains(known)) {
            let message = format!("the dialect `{dialect}` is read as JSON Schema 2020-12");
            self.warn_once(at, &message, "use the keywords of that draft");
        }
    }

    fn example(&mut self, subject: &mut Subject<'_>) {
        let Some(examples) = subject.members.get("examples") else { return };
        let first = match examples {
            Value::Array(examples) => examples.first(),
            // Written as where a media type has them.
            Value::Object(examples) => {
                examples.values().next().map(|example| example.get("value").unwrap_or(example))
            }
            _ => None,
        };
        let count = examples.as_array().map_or_else(|| examples.as_object().map_or(0, Map::len), Vec::len);
        if let Some(first) = first
            && !subject.has("example")
        {
            subject.set("example", first.clone());
        }
        if count > 1 || (count == 1 && subject.has("example")) {
            self.warn_once(
                &subject.at.join("examples"),
                "of several examples of a schema only the first is carried",
                "OpenAPI 3.0 has one `example` in a schema",
            );
        }
    }

    fn references(&mut self, subject: &mut Subject<'_>) {
        let mut parts = Vec::new();
        if let Some(reference) = subject.text("$ref") {
            parts.push(self.reference(&subject.at, reference));
        }
        if let Some(reference) = subject.text("$dynamicRef") {
            let name = reference.trim_start_matches('#');
            match self.index.dynamic(name).cloned() {
                Some(target) => parts.push(self.reference_to(&subject.at, &target)),
                // Without such a name it is a reference like any other.
                None if !self.index.is_dynamic(name) => parts.push(self.reference(&subject.at, reference)),
                None => self.loosen(
                    &subject.at,
                    "$dynamicRef",
                    format!("`{reference}` can lead to several schemas, so it is carried as anything"),
                    "refer to one schema with `$ref`",
                ),
            }
        }
        if let Some(Value::Array(all)) = subject.out.get_mut("allOf") {
            all.splice(0..0, parts);
        } else if !parts.is_empty() {
            subject.set("allOf", parts);
        }
    }

    /// `nullable` has no meaning in 3.1; whoever writes it means what it meant before.
    fn older_nullable(&mut self, subject: &mut Subject<'_>) {
        if subject.members.get("nullable") != Some(&Value::Bool(true)) {
            return;
        }
        self.warn_once(
            &subject.at.join("nullable"),
            "`nullable` is of OpenAPI 3.0; it is carried as it was meant there",
            "write `type: [string, 'null']` in OpenAPI 3.1",
        );
        let asserts: Vec<String> =
            subject.out.keys().filter(|keyword| !describes(keyword)).cloned().collect();
        if subject.out.contains_key("type") {
            if let Some(Value::Array(values)) = subject.out.get_mut("enum")
                && !values.contains(&Value::Null)
            {
                values.push(Value::Null);
            }
        } else if !asserts.is_empty() {
            let mut inner = Map::new();
            for keyword in asserts {
                if let Some(value) = subject.out.shift_remove(&keyword) {
                    inner.insert(keyword, value);
                }
            }
            let inner = match inner.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
                Some([only]) if inner.len() == 1 => only.clone(),
                _ => Value::Object(inner),
            };
            subject.set("anyOf", vec![inner, null()]);
        }
        subject.set("nullable", true);
    }
}
