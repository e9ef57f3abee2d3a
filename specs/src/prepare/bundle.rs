//! `$ref` into other files: what they lead to becomes a component of the one document.
//!
//! Files are read from the disk only, and only those that something reachable refers to.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    path::Path,
    sync::Arc,
};

use serde_json::Value;

use super::{
    files::{Files, MAIN},
    tree::{self, Change, Edit},
};
use crate::{
    document::{Document, Unreachable},
    lint::{self, Kind, Reference},
    pointer::Pointer,
    yaml::Node,
};

/// Deepest nesting of path items that stand in other files; they have no place among the components.
const MAX_NESTED: usize = 8;
/// Most references that lead to one another.
const MAX_CHAIN: usize = 64;

/// The document with everything that it refers to in other files. What cannot be had stays a reference, and the
/// document knows why.
pub(super) fn bundle(document: &Document, path: &Path) -> Document {
    if !mentions_files(document.root()) {
        return document.clone();
    }
    let references = lint::references(document);
    let mut bundler = Bundler {
        files: Files::new(document, path),
        placed: HashMap::new(),
        taken: HashSet::new(),
        queue: VecDeque::new(),
        unreachable: HashMap::new(),
    };
    let mut root = Arc::clone(document.tree());
    let edits = bundler.document(references);
    tree::apply(&mut root, edits);
    let changed = root.to_value() != *document.root();
    document.bundled(root, bundler.files.sources(), bundler.unreachable, changed)
}

/// Whether there may be a reference to another file: there is hardly ever one, and to look for text is fast.
fn mentions_files(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| match (name.as_str(), value) {
            ("$ref", Value::String(text)) => is_external(text),
            ("mapping", Value::Object(entries)) => entries
                .values()
                .any(|value| value.as_str().is_some_and(|text| text.contains('.')) || mentions_files(value)),
            _ => mentions_files(value),
        }),
        Value::Array(items) => items.iter().any(mentions_files),
        _ => false,
    }
}

fn is_external(text: &str) -> bool {
    !text.starts_with('#')
}

/// A value in one of the files.
type Place = (u32, Pointer);

struct Bundler {
    files: Files,
    /// Where a value of another file stands in the one document.
    placed: HashMap<Place, Pointer>,
    /// Places among the components that are given to a value already.
    taken: HashSet<Pointer>,
    queue: VecDeque<(Place, Kind)>,
    unreachable: HashMap<(u32, String), Unreachable>,
}

impl Bundler {
    fn document(&mut self, mut references: Vec<Reference>) -> Vec<Edit> {
        references.retain(|reference| is_external(&reference.text));
        let mut edits = Vec::new();
        // A component that is nothing but a reference is the place for what it leads to.
        let is_component = |reference: &Reference| {
            reference.kind.section().is_some_and(|section| {
                let section = Pointer::root().join("components").join(section);
                reference.at.parent().is_some_and(|parent| parent == section)
            })
        };
        for reference in references.iter().filter(|reference| is_component(reference)) {
            if let Ok(target) = self.resolve(MAIN, &reference.text)
                && target.0 != MAIN
                && !self.placed.contains_key(&target)
            {
                self.placed.insert(target.clone(), reference.at.clone());
                self.taken.insert(reference.at.clone());
                self.queue.push_back((target, reference.kind));
            }
        }
        for reference in references {
            let replaced = self.taken.contains(&reference.at);
            if !replaced && let Some(edit) = self.rewrite(MAIN, reference, 0) {
                edits.push(edit);
            }
        }
        while let Some((target, kind)) = self.queue.pop_front() {
            let Some(place) = self.placed.get(&target).cloned() else { continue };
            if let Some(node) = self.part(&target, kind, 0) {
                edits.push(Edit { at: place, change: Change::Place(node) });
            }
        }
        edits
    }

    /// The change that lets a reference lead to a place of the one document, or the value itself come to the reference.
    fn rewrite(&mut self, file: u32, reference: Reference, depth: usize) -> Option<Edit> {
        let Reference { at, kind, text, value } = reference;
        match self.resolve(file, &text) {
            Ok(target) if kind == Kind::PATH_ITEM => {
                if depth >= MAX_NESTED {
                    return None;
                }
                Some(Edit { at, change: Change::Place(self.part(&target, kind, depth + 1)?) })
            }
            Ok(target) => {
                let place = self.place(target, kind)?;
                let text = format!("#{}", place.to_fragment());
                Some(Edit { at: value, change: Change::Set(Value::from(text)) })
            }
            Err(reason) if is_external(&text) => {
                self.unreachable.insert((file, text), reason);
                None
            }
            Err(reason) => {
                // Within the one document, the text would mean another place.
                let text = format!("{}{text}", self.files.short_name(file));
                self.unreachable.insert((file, text.clone()), reason);
                Some(Edit { at: value, change: Change::Set(Value::from(text)) })
            }
        }
    }

    /// Where the value stands in the one document.
    fn place(&mut self, target: Place, kind: Kind) -> Option<Pointer> {
        if target.0 == MAIN {
            return Some(target.1);
        }
        if let Some(known) = self.placed.get(&target) {
            return Some(known.clone());
        }
        let section = Pointer::root().join("components").join(kind.section()?);
        let stem = lint::component_name(&self.files.stem(target.0));
        let name = target.1.last().map_or_else(|| stem.clone(), |name| lint::component_name(&name));
        let free = |place: &Pointer| !self.taken.contains(place) && self.files.main().get(place).is_none();
        let mut place = section.join(&name);
        if !free(&place) {
            place = section.join(format!("{stem}_{name}"));
        }
        let mut number = 2_usize;
        while !free(&place) {
            place = section.join(format!("{stem}_{name}_{number}"));
            number += 1;
        }
        self.taken.insert(place.clone());
        self.placed.insert(target.clone(), place.clone());
        self.queue.push_back((target, kind));
        Some(place)
    }

    /// A value of another file, with its references as they have to be in the one document.
    fn part(&mut self, (file, at): &Place, kind: Kind, depth: usize) -> Option<Arc<Node>> {
        let document = self.files.get(*file)?.clone();
        let mut node = Arc::clone(document.tree().find(at)?);
        let mut edits = Vec::new();
        for reference in lint::references_within(&document, kind, at) {
            if *file == MAIN && !is_external(&reference.text) {
                continue;
            }
            if let Some(mut edit) = self.rewrite(*file, reference, depth) {
                edit.at = edit.at.relative_to(at)?;
                edits.push(edit);
            }
        }
        tree::apply(&mut node, edits);
        let mut node = Node::clone(&node);
        node.moved = Some(at.clone());
        Some(Arc::new(node))
    }

    /// The end of a chain of references that starts in a file.
    fn resolve(&mut self, file: u32, text: &str) -> Result<Place, Unreachable> {
        let mut file = file;
        let mut text = text.to_owned();
        for _ in 0..MAX_CHAIN {
            let (name, fragment) = match text.split_once('#') {
                Some((name, fragment)) => (name, format!("#{fragment}")),
                None => (text.as_str(), "#".to_owned()),
            };
            if !name.is_empty() {
                file = self.files.open(file, name)?;
            }
            let pointer = Pointer::parse_fragment(&fragment).map_err(|error| Unreachable {
                message: format!("`$ref` is not a pointer: {error}"),
                help: "write it as in `common.yaml#/components/schemas/Name`".to_owned(),
            })?;
            let document = self.files.get(file);
            let Some(value) = document.and_then(|document| document.get(&pointer)) else {
                return Err(self.nothing(file, &text, &pointer));
            };
            match value.get("$ref").and_then(Value::as_str) {
                Some(next) => text = next.to_owned(),
                None => return Ok((file, pointer)),
            }
        }
        Err(Unreachable {
            message: format!("`$ref` `{text}` leads back to itself"),
            help: "let one of the references lead to a description".to_owned(),
        })
    }

    fn nothing(&self, file: u32, text: &str, pointer: &Pointer) -> Unreachable {
        let name = self.files.short_name(file);
        let parent = pointer.parent().and_then(|parent| self.files.get(file)?.get(&parent)?.as_object());
        let names = parent.into_iter().flat_map(|parent| parent.keys().map(String::as_str));
        let help = match lint::closest(&pointer.last().unwrap_or_default(), names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("there is no `{pointer}` in {name}"),
        };
        Unreachable { message: format!("`$ref` `{text}` leads nowhere"), help }
    }
}
