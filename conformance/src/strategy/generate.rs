//! Makes one value of a shape, with randomness from the runner that is passed in.

use proptest::prelude::RngExt as _;
use proptest::test_runner::TestRunner;
use rescind_specs::{Direction, Schema};
use serde_json::{Map, Number, Value};

use super::shape::{Additional, Kind, Range, Shape, Side, Text};
use super::{regex, text};

/// The depth from which on optional members and items are left out, so that recursive schemas end.
const DEEP: usize = 4;
/// The depth at which a value counts as impossible.
const TOO_DEEP: usize = 16;
/// The longest string and array that are made; longer ones say nothing more.
pub(super) const LONGEST: u64 = 20_000;

/// How many of the optional members an object gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Optional {
    /// A random half of them.
    Some,
    /// None.
    None,
}

/// Makes values.
pub(super) struct Generator<'r> {
    pub(super) runner: &'r mut TestRunner,
    pub(super) direction: Direction,
    pub(super) optional: Optional,
}

impl Generator<'_> {
    /// The merged shape of several schemas.
    pub(super) fn shape(&self, parts: &[Schema]) -> Shape {
        Shape::of(parts, self.direction)
    }

    /// A number below `end`; 0 where `end` is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.runner.rng().random_range(0..end) }
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    /// A value of the shape, most likely valid; `None` where none can be made.
    pub(super) fn value(&mut self, shape: &Shape, depth: usize) -> Option<Value> {
        if depth > TOO_DEEP {
            return None;
        }
        if let Some(union) = shape.unions.first() {
            let start = self.below(union.branches.len());
            let count = union.branches.len();
            return (0..count).find_map(|offset| {
                let branch = shape.branch((start + offset) % count, self.direction)?;
                self.value(&branch, depth + 1)
            });
        }
        if let Some(values) = &shape.values {
            let index = self.below(values.len());
            return values.get(index).cloned();
        }
        if shape.kinds.contains(&Kind::Null) && self.below(6) == 0 {
            return Some(Value::Null);
        }
        let kinds: Vec<Kind> = shape.kinds.iter().copied().filter(|kind| *kind != Kind::Null).collect();
        let index = self.below(kinds.len());
        match kinds.get(index) {
            None => shape.kinds.contains(&Kind::Null).then_some(Value::Null),
            Some(kind) => self.of_kind(shape, *kind, depth),
        }
    }

    /// A value of the shape that is of `kind`.
    pub(super) fn only(&mut self, shape: &Shape, kind: Kind, depth: usize) -> Option<Value> {
        if shape.values.is_some() || !shape.allows(kind) { None } else { self.of_kind(shape, kind, depth) }
    }

    fn of_kind(&mut self, shape: &Shape, kind: Kind, depth: usize) -> Option<Value> {
        match kind {
            Kind::Null => Some(Value::Null),
            Kind::Boolean => Some(Value::Bool(self.coin())),
            Kind::Integer => {
                let (low, high) = integers(&shape.range, shape.integer_format.as_deref());
                let step = whole_step(&shape.range);
                let first = low.div_euclid(step) + i128::from(low.rem_euclid(step) != 0);
                let last = high.div_euclid(step);
                if first > last {
                    return None;
                }
                let picked = match self.below(4) {
                    0 => first,
                    1 => last,
                    _ => {
                        let near = first.max(0).min(last);
                        near + i128::from(u32::try_from(self.below(100)).unwrap_or(0)).min(last - near)
                    }
                };
                integer(picked * step)
            }
            Kind::Number => {
                let (low, high) = floats(&shape.range);
                let picked = match shape.range.multiples.first() {
                    Some(step) => (low / step).ceil() * step,
                    None if self.coin() => low,
                    None => low + (high - low) / 2.0,
                };
                Number::from_f64(picked).map(Value::Number)
            }
            Kind::String => self.text(shape).map(Value::String),
            Kind::Array => self.array(shape, depth),
            Kind::Object => self.object(shape, depth),
        }
    }

    /// A string of the shape.
    pub(super) fn text(&mut self, shape: &Shape) -> Option<String> {
        let demand = &shape.text;
        let shortest = demand.shortest.min(LONGEST);
        let longest = demand.longest.unwrap_or(shortest + 24).min(shortest.saturating_add(200)).max(shortest);
        let length = match self.below(4) {
            0 => shortest,
            1 => longest,
            _ => shortest.max(longest.min(shortest + 12)),
        };
        self.text_of(demand, &shape.examples, length)
    }

    /// A string that meets `demand`, of `length` characters where neither pattern nor format says otherwise.
    pub(super) fn text_of(&mut self, demand: &Text, examples: &[Value], length: u64) -> Option<String> {
        let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        if !demand.patterns.is_empty() {
            let longest = demand.longest.unwrap_or(demand.shortest.saturating_add(200));
            return regex::matching(self.runner, &demand.patterns, size(demand.shortest), size(longest));
        }
        if let Some(format) = demand.format.as_deref().filter(|format| *format != "password") {
            if let Some(values) = text::good(format) {
                let fitting: Vec<&&str> = values
                    .iter()
                    .filter(|value| {
                        let length = value.chars().count() as u64;
                        length >= demand.shortest && demand.longest.is_none_or(|longest| length <= longest)
                    })
                    .collect();
                let index = self.below(fitting.len());
                return fitting.get(index).map(|value| (**value).to_owned());
            }
            // What a format means that no validator checks, only an example can tell.
            if let Some(example) = examples.iter().find_map(Value::as_str) {
                return Some(example.to_owned());
            }
        }
        Some(text::of_length(size(length)))
    }

    fn array(&mut self, shape: &Shape, depth: usize) -> Option<Value> {
        let fewest = shape.items.fewest.min(LONGEST);
        let most = shape.items.most.unwrap_or(fewest + 2).min(fewest + 2).max(fewest);
        let count = if depth > DEEP {
            fewest
        } else {
            fewest + self.below(usize::try_from(most - fewest + 1).unwrap_or(1)) as u64
        };
        self.array_of(shape, count, depth).map(Value::Array)
    }

    /// An array of exactly `count` items.
    pub(super) fn array_of(&mut self, shape: &Shape, count: u64, depth: usize) -> Option<Vec<Value>> {
        let item = self.shape(&shape.items.schemas);
        let mut items: Vec<Value> = Vec::new();
        for index in 0..count {
            let fresh = if shape.items.unique {
                (0..20).find_map(|_| {
                    self.value(&item, depth + 1).filter(|value| !items.contains(value)).or_else(|| {
                        let value = Value::String(format!("item {index}"));
                        (item.allows(Kind::String) && item.values.is_none() && item.text.patterns.is_empty())
                            .then_some(value)
                    })
                })
            } else {
                self.value(&item, depth + 1)
            };
            match fresh {
                Some(value) => items.push(value),
                None if items.len() as u64 >= shape.items.fewest && count <= shape.items.fewest + 2 => break,
                None => return None,
            }
        }
        Some(items)
    }

    fn object(&mut self, shape: &Shape, depth: usize) -> Option<Value> {
        let demand = &shape.members;
        let mut object = Map::new();
        for (name, schemas) in &demand.properties {
            let required = demand.required.contains(name);
            if !required && (depth >= DEEP || self.optional == Optional::None || !self.coin()) {
                continue;
            }
            let member = self.shape(schemas);
            // An optional member of which nothing is known is better left out: any value would be a guess.
            if !required && member.is_unknown() {
                continue;
            }
            match self.value(&member, depth + 1) {
                Some(value) => drop(object.insert(name.clone(), value)),
                None if required => return None,
                None => {}
            }
        }
        for name in &demand.required {
            if !object.contains_key(name) {
                let value = self.additional(&demand.additional, depth)?;
                object.insert(name.clone(), value);
            }
        }
        for (name, value) in &shape.fixed {
            object.insert(name.clone(), Value::String(value.clone()));
        }
        self.resize(shape, &mut object, depth)?;
        Some(Value::Object(object))
    }

    /// Adds or takes away members until their number is allowed.
    fn resize(&mut self, shape: &Shape, object: &mut Map<String, Value>, depth: usize) -> Option<()> {
        let demand = &shape.members;
        for (name, schemas) in &demand.properties {
            if object.len() as u64 >= demand.fewest {
                break;
            }
            if !object.contains_key(name)
                && let Some(value) = self.value(&self.shape(schemas), depth + 1)
            {
                object.insert(name.clone(), value);
            }
        }
        let mut number = 0_u64;
        while (object.len() as u64) < demand.fewest.min(LONGEST) {
            let value = self.additional(&demand.additional, depth)?;
            object.insert(format!("member_{number}"), value);
            number += 1;
        }
        while demand.most.is_some_and(|most| object.len() as u64 > most) {
            let spare = object.keys().rev().find(|name| !demand.required.contains(name)).cloned()?;
            object.shift_remove(&spare);
        }
        Some(())
    }

    /// The value of a member that no property documents.
    pub(super) fn additional(&mut self, additional: &Additional, depth: usize) -> Option<Value> {
        match additional {
            Additional::Any => Some(Value::String("x".to_owned())),
            Additional::Schemas(schemas) => self.value(&self.shape(schemas), depth + 1),
            Additional::Closed => None,
        }
    }
}

/// The least and the greatest integer of a range, both inclusive.
pub(super) fn integers(range: &Range, format: Option<&str>) -> (i128, i128) {
    // Beyond 2^53 not every reader of JSON keeps an integer exact (RFC 8259 §6).
    const EXACT: i128 = 1 << 53;
    let (least, greatest) = match format {
        Some("int32") => (i128::from(i32::MIN), i128::from(i32::MAX)),
        _ => (-EXACT, EXACT),
    };
    let low = range.low.map_or(least, |bound| {
        let whole = whole(bound.value.ceil());
        whole + i128::from(bound.side == Side::Exclusive && is_whole(bound.value))
    });
    let high = range.high.map_or(greatest.max(low), |bound| {
        let whole = whole(bound.value.floor());
        whole - i128::from(bound.side == Side::Exclusive && is_whole(bound.value))
    });
    (if range.low.is_none() { low.min(high) } else { low }, high)
}

fn is_whole(value: f64) -> bool {
    value.fract() == 0.0
}

#[expect(clippy::cast_possible_truncation, reason = "the value is rounded, and the cast saturates")]
pub(super) fn whole(value: f64) -> i128 {
    value as i128
}

/// The step between allowed integers.
fn whole_step(range: &Range) -> i128 {
    range.multiples.iter().filter(|step| is_whole(**step)).map(|step| whole(*step).max(1)).max().unwrap_or(1)
}

/// The least and the greatest number of a range; exclusive bounds are moved inwards.
fn floats(range: &Range) -> (f64, f64) {
    let inwards = |bound: f64| (bound.abs() * 1e-6).max(0.5);
    let low = range.low.map(|bound| match bound.side {
        Side::Inclusive => bound.value,
        Side::Exclusive => bound.value + inwards(bound.value),
    });
    let high = range.high.map(|bound| match bound.side {
        Side::Inclusive => bound.value,
        Side::Exclusive => bound.value - inwards(bound.value),
    });
    match (low, high) {
        (Some(low), Some(high)) if low <= high => (low, high),
        (Some(_), Some(_)) => {
            // A narrow open interval: its middle.
            let middle = f64::midpoint(
                range.low.map_or(0.0, |bound| bound.value),
                range.high.map_or(0.0, |bound| bound.value),
            );
            (middle, middle)
        }
        (Some(low), None) => (low, low + 10.5),
        (None, Some(high)) => (high - 10.5, high),
        (None, None) => (0.0, 10.5),
    }
}

/// An integer as JSON; `None` beyond 64 bits.
pub(super) fn integer(value: i128) -> Option<Value> {
    i64::try_from(value).map(Value::from).or_else(|_| u64::try_from(value).map(Value::from)).ok()
}
