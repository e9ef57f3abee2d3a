//! A parsed YAML or JSON document: its values, `$ref` within it, and where each value stands in the text.

use std::{collections::HashSet, path::Path, sync::Arc};

use serde_json::Value;

use crate::{
    error::{Diagnostic, LoadError},
    pointer::{Pointer, PointerError},
    source::{Position, Source},
    yaml::{self, Node},
};

/// A document that has been read once and is not changed. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Document(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: Source,
    root: Value,
    tree: Arc<Node>,
}

impl Document {
    /// Reads YAML 1.2 or JSON; `name` is what diagnostics call it.
    ///
    /// Keys keep their order and become strings (`200:` is `"200"`). Errors: a syntax error, a duplicate key, more
    /// than one document, a root that is no mapping, or nesting and aliases beyond any sensible document.
    pub fn parse(name: impl Into<String>, text: impl Into<String>) -> Result<Document, LoadError> {
        let source = Source::new(name.into(), text.into());
        let tree = yaml::parse(&source).map_err(LoadError::Invalid)?;
        let root = tree.to_value();
        Ok(Self(Arc::new(Inner { source, root, tree })))
    }

    /// Reads a file, as [`Document::parse`] does.
    pub fn read(path: &Path) -> Result<Document, LoadError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| LoadError::Io { path: path.to_owned(), source })?;
        Self::parse(path.display().to_string(), text)
    }

    /// The whole document; always an object.
    pub fn root(&self) -> &Value {
        &self.0.root
    }

    /// The value at a pointer; `$ref` is not followed.
    pub fn get(&self, pointer: &Pointer) -> Option<&Value> {
        pointer.get(&self.0.root)
    }

    /// The value at a pointer with its chain of `$ref` followed to the end, and where that end lies.
    ///
    /// Errors, at the `$ref`: it leads nowhere, out of the document, or back to itself.
    pub fn resolve(&self, at: &Pointer) -> Result<(Pointer, &Value), Diagnostic> {
        let mut place = at.clone();
        let mut seen = HashSet::new();
        let mut value =
            self.get(at).ok_or_else(|| self.diagnostic(at, format!("there is no value at `{at}`")))?;
        while let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let here = place.join("$ref");
            if !seen.insert(place.clone()) {
                return Err(self.diagnostic(&here, format!("`$ref` `{reference}` leads back to itself")));
            }
            let target = Pointer::parse_fragment(reference).map_err(|error| match error {
                PointerError::NotAFragment(_) => self
                    .diagnostic(&here, format!("external `$ref` `{reference}` is not supported"))
                    .with_help("bundle the description into one document"),
                _ => self.diagnostic(&here, format!("`$ref` is not a pointer: {error}")),
            })?;
            value = self.get(&target).ok_or_else(|| self.dangling(&here, reference, &target))?;
            place = target;
        }
        Ok((place, value))
    }

    fn dangling(&self, at: &Pointer, reference: &str, target: &Pointer) -> Diagnostic {
        let diagnostic = self.diagnostic(at, format!("`$ref` `{reference}` leads nowhere"));
        let siblings = target.parent().and_then(|parent| self.get(&parent)).and_then(Value::as_object);
        let (Some(siblings), Some(last)) = (siblings, target.last()) else { return diagnostic };
        match crate::lint::closest(&last, siblings.keys().map(String::as_str)) {
            Some(name) => diagnostic.with_help(format!("did you mean `{name}`?")),
            None => diagnostic,
        }
    }

    /// Where the value stands in the text; within an aliased value, where the anchor is.
    pub fn position(&self, pointer: &Pointer) -> Option<Position> {
        let (node, _) = self.0.tree.find(pointer)?;
        Some(self.0.source.position(node.range()))
    }

    /// Where the key of the value stands in the text; `None` for the root and items of a sequence.
    pub fn key_position(&self, pointer: &Pointer) -> Option<Position> {
        let (_, key) = self.0.tree.find(pointer)?;
        Some(self.0.source.position(key?))
    }

    /// The text of the document.
    pub fn source(&self) -> &Source {
        &self.0.source
    }

    /// The name the document was loaded under.
    pub fn name(&self) -> &str {
        self.0.source.name()
    }

    /// A diagnostic about a value, with its position filled in; if the value does not exist, that of the nearest
    /// value around it.
    pub fn diagnostic(&self, at: &Pointer, message: impl Into<String>) -> Diagnostic {
        let mut known = Some(at.clone());
        while let Some(place) = &known {
            if self.get(place).is_some() {
                break;
            }
            known = place.parent();
        }
        let known = known.unwrap_or_default();
        Diagnostic::new(self.source(), at.clone(), self.position(&known), self.key_position(&known), message)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Document {
        Document::parse("text", text).unwrap()
    }

    #[test]
    fn keys_become_strings_and_keep_their_order() {
        let document = read("on: 1\n200: 2\nno: 3\n~: 4\n1.50: 5\n'': 6\n");
        let keys: Vec<&String> = document.root().as_object().unwrap().keys().collect();
        assert_eq!(keys, ["on", "200", "no", "~", "1.50", ""]);
    }

    #[test]
    fn merges_and_aliases() {
        let text = "base: &base {a: 1, b: 2}\nother: &other {b: 3, c: 4}\nboth: {<<: [*base, *other], a: 0}\nsame: *base\n";
        let document = read(text);
        assert_eq!(document.root()["both"], json!({"a": 0, "b": 2, "c": 4}));
        assert_eq!(document.root()["same"], json!({"a": 1, "b": 2}));
        let c = Pointer::root().join("both").join("c");
        assert_eq!(document.position(&c).map(|position| position.line), Some(2));
    }

    #[test]
    fn tags_decide_the_type() {
        assert_eq!(read("a: !!str 12\nb: !!int '7'\nc: ! 3\n").root(), &json!({"a": "12", "b": 7, "c": "3"}));
    }

    #[test]
    fn positions_of_keys_and_values() {
        let document = read("\u{feff}info:\n  ü: [a, {b: c}]\n");
        let at = |pointer: &str| {
            let pointer = Pointer::parse(pointer).unwrap();
            let place =
                |position: Option<Position>| position.map(|position| (position.line, position.column));
            (place(document.key_position(&pointer)), place(document.position(&pointer)))
        };
        assert_eq!(at("/info/ü"), (Some((2, 3)), Some((2, 6))));
        assert_eq!(at("/info/ü/0"), (None, Some((2, 7))));
        assert_eq!(at("/info/ü/1/b"), (Some((2, 11)), Some((2, 14))));
        assert_eq!(at("/info/nothing"), (None, None));
    }

    #[test]
    fn one_line_says_where_and_what() {
        let document = read("info:\n  title: Keys\n");
        let diagnostic = document.diagnostic(&Pointer::root().join("info").join("title"), "too short");
        assert_eq!(
            diagnostic.with_help("say more").to_string(),
            "text:2:10: too short (at /info/title); say more"
        );
    }

    #[test]
    fn missing_file_is_named() {
        let error = Document::read(Path::new("no/such/file.yaml")).unwrap_err();
        assert!(error.to_string().starts_with("cannot read no/such/file.yaml: "), "{error}");
        assert!(error.render(false).starts_with("error: cannot read no/such/file.yaml"));
    }
}
