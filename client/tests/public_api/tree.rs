//! The modules of a crate as its source has them, and what can be reached from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syn::{Attribute, Item, ItemImpl, UseTree, Visibility};

use crate::render;

/// Where something is: the names of modules from the root.
type Place = Vec<String>;

/// All modules of the crate.
pub(crate) struct Tree {
    modules: BTreeMap<Place, Vec<Item>>,
}

impl Tree {
    pub(crate) fn read(root: &Path) -> Self {
        let mut tree = Self { modules: BTreeMap::new() };
        tree.read_file(root, root.parent().unwrap(), Vec::new());
        tree
    }

    fn read_file(&mut self, file: &Path, folder: &Path, place: Place) {
        let text =
            std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.take(parsed.items, folder, place);
    }

    fn take(&mut self, items: Vec<Item>, folder: &Path, place: Place) {
        for item in &items {
            let Item::Mod(module) = item else { continue };
            if is_test(&module.attrs) {
                continue;
            }
            let name = module.ident.to_string();
            let mut inner = place.clone();
            inner.push(name.clone());
            if let Some((_, items)) = &module.content {
                self.take(items.clone(), &folder.join(&name), inner);
                continue;
            }
            let nested = folder.join(&name);
            let beside = folder.join(format!("{name}.rs"));
            let file = if beside.is_file() { beside } else { nested.join("mod.rs") };
            self.read_file(&file, &nested, inner);
        }
        self.modules.insert(place, items);
    }

    /// A line for everything that can be named from outside.
    pub(crate) fn public_lines(&self) -> Vec<String> {
        let mut reached = BTreeMap::new();
        self.reach(&Vec::new(), &vec!["rescind_client".to_owned()], &mut reached, &mut BTreeSet::new());
        let mut lines = Vec::new();
        for ((place, name), shown) in &reached {
            let found = self.modules[place].iter().filter(|item| render::name(item).as_ref() == Some(name));
            for item in found {
                lines.extend(render::lines(item, &shown.join("::")));
            }
        }
        for (place, items) in &self.modules {
            for item in items {
                let Item::Impl(item) = item else { continue };
                if let Some(shown) = self.subject(place, item).and_then(|subject| reached.get(&subject)) {
                    lines.extend(render::implementation(item, &shown.join("::")));
                }
            }
        }
        lines
    }

    /// Finds what is public in the module at `place`, which is shown as `shown`.
    fn reach(
        &self,
        place: &Place,
        shown: &Place,
        reached: &mut BTreeMap<(Place, String), Place>,
        seen: &mut BTreeSet<(Place, Place)>,
    ) {
        if !seen.insert((place.clone(), shown.clone())) {
            return;
        }
        for item in &self.modules[place] {
            match item {
                Item::Mod(module) if is_public(&module.vis) && !is_test(&module.attrs) => {
                    let name = module.ident.to_string();
                    self.reach(&joined(place, &name), &joined(shown, &name), reached, seen);
                }
                Item::Use(import) if is_public(&import.vis) && !is_hidden(&import.attrs) => {
                    for (path, alias) in leaves(&import.tree) {
                        self.follow(place, &path, &alias, shown, reached, seen);
                    }
                }
                item => {
                    if let Some(name) = render::public_name(item) {
                        shortest(reached, (place.clone(), name.clone()), joined(shown, &name));
                    }
                }
            }
        }
    }

    /// Takes over what a `pub use` leads to, within this crate.
    fn follow(
        &self,
        place: &Place,
        path: &[String],
        alias: &str,
        shown: &Place,
        reached: &mut BTreeMap<(Place, String), Place>,
        seen: &mut BTreeSet<(Place, Place)>,
    ) {
        let Some(full) = self.absolute(place, path) else { return };
        if alias == "*" {
            self.reach(&full, shown, reached, seen);
            return;
        }
        if self.modules.contains_key(&full) {
            self.reach(&full, &joined(shown, alias), reached, seen);
            return;
        }
        let (name, module) = full.split_last().unwrap();
        let Some((module, name)) = self.definition(&module.to_vec(), name, 0) else { return };
        shortest(reached, (module, name), joined(shown, alias));
    }

    /// Where `name`, as the module at `place` sees it, is defined.
    fn definition(&self, place: &Place, name: &str, depth: usize) -> Option<(Place, String)> {
        let items = self.modules.get(place)?;
        if items.iter().any(|item| render::name(item).as_deref() == Some(name)) {
            return Some((place.clone(), name.to_owned()));
        }
        if depth > 8 {
            return None;
        }
        for item in items {
            let Item::Use(import) = item else { continue };
            for (path, alias) in leaves(&import.tree) {
                let Some(full) = self.absolute(place, &path) else { continue };
                let found = if alias == "*" {
                    self.definition(&full, name, depth + 1)
                } else if alias == name {
                    let (last, module) = full.split_last()?;
                    self.definition(&module.to_vec(), last, depth + 1)
                } else {
                    None
                };
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// The place that `path`, written at `place`, leads to; nothing if that is another crate.
    fn absolute(&self, place: &Place, path: &[String]) -> Option<Place> {
        let mut full = place.clone();
        let mut rest = path;
        match path.first().map(String::as_str) {
            Some("crate") => {
                full.clear();
                rest = &path[1..];
            }
            Some("self") => rest = &path[1..],
            Some("super") => {}
            Some(first) if self.modules.contains_key(&joined(place, first)) => {}
            _ => return None,
        }
        while rest.first().is_some_and(|word| word == "super") {
            full.pop();
            rest = &rest[1..];
        }
        full.extend(rest.iter().cloned());
        Some(full)
    }

    /// What an implementation is of.
    fn subject(&self, place: &Place, item: &ItemImpl) -> Option<(Place, String)> {
        let syn::Type::Path(path) = &*item.self_ty else { return None };
        let words: Vec<String> = path.path.segments.iter().map(|part| part.ident.to_string()).collect();
        match words.as_slice() {
            [name] => self.definition(place, name, 0),
            several => {
                let (name, module) = several.split_last()?;
                let module = self.absolute(place, module)?;
                self.definition(&module, name, 0)
            }
        }
    }
}

/// What can be named in several ways is listed under the shortest.
fn shortest(reached: &mut BTreeMap<(Place, String), Place>, item: (Place, String), shown: Place) {
    let known = reached.entry(item).or_insert_with(|| shown.clone());
    if shown.len() < known.len() {
        *known = shown;
    }
}

fn joined(place: &Place, name: &str) -> Place {
    let mut longer = place.clone();
    longer.push(name.to_owned());
    longer
}

pub(crate) fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn attribute(attributes: &[Attribute], text: &str) -> bool {
    attributes.iter().any(|attribute| render::tokens(attribute).contains(text))
}

fn is_test(attributes: &[Attribute]) -> bool {
    attribute(attributes, "cfg(test)")
}

pub(crate) fn is_hidden(attributes: &[Attribute]) -> bool {
    attribute(attributes, "doc(hidden)")
}

/// Every name that a `use` brings: its path and what it is called.
fn leaves(tree: &UseTree) -> Vec<(Vec<String>, String)> {
    match tree {
        UseTree::Path(path) => leaves(&path.tree)
            .into_iter()
            .map(|(mut rest, alias)| {
                rest.insert(0, path.ident.to_string());
                (rest, alias)
            })
            .collect(),
        UseTree::Name(name) => vec![(vec![name.ident.to_string()], name.ident.to_string())],
        UseTree::Rename(renamed) => vec![(vec![renamed.ident.to_string()], renamed.rename.to_string())],
        UseTree::Glob(_) => vec![(Vec::new(), "*".to_owned())],
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
    }
}
