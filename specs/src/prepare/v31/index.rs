//! The names that schemas give themselves: `$id`, `$anchor`, `$dynamicAnchor`.

use std::collections::HashMap;

use serde_json::Value;

use crate::{Document, Pointer};

/// Members whose values are data, so that nothing in them is a schema.
const DATA: [&str; 6] = ["example", "examples", "default", "enum", "const", "value"];

/// The names of a document, with the places of the schemas that have them.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// By full URI.
    resources: HashMap<String, Pointer>,
    /// The URI of each schema with an `$id`.
    uris: HashMap<Pointer, String>,
    /// By resource and name.
    anchors: HashMap<(Pointer, String), Pointer>,
    /// By name alone.
    dynamic: HashMap<String, Vec<Pointer>>,
}

impl Index {
    pub(super) fn of(document: &Document) -> Self {
        let mut index = Self::default();
        index.collect(document.root(), &Pointer::root(), &Pointer::root());
        index
    }

    fn collect(&mut self, value: &Value, at: &Pointer, resource: &Pointer) {
        match value {
            Value::Array(items) => {
                for (place, item) in items.iter().enumerate() {
                    self.collect(item, &at.index(place), resource);
                }
            }
            Value::Object(members) => {
                let text = |name: &str| members.get(name).and_then(Value::as_str);
                let mut resource = resource.clone();
                if let Some(id) = text("$id").filter(|id| !id.starts_with('#')) {
                    let base = self.uris.get(&resource).map(String::as_str).unwrap_or_default();
                    let uri = join(base, id.trim_end_matches('#'));
                    self.resources.entry(uri.clone()).or_insert_with(|| at.clone());
                    self.uris.insert(at.clone(), uri);
                    resource = at.clone();
                }
                for name in ["$anchor", "$dynamicAnchor"] {
                    if let Some(anchor) = text(name) {
                        let key = (resource.clone(), anchor.to_owned());
                        self.anchors.entry(key).or_insert_with(|| at.clone());
                    }
                }
                if let Some(anchor) = text("$dynamicAnchor") {
                    self.dynamic.entry(anchor.to_owned()).or_default().push(at.clone());
                }
                for (name, value) in members {
                    if !name.starts_with("x-") && !DATA.contains(&name.as_str()) {
                        self.collect(value, &at.join(name), &resource);
                    }
                }
            }
            _ => {}
        }
    }

    /// The innermost schema around a place that has an `$id`; the document where there is none.
    pub(super) fn resource(&self, at: &Pointer) -> Pointer {
        let mut place = Some(at.clone());
        while let Some(around) = place {
            if self.uris.contains_key(&around) {
                return around;
            }
            place = around.parent();
        }
        Pointer::root()
    }

    /// The schema of that URI, which may be relative to the resource.
    pub(super) fn find(&self, resource: &Pointer, uri: &str) -> Option<&Pointer> {
        let base = self.uris.get(resource).map(String::as_str).unwrap_or_default();
        self.resources.get(&join(base, uri)).or_else(|| self.resources.get(uri))
    }

    pub(super) fn anchor(&self, resource: &Pointer, name: &str) -> Option<&Pointer> {
        self.anchors.get(&(resource.clone(), name.to_owned()))
    }

    /// Whether some schema takes part in dynamic references under this name.
    pub(super) fn is_dynamic(&self, name: &str) -> bool {
        self.dynamic.contains_key(name)
    }

    /// The one schema that a dynamic reference can lead to; `None` if that depends on how it was reached.
    pub(super) fn dynamic(&self, name: &str) -> Option<&Pointer> {
        match self.dynamic.get(name)?.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// Resolves a reference against a base (RFC 3986 §5.2), as far as identifiers of schemas need it.
fn join(base: &str, reference: &str) -> String {
    let scheme = reference.split(['/', '?', '#']).next().is_some_and(|start| start.contains(':'));
    if scheme || base.is_empty() {
        return reference.to_owned();
    }
    let authority = base.find("://").map_or(0, |at| at + 3);
    let path = base[authority..].find('/').map_or(base.len(), |at| authority + at);
    if reference.starts_with('/') {
        return format!("{}{reference}", &base[..path]);
    }
    match base[path..].rfind('/') {
        Some(at) => format!("{}/{reference}", &base[..path + at]),
        None => format!("{base}/{reference}"),
    }
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn joins_uris() {
        for (base, reference, joined) in [
            ("", "a", "a"),
            ("https://h/a/b", "c", "https://h/a/c"),
            ("https://h/a/b", "/c", "https://h/c"),
            ("https://h", "c", "https://h/c"),
            ("https://h/a", "urn:b", "urn:b"),
            ("a/b", "c", "a/c"),
        ] {
            assert_eq!(join(base, reference), joined, "{base} {reference}");
        }
    }
}
