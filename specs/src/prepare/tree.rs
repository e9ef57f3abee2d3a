//! Changes of a document's values that keep the places of everything else.

use std::{cmp::Ordering, sync::Arc};

use indexmap::IndexMap;
use serde_json::Value;

use crate::{
    pointer::{Pointer, index},
    yaml::{Content, Member, Node},
};

/// A change at a place.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) at: Pointer,
    pub(super) change: Change,
}

#[derive(Debug)]
pub(super) enum Change {
    Remove,
    /// Puts a value there, whatever was there before, and the objects around it that are not there yet.
    Set(Value),
    /// Puts a value there that comes from another place.
    Place(Arc<Node>),
    /// Gives the member another name, which no other has.
    Rename(String),
    /// Adds an item at the end of a sequence, which is made if there is none.
    Append(Value),
    /// Removes all members but the first.
    KeepFirst,
}

/// Makes changes. One that finds nothing at its place is passed over.
pub(super) fn apply(root: &mut Arc<Node>, edits: Vec<Edit>) {
    // What is added to a mapping moves nothing, and stays in the order in which it came.
    let (added, edits): (Vec<Edit>, Vec<Edit>) = edits.into_iter().partition(|edit| {
        matches!(edit.change, Change::Set(_) | Change::Place(_)) && root.find(&edit.at).is_none()
    });
    for edit in added {
        make(root, edit);
    }
    let mut edits: Vec<(Vec<Step>, Edit)> = edits
        .into_iter()
        .map(|edit| (edit.at.tokens().map(|token| Step::of(&token)).collect(), edit))
        .collect();
    // From the end to the beginning and from the inside to the outside, so that no change moves what another means.
    edits.sort_by(|(one, _), (other, _)| other.cmp(one));
    for (_, edit) in edits {
        make(root, edit);
    }
}

/// One token of a pointer, in the order of a text.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Index(usize),
    Name(String),
}

impl Step {
    fn of(token: &str) -> Self {
        token.parse().map_or_else(|_| Self::Name(token.to_owned()), Self::Index)
    }
}

impl Ord for Step {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Index(one), Self::Index(other)) => one.cmp(other),
            (Self::Name(one), Self::Name(other)) => one.cmp(other),
            (Self::Index(_), Self::Name(_)) => Ordering::Less,
            (Self::Name(_), Self::Index(_)) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn make(root: &mut Arc<Node>, edit: Edit) {
    let Edit { at, change } = edit;
    let (Some(parent), Some(last)) = (at.parent(), at.last()) else { return };
    let makes_way = matches!(change, Change::Set(_) | Change::Place(_) | Change::Append(_));
    let Some(owner) = find(root, &parent, makes_way) else { return };
    let span = owner.span;
    match change {
        Change::Remove => match &mut owner.content {
            Content::Mapping(members) => drop(members.shift_remove(&last)),
            Content::Sequence(items) => {
                if let Some(index) = index(&last).filter(|index| *index < items.len()) {
                    items.remove(index);
                }
            }
            Content::Scalar(_) => {}
        },
        Change::Set(value) => {
            let span = owner.child(&last).map_or(span, |(known, _)| known.span);
            put(owner, last, Node::of(&value, span));
        }
        Change::Place(node) => put(owner, last, node),
        Change::Rename(name) => {
            if let Content::Mapping(members) = &mut owner.content
                && !members.contains_key(&name)
                && let Some((index, _, member)) = members.shift_remove_full(&last)
            {
                members.shift_insert(index, name, member);
            }
        }
        Change::Append(value) => {
            let item = Node::of(&value, span);
            match find(root, &at, false).map(|list| &mut list.content) {
                Some(Content::Sequence(items)) => items.push(item),
                _ => make(root, Edit { at, change: Change::Set(Value::Array(vec![value])) }),
            }
        }
        Change::KeepFirst => {
            if let Some(Content::Mapping(members)) = find(root, &at, false).map(|node| &mut node.content) {
                members.truncate(1);
            }
        }
    }
}

fn put(owner: &mut Node, name: String, node: Arc<Node>) {
    match &mut owner.content {
        Content::Mapping(members) => match members.get_mut(&name) {
            Some(member) => member.value = node,
            None => {
                members.insert(name, Member { key: node.span, value: node });
            }
        },
        Content::Sequence(items) => {
            if let Some(item) = index(&name).and_then(|index| items.get_mut(index)) {
                *item = node;
            }
        }
        Content::Scalar(_) => {}
    }
}

/// The node at a place, to be changed; `makes_way` puts mappings where there is nothing.
fn find<'n>(root: &'n mut Arc<Node>, at: &Pointer, makes_way: bool) -> Option<&'n mut Node> {
    let mut node = Arc::make_mut(root);
    for token in at.tokens() {
        let span = node.span;
        let next = match &mut node.content {
            Content::Scalar(_) => return None,
            Content::Sequence(items) => items.get_mut(index(&token)?)?,
            Content::Mapping(members) => {
                if makes_way && !members.contains_key(token.as_ref()) {
                    let value = Node::of(&Value::Object(serde_json::Map::new()), span);
                    members.insert(token.to_string(), Member { key: span, value });
                }
                &mut members.get_mut(token.as_ref())?.value
            }
        };
        node = Arc::make_mut(next);
    }
    Some(node)
}

/// Lets every reference to a moved value lead to its new place. `moves` gives the new place of an old one.
pub(super) fn redirect(root: &mut Arc<Node>, moves: &IndexMap<Pointer, Pointer>) {
    if !moves.is_empty() {
        Redirect { moves }.node(root);
    }
}

struct Redirect<'m> {
    moves: &'m IndexMap<Pointer, Pointer>,
}

impl Redirect<'_> {
    fn node(&self, node: &mut Arc<Node>) {
        if matches!(node.content, Content::Scalar(_)) {
            return;
        }
        match &mut Arc::make_mut(node).content {
            Content::Scalar(_) => {}
            Content::Sequence(items) => items.iter_mut().for_each(|item| self.node(item)),
            Content::Mapping(members) => {
                for (name, member) in members.iter_mut() {
                    match name.as_str() {
                        "$ref" => self.text(&mut member.value, false),
                        "mapping" => match &mut Arc::make_mut(&mut member.value).content {
                            Content::Mapping(entries) => {
                                entries.values_mut().for_each(|entry| self.text(&mut entry.value, true));
                            }
                            _ => self.node(&mut member.value),
                        },
                        "security" => self.requirements(&mut member.value),
                        _ => self.node(&mut member.value),
                    }
                }
            }
        }
    }

    fn text(&self, node: &mut Arc<Node>, may_be_name: bool) {
        let Content::Scalar(Value::String(text)) = &node.content else { return self.node(node) };
        let schemas = Pointer::root().join("components").join("schemas");
        let new = match Pointer::parse_fragment(text) {
            Ok(pointer) => self.moved(&pointer),
            Err(_) if may_be_name => self.moves.get(&schemas.join(text)).cloned(),
            Err(_) => None,
        };
        if let Some(new) = new {
            Arc::make_mut(node).content = Content::Scalar(Value::from(format!("#{}", new.to_fragment())));
        }
    }

    fn requirements(&self, node: &mut Arc<Node>) {
        let schemes = Pointer::root().join("components").join("securitySchemes");
        if !matches!(node.content, Content::Sequence(_)) {
            return self.node(node);
        }
        let Content::Sequence(items) = &mut Arc::make_mut(node).content else { return };
        for item in items {
            let Content::Mapping(members) = &mut Arc::make_mut(item).content else { continue };
            let renamed = |name: &str| self.moves.get(&schemes.join(name)).and_then(Pointer::last);
            if members.keys().any(|name| renamed(name).is_some()) {
                *members = members
                    .drain(..)
                    .map(|(name, member)| (renamed(&name).unwrap_or(name), member))
                    .collect();
            }
        }
    }

    fn moved(&self, pointer: &Pointer) -> Option<Pointer> {
        let mut old = pointer.clone();
        let mut below = Vec::new();
        loop {
            if let Some(new) = self.moves.get(&old) {
                return Some(below.iter().rev().fold(new.clone(), |at, token| at.join(token)));
            }
            below.push(old.last()?);
            old = old.parent()?;
        }
    }
}
