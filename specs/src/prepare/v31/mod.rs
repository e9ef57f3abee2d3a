//! OpenAPI 3.1 as OpenAPI 3.0: the same contract in the words of the older version, and a warning for whatever that
//! version has no words for.
//!
//! # What is promised
//!
//! A value that the original schema accepts, the lowered one accepts too. Where everything could be said, the lowered
//! schema accepts nothing else; where a warning was given, it may accept more. So what is lost below `not` takes the
//! `not` with it, and a `oneOf` with a branch that lost something becomes `anyOf`.
//!
//! Two things are read more strictly than JSON Schema does, because 3.0 says them with formats that are checked:
//! `contentEncoding: base64` is `format: byte`, and a number like `1.0` is no integer.
//!
//! `null` beside something that has no `type` of its own, such as a reference, becomes one more alternative,
//! `{nullable: true, enum: [null]}`, and the schema around it says `nullable: true` as well.

mod array;
mod branches;
mod index;
mod loose;
mod object;
mod openapi;
mod reference;
mod schema;
mod text;
mod types;

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use std::sync::Arc;

use index::Index;
use indexmap::IndexMap;
use loose::Loose;
use serde_json::Value;

use crate::yaml::{Content, Member, Node};
use crate::{Diagnostic, Document, Pointer};

/// A document of version 3.1, lowered.
#[derive(Debug)]
pub(super) struct Lowered {
    /// The document as OpenAPI 3.0.3.
    pub(super) root: Value,
    /// What could not be said, in the order of the walk; all are warnings about the original.
    pub(super) warnings: Vec<Diagnostic>,
    /// Where schemas and path items of the result stood in the original, for those that stand somewhere else now.
    pub(super) moved: BTreeMap<Pointer, Pointer>,
}

impl Lowered {
    /// The lowered document with the places of the original.
    pub(super) fn document(&self, original: &Document) -> Document {
        let mut tree = Node::like(&self.root, original.tree());
        for (to, from) in &self.moved {
            let (Some(value), Some(origin)) = (to.get(&self.root), original.tree().find(from)) else {
                continue;
            };
            let mut node = Node::like(value, origin);
            Arc::make_mut(&mut node).moved = Some(from.clone());
            let steps: Vec<String> = to.tokens().map(std::borrow::Cow::into_owned).collect();
            replace(&mut tree, &steps, &node);
        }
        original.altered(tree)
    }
}

fn replace(tree: &mut Arc<Node>, steps: &[String], node: &Arc<Node>) {
    let Some((step, rest)) = steps.split_first() else {
        *tree = Arc::clone(node);
        return;
    };
    if let Content::Mapping(members) = &mut Arc::make_mut(tree).content
        && let Some(Member { value, .. }) = members.get_mut(step)
    {
        replace(value, rest, node);
    }
}

/// Whether the document says that it is of version 3.1.
pub(super) fn is_3_1(document: &Document) -> bool {
    let version = document.root().get("openapi").and_then(Value::as_str).unwrap_or_default();
    version == "3.1" || version.starts_with("3.1.")
}

/// The document in the words of 3.0, with its places, and warnings about whatever these do not say.
pub(super) fn lowered(document: &Document) -> (Document, Vec<Diagnostic>) {
    let lowered = lower(document);
    (lowered.document(document), lowered.warnings)
}

/// Rewrites a document of version 3.1; what is wrong with it in either version stays as it is.
pub(super) fn lower(document: &Document) -> Lowered {
    let index = Index::of(document);
    // The first walk learns which schemas lose something and which are referred to in their place.
    let mut scout = Lowering::new(document, &index, Loose::default(), IndexMap::new());
    scout.run();
    let mut lowering = Lowering::new(document, &index, scout.found.settle(), scout.hoisted);
    let root = lowering.run();
    let schemas = Pointer::root().join("components").join("schemas");
    let hoisted = lowering.hoisted.into_iter().map(|(from, name)| (schemas.join(name), from));
    let moved = lowering.inlined.into_iter().chain(hoisted).collect();
    Lowered { root, warnings: lowering.warnings, moved }
}

/// One walk over the document.
struct Lowering<'d> {
    document: &'d Document,
    index: &'d Index,
    /// Schemas that lose something, as the walk before this one found.
    loose: Loose,
    /// Those that this walk finds.
    found: Loose,
    /// Schemas that references lead to and that are no components, with the names they get as such.
    hoisted: IndexMap<Pointer, String>,
    warnings: Vec<Diagnostic>,
    /// What is told once in a document.
    told: HashSet<String>,
    /// Path items that are being put in the place of a reference.
    inlining: Vec<Pointer>,
    /// Where path items were put in the place of a reference, and where they stood.
    inlined: BTreeMap<Pointer, Pointer>,
    /// Security schemes that 3.0 has no words for.
    unsaid_schemes: HashSet<String>,
}

impl<'d> Lowering<'d> {
    fn new(
        document: &'d Document,
        index: &'d Index,
        loose: Loose,
        hoisted: IndexMap<Pointer, String>,
    ) -> Self {
        Self {
            document,
            index,
            loose,
            found: Loose::default(),
            hoisted,
            warnings: Vec::new(),
            told: HashSet::new(),
            inlining: Vec::new(),
            inlined: BTreeMap::new(),
            unsaid_schemes: HashSet::new(),
        }
    }

    fn get(&self, at: &Pointer) -> Option<&'d Value> {
        self.document.get(at)
    }

    /// Tells something that has no bearing on which values fit.
    fn warn(&mut self, at: &Pointer, message: impl Into<String>, help: &str) {
        let diagnostic = self.document.diagnostic(at, message).with_help(help).at_key().as_warning();
        self.warnings.push(diagnostic);
    }

    /// Tells it about the first of several places that all have the same.
    fn warn_once(&mut self, at: &Pointer, message: &str, help: &str) {
        if self.told.insert(message.to_owned()) {
            self.warn(at, message, help);
        }
    }

    /// Tells that the schema accepts more than it did.
    fn loosen(&mut self, schema: &Pointer, keyword: &str, message: impl Into<String>, help: &str) {
        self.found.loses(schema);
        self.warn(&schema.join(keyword), message, help);
    }
}
