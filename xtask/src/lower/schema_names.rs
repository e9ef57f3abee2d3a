//! Each schema of `components` gets the name of its type, and every `$ref` leads to such a name.
//!
//! References into other parts of the document (`#/paths/…/schema`) give their target a name too.

use rescind_specs::{Diagnostic, Pointer};
use serde_json::Value;

use super::Draft;
use super::draft::{SchemaSlot, each_within};
use crate::emit::names::pascal;

pub(super) fn run(draft: &mut Draft<'_>) -> Result<(), Vec<Diagnostic>> {
    let at = Pointer::root().join("components").join("schemas");
    let document = draft.contract.document().clone();
    let Some(schemas) = document.get(&at).and_then(Value::as_object) else { return Ok(()) };
    // All names are given out before any schema is copied: references may lead forward.
    for name in schemas.keys() {
        let unique = draft.type_names.unique(pascal(name), name);
        draft.named.insert(at.join(name), unique);
    }
    let mut diagnostics = Vec::new();
    for name in schemas.keys() {
        let pointer = at.join(name);
        let Some(type_name) = draft.named.get(&pointer).cloned() else { continue };
        match draft.copy(&pointer) {
            Ok(slot) => drop(draft.schemas.insert(type_name, slot)),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
}

impl Draft<'_> {
    /// A copy of the schema at `pointer`, in which every `$ref` leads to a named schema of the draft.
    pub(super) fn copy(&mut self, pointer: &Pointer) -> Result<SchemaSlot, Diagnostic> {
        let document = self.contract.document().clone();
        let mut schema = document.get(pointer).cloned().unwrap_or(Value::Null);
        let mut failed = None;
        each_within(pointer, &mut schema, &mut |at, value| {
            if value.get("$ref").is_none_or(|target| !target.is_string()) {
                return;
            }
            match self.target(at) {
                Ok(name) => *value = Draft::reference(&name),
                Err(diagnostic) => failed = Some(diagnostic),
            }
        });
        match failed {
            Some(diagnostic) => Err(diagnostic),
            None => Ok(SchemaSlot { schema, pointer: pointer.clone() }),
        }
    }

    /// The name of the schema that the reference at `pointer` leads to.
    fn target(&mut self, pointer: &Pointer) -> Result<String, Diagnostic> {
        let document = self.contract.document().clone();
        let (target, _) = document.resolve(pointer)?;
        if let Some(name) = self.named.get(&target) {
            return Ok(name.clone());
        }
        let words: Vec<String> = target
            .tokens()
            .filter(|token| !matches!(token.as_ref(), "components" | "schemas" | "schema" | "properties"))
            .map(std::borrow::Cow::into_owned)
            .collect();
        let wanted = words.join(" ");
        let name = self.type_names.unique(pascal(&wanted), &wanted);
        // Before the copy, because the target may refer to itself.
        self.named.insert(target.clone(), name.clone());
        let slot = self.copy(&target)?;
        self.schemas.insert(name.clone(), slot);
        Ok(name)
    }

    /// A schema that the contract model found at `pointer`, by name if it has one, else as a copy.
    pub(super) fn schema_at(&mut self, pointer: &Pointer) -> SchemaSlot {
        if let Some(name) = self.named.get(pointer) {
            return SchemaSlot { schema: Self::reference(name), pointer: pointer.clone() };
        }
        // The contract has resolved every reference, so a copy does not fail; an unknown schema accepts all.
        self.copy(pointer).unwrap_or_else(|_| SchemaSlot {
            schema: Value::Object(serde_json::Map::new()),
            pointer: pointer.clone(),
        })
    }
}
