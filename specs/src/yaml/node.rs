//! The tree of a document: every value with its place in the text.

use std::{ops::Range, sync::Arc};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::pointer::Pointer;

/// A value and where it stands in the text.
#[derive(Debug)]
pub(crate) struct Node {
    pub(super) range: Range<usize>,
    /// Levels of collections, itself included.
    pub(super) depth: usize,
    /// Rough size in memory once aliases are expanded.
    pub(super) weight: usize,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    Scalar(Value),
    Sequence(Vec<Arc<Node>>),
    Mapping(IndexMap<String, Member>),
}

#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) key: Range<usize>,
    pub(super) value: Arc<Node>,
}

impl Node {
    pub(crate) fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The node at a pointer and the range of its key, if it is a member of a mapping.
    pub(crate) fn find(&self, pointer: &Pointer) -> Option<(&Node, Option<Range<usize>>)> {
        let mut node = self;
        let mut key = None;
        for token in pointer.tokens() {
            match &node.content {
                Content::Scalar(_) => return None,
                Content::Sequence(items) => {
                    node = items.get(token.parse::<usize>().ok()?)?;
                    key = None;
                }
                Content::Mapping(members) => {
                    let member = members.get(token.as_ref())?;
                    node = &member.value;
                    key = Some(member.key.clone());
                }
            }
        }
        Some((node, key))
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
