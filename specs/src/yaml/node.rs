//! The tree of a document: every value with its place in a text.

use std::{ops::Range, sync::Arc};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::pointer::Pointer;

/// Which of a document's texts, and which of its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    /// 0 is the document itself; the others are the files that it refers to.
    pub(crate) file: u32,
    start: usize,
    end: usize,
}

impl Span {
    pub(crate) fn new(file: u32, range: &Range<usize>) -> Self {
        Self { file, start: range.start, end: range.end }
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A value and where it stands in the text.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    /// The pointer under which the value stands in its text, if it is another one than in the tree.
    pub(crate) moved: Option<Pointer>,
    /// Levels of collections, itself included.
    pub(super) depth: usize,
    /// Rough size in memory once aliases are expanded.
    pub(super) weight: usize,
    pub(crate) content: Content,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Scalar(Value),
    Sequence(Vec<Arc<Node>>),
    Mapping(IndexMap<String, Member>),
}

#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) key: Span,
    pub(crate) value: Arc<Node>,
}

impl Node {
    /// A node of a value that stands in no text; errors about it are shown at `span`.
    pub(crate) fn of(value: &Value, span: Span) -> Arc<Self> {
        let content = match value {
            Value::Array(items) => Content::Sequence(items.iter().map(|item| Self::of(item, span)).collect()),
            Value::Object(members) => Content::Mapping(
                members
                    .iter()
                    .map(|(name, value)| (name.clone(), Member { key: span, value: Self::of(value, span) }))
                    .collect(),
            ),
            scalar => Content::Scalar(scalar.clone()),
        };
        Arc::new(Self { span, moved: None, depth: 0, weight: 0, content })
    }

    /// The nodes of a value that was made from another one, whose places are kept wherever the two agree in shape.
    pub(crate) fn like(value: &Value, origin: &Arc<Self>) -> Arc<Self> {
        let content = match (value, &origin.content) {
            (Value::Array(items), Content::Sequence(known)) => Content::Sequence(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| match known.get(index) {
                        Some(known) => Self::like(item, known),
                        None => Self::of(item, origin.span),
                    })
                    .collect(),
            ),
            (Value::Object(members), Content::Mapping(known)) => Content::Mapping(
                members
                    .iter()
                    .map(|(name, value)| {
                        let member = match known.get(name) {
                            Some(known) => Member { key: known.key, value: Self::like(value, &known.value) },
                            None => Member { key: origin.span, value: Self::of(value, origin.span) },
                        };
                        (name.clone(), member)
                    })
                    .collect(),
            ),
            (Value::Array(_) | Value::Object(_), _) => return Self::of(value, origin.span),
            (scalar, Content::Scalar(known)) if scalar == known => return Arc::clone(origin),
            (scalar, _) => Content::Scalar(scalar.clone()),
        };
        Arc::new(Self { span: origin.span, moved: origin.moved.clone(), depth: 0, weight: 0, content })
    }

    /// The node one step below.
    pub(crate) fn child(&self, token: &str) -> Option<(&Arc<Node>, Option<Span>)> {
        match &self.content {
            Content::Scalar(_) => None,
            Content::Sequence(items) => Some((items.get(crate::pointer::index(token)?)?, None)),
            Content::Mapping(members) => {
                let member = members.get(token)?;
                Some((&member.value, Some(member.key)))
            }
        }
    }

    /// The node at a pointer.
    pub(crate) fn find<'n>(self: &'n Arc<Self>, pointer: &Pointer) -> Option<&'n Arc<Node>> {
        let mut node = self;
        for token in pointer.tokens() {
            node = node.child(&token)?.0;
        }
        Some(node)
    }

    pub(crate) fn to_value(&self) -> Value {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::Sequence(items) => Value::Array(items.iter().map(|item| item.to_value()).collect()),
            Content::Mapping(members) => Value::Object(
                members
                    .iter()
                    .map(|(key, member)| (key.clone(), member.value.to_value()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Scalar(Value::Null) => "nothing",
            Content::Scalar(_) => "a single value",
            Content::Sequence(_) => "a sequence",
            Content::Mapping(_) => "a mapping",
        }
    }
}
