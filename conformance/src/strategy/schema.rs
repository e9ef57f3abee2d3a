//! Values that satisfy a schema, most of them at its boundaries.

use std::fmt;
use std::sync::Arc;

use proptest::strategy::{NewTree, Strategy};
use proptest::test_runner::{Reason, TestRunner};
use rescind_specs::{Contract, Direction, Pointer, Schema, Validator};
use serde_json::{Map, Value};

use super::generate::{Generator, LONGEST, Optional, integer, integers};
use super::shape::{Kind, Shape};
use super::shrink::Shrinking;
use super::site::{Site, sites};
use super::text;

/// The attempts after which a schema counts as one for which nothing can be made.
const ATTEMPTS: usize = 30;

/// How one value of a family is made; `None` where this attempt failed.
pub(super) type Make = Arc<dyn Fn(&mut Generator<'_>) -> Option<Value> + Send + Sync>;
/// What a made value has to satisfy.
pub(super) type Verify = Arc<dyn Fn(&Value) -> bool + Send + Sync>;

/// A strategy for values that are made by one rule and verified by another. They shrink and stay verified.
#[derive(Clone)]
pub struct Verified {
    pub(super) direction: Direction,
    pub(super) optional: Optional,
    pub(super) make: Make,
    pub(super) verify: Verify,
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("direction", &self.direction).finish_non_exhaustive()
    }
}

impl Strategy for Verified {
    type Tree = Shrinking;
    type Value = Value;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        for _ in 0..ATTEMPTS {
            let mut generator = Generator { runner, direction: self.direction, optional: self.optional };
            if let Some(value) = (self.make)(&mut generator)
                && (self.verify)(&value)
            {
                return Ok(Shrinking::new(value, Arc::clone(&self.verify)));
            }
        }
        Err(Reason::from("no value of this schema could be made"))
    }
}

impl Verified {
    /// Whether a value can be made at all.
    pub(super) fn works(&self) -> bool {
        self.new_tree(&mut TestRunner::deterministic()).is_ok()
    }
}

/// What is special about a valid value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Where in the value.
    pub pointer: Pointer,
    /// The keyword at whose boundary the value is: `maxLength`.
    pub keyword: &'static str,
    /// What the value is there, as a phrase: `of exactly 255 characters`.
    pub how: String,
}

/// Values that satisfy `schema`. A schema that allows nothing gives a strategy that rejects.
///
/// `readOnly` members are left out of requests, `writeOnly` ones out of responses.
pub fn valid(contract: &Contract, schema: &Schema, direction: Direction) -> Verified {
    let shape = Shape::of(std::slice::from_ref(schema), direction);
    let verify = verify(contract.validator(schema, direction).ok());
    let make: Make = Arc::new(move |generator| generator.value(&shape, 0));
    Verified { direction, optional: Optional::Some, make, verify }
}

/// The smallest sensible value: nothing that may be left out.
pub fn minimal(contract: &Contract, schema: &Schema, direction: Direction) -> Verified {
    let shape = Shape::of(std::slice::from_ref(schema), direction);
    let verify = verify(contract.validator(schema, direction).ok());
    let make: Make = Arc::new(move |generator| generator.value(&shape, 0));
    Verified { direction, optional: Optional::None, make, verify }
}

/// Values that satisfy `schema` and are at one of its boundaries, one strategy a boundary.
pub fn boundaries(contract: &Contract, schema: &Schema) -> Vec<(Edge, Verified)> {
    let direction = Direction::Request;
    let verify = verify(contract.validator(schema, direction).ok());
    let mut found = Vec::new();
    for site in sites(schema, direction) {
        for (keyword, how, leaf) in leaves(&site) {
            let edge = Edge { pointer: site.pointer.clone(), keyword, how };
            let place = site.clone();
            let make: Make = Arc::new(move |generator| {
                let value = leaf(generator, &place.shape)?;
                place.build(generator, value)
            });
            let values = Verified { direction, optional: Optional::None, make, verify: Arc::clone(&verify) };
            if values.works() {
                found.push((edge, values));
            }
        }
    }
    found
}

fn verify(validator: Option<Validator>) -> Verify {
    Arc::new(move |value| validator.as_ref().is_some_and(|validator| validator.is_valid(value)))
}

/// Makes the value at a place: `Some(None)` leaves the member out.
pub(super) type Leaf = Arc<dyn Fn(&mut Generator<'_>, &Shape) -> Option<Option<Value>> + Send + Sync>;

fn just(value: Value) -> Leaf {
    Arc::new(move |_, _| Some(Some(value.clone())))
}

fn leaves(site: &Site) -> Vec<(&'static str, String, Leaf)> {
    let shape = &site.shape;
    let mut out: Vec<(&'static str, String, Leaf)> = Vec::new();
    if shape.is_unknown() && site.required_above() == Some(false) {
        return out;
    }
    if site.required_above() == Some(false) {
        out.push(("required", "left out, as it may be".to_owned(), Arc::new(|_, _| Some(None))));
    }
    if shape.kinds.contains(&Kind::Null) {
        out.push(("nullable", "null".to_owned(), just(Value::Null)));
    }
    if let Some(values) = &shape.values {
        for value in values.iter().filter(|value| !value.is_null()).take(12) {
            out.push(("enum", format!("the documented value {value}"), just(value.clone())));
        }
        return out;
    }
    if shape.allows(Kind::String) && shape.typed {
        strings(shape, &mut out);
    }
    if shape.allows(Kind::Integer) && shape.typed {
        let (low, high) = integers(&shape.range, shape.integer_format.as_deref());
        let bounded_below = shape.range.low.is_some() || shape.integer_format.is_some();
        let bounded_above = shape.range.high.is_some() || shape.integer_format.is_some();
        if let Some(value) = integer(low).filter(|_| bounded_below) {
            out.push(("minimum", format!("the least, {value}"), just(value)));
        }
        if let Some(value) = integer(high).filter(|_| bounded_above) {
            out.push(("maximum", format!("the greatest, {value}"), just(value)));
        }
    }
    if shape.allows(Kind::Boolean) && shape.typed {
        for value in [true, false] {
            out.push(("type", value.to_string(), just(Value::Bool(value))));
        }
    }
    if shape.allows(Kind::Array) && shape.typed {
        let mut counts = vec![("minItems", shape.items.fewest)];
        counts.extend(shape.items.most.filter(|most| *most <= 1000).map(|most| ("maxItems", most)));
        for (keyword, count) in counts {
            let leaf: Leaf = Arc::new(move |generator, shape| {
                Some(Some(Value::Array(generator.array_of(shape, count, 1)?)))
            });
            out.push((keyword, format!("of exactly {count} items"), leaf));
        }
    }
    if shape.allows(Kind::Object) && shape.typed {
        if shape.members.required.is_empty() && shape.members.fewest == 0 {
            out.push(("required", "an object without members".to_owned(), just(Value::Object(Map::new()))));
        }
        let every: Leaf = Arc::new(|generator, shape| every_member(generator, shape).map(Some));
        if shape.members.properties.len() > shape.members.required.len() {
            out.push(("properties", "an object with every documented member".to_owned(), every));
        }
    }
    out
}

fn strings(shape: &Shape, out: &mut Vec<(&'static str, String, Leaf)>) {
    let demand = &shape.text;
    if !demand.patterns.is_empty() || demand.format.as_deref().is_some_and(|format| format != "password") {
        let keyword = if demand.patterns.is_empty() { "format" } else { "pattern" };
        let leaf: Leaf = Arc::new(|generator, shape| {
            Some(Some(Value::String(generator.text_of(&shape.text, &shape.examples, shape.text.shortest)?)))
        });
        out.push((keyword, "as documented".to_owned(), leaf));
        return;
    }
    let mut lengths = Vec::new();
    if demand.shortest > 0 {
        lengths.push(("minLength", demand.shortest));
    }
    lengths.extend(demand.longest.map(|longest| ("maxLength", longest)));
    for (keyword, length) in lengths {
        if length <= LONGEST
            && let Ok(size) = usize::try_from(length)
        {
            let how = format!("of exactly {length} characters, some of several bytes");
            out.push((keyword, how, just(Value::String(text::of_length(size)))));
        }
    }
}

/// An object with every documented member of which something is known.
fn every_member(generator: &mut Generator<'_>, shape: &Shape) -> Option<Value> {
    let mut object = Map::new();
    for (name, schemas) in &shape.members.properties {
        let member = generator.shape(schemas);
        if member.is_unknown() && !shape.members.required.contains(name) {
            continue;
        }
        object.insert(name.clone(), generator.value(&member, 2)?);
    }
    for (name, value) in &shape.fixed {
        object.insert(name.clone(), Value::String(value.clone()));
    }
    Some(Value::Object(object))
}
