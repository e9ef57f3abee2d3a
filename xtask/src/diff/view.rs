//! What a schema says once its references are followed and its `allOf` is put together.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rescind_specs::{Direction, Document, Pointer};
use serde_json::Value;

/// A schema by the places that all have to hold: one place, or several of an `allOf`.
pub(super) type Parts = Vec<Pointer>;

/// A limit and whether it is excluded itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bound {
    pub(super) value: f64,
    pub(super) exclusive: bool,
}

impl Bound {
    pub(super) fn words(self) -> String {
        format!("{}{}", self.value, if self.exclusive { " (excluded)" } else { "" })
    }
}

/// What is said of members without a name of their own.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Others {
    #[default]
    Anything,
    Nothing,
    Schema(Parts),
}

/// One schema, put together.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    /// What it was put together from.
    pub(super) parts: Parts,
    /// Where it starts, behind references.
    pub(super) at: Pointer,
    /// The JSON types; `None` for any. `null` is one of them.
    pub(super) types: Option<BTreeSet<String>>,
    pub(super) values: Option<Vec<Value>>,
    pub(super) formats: BTreeSet<String>,
    pub(super) patterns: BTreeSet<String>,
    pub(super) minimum: Option<Bound>,
    pub(super) maximum: Option<Bound>,
    pub(super) multiples: Vec<f64>,
    /// `minLength` and its like, by keyword.
    pub(super) at_least: BTreeMap<&'static str, u64>,
    pub(super) at_most: BTreeMap<&'static str, u64>,
    pub(super) unique: bool,
    pub(super) items: Option<Parts>,
    pub(super) properties: BTreeMap<String, Parts>,
    pub(super) required: BTreeSet<String>,
    pub(super) others: Others,
    /// Each list of alternatives: all lists have to hold, one alternative of each.
    pub(super) choices: Vec<Vec<Parts>>,
    pub(super) excluded: Vec<Pointer>,
    pub(super) discriminator: Option<(Pointer, Value)>,
    pub(super) default: Option<(Pointer, Value)>,
    pub(super) xml: Option<Value>,
    pub(super) deprecated: bool,
    /// A reference that leads nowhere, or something that is no schema.
    pub(super) unreadable: bool,
}

const LEAST: [&str; 3] = ["minLength", "minItems", "minProperties"];
const MOST: [&str; 3] = ["maxLength", "maxItems", "maxProperties"];

/// Whether the schema at a place is of null alone: how `nullable` is said of what has no type.
pub(super) fn is_null(document: &Document, parts: &[Pointer]) -> bool {
    let [only] = parts else { return false };
    document
        .get(only)
        .and_then(|schema| schema.get("enum"))
        .and_then(Value::as_array)
        .is_some_and(|values| values.len() == 1 && values.iter().all(Value::is_null))
}

impl View {
    pub(super) fn of(document: &Document, parts: &[Pointer], direction: Direction) -> Self {
        let mut view = Self { parts: parts.to_vec(), ..Self::default() };
        let mut seen = HashSet::new();
        for part in parts {
            view.add(document, part, direction, &mut seen);
        }
        view
    }

    fn add(
        &mut self,
        document: &Document,
        part: &Pointer,
        direction: Direction,
        seen: &mut HashSet<Pointer>,
    ) {
        let Ok((at, schema)) = document.resolve(part) else {
            self.unreadable = true;
            return;
        };
        if self.at.as_str().is_empty() {
            self.at = at.clone();
        }
        if !seen.insert(at.clone()) {
            return;
        }
        if !schema.is_object() {
            self.unreadable = !schema.is_boolean();
            return;
        }
        self.kind(schema);
        self.limits(schema);
        self.members(document, &at, schema, direction);
        let count = |keyword: &str| schema.get(keyword).and_then(Value::as_array).map_or(0, Vec::len);
        for index in 0..count("allOf") {
            self.add(document, &at.join("allOf").index(index), direction, seen);
        }
        for keyword in ["anyOf", "oneOf"] {
            let alternatives: Vec<Parts> =
                (0..count(keyword)).map(|index| vec![at.join(keyword).index(index)]).collect();
            if !alternatives.is_empty() {
                self.choices.push(alternatives);
            }
        }
        if schema.get("not").is_some() {
            self.excluded.push(at.join("not"));
        }
        let said = |keyword: &str| schema.get(keyword).map(|value| (at.join(keyword), value.clone()));
        self.discriminator = self.discriminator.take().or_else(|| said("discriminator"));
        self.default = self.default.take().or_else(|| said("default"));
        self.xml = self.xml.take().or_else(|| schema.get("xml").cloned());
        self.deprecated |= schema.get("deprecated") == Some(&Value::Bool(true));
    }

    fn kind(&mut self, schema: &Value) {
        if let Some(kind) = schema.get("type").and_then(Value::as_str) {
            let mut types = BTreeSet::from([kind.to_owned()]);
            let nullable = schema.get("nullable") == Some(&Value::Bool(true));
            if nullable {
                types.insert("null".to_owned());
            }
            self.types = Some(match self.types.take() {
                None => types,
                Some(known) => common(&known, &types),
            });
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            let mut values = values.clone();
            let typed = schema.get("type").is_some();
            if typed && schema.get("nullable") == Some(&Value::Bool(true)) && !values.contains(&Value::Null) {
                values.push(Value::Null);
            }
            self.values = Some(match self.values.take() {
                None => values,
                Some(known) => known.into_iter().filter(|value| values.contains(value)).collect(),
            });
        }
        // How a string is shown has no bearing on which strings fit.
        if let Some(format) =
            schema.get("format").and_then(Value::as_str).filter(|format| *format != "password")
        {
            self.formats.insert(format.to_owned());
        }
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
            self.patterns.insert(pattern.to_owned());
        }
    }

    fn limits(&mut self, schema: &Value) {
        let bound = |limit: &str, exclusive: &str| {
            let value = schema.get(limit).and_then(Value::as_f64)?;
            Some(Bound { value, exclusive: schema.get(exclusive) == Some(&Value::Bool(true)) })
        };
        let tighter = |known: Option<Bound>, found: Option<Bound>, sign: f64| match (known, found) {
            (Some(known), Some(found)) => {
                let (a, b) = (known.value * sign, found.value * sign);
                Some(if b > a || (b >= a && found.exclusive) { found } else { known })
            }
            (known, found) => known.or(found),
        };
        self.minimum = tighter(self.minimum, bound("minimum", "exclusiveMinimum"), 1.0);
        self.maximum = tighter(self.maximum, bound("maximum", "exclusiveMaximum"), -1.0);
        self.multiples.extend(schema.get("multipleOf").and_then(Value::as_f64));
        for keyword in LEAST {
            if let Some(count) = schema.get(keyword).and_then(Value::as_u64) {
                let known = self.at_least.entry(keyword).or_insert(count);
                *known = count.max(*known);
            }
        }
        for keyword in MOST {
            if let Some(count) = schema.get(keyword).and_then(Value::as_u64) {
                let known = self.at_most.entry(keyword).or_insert(count);
                *known = count.min(*known);
            }
        }
        self.unique |= schema.get("uniqueItems") == Some(&Value::Bool(true));
    }

    fn members(&mut self, document: &Document, at: &Pointer, schema: &Value, direction: Direction) {
        if schema.get("items").is_some() {
            self.items.get_or_insert_default().push(at.join("items"));
        }
        // A member that travels the other way only is none.
        let hidden = match direction {
            Direction::Request => "readOnly",
            Direction::Response => "writeOnly",
        };
        let properties = schema.get("properties").and_then(Value::as_object);
        let place = at.join("properties");
        let mut left_out = BTreeSet::new();
        for name in properties.into_iter().flatten().map(|(name, _)| name) {
            let place = place.join(name);
            let is_hidden = document
                .resolve(&place)
                .is_ok_and(|(_, property)| property.get(hidden) == Some(&Value::Bool(true)))
                || document.get(&place.join(hidden)) == Some(&Value::Bool(true));
            if is_hidden {
                left_out.insert(name.clone());
            } else {
                self.properties.entry(name.clone()).or_default().push(place);
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        let required = required.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        self.required.extend(required.filter(|name| !left_out.contains(name)));
        match schema.get("additionalProperties") {
            None | Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => self.others = Others::Nothing,
            Some(_) => match &mut self.others {
                Others::Nothing => {}
                Others::Anything => self.others = Others::Schema(vec![at.join("additionalProperties")]),
                Others::Schema(parts) => parts.push(at.join("additionalProperties")),
            },
        }
    }

    /// Whether nothing but alternatives says which values fit.
    pub(super) fn is_choice(&self) -> bool {
        self.choices.len() == 1
            && self.types.is_none()
            && self.values.is_none()
            && self.formats.is_empty()
            && self.patterns.is_empty()
            && self.minimum.is_none()
            && self.maximum.is_none()
            && self.multiples.is_empty()
            && self.at_least.is_empty()
            && self.at_most.is_empty()
            && !self.unique
            && self.items.is_none()
            && self.properties.is_empty()
            && self.required.is_empty()
            && self.others == Others::Anything
            && self.excluded.is_empty()
    }
}

/// The types that both allow; a whole number is a number.
fn common(a: &BTreeSet<String>, b: &BTreeSet<String>) -> BTreeSet<String> {
    let within = |kind: &String, set: &BTreeSet<String>| {
        set.contains(kind) || (kind == "integer" && set.contains("number"))
    };
    let from_a = a.iter().filter(|kind| within(kind, b));
    let from_b = b.iter().filter(|kind| within(kind, a));
    from_a.chain(from_b).cloned().collect()
}
