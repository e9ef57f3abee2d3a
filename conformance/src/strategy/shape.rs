//! A shape: what one or several schemas together demand of one value, with `allOf` merged.

use std::collections::HashSet;

use indexmap::IndexMap;
use rescind_specs::{Direction, Pointer, Schema, SchemaType};
use serde_json::Value;

/// A JSON type, with integers told apart from other numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

/// What is demanded of a string.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    pub(super) shortest: u64,
    pub(super) longest: Option<u64>,
    pub(super) patterns: Vec<String>,
    pub(super) format: Option<String>,
}

/// A bound of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bound {
    pub(super) value: f64,
    pub(super) side: Side,
}

/// Whether the bound itself is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Inclusive,
    Exclusive,
}

/// What is demanded of a number.
#[derive(Clone, Debug, Default)]
pub(super) struct Range {
    pub(super) low: Option<Bound>,
    pub(super) high: Option<Bound>,
    pub(super) multiples: Vec<f64>,
}

/// What is demanded of an array.
#[derive(Clone, Debug, Default)]
pub(super) struct Items {
    pub(super) schemas: Vec<Schema>,
    pub(super) fewest: u64,
    pub(super) most: Option<u64>,
    pub(super) unique: bool,
}

/// Which members beyond the documented ones an object may have.
#[derive(Clone, Debug, Default)]
pub(super) enum Additional {
    /// Any.
    #[default]
    Any,
    /// Those that satisfy these schemas.
    Schemas(Vec<Schema>),
    /// None.
    Closed,
}

/// What is demanded of an object.
#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    pub(super) properties: IndexMap<String, Vec<Schema>>,
    pub(super) required: Vec<String>,
    pub(super) additional: Additional,
    pub(super) fewest: u64,
    pub(super) most: Option<u64>,
}

/// A choice between schemas: `oneOf` or `anyOf`.
#[derive(Clone, Debug)]
pub(super) struct Union {
    /// Where the schema stands that has the keyword.
    pub(super) at: Pointer,
    pub(super) keyword: &'static str,
    pub(super) branches: Vec<Schema>,
    /// The member that tells the branches apart, with its value for each.
    pub(super) discriminator: Option<(String, Vec<String>)>,
}

/// What one or several schemas together demand.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// The schemas that were merged.
    pub(super) parts: Vec<Schema>,
    /// The types that are allowed.
    pub(super) kinds: Vec<Kind>,
    /// Whether a type is documented, by the keyword `type`.
    pub(super) typed: bool,
    pub(super) values: Option<Vec<Value>>,
    pub(super) text: Text,
    pub(super) range: Range,
    pub(super) items: Items,
    pub(super) members: Members,
    /// The choices that are still open.
    pub(super) unions: Vec<Union>,
    /// The choices that were made.
    decided: Vec<(Pointer, &'static str)>,
    /// Discriminating members with their values.
    pub(super) fixed: Vec<(String, String)>,
    pub(super) examples: Vec<Value>,
    pub(super) secret: bool,
    pub(super) integer_format: Option<String>,
}

impl Union {
    fn is(&self, at: &Pointer, keyword: &str) -> bool {
        self.at == *at && self.keyword == keyword
    }
}

const ANY: [Kind; 6] = [Kind::String, Kind::Object, Kind::Integer, Kind::Boolean, Kind::Array, Kind::Number];

impl Shape {
    /// What `parts` demand together of a value that travels in `direction`.
    pub(super) fn of(parts: &[Schema], direction: Direction) -> Self {
        let mut shape = Self {
            parts: parts.to_vec(),
            kinds: Vec::new(),
            typed: false,
            values: None,
            text: Text::default(),
            range: Range::default(),
            items: Items::default(),
            members: Members::default(),
            unions: Vec::new(),
            decided: Vec::new(),
            fixed: Vec::new(),
            examples: Vec::new(),
            secret: false,
            integer_format: None,
        };
        let mut allowed: Option<Vec<Kind>> = None;
        let mut seen = HashSet::new();
        for part in parts {
            shape.merge(part, &mut allowed, &mut seen);
        }
        shape.typed = allowed.is_some();
        shape.kinds = allowed.unwrap_or_else(|| shape.implied());
        let required = std::mem::take(&mut shape.members.required);
        shape.members.required = required
            .into_iter()
            .filter(|name| !hidden(shape.members.properties.get(name).map_or(&[], Vec::as_slice), direction))
            .collect();
        shape.members.properties.retain(|_, schemas| !hidden(schemas, direction));
        shape
    }

    /// The shape with one branch of its first union taken; `None` where there is no union or no such branch.
    pub(super) fn branch(&self, index: usize, direction: Direction) -> Option<Self> {
        let union = self.unions.first()?;
        let mut parts = self.parts.clone();
        parts.push(union.branches.get(index)?.clone());
        let mut shape = Self::of(&parts, direction);
        shape.decided.clone_from(&self.decided);
        shape.decided.push((union.at.clone(), union.keyword));
        let decided = &shape.decided;
        shape.unions.retain(|union| !decided.iter().any(|(at, keyword)| union.is(at, keyword)));
        shape.fixed.clone_from(&self.fixed);
        if let Some((name, values)) = &union.discriminator {
            shape.fixed.extend(values.get(index).map(|value| (name.clone(), value.clone())));
        }
        Some(shape)
    }

    /// Nothing at all is demanded, so nothing is known of what makes sense.
    pub(super) fn is_unknown(&self) -> bool {
        !self.typed
            && self.values.is_none()
            && self.unions.is_empty()
            && self.kinds.len() == ANY.len()
            && self.examples.is_empty()
    }

    /// Whether values of `kind` are allowed; every integer is a number.
    pub(super) fn allows(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind) || (kind == Kind::Integer && self.kinds.contains(&Kind::Number))
    }

    fn merge(&mut self, part: &Schema, allowed: &mut Option<Vec<Kind>>, seen: &mut HashSet<Pointer>) {
        if !seen.insert(part.pointer().clone()) {
            return;
        }
        if let Some(kind) = part.kind() {
            let mut kinds = vec![match kind {
                SchemaType::String => Kind::String,
                SchemaType::Integer => Kind::Integer,
                SchemaType::Number => Kind::Number,
                SchemaType::Boolean => Kind::Boolean,
                SchemaType::Array => Kind::Array,
                SchemaType::Object => Kind::Object,
            }];
            if part.nullable() {
                kinds.push(Kind::Null);
            }
            *allowed = Some(match allowed.take() {
                None => kinds,
                Some(before) => meet(&before, &kinds),
            });
        }
        if let Some(values) = part.enumeration() {
            self.values = Some(match self.values.take() {
                None => values.to_vec(),
                Some(before) => before.into_iter().filter(|value| values.contains(value)).collect(),
            });
        }
        self.secret |= part.is_secret();
        self.merge_scalars(part);
        self.merge_containers(part);
        if let Some(example) = part.example() {
            self.examples.push(example.clone());
        }
        for keyword in ["oneOf", "anyOf"] {
            let branches = part.branches(keyword);
            if !branches.is_empty() {
                let discriminator = discriminator(part, &branches);
                self.unions.push(Union { at: part.pointer().clone(), keyword, branches, discriminator });
            }
        }
        for inner in part.branches("allOf") {
            self.merge(&inner, allowed, seen);
        }
    }

    fn merge_scalars(&mut self, part: &Schema) {
        self.text.shortest = self.text.shortest.max(part.count("minLength").unwrap_or(0));
        self.text.longest = least(self.text.longest, part.count("maxLength"));
        if let Some(pattern) = part.keyword("pattern").and_then(Value::as_str) {
            self.text.patterns.push(pattern.to_owned());
        }
        if let Some(format) = part.format() {
            if matches!(format, "int32" | "int64") {
                self.integer_format = Some(format.to_owned());
            } else {
                self.text.format = Some(format.to_owned());
            }
        }
        let side = |keyword| if part.flag(keyword) { Side::Exclusive } else { Side::Inclusive };
        if let Some(value) = part.number("minimum") {
            let bound = Bound { value, side: side("exclusiveMinimum") };
            self.range.low = Some(match self.range.low {
                Some(before) if before.value > value => before,
                _ => bound,
            });
        }
        if let Some(value) = part.number("maximum") {
            let bound = Bound { value, side: side("exclusiveMaximum") };
            self.range.high = Some(match self.range.high {
                Some(before) if before.value < value => before,
                _ => bound,
            });
        }
        self.range.multiples.extend(part.number("multipleOf").filter(|step| *step > 0.0));
    }

    fn merge_containers(&mut self, part: &Schema) {
        self.items.schemas.extend(part.items());
        self.items.fewest = self.items.fewest.max(part.count("minItems").unwrap_or(0));
        self.items.most = least(self.items.most, part.count("maxItems"));
        self.items.unique |= part.flag("uniqueItems");
        for (name, schema) in part.properties() {
            self.members.properties.entry(name.to_owned()).or_default().push(schema);
        }
        for name in part.required() {
            if !self.members.required.iter().any(|known| known == name) {
                self.members.required.push(name.to_owned());
            }
        }
        self.members.fewest = self.members.fewest.max(part.count("minProperties").unwrap_or(0));
        self.members.most = least(self.members.most, part.count("maxProperties"));
        if part.closed() {
            self.members.additional = Additional::Closed;
        } else if let Some(schema) = part.additional_properties() {
            match &mut self.members.additional {
                Additional::Any => self.members.additional = Additional::Schemas(vec![schema]),
                Additional::Schemas(schemas) => schemas.push(schema),
                Additional::Closed => {}
            }
        }
    }

    /// The types that the keywords speak of, where no type is documented.
    fn implied(&self) -> Vec<Kind> {
        let mut kinds = Vec::new();
        if let Some(values) = &self.values {
            for value in values {
                let kind = kind_of(value);
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
            return kinds;
        }
        if !self.members.properties.is_empty()
            || !self.members.required.is_empty()
            || matches!(self.members.additional, Additional::Schemas(_) | Additional::Closed)
        {
            kinds.push(Kind::Object);
        }
        if !self.items.schemas.is_empty() || self.items.fewest > 0 || self.items.most.is_some() {
            kinds.push(Kind::Array);
        }
        if !self.text.patterns.is_empty()
            || self.text.format.is_some()
            || self.text.shortest > 0
            || self.text.longest.is_some()
        {
            kinds.push(Kind::String);
        }
        if self.range.low.is_some() || self.range.high.is_some() || !self.range.multiples.is_empty() {
            kinds.push(Kind::Number);
        }
        if kinds.is_empty() { ANY.to_vec() } else { kinds }
    }
}

/// The type of a value.
pub(super) fn kind_of(value: &Value) -> Kind {
    match value {
        Value::Null => Kind::Null,
        Value::Bool(_) => Kind::Boolean,
        Value::Number(number) if number.is_f64() => Kind::Number,
        Value::Number(_) => Kind::Integer,
        Value::String(_) => Kind::String,
        Value::Array(_) => Kind::Array,
        Value::Object(_) => Kind::Object,
    }
}

/// The types that both allow.
fn meet(left: &[Kind], right: &[Kind]) -> Vec<Kind> {
    let allows = |kinds: &[Kind], kind: Kind| {
        kinds.contains(&kind) || (kind == Kind::Integer && kinds.contains(&Kind::Number))
    };
    let mut kinds: Vec<Kind> = left.iter().copied().filter(|kind| allows(right, *kind)).collect();
    kinds.extend(right.iter().copied().filter(|kind| allows(left, *kind) && !left.contains(kind)));
    kinds
}

fn least(left: Option<u64>, right: Option<u64>) -> Option<u64> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (one, other) => one.or(other),
    }
}

/// A property that does not travel in this direction.
fn hidden(schemas: &[Schema], direction: Direction) -> bool {
    schemas.iter().any(|schema| match direction {
        Direction::Request => schema.read_only(),
        Direction::Response => schema.write_only(),
    })
}

/// The discriminating member and its value for each branch (OpenAPI 3.0.3, Discriminator Object).
fn discriminator(part: &Schema, branches: &[Schema]) -> Option<(String, Vec<String>)> {
    let object = part.keyword("discriminator")?;
    let name = object.get("propertyName")?.as_str()?;
    let mapping = object.get("mapping").and_then(Value::as_object);
    let values = branches
        .iter()
        .map(|branch| {
            let component = branch.component().unwrap_or_default();
            let mapped = mapping.into_iter().flatten().find(|(_, target)| {
                target.as_str().is_some_and(|target| {
                    target == component || target.strip_prefix('#') == Some(branch.pointer().as_str())
                })
            });
            mapped.map_or(component, |(value, _)| value.clone())
        })
        .collect();
    Some((name.to_owned(), values))
}
