//! A value that satisfies a schema.
//!
//! Documented examples and defaults come first, then the first value of an enumeration, then a value built keyword by
//! keyword. Where the schema offers forms to choose from, each is tried in order. The validator has the last word, so
//! what comes out satisfies the schema; what cannot be built within bounds does not come out at all. Out of reach are
//! `not`, patterns with look-around, and arrays or objects that need more members than anybody wants to read.

use std::cell::Cell;

use rescind_specs::{Contract, Direction, Pointer, Schema, SchemaType};
use serde_json::{Map, Value, json};

use super::number;
use super::text;

/// How deep values are made.
const DEPTH: usize = 12;

/// How many schemas are visited for one value.
const VISITS: usize = 4000;

/// Most items of an array and most members of an object.
const MOST: u64 = 256;

/// A value that travels in `direction` and satisfies `schema`; `None` where none was found.
pub fn make(contract: &Contract, schema: &Schema, direction: Direction) -> Option<Value> {
    let maker = Maker { contract, direction, visits: Cell::new(VISITS) };
    maker.value(std::slice::from_ref(schema), &Open::default())
}

struct Maker<'c> {
    contract: &'c Contract,
    direction: Direction,
    visits: Cell<usize>,
}

/// The schemas around a value, by which it is known to contain itself.
#[derive(Clone, Default)]
struct Open {
    depth: usize,
    pointers: Vec<Pointer>,
}

/// The schemas that one value has to satisfy together, and what is still to be chosen.
#[derive(Clone, Default)]
struct Demands {
    schemas: Vec<Schema>,
    /// Forms of which one is chosen, with the discriminator that tells them apart.
    choices: Vec<Choice>,
    /// Members whose value a discriminator fixes.
    fixed: Vec<(String, Value)>,
}

#[derive(Clone)]
struct Choice {
    forms: Vec<Schema>,
    discriminator: Option<Value>,
}

impl Demands {
    /// Adds a schema with all that it consists of.
    fn add(&mut self, schema: &Schema) {
        if self.schemas.iter().any(|known| known.pointer() == schema.pointer()) {
            return;
        }
        self.schemas.push(schema.clone());
        for keyword in ["oneOf", "anyOf"] {
            let forms = schema.branches(keyword);
            if !forms.is_empty() {
                self.choices.push(Choice { forms, discriminator: schema.keyword("discriminator").cloned() });
            }
        }
        for part in schema.branches("allOf") {
            self.add(&part);
        }
    }

    fn kind(&self) -> Option<SchemaType> {
        self.schemas.iter().find_map(Schema::kind).or_else(|| {
            let says = |keywords: &[&str]| {
                let said = |schema: &Schema| keywords.iter().any(|keyword| schema.keyword(keyword).is_some());
                self.schemas.iter().any(said)
            };
            if !self.fixed.is_empty()
                || says(&["properties", "required", "additionalProperties", "minProperties"])
            {
                Some(SchemaType::Object)
            } else if says(&["items", "minItems", "uniqueItems"]) {
                Some(SchemaType::Array)
            } else if says(&["pattern", "minLength", "maxLength", "format"]) {
                Some(SchemaType::String)
            } else if says(&["minimum", "maximum", "multipleOf"]) {
                Some(SchemaType::Number)
            } else {
                None
            }
        })
    }

    /// The greatest of a lower bound.
    fn least(&self, keyword: &str) -> u64 {
        self.schemas.iter().filter_map(|schema| schema.count(keyword)).max().unwrap_or(0)
    }

    /// The smallest of an upper bound.
    fn most(&self, keyword: &str) -> Option<u64> {
        self.schemas.iter().filter_map(|schema| schema.count(keyword)).min()
    }
}

impl Maker<'_> {
    /// Whether there is time for what nothing demands. The rest of it is for what has to be there.
    fn has_leisure(&self) -> bool {
        self.visits.get() >= VISITS / 2
    }

    /// A value that satisfies all `roots`; `open` are the schemas around it.
    fn value(&self, roots: &[Schema], open: &Open) -> Option<Value> {
        let left = self.visits.get().checked_sub(1)?;
        self.visits.set(left);
        if open.depth >= DEPTH {
            return None;
        }
        let mut demands = Demands::default();
        for root in roots {
            demands.add(root);
        }
        if let Some(said) = demands.schemas.iter().flat_map(said).find(|value| self.satisfies(value, roots)) {
            return Some(said.clone());
        }
        let mut open = open.clone();
        open.depth += 1;
        open.pointers.extend(demands.schemas.iter().map(|schema| schema.pointer().clone()));
        let made = self.choose(&demands, roots, &open);
        made.or_else(|| Some(Value::Null).filter(|null| self.satisfies(null, roots)))
    }

    /// Tries the forms of the first open choice, or builds what is settled.
    fn choose(&self, demands: &Demands, roots: &[Schema], open: &Open) -> Option<Value> {
        let left = self.visits.get().checked_sub(1)?;
        self.visits.set(left);
        let Some((choice, rest)) = demands.choices.split_first() else {
            return self.build(demands, open).filter(|value| self.satisfies(value, roots));
        };
        choice.forms.iter().find_map(|form| {
            let mut chosen = Demands { choices: rest.to_vec(), ..demands.clone() };
            chosen.add(form);
            chosen.fixed.extend(choice.discriminator.as_ref().and_then(|rule| discriminated(rule, form)));
            self.choose(&chosen, roots, open)
        })
    }

    fn build(&self, demands: &Demands, open: &Open) -> Option<Value> {
        match demands.kind() {
            Some(SchemaType::String) => text::make(&demands.schemas).map(Value::String),
            Some(SchemaType::Integer) => number::integer(&demands.schemas),
            Some(SchemaType::Number) => number::number(&demands.schemas),
            Some(SchemaType::Boolean) => Some(json!(true)),
            Some(SchemaType::Array) => self.array(demands, open).map(Value::Array),
            Some(SchemaType::Object) => self.object(demands, open).map(Value::Object),
            None => Some(json!({})),
        }
    }

    fn array(&self, demands: &Demands, open: &Open) -> Option<Vec<Value>> {
        let least = demands.least("minItems");
        if least > MOST {
            return None;
        }
        let items: Vec<Schema> = demands.schemas.iter().filter_map(Schema::items).collect();
        let most = demands.most("maxItems").unwrap_or(u64::MAX);
        // One item shows more than none, unless it would contain itself.
        let contains_itself = items.iter().any(|item| open.pointers.contains(item.pointer()));
        let shown = u64::from(!contains_itself && self.has_leisure());
        let wanted = least.max(shown).min(most.max(least));
        let unique = demands.schemas.iter().any(|schema| schema.flag("uniqueItems"));
        let mut made: Vec<Value> = Vec::new();
        let Some(first) = (wanted > 0).then(|| self.value(&items, open)).flatten() else {
            return (least == 0).then_some(made);
        };
        made.push(first.clone());
        let mut variants = items
            .iter()
            .filter_map(Schema::enumeration)
            .flatten()
            .cloned()
            .chain((1..).map_while(|step| (step < 2 * MOST).then(|| varied(&first, step)).flatten()));
        while (made.len() as u64) < wanted {
            if unique {
                let fresh = |value: &Value| !made.contains(value) && self.satisfies(value, &items);
                made.push(variants.find(fresh)?);
            } else {
                made.push(first.clone());
            }
        }
        Some(made)
    }

    fn object(&self, demands: &Demands, open: &Open) -> Option<Map<String, Value>> {
        let hidden = |schema: &Schema| match self.direction {
            Direction::Request => schema.read_only(),
            Direction::Response => schema.write_only(),
        };
        let mut names: Vec<&str> = Vec::new();
        let documented = demands.schemas.iter().flat_map(|schema| schema.properties().map(|(name, _)| name));
        let required: Vec<&str> = demands.schemas.iter().flat_map(Schema::required).collect();
        let fixed = demands.fixed.iter().map(|(name, _)| name.as_str());
        // Required ones come first, because the bound on members may leave no room for others.
        for name in required.iter().copied().chain(fixed).chain(documented) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let most = demands.most("maxProperties").unwrap_or(u64::MAX);
        let mut members = Map::new();
        for name in names {
            let needed = required.contains(&name);
            if !needed && ((members.len() as u64) >= most || !self.has_leisure()) {
                continue;
            }
            if let Some((_, value)) = demands.fixed.iter().find(|(fixed, _)| fixed == name) {
                members.insert(name.to_owned(), value.clone());
                continue;
            }
            let mut schemas: Vec<Schema> =
                demands.schemas.iter().filter_map(|schema| schema.property(name)).collect();
            if schemas.iter().any(hidden)
                || (!needed && schemas.iter().any(|schema| open.pointers.contains(schema.pointer())))
            {
                continue;
            }
            if schemas.is_empty() {
                schemas = demands.schemas.iter().filter_map(Schema::additional_properties).collect();
            }
            let value = if schemas.is_empty() { Some(json!("text")) } else { self.value(&schemas, open) };
            match value {
                Some(value) => {
                    members.insert(name.to_owned(), value);
                }
                None if needed => return None,
                None => {}
            }
        }
        self.fill(&mut members, demands, open)?;
        Some(in_document_order(members, demands))
    }

    /// Adds members of any name up to the number that the schema demands.
    fn fill(&self, members: &mut Map<String, Value>, demands: &Demands, open: &Open) -> Option<()> {
        let rest: Vec<Schema> = demands.schemas.iter().filter_map(Schema::additional_properties).collect();
        let declares = demands.schemas.iter().any(|schema| schema.properties().next().is_some());
        // A map shows what its values look like.
        let shown = u64::from(!rest.is_empty() && !declares && self.has_leisure());
        let most = demands.most("maxProperties").unwrap_or(u64::MAX);
        let least = demands.least("minProperties");
        if least > MOST {
            return None;
        }
        for number in 1..=least.max(shown).min(most) {
            if (members.len() as u64) >= least.max(shown) {
                break;
            }
            let value = if rest.is_empty() { Some(json!("text")) } else { self.value(&rest, open) };
            match value {
                Some(value) => members.insert(format!("key{number}"), value),
                None if (members.len() as u64) >= least => break,
                None => return None,
            };
        }
        Some(())
    }

    fn satisfies(&self, value: &Value, schemas: &[Schema]) -> bool {
        schemas.iter().all(|schema| {
            let validator = self.contract.validator(schema, self.direction);
            validator.is_ok_and(|validator| validator.is_valid(value))
        })
    }
}

/// What a schema itself says that its values are.
fn said(schema: &Schema) -> impl Iterator<Item = &Value> {
    let examples = schema.keyword("examples").and_then(Value::as_array);
    schema
        .example()
        .into_iter()
        .chain(examples.into_iter().flatten())
        .chain(schema.keyword("const"))
        .chain(schema.keyword("default"))
        .chain(schema.enumeration().into_iter().flatten())
}

/// The member by which a discriminator knows `form` (OpenAPI 3.0.3, Discriminator Object).
fn discriminated(rule: &Value, form: &Schema) -> Option<(String, Value)> {
    let name = rule.get("propertyName")?.as_str()?;
    let component = form.component()?;
    let mapping = rule.get("mapping").and_then(Value::as_object).into_iter().flatten();
    let mut known = mapping.filter(|(_, target)| {
        target.as_str().and_then(|target| target.rsplit('/').next()) == Some(component.as_str())
    });
    let value = known.next().map_or_else(|| component.clone(), |(value, _)| value.clone());
    Some((name.to_owned(), value.into()))
}

/// Another value of the same kind.
fn varied(value: &Value, step: u64) -> Option<Value> {
    Some(match value {
        Value::String(text) => {
            let number = step.to_string();
            let kept = text.chars().count().saturating_sub(number.len());
            // Some texts may grow, of others the end may change.
            if step.is_multiple_of(2) {
                format!("{text}{number}").into()
            } else {
                format!("{}{number}", text.chars().take(kept).collect::<String>()).into()
            }
        }
        Value::Number(number) => match number.as_i64() {
            Some(number) => json!(number.checked_add_unsigned(step)?),
            #[expect(clippy::cast_precision_loss, reason = "a small number of steps")]
            None => json!(number.as_f64()? + step as f64),
        },
        Value::Bool(value) if step == 1 => json!(!value),
        Value::Object(members) => {
            let mut members = members.clone();
            let changed = members.iter().find_map(|(name, value)| Some((name.clone(), varied(value, step)?)));
            let (name, value) = changed?;
            members.insert(name, value);
            Value::Object(members)
        }
        Value::Array(items) => {
            let (first, rest) = items.split_first()?;
            Value::Array(std::iter::once(varied(first, step)?).chain(rest.iter().cloned()).collect())
        }
        Value::Null | Value::Bool(_) => return None,
    })
}

/// Documented members in the order of the document, others behind.
fn in_document_order(mut members: Map<String, Value>, demands: &Demands) -> Map<String, Value> {
    let mut ordered = Map::new();
    for (name, _) in demands.schemas.iter().flat_map(Schema::properties) {
        if let Some(value) = members.shift_remove(name) {
            ordered.insert(name.to_owned(), value);
        }
    }
    ordered.extend(members);
    ordered
}
