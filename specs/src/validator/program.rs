//! A schema as a program that is followed value by value: what each JSON type has to satisfy, with all of `allOf`
//! and `$ref` already worked in.
//!
//! Acceptance is exact, refusal is not: a program may refuse what the schema allows (numbers at the edge of what a
//! double holds, for example), and whoever asks then has the schema itself decide.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use super::format::Format;
use super::pattern::Pattern;

/// The place of a node in its program.
pub(super) type NodeId = usize;

/// All nodes that one schema leads to; the first is the schema itself.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) nodes: Vec<Node>,
    /// Tells the items of one array apart.
    pub(super) hasher: RandomState,
}

impl Program {
    pub(super) fn hash(&self, value: impl std::hash::Hash) -> u64 {
        self.hasher.hash_one(value)
    }
}

/// What one value has to satisfy. `None` for a type: no value of it does.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) null: bool,
    /// Whether `false` and `true` do.
    pub(super) boolean: [bool; 2],
    pub(super) number: Option<Arc<NumberRule>>,
    pub(super) string: Option<Arc<StringRule>>,
    pub(super) array: Option<Arc<ArrayRule>>,
    pub(super) object: Option<Arc<ObjectRule>>,
    /// What cannot be told from a stream: the value is read as a whole and has to satisfy all of these.
    pub(super) whole: Option<Arc<Whole>>,
}

/// Schemas for whole values.
pub(super) struct Whole(pub(super) Vec<jsonschema::Validator>);

impl std::fmt::Debug for Whole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Whole({})", self.0.len())
    }
}

impl Whole {
    pub(super) fn accepts(&self, value: &serde_json::Value) -> bool {
        self.0.iter().all(|validator| validator.is_valid(value))
    }
}

/// A number as JSON text has it: digits alone, or with a fraction or an exponent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Num {
    Int(i128),
    Float(f64),
}

/// The greatest magnitude to which every integer has a double of its own.
const EXACT: i128 = 1 << 53;

impl Num {
    /// How two numbers compare, where that is certain.
    fn compare(self, other: Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => Some(one.cmp(&other)),
            (Self::Float(one), Self::Float(other)) => one.partial_cmp(&other),
            (Self::Int(one), Self::Float(other)) => Self::double(one)?.partial_cmp(&other),
            (Self::Float(one), Self::Int(other)) => one.partial_cmp(&Self::double(other)?),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "the magnitude was looked at")]
    fn double(value: i128) -> Option<f64> {
        (value.abs() <= EXACT).then_some(value as f64)
    }
}

#[derive(Debug, Default)]
pub(super) struct NumberRule {
    pub(super) integer: bool,
    pub(super) low: Vec<Bound>,
    pub(super) high: Vec<Bound>,
    pub(super) steps: Vec<Step>,
    pub(super) values: Option<Vec<Num>>,
}

/// `minimum` or `maximum`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    pub(super) limit: Num,
    pub(super) exclusive: bool,
}

/// `multipleOf`.
pub(super) struct Step {
    pub(super) integer: Option<i128>,
    pub(super) full: jsonschema::Validator,
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.integer.fmt(f)
    }
}

impl Step {
    fn accepts(&self, value: Num) -> bool {
        let number = match (value, self.integer) {
            (Num::Int(value), Some(step)) => return value % step == 0,
            (Num::Int(value), None) => match (i64::try_from(value), u64::try_from(value)) {
                (Ok(value), _) => value.into(),
                (_, Ok(value)) => value.into(),
                _ => return false,
            },
            (Num::Float(value), _) => value.into(),
        };
        self.full.is_valid(&number)
    }
}

impl NumberRule {
    pub(super) fn accepts(&self, value: Num) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};

        let keeps = |bound: &Bound, wanted| match value.compare(bound.limit) {
            Some(Equal) => !bound.exclusive,
            found => found == Some(wanted),
        };
        (!self.integer || matches!(value, Num::Int(_)))
            && self.low.iter().all(|bound| keeps(bound, Greater))
            && self.high.iter().all(|bound| keeps(bound, Less))
            && self.steps.iter().all(|step| step.accepts(value))
            && self.values.as_ref().is_none_or(|values| values.contains(&value))
    }
}

#[derive(Debug)]
pub(super) struct StringRule {
    /// In characters.
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) formats: Vec<Arc<Format>>,
    pub(super) patterns: Vec<Arc<Pattern>>,
    pub(super) values: Option<Vec<Box<str>>>,
}

impl Default for StringRule {
    fn default() -> Self {
        Self { least: 0, most: usize::MAX, formats: Vec::new(), patterns: Vec::new(), values: None }
    }
}

impl StringRule {
    pub(super) fn accepts(&self, text: &str) -> bool {
        self.long_enough(text)
            && self.values.as_ref().is_none_or(|values| values.iter().any(|value| **value == *text))
            && self.formats.iter().all(|format| format.accepts(text))
            && self.patterns.iter().all(|pattern| pattern.accepts(text))
    }

    fn long_enough(&self, text: &str) -> bool {
        // A character takes one to four bytes.
        let bytes = text.len();
        if bytes <= self.most && bytes / 4 >= self.least {
            return true;
        }
        if bytes < self.least || bytes / 4 > self.most {
            return false;
        }
        (self.least..=self.most).contains(&text.chars().count())
    }
}

#[derive(Debug)]
pub(super) struct ArrayRule {
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) items: NodeId,
    /// Items are told apart by a hash each; two that are alike leave the decision to the schema.
    pub(super) unique: bool,
}

#[derive(Debug)]
pub(super) struct ObjectRule {
    pub(super) members: Vec<Member>,
    /// Where a member stands, for objects of many.
    pub(super) index: Option<HashMap<Box<str>, usize>>,
    /// One bit a required member.
    pub(super) required: u64,
    /// What members without a name here have to satisfy; `None` if there must not be any.
    pub(super) rest: Option<NodeId>,
    pub(super) least: usize,
    pub(super) most: usize,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: Box<str>,
    pub(super) node: NodeId,
    /// Its bit of [`ObjectRule::required`], or none.
    pub(super) bit: u64,
}

impl ObjectRule {
    /// The member of that name; `hint` is where it is most likely.
    pub(super) fn member(&self, name: &str, hint: usize) -> Option<(usize, &Member)> {
        if let Some(member) = self.members.get(hint)
            && *member.name == *name
        {
            return Some((hint, member));
        }
        let at = match &self.index {
            Some(index) => *index.get(name)?,
            None => self.members.iter().position(|member| *member.name == *name)?,
        };
        Some((at, self.members.get(at)?))
    }
}
