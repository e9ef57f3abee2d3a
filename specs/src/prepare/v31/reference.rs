//! Where the references of schemas lead, and the schemas that become components because of them.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::Lowering;
use crate::Pointer;

impl Lowering<'_> {
    /// The `$ref` of the lowered document that says what `reference`, found in the schema at `at`, said.
    ///
    /// A reference that leads nowhere in this document stays what it was.
    pub(super) fn reference(&mut self, at: &Pointer, reference: &str) -> Value {
        let Some(target) = self.target(at, reference) else { return json!({ "$ref": reference }) };
        self.reference_to(at, &target)
    }

    pub(super) fn reference_to(&mut self, at: &Pointer, target: &Pointer) -> Value {
        self.found.refers(at, target);
        let schemas = Pointer::root().join("components").join("schemas");
        if target.parent().as_ref() == Some(&schemas) {
            return json!({ "$ref": format!("#{target}") });
        }
        let known = self.hoisted.get(target).cloned();
        let name = known.unwrap_or_else(|| self.name_for(target));
        self.hoisted.insert(target.clone(), name.clone());
        json!({ "$ref": format!("#{}", schemas.join(name)) })
    }

    fn target(&self, at: &Pointer, reference: &str) -> Option<Pointer> {
        let (uri, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let here = self.index.resource(at);
        let resource = if uri.is_empty() { here } else { self.index.find(&here, uri)?.clone() };
        let is_schema = |place: &Pointer| {
            let value = self.get(place);
            value.is_some_and(|value| value.is_object() || value.is_boolean()) && place.depth() > 0
        };
        if !fragment.is_empty() && !fragment.starts_with('/') {
            return self.index.anchor(&resource, fragment).cloned();
        }
        let steps = Pointer::parse_fragment(&format!("#{fragment}")).ok()?;
        let below = |place: &Pointer| Pointer::parse(&format!("{place}{steps}")).ok();
        let strict = below(&resource).filter(is_schema);
        if strict.is_some() || !uri.is_empty() {
            return strict;
        }
        // Meant for the schema itself, as if it were a document of its own.
        let mut around = Some(at.clone());
        while let Some(place) = around {
            if let Some(found) = below(&place).filter(is_schema).filter(|_| fragment.starts_with('/')) {
                return Some(found);
            }
            around = place.parent();
        }
        None
    }

    /// A name for the component that the schema at this place becomes: its own, or with those around it.
    fn name_for(&self, target: &Pointer) -> String {
        let schemas = self.document.root().pointer("/components/schemas").and_then(Value::as_object);
        let taken: HashSet<&str> = schemas
            .into_iter()
            .flat_map(|schemas| schemas.keys())
            .chain(self.hoisted.values())
            .map(String::as_str)
            .collect();
        let words: Vec<String> =
            target.tokens().map(|token| sanitised(&token)).filter(|word| !word.is_empty()).collect();
        let telling: Vec<&str> = words
            .iter()
            .map(String::as_str)
            .filter(|word| !STRUCTURE.contains(word) && !word.bytes().all(|byte| byte.is_ascii_digit()))
            .collect();
        let last = telling.last().copied().unwrap_or("Schema");
        let is_definition = target
            .parent()
            .and_then(|parent| parent.last())
            .is_some_and(|step| step == "$defs" || step == "definitions");
        let short = is_definition.then(|| last.to_owned());
        let long = if telling.is_empty() { last.to_owned() } else { telling.join("_") };
        let numbered = (2_u32..).map(|number| format!("{long}_{number}"));
        short
            .into_iter()
            .chain([long.clone()])
            .chain(numbered)
            .find(|name| !taken.contains(name.as_str()))
            .unwrap_or(long)
    }
}

/// Steps of a pointer that say nothing of what a schema is about.
const STRUCTURE: [&str; 15] = [
    "components",
    "schemas",
    "defs",
    "definitions",
    "properties",
    "paths",
    "schema",
    "content",
    "allOf",
    "anyOf",
    "oneOf",
    "prefixItems",
    "patternProperties",
    "dependentSchemas",
    "responses",
];

/// The letters that the name of a component may have.
fn sanitised(token: &str) -> String {
    let letters: String = token
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '_' })
        .collect();
    letters.trim_matches('_').to_owned()
}
