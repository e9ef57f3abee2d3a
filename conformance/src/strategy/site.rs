//! The places in a body at which a schema demands something, and how to put a value there.

use std::sync::Arc;

use rescind_specs::{Direction, Pointer, Schema};
use serde_json::Value;

use super::generate::Generator;
use super::shape::{Additional, Kind, Shape};

/// One step from a value to a value within it.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The member of an object.
    Member(String),
    /// The first item of an array.
    Item,
}

/// A place that a schema speaks of.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// Where it is in the instance.
    pub(super) pointer: Pointer,
    /// What is demanded there, every choice on the way and at the place itself made.
    pub(super) shape: Arc<Shape>,
    /// The containers from the root on, each with the step that leads on.
    above: Vec<(Arc<Shape>, Step)>,
    /// The outermost choice above; a validator reports a violation beneath it there.
    pub(super) union: Option<(Pointer, &'static str)>,
}

/// The most places of one schema; real documents have schemas with thousands.
const MOST: usize = 200;
/// The longest way to a place.
const DEEPEST: usize = 6;

/// The places of the schema, outermost first.
pub(super) fn sites(schema: &Schema, direction: Direction) -> Vec<Site> {
    let root = Site {
        pointer: Pointer::root(),
        shape: Arc::new(Shape::of(std::slice::from_ref(schema), direction)),
        above: Vec::new(),
        union: None,
    };
    let mut found = Vec::new();
    let mut queue = std::collections::VecDeque::from([root]);
    while let Some(site) = queue.pop_front() {
        if found.len() >= MOST {
            break;
        }
        if let Some(union) = site.shape.unions.first() {
            let outermost = site.union.clone().or_else(|| Some((site.pointer.clone(), union.keyword)));
            for index in 0..union.branches.len() {
                if let Some(shape) = site.shape.branch(index, direction) {
                    queue.push_back(Site {
                        shape: Arc::new(shape),
                        union: outermost.clone(),
                        ..site.clone()
                    });
                }
            }
            continue;
        }
        if site.above.len() < DEEPEST {
            queue.extend(site.children(direction));
        }
        found.push(site);
    }
    found
}

impl Site {
    fn children(&self, direction: Direction) -> Vec<Self> {
        let mut children = Vec::new();
        let mut child = |step: Step, pointer: Pointer, schemas: &[Schema]| {
            let repeats = |shape: &Shape| schemas.iter().any(|schema| is_part(shape, schema));
            // A recursive schema says the same at every depth.
            if self.above.iter().any(|(shape, _)| repeats(shape)) || repeats(&self.shape) {
                return;
            }
            let mut above = self.above.clone();
            above.push((Arc::clone(&self.shape), step));
            let shape = Arc::new(Shape::of(schemas, direction));
            children.push(Self { pointer, shape, above, union: self.union.clone() });
        };
        if self.shape.allows(Kind::Object) {
            for (name, schemas) in &self.shape.members.properties {
                child(Step::Member(name.clone()), self.pointer.join(name), schemas);
            }
            if let Additional::Schemas(schemas) = &self.shape.members.additional {
                child(Step::Member("member_x".to_owned()), self.pointer.join("member_x"), schemas);
            }
        }
        if self.shape.allows(Kind::Array) && !self.shape.items.schemas.is_empty() {
            child(Step::Item, self.pointer.index(0), &self.shape.items.schemas);
        }
        children
    }

    /// Whether the value at the place is a member that may be left out.
    pub(super) fn required_above(&self) -> Option<bool> {
        match self.above.last()? {
            (shape, Step::Member(name)) => Some(shape.members.required.contains(name)),
            (_, Step::Item) => None,
        }
    }

    /// A whole value that has `leaf` at this place; `None` for the leaf leaves the member out.
    pub(super) fn build(&self, generator: &mut Generator<'_>, leaf: Option<Value>) -> Option<Value> {
        let mut inner = leaf;
        for (depth, (shape, step)) in self.above.iter().enumerate().rev() {
            let container = match step {
                Step::Member(name) => {
                    let mut value = generator.only(shape, Kind::Object, depth)?;
                    let object = value.as_object_mut()?;
                    match inner {
                        Some(inner) => drop(object.insert(name.clone(), inner)),
                        None => drop(object.shift_remove(name)),
                    }
                    value
                }
                Step::Item => {
                    let mut items = generator.array_of(shape, shape.items.fewest.max(1), depth)?;
                    match (inner, items.first_mut()) {
                        (Some(inner), Some(first)) => *first = inner,
                        _ => return None,
                    }
                    Value::Array(items)
                }
            };
            inner = Some(container);
        }
        inner
    }
}

fn is_part(shape: &Shape, schema: &Schema) -> bool {
    shape.parts.iter().any(|part| part.pointer() == schema.pointer()) && !schema.pointer().as_str().is_empty()
}
