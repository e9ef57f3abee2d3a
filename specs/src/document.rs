//! A parsed YAML or JSON document: its values, `$ref` within it, and where each value stands in the text.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    path::Path,
    sync::Arc,
};

use serde_json::Value;

use crate::{
    error::{Diagnostic, LoadError},
    pointer::{Pointer, PointerError},
    source::{Position, Source},
    yaml::{self, Node, Span},
};

/// A document that has been read once and is not changed. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Document(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// The text of the document, then those of the files that parts of it come from.
    files: Arc<[Source]>,
    root: Value,
    tree: Arc<Node>,
    state: State,
    unreachable: Arc<HashMap<(u32, String), Unreachable>>,
    /// What was read although it is no YAML.
    remarks: Arc<[Diagnostic]>,
}

/// How the values of a document relate to its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    AsWritten,
    Altered,
}

/// Why what a `$ref` to another file means is not in the document.
#[derive(Clone, Debug)]
pub(crate) struct Unreachable {
    pub(crate) message: String,
    pub(crate) help: String,
}

/// A value's place, in the text that it stands in.
struct Place {
    span: Span,
    key: Option<Span>,
    /// The pointer in that text, if it is another one than in the document.
    pointer: Option<Pointer>,
    exact: bool,
}

impl Document {
    /// Reads YAML 1.2 or JSON; `name` is what diagnostics call it.
    ///
    /// Keys keep their order and become strings (`200:` is `"200"`). Errors: a syntax error, a duplicate key, more
    /// than one document, a root that is no mapping, or nesting and aliases beyond any sensible document.
    pub fn parse(name: impl Into<String>, text: impl Into<String>) -> Result<Document, LoadError> {
        Self::part(name, text, 0)
    }

    /// Reads a file of a document that consists of several; `file` is its number.
    pub(crate) fn part(
        name: impl Into<String>,
        text: impl Into<String>,
        file: u32,
    ) -> Result<Document, LoadError> {
        let source = Source::new(name.into(), text.into());
        let (tree, remarks) = yaml::parse(&source, file).map_err(LoadError::Invalid)?;
        let root = tree.to_value();
        Ok(Self(Arc::new(Inner {
            files: Arc::new([source]),
            root,
            tree,
            state: State::AsWritten,
            unreachable: Arc::default(),
            remarks: remarks.into(),
        })))
    }

    /// The document after its values were changed; the places of what was kept stay.
    pub(crate) fn altered(&self, tree: Arc<Node>) -> Self {
        Self(Arc::new(Inner {
            files: Arc::clone(&self.0.files),
            root: tree.to_value(),
            tree,
            state: State::Altered,
            unreachable: Arc::clone(&self.0.unreachable),
            remarks: Arc::clone(&self.0.remarks),
        }))
    }

    /// The document with other values, which were made from these: where they agree in shape, the places stay.
    #[expect(dead_code, reason = "for documents of version 3.1")]
    pub(crate) fn remade(&self, root: &Value) -> Self {
        self.altered(Node::like(root, self.tree()))
    }

    /// The document with parts from other files, whose number is in the spans of their nodes.
    pub(crate) fn bundled(
        &self,
        tree: Arc<Node>,
        files: Vec<Source>,
        unreachable: HashMap<(u32, String), Unreachable>,
        changed: bool,
    ) -> Self {
        Self(Arc::new(Inner {
            files: files.into(),
            root: tree.to_value(),
            tree,
            state: if changed { State::Altered } else { self.0.state },
            unreachable: Arc::new(unreachable),
            remarks: Arc::clone(&self.0.remarks),
        }))
    }

    /// Warnings about the text itself.
    pub(crate) fn remarks(&self) -> &[Diagnostic] {
        &self.0.remarks
    }

    pub(crate) fn tree(&self) -> &Arc<Node> {
        &self.0.tree
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
                return Err(self
                    .diagnostic(&here, format!("`$ref` `{reference}` leads back to itself"))
                    .with_help("let one of the references lead to a description"));
            }
            let target = Pointer::parse_fragment(reference).map_err(|error| match error {
                PointerError::NotAFragment(_) => self.external(&here, reference),
                _ => self
                    .diagnostic(&here, format!("`$ref` is not a pointer: {error}"))
                    .with_help("write it as in `#/components/schemas/Name`"),
            })?;
            value = self.get(&target).ok_or_else(|| self.dangling(&here, reference, &target))?;
            place = target;
        }
        Ok((place, value))
    }

    fn external(&self, at: &Pointer, reference: &str) -> Diagnostic {
        let file = self.place(at).span.file;
        match self.0.unreachable.get(&(file, reference.to_owned())) {
            Some(reason) => self.diagnostic(at, reason.message.clone()).with_help(reason.help.clone()),
            None => self
                .diagnostic(at, format!("external `$ref` `{reference}` is not supported"))
                .with_help("bundle the description into one document"),
        }
    }

    fn dangling(&self, at: &Pointer, reference: &str, target: &Pointer) -> Diagnostic {
        let diagnostic = self.diagnostic(at, format!("`$ref` `{reference}` leads nowhere"));
        let parent = target.parent();
        let siblings = parent.as_ref().and_then(|parent| self.get(parent)).and_then(Value::as_object);
        let (Some(siblings), Some(last)) = (siblings, target.last()) else {
            return diagnostic.with_help("describe what it names, or correct the reference");
        };
        diagnostic.with_help(match crate::lint::closest(&last, siblings.keys().map(String::as_str)) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("there is no `{last}` in `#{}`", parent.unwrap_or_default()),
        })
    }

    /// The place of a value, or of the nearest one around it.
    fn place(&self, pointer: &Pointer) -> Place {
        let mut node = &self.0.tree;
        let mut place = Place { span: node.span, key: None, pointer: None, exact: true };
        for token in pointer.tokens() {
            let Some((child, key)) = node.child(&token) else {
                place.exact = false;
                break;
            };
            place.pointer = match (&child.moved, place.pointer) {
                (Some(moved), _) => Some(moved.clone()),
                (None, known) => known.map(|known| known.join(&token)),
            };
            place.span = child.span;
            place.key = key;
            node = child;
        }
        place
    }

    fn positioned(&self, span: Span) -> Position {
        self.file(span).position(span.range())
    }

    fn file(&self, span: Span) -> &Source {
        self.0.files.get(span.file as usize).unwrap_or_else(|| self.source())
    }

    /// Where the value stands in the text; within an aliased value, where the anchor is.
    ///
    /// The text is that of another file for what a `$ref` brought from there.
    pub fn position(&self, pointer: &Pointer) -> Option<Position> {
        let place = self.place(pointer);
        place.exact.then(|| self.positioned(place.span))
    }

    /// Where the key of the value stands in the text; `None` for the root and items of a sequence.
    pub fn key_position(&self, pointer: &Pointer) -> Option<Position> {
        let place = self.place(pointer);
        place.key.filter(|_| place.exact).map(|key| self.positioned(key))
    }

    /// The text of the document as it was read.
    pub fn source(&self) -> &Source {
        match &*self.0.files {
            [source, ..] => source,
            // There is always one.
            [] => Source::none(),
        }
    }

    /// A text with the values of this document, to be read again: as it was written, or JSON if values were changed.
    pub fn normal_form(&self) -> Cow<'_, str> {
        match self.0.state {
            State::AsWritten => Cow::Borrowed(self.source().text()),
            State::Altered => Cow::Owned(format!("{:#}\n", self.0.root)),
        }
    }

    /// Whether the values are others than those in the text.
    pub fn is_altered(&self) -> bool {
        self.0.state == State::Altered
    }

    /// The name the document was loaded under.
    pub fn name(&self) -> &str {
        self.source().name()
    }

    /// A diagnostic about a value, with its position filled in; if the value does not exist, that of the nearest
    /// value around it.
    pub fn diagnostic(&self, at: &Pointer, message: impl Into<String>) -> Diagnostic {
        let place = self.place(at);
        let position = self.positioned(place.span);
        let key = place.key.map(|key| (self.file(key).clone(), self.positioned(key)));
        Diagnostic::new(self.file(place.span), at.clone(), Some(position), key, message)
            .shown_at(place.pointer)
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
