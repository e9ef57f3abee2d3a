//! Values that break exactly one keyword of a schema.

use std::sync::Arc;

use rescind_specs::{Contract, Direction, Pointer, Schema, Validator};
use serde_json::{Map, Number, Value, json};

use super::generate::{Generator, LONGEST, Optional, integer, integers, whole};
use super::regex;
use super::schema::{Leaf, Make, Verified, Verify};
use super::shape::{Additional, Kind, Shape, Side};
use super::site::{Site, sites};
use super::text;

/// Which keyword a value breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Where in the value; for a missing member, where it would stand.
    pub pointer: Pointer,
    /// The keyword: `maxLength`.
    pub keyword: &'static str,
    /// What is wrong there, as a phrase: `of 256 characters, where at most 255 are documented`.
    pub how: String,
}

/// Values that break exactly one keyword of `schema` each, one strategy a keyword and place.
///
/// Only what the schema forbids is broken: a format that no validator checks, or a member beyond the documented ones
/// where `additionalProperties` is open, is not.
pub fn violations(contract: &Contract, schema: &Schema) -> Vec<(Broken, Verified)> {
    let direction = Direction::Request;
    let Ok(validator) = contract.validator(schema, direction) else { return Vec::new() };
    let mut found = Vec::new();
    for site in sites(schema, direction) {
        for (broken, leaf) in breakages(&site) {
            let place = site.clone();
            let make: Make = Arc::new(move |generator| {
                let value = leaf(generator, &place.shape)?;
                place.build(generator, value)
            });
            let verify = only(validator.clone(), broken.clone(), site.union.clone());
            let values = Verified { direction, optional: Optional::None, make, verify };
            if values.works() {
                found.push((broken, values));
            }
        }
    }
    found
}

/// Whether a validator sees this breakage and no other.
fn only(validator: Validator, broken: Broken, union: Option<(Pointer, &'static str)>) -> Verify {
    Arc::new(move |value| {
        let violations = validator.violations(value);
        !violations.is_empty()
            && violations.iter().all(|violation| {
                let here = violation.pointer == broken.pointer
                    && (violation.keyword == broken.keyword
                        // A value of the wrong type is none of the documented values either.
                        || (broken.keyword == "type" && violation.keyword == "enum"));
                here || union.as_ref().is_some_and(|(pointer, keyword)| {
                    violation.pointer == *pointer && violation.keyword == *keyword
                })
            })
    })
}

type Breakage = (Broken, Leaf);

fn breakages(site: &Site) -> Vec<Breakage> {
    let shape = &site.shape;
    let mut out = Breakages { pointer: &site.pointer, found: Vec::new() };
    if site.required_above() == Some(true) {
        out.push("required", "missing, though it is required", Arc::new(|_, _| Some(None)));
    }
    out.types(shape);
    if let Some(values) = &shape.values {
        out.values(values);
        return out.found;
    }
    if shape.kinds.contains(&Kind::String) {
        out.strings(shape);
    }
    if shape.allows(Kind::Integer) {
        out.numbers(shape);
    }
    if shape.kinds.contains(&Kind::Array) {
        out.arrays(shape);
    }
    if shape.kinds.contains(&Kind::Object) {
        out.objects(shape);
    }
    out.found
}

struct Breakages<'s> {
    pointer: &'s Pointer,
    found: Vec<Breakage>,
}

impl Breakages<'_> {
    fn push(&mut self, keyword: &'static str, how: impl Into<String>, leaf: Leaf) {
        self.found.push((Broken { pointer: self.pointer.clone(), keyword, how: how.into() }, leaf));
    }

    fn value(&mut self, keyword: &'static str, how: impl Into<String>, value: Value) {
        self.push(keyword, how, Arc::new(move |_, _| Some(Some(value.clone()))));
    }

    fn types(&mut self, shape: &Shape) {
        if !shape.typed {
            return;
        }
        if !shape.kinds.contains(&Kind::Null) {
            self.value("type", "null, which is not documented", Value::Null);
        }
        let (what, wrong) = match shape.kinds.first() {
            Some(Kind::String) => ("a number, where a string is documented", json!(17)),
            Some(Kind::Integer) => ("a string, where an integer is documented", json!("many")),
            Some(Kind::Number) => ("a string, where a number is documented", json!("many")),
            Some(Kind::Boolean) => ("a string, where a boolean is documented", json!("perhaps")),
            Some(Kind::Array) => ("an object, where an array is documented", json!({})),
            Some(Kind::Object) => ("an array, where an object is documented", json!([])),
            Some(Kind::Null) | None => return,
        };
        self.value("type", what, wrong);
        if shape.kinds.contains(&Kind::Integer) && !shape.kinds.contains(&Kind::Number) {
            let (low, high) = integers(&shape.range, None);
            if low < high
                && let Some(half) = i64::try_from(low).ok().and_then(|low| half_above(low.max(0).max(low)))
            {
                self.value("type", "a fraction, where an integer is documented", half);
            }
        }
    }

    fn values(&mut self, values: &[Value]) {
        let strings = values.iter().any(Value::is_string);
        let other = if strings {
            json!("not-a-documented-value")
        } else if let Some(most) = values.iter().filter_map(Value::as_i64).max() {
            json!(most.saturating_add(1))
        } else if let [Value::Bool(only)] = values {
            json!(!only)
        } else {
            return;
        };
        self.value("enum", "none of the documented values", other);
    }

    fn strings(&mut self, shape: &Shape) {
        let demand = &shape.text;
        let plain = demand.patterns.is_empty()
            && demand.format.as_deref().is_none_or(|format| !text::is_checked(format));
        let size = |length: u64| usize::try_from(length).ok().filter(|_| length <= LONGEST);
        if let Some(length) = demand.shortest.checked_sub(1).and_then(size) {
            let how = format!("of {length} characters, where at least {} are documented", demand.shortest);
            self.sized("minLength", how, plain, length);
        }
        if let Some(length) = demand.longest.and_then(|longest| size(longest + 1)) {
            let how = format!("of {length} characters, where at most {} are documented", length - 1);
            self.sized("maxLength", how, plain, length);
        }
        if let Some(pattern) = demand.patterns.first().cloned() {
            let how = format!("a text that does not match {pattern}");
            let leaf: Leaf = Arc::new(move |generator, shape| {
                let valid = generator.text_of(&shape.text, &shape.examples, shape.text.shortest)?;
                Some(Some(Value::String(regex::breaking(&pattern, &valid)?)))
            });
            self.push("pattern", how, leaf);
        }
        for wrong in demand.format.as_deref().and_then(text::broken).unwrap_or_default().iter().take(1) {
            let how = format!(
                "{wrong:?}, which is not of the format {}",
                demand.format.as_deref().unwrap_or_default()
            );
            self.value("format", how, json!(wrong));
        }
    }

    /// A string that is wrong in its length only: plain text, or a longer match of the pattern.
    fn sized(&mut self, keyword: &'static str, how: String, plain: bool, length: usize) {
        if plain {
            self.value(keyword, how, Value::String(text::of_length(length)));
            return;
        }
        let leaf: Leaf = Arc::new(move |generator, shape| {
            let text = if shape.text.patterns.is_empty() {
                let valid = generator.text_of(&shape.text, &[], 0)?;
                let missing = length.checked_sub(valid.chars().count())?;
                format!("{valid}{}", "a".repeat(missing))
            } else {
                regex::matching(generator.runner, &shape.text.patterns, length, length)?
            };
            Some(Some(Value::String(text)))
        });
        self.push(keyword, how, leaf);
    }

    fn numbers(&mut self, shape: &Shape) {
        let keyword = |side, inclusive, exclusive| match side {
            Side::Inclusive => inclusive,
            Side::Exclusive => exclusive,
        };
        let (low, high) = integers(&shape.range, shape.integer_format.as_deref());
        let step = shape.range.multiples.iter().map(|step| whole(step.ceil()).max(1)).max().unwrap_or(1);
        // With `multipleOf`, the nearest multiple beyond the bound.
        let below = (low - 1).div_euclid(step) * step;
        let above = (high.div_euclid(step) + 1) * step;
        if let Some(bound) = shape.range.low
            && let Some(value) = integer(below)
        {
            let how = format!("{value}, below the documented {}", bound.value);
            self.value(keyword(bound.side, "minimum", "exclusiveMinimum"), how, value);
        } else if let (Some("int32"), Some(value)) = (shape.integer_format.as_deref(), integer(low - 1)) {
            self.value("minimum", format!("{value}, below the documented int32"), value);
        }
        if let Some(bound) = shape.range.high
            && let Some(value) = integer(above)
        {
            let how = format!("{value}, above the documented {}", bound.value);
            self.value(keyword(bound.side, "maximum", "exclusiveMaximum"), how, value);
        } else if let (Some("int32"), Some(value)) = (shape.integer_format.as_deref(), integer(high + 1)) {
            self.value("maximum", format!("{value}, above the documented int32"), value);
        }
        if let Some(step) = shape.range.multiples.first().copied() {
            let how = format!("no multiple of {step}");
            let leaf: Leaf = Arc::new(move |generator, shape| {
                let valid = generator.only(shape, Kind::Integer, 1)?;
                let valid = i128::from(valid.as_i64()?);
                integer(if valid < high { valid + 1 } else { valid - 1 }).map(Some)
            });
            self.push("multipleOf", how, leaf);
        }
    }

    fn arrays(&mut self, shape: &Shape) {
        let items = &shape.items;
        if let Some(count) = items.fewest.checked_sub(1).filter(|count| *count <= 1000) {
            let how = format!("of {count} items, where at least {} are documented", items.fewest);
            let leaf: Leaf = Arc::new(move |generator, shape| {
                let mut values = generator.array_of(shape, count + 1, 1)?;
                values.pop();
                Some(Some(Value::Array(values)))
            });
            self.push("minItems", how, leaf);
        }
        if let Some(most) = items.most.filter(|most| *most <= 1000) {
            let how = format!("of {} items, where at most {most} are documented", most + 1);
            let leaf: Leaf = Arc::new(move |generator, shape| {
                Some(Some(Value::Array(generator.array_of(shape, most + 1, 1)?)))
            });
            self.push("maxItems", how, leaf);
        }
        if items.unique {
            let leaf: Leaf = Arc::new(|generator, shape| {
                let mut values = generator.array_of(shape, shape.items.fewest.max(1), 1)?;
                match values.len() {
                    1 => values.push(values.first()?.clone()),
                    last => *values.get_mut(last - 1)? = values.first()?.clone(),
                }
                Some(Some(Value::Array(values)))
            });
            self.push("uniqueItems", "with the same item twice", leaf);
        }
    }

    fn objects(&mut self, shape: &Shape) {
        let members = &shape.members;
        if matches!(members.additional, Additional::Closed) {
            let leaf: Leaf = Arc::new(|generator, shape| {
                let mut value = generator.only(shape, Kind::Object, 1)?;
                value.as_object_mut()?.insert("not_a_documented_member".to_owned(), json!("x"));
                Some(Some(value))
            });
            self.push("additionalProperties", "with a member that is not documented", leaf);
        }
        if let Some(most) = members.most.filter(|most| *most < 1000)
            && !matches!(members.additional, Additional::Closed)
        {
            let how = format!("with {} members, where at most {most} are documented", most + 1);
            let leaf: Leaf = Arc::new(move |generator, shape| {
                fill(generator, shape, most + 1).map(|object| Some(Value::Object(object)))
            });
            self.push("maxProperties", how, leaf);
        }
        if members.fewest > 0 && members.required.is_empty() {
            self.value("minProperties", "without members, though some are documented", json!({}));
        }
    }
}

/// An object of exactly `count` members.
fn fill(generator: &mut Generator<'_>, shape: &Shape, count: u64) -> Option<Map<String, Value>> {
    let Value::Object(mut object) = generator.only(shape, Kind::Object, 1)? else { return None };
    let mut number = 0_u64;
    while (object.len() as u64) < count {
        let value = generator.additional(&shape.members.additional, 2)?;
        object.insert(format!("member_{number}"), value);
        number += 1;
    }
    Some(object)
}

/// A number half above an integer.
fn half_above(low: i64) -> Option<Value> {
    let low = i32::try_from(low).ok()?;
    Number::from_f64(f64::from(low) + 0.5).map(Value::Number)
}
