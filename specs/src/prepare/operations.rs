//! The operations of a document as its author wrote them, and which of them are left.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::LeftOut;
use crate::{document::Document, error::Diagnostic, pointer::Pointer, read::METHODS};

/// Whether a member of a path item is an operation under a method that does not exist.
pub(super) fn is_misnamed(name: &str, value: &Value) -> bool {
    let known = ["$ref", "summary", "description", "servers", "parameters"];
    !name.starts_with("x-") && !known.contains(&name) && value.get("responses").is_some()
}

/// What is in a document before anything is changed.
pub(super) struct Known(Vec<Entry>);

struct Entry {
    /// As the author wrote it.
    signature: String,
    id: Option<String>,
    /// Where it belongs now.
    path: Pointer,
    method: Option<String>,
    /// Where the operation object is now.
    at: Pointer,
    /// For a diagnostic if all else fails.
    written: Diagnostic,
}

impl Known {
    pub(super) fn of(document: &Document) -> Self {
        let paths = Pointer::root().join("paths");
        let mut entries = Vec::new();
        let members = document.get(&paths).and_then(Value::as_object);
        for path in members.into_iter().flat_map(|paths| paths.keys()) {
            if path.starts_with("x-") {
                continue;
            }
            let at = paths.join(path);
            let entry = |method: Option<&str>, id, place: Pointer| Entry {
                signature: method
                    .map_or_else(|| path.clone(), |method| format!("{} {path}", method.to_ascii_uppercase())),
                id,
                path: at.clone(),
                method: method.map(str::to_owned),
                written: document
                    .diagnostic(&at, "this cannot be read")
                    .with_help("correct what is said about it elsewhere")
                    .at_key(),
                at: place,
            };
            let Ok((item, value)) = document.resolve(&at) else {
                entries.push(entry(None, None, at.clone()));
                continue;
            };
            let Some(members) = value.as_object() else {
                entries.push(entry(None, None, at.clone()));
                continue;
            };
            for (name, value) in members {
                let is_method = METHODS.iter().any(|(method, _)| method == name);
                if is_method || is_misnamed(name, value) {
                    let id = value.get("operationId").and_then(Value::as_str).map(str::to_owned);
                    entries.push(entry(Some(name), id, item.join(name)));
                }
            }
        }
        Self(entries)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Path and operation object of each.
    pub(super) fn places(&self) -> Vec<(Pointer, Pointer)> {
        self.0.iter().map(|entry| (entry.path.clone(), entry.at.clone())).collect()
    }

    /// A path goes by another name from now on.
    pub(super) fn renamed(&mut self, old: &Pointer, new: &Pointer) {
        for entry in self.0.iter_mut().filter(|entry| entry.path == *old) {
            entry.path = new.clone();
            if let Some(method) = &entry.method
                && entry.at.is_within(old)
            {
                entry.at = new.join(method);
            }
        }
    }

    /// An operation belongs to another path from now on.
    pub(super) fn moved(&mut self, old: &Pointer, path: &Pointer, method: &str) {
        for entry in self.0.iter_mut().filter(|entry| entry.at == *old) {
            entry.path = path.clone();
            entry.at = path.join(method);
        }
    }

    /// The operation objects of a path.
    pub(super) fn methods(&self, path: &Pointer) -> Vec<Pointer> {
        self.0.iter().filter(|entry| entry.path == *path).map(|entry| entry.at.clone()).collect()
    }

    /// Those that are not in a document any more, and why.
    pub(super) fn left_out(
        &self,
        document: &Document,
        reasons: &HashMap<Pointer, Vec<Diagnostic>>,
    ) -> Vec<LeftOut> {
        let remaining: HashSet<(Pointer, Option<String>)> =
            Self::of(document).0.into_iter().map(|entry| (entry.path, entry.method)).collect();
        let mut left_out = Vec::new();
        for entry in &self.0 {
            if remaining.contains(&(entry.path.clone(), entry.method.clone())) {
                continue;
            }
            let mut found: Vec<Diagnostic> = [&entry.at, &entry.path]
                .into_iter()
                .filter_map(|at| reasons.get(at))
                .flatten()
                .cloned()
                .collect();
            if found.is_empty() {
                found.push(entry.written.clone());
            }
            left_out.push(LeftOut {
                signature: entry.signature.clone(),
                id: entry.id.clone(),
                reasons: found,
            });
        }
        left_out
    }
}
