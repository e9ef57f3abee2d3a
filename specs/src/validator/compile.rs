//! From a schema to its program.
//!
//! All schemas that one value has to satisfy at the same time (a schema, the target of its `$ref`, the parts of its
//! `allOf`) become one node; nodes are known by the set of these, so that recursion ends.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::RandomState;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::format::{Format, options};
use super::pattern::Pattern;
use super::program::{
    ArrayRule, Bound, Member, Node, NodeId, Num, NumberRule, ObjectRule, Program, Step, StringRule, Whole,
};
use crate::Pointer;

/// At most this many nodes; what is left is decided as whole values.
const MOST_NODES: usize = 20_000;

/// Keywords that say nothing of values, or nothing more after the rewriting.
const ANNOTATIONS: &[&str] = &[
    "title",
    "description",
    "default",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "nullable",
    "discriminator",
    "xml",
    "externalDocs",
];

/// How far alternatives within alternatives are followed.
const DEPTH: usize = 16;

/// Compiles schemas of one rewritten document.
pub(super) struct Compiler<'d> {
    root: &'d Value,
    /// The library's validator of the schema at a pointer.
    whole: &'d dyn Fn(&Pointer) -> Option<jsonschema::Validator>,
    nodes: Vec<Node>,
    /// Those whose nodes are still to be made, in order.
    open: VecDeque<Set>,
    known: HashMap<Set, NodeId>,
    formats: HashMap<String, Option<Arc<Format>>>,
    patterns: HashMap<String, Option<Arc<Pattern>>>,
}

/// Schemas that hold at the same time.
type Set = BTreeSet<Part>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Part {
    at: Pointer,
    /// Whether its alternatives are seen to elsewhere.
    chosen: bool,
}

/// Why a value is decided as a whole.
struct Opaque;

/// JSON types as bits.
const NULL: u8 = 1;
const BOOLEAN: u8 = 2;
const NUMBER: u8 = 4;
const STRING: u8 = 8;
const ARRAY: u8 = 16;
const OBJECT: u8 = 32;
const ALL: u8 = 63;

impl<'d> Compiler<'d> {
    pub(super) fn new(root: &'d Value, whole: &'d dyn Fn(&Pointer) -> Option<jsonschema::Validator>) -> Self {
        Self {
            root,
            whole,
            nodes: Vec::new(),
            open: VecDeque::new(),
            known: HashMap::new(),
            formats: HashMap::new(),
            patterns: HashMap::new(),
        }
    }

    /// The program of the schema at `pointer`; `None` if the library cannot read it, or there is no end to it.
    pub(super) fn compile(mut self, pointer: &Pointer) -> Option<Program> {
        self.node(Set::from([Part { at: pointer.clone(), chosen: false }]));
        while let Some(set) = self.open.pop_front() {
            if self.nodes.len() >= MOST_NODES {
                return None;
            }
            let node = match self.stream(&set, DEPTH) {
                Ok(node) => node,
                Err(Opaque) => self.opaque(&set)?,
            };
            self.nodes.push(node);
        }
        Some(Program { nodes: self.nodes, hasher: RandomState::new() })
    }

    /// The place at which the node of these schemas stands or will stand.
    fn node(&mut self, set: Set) -> NodeId {
        let next = self.known.len();
        *self.known.entry(set).or_insert_with_key(|set| {
            self.open.push_back(set.clone());
            next
        })
    }

    /// A node for whole values.
    fn opaque(&self, set: &Set) -> Option<Node> {
        let validators = set.iter().map(|part| (self.whole)(&part.at)).collect::<Option<_>>()?;
        Some(Node { whole: Some(Arc::new(Whole(validators))), ..Node::default() })
    }

    /// The schemas that stand behind references and in `allOf`, all in one set.
    fn flatten(&self, set: &Set) -> Result<Set, Opaque> {
        let mut flat = Set::new();
        let mut open: Vec<Part> = set.iter().cloned().collect();
        let mut seen = BTreeSet::new();
        while let Some(part) = open.pop() {
            if !seen.insert(part.clone()) {
                continue;
            }
            let schema = part.at.get(self.root).and_then(Value::as_object).ok_or(Opaque)?;
            if let Some(reference) = schema.get("$ref") {
                let target = reference.as_str().and_then(|text| Pointer::parse_fragment(text).ok());
                open.push(Part { at: target.ok_or(Opaque)?, chosen: false });
                continue;
            }
            if let Some(parts) = schema.get("allOf") {
                let parts = parts.as_array().ok_or(Opaque)?;
                let at = part.at.join("allOf");
                open.extend((0..parts.len()).map(|index| Part { at: at.index(index), chosen: false }));
            }
            flat.insert(part);
        }
        Ok(flat)
    }

    fn stream(&mut self, set: &Set, depth: usize) -> Result<Node, Opaque> {
        let flat = self.flatten(set)?;
        let schemas: Vec<(Pointer, &'d Map<String, Value>)> = flat
            .iter()
            .map(|part| Ok((part.at.clone(), self.schema(&part.at)?)))
            .collect::<Result<_, Opaque>>()?;
        for (_, schema) in &schemas {
            readable(schema)?;
        }
        // An alternative leads back to its own schema with this one chosen, so that recursion ends at `depth`.
        if let Some(part) = flat.iter().find(|part| !part.chosen && self.alternatives(part).is_some()) {
            return self.choice(&flat, part, depth.checked_sub(1).ok_or(Opaque)?);
        }
        let mut types = ALL;
        let mut integer = false;
        for (_, schema) in &schemas {
            let (own, only_integers) = own_types(schema)?;
            types &= own;
            integer |= only_integers;
        }
        let values = values(&schemas, types)?;
        let is = |kind: u8| types & kind != 0;
        let boolean = |wanted: bool| {
            is(BOOLEAN) && values.as_ref().is_none_or(|values| values.contains(&&Value::Bool(wanted)))
        };
        Ok(Node {
            null: is(NULL) && values.as_ref().is_none_or(|values| values.contains(&&Value::Null)),
            boolean: [boolean(false), boolean(true)],
            number: is(NUMBER)
                .then(|| number(&schemas, integer, values.as_deref()))
                .transpose()?
                .map(Arc::new),
            string: is(STRING).then(|| self.string(&schemas, values.as_deref())).transpose()?.map(Arc::new),
            // Values of these types were found not to be listed.
            array: if is(ARRAY) && values.is_none() { Some(Arc::new(self.array(&schemas)?)) } else { None },
            object: if is(OBJECT) && values.is_none() {
                Some(Arc::new(self.object(&schemas)?))
            } else {
                None
            },
            whole: None,
        })
    }

    fn schema(&self, at: &Pointer) -> Result<&'d Map<String, Value>, Opaque> {
        at.get(self.root).and_then(Value::as_object).ok_or(Opaque)
    }

    /// The pointer of `oneOf` or `anyOf`, and how many alternatives there are.
    fn alternatives(&self, part: &Part) -> Option<(Pointer, usize)> {
        let schema = part.at.get(self.root)?;
        ["oneOf", "anyOf"].iter().find_map(|keyword| {
            let count = schema.get(keyword)?.as_array()?.len();
            Some((part.at.join(keyword), count))
        })
    }

    /// Alternatives of which at most one admits values of a type: the type decides.
    fn choice(&mut self, flat: &Set, part: &Part, depth: usize) -> Result<Node, Opaque> {
        let schema = self.schema(&part.at)?;
        if schema.contains_key("oneOf") && schema.contains_key("anyOf") {
            return Err(Opaque);
        }
        let (at, count) = self.alternatives(part).ok_or(Opaque)?;
        let branches: Vec<(Pointer, u8)> = (0..count)
            .map(|index| at.index(index))
            .map(|at| Ok((at.clone(), self.types(&at, DEPTH)?)))
            .collect::<Result<_, Opaque>>()?;
        let mut rest = flat.clone();
        rest.remove(part);
        rest.insert(Part { at: part.at.clone(), chosen: true });
        // What the other schemas exclude anyway need not be told apart.
        let mut allowed = ALL;
        for part in &rest {
            allowed &= own_types(self.schema(&part.at)?)?.0;
        }
        let mut node = Node::default();
        for kind in [NULL, BOOLEAN, NUMBER, STRING, ARRAY, OBJECT] {
            if allowed & kind == 0 {
                continue;
            }
            let mut fitting = branches.iter().filter(|(_, types)| types & kind != 0);
            let Some((branch, _)) = fitting.next() else { continue };
            if fitting.next().is_some() {
                return Err(Opaque);
            }
            let mut set = rest.clone();
            set.insert(Part { at: branch.clone(), chosen: false });
            let found = self.stream(&set, depth)?;
            match kind {
                NULL => node.null = found.null,
                BOOLEAN => node.boolean = found.boolean,
                NUMBER => node.number = found.number,
                STRING => node.string = found.string,
                ARRAY => node.array = found.array,
                _ => node.object = found.object,
            }
        }
        Ok(node)
    }

    /// The types that a schema can admit; too many rather than too few.
    fn types(&self, at: &Pointer, depth: usize) -> Result<u8, Opaque> {
        let Some(depth) = depth.checked_sub(1) else { return Ok(ALL) };
        let schema = self.schema(at)?;
        if let Some(reference) = schema.get("$ref") {
            let target = reference.as_str().and_then(|text| Pointer::parse_fragment(text).ok());
            return self.types(&target.ok_or(Opaque)?, depth);
        }
        let mut types = own_types(schema)?.0;
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            types &= values.iter().map(type_of).fold(0, |types, kind| types | kind);
        }
        for (keyword, all) in [("allOf", true), ("oneOf", false), ("anyOf", false)] {
            let Some(branches) = schema.get(keyword).and_then(Value::as_array) else { continue };
            let at = at.join(keyword);
            let mut some = 0;
            for index in 0..branches.len() {
                let found = self.types(&at.index(index), depth)?;
                some |= found;
                if all {
                    types &= found;
                }
            }
            if !all {
                types &= some;
            }
        }
        Ok(types)
    }

    fn string(
        &mut self,
        schemas: &[(Pointer, &Map<String, Value>)],
        values: Option<&[&Value]>,
    ) -> Result<StringRule, Opaque> {
        let mut rule = StringRule::default();
        for (_, schema) in schemas {
            rule.least = rule.least.max(count(schema, "minLength")?.unwrap_or(0));
            rule.most = rule.most.min(count(schema, "maxLength")?.unwrap_or(usize::MAX));
            if let Some(name) = schema.get("format").and_then(Value::as_str)
                && !matches!(name, "password" | "binary" | "int32" | "int64" | "float" | "double")
            {
                let format = self.formats.entry(name.to_owned());
                let format = format.or_insert_with(|| Format::new(name).map(Arc::new));
                rule.formats.push(format.clone().ok_or(Opaque)?);
            }
            if let Some(pattern) = schema.get("pattern") {
                let pattern = pattern.as_str().ok_or(Opaque)?;
                let compiled = self.patterns.entry(pattern.to_owned());
                let compiled = compiled.or_insert_with(|| Pattern::new(pattern).map(Arc::new));
                rule.patterns.push(compiled.clone().ok_or(Opaque)?);
            }
        }
        rule.values =
            values.map(|values| values.iter().filter_map(|value| value.as_str()).map(Box::from).collect());
        Ok(rule)
    }

    fn array(&mut self, schemas: &[(Pointer, &Map<String, Value>)]) -> Result<ArrayRule, Opaque> {
        let mut rule = ArrayRule { least: 0, most: usize::MAX, items: 0, unique: false };
        let mut items = Set::new();
        for (at, schema) in schemas {
            rule.least = rule.least.max(count(schema, "minItems")?.unwrap_or(0));
            rule.most = rule.most.min(count(schema, "maxItems")?.unwrap_or(usize::MAX));
            rule.unique |= match schema.get("uniqueItems") {
                None => false,
                Some(flag) => flag.as_bool().ok_or(Opaque)?,
            };
            if schema.contains_key("items") {
                items.insert(Part { at: at.join("items"), chosen: false });
            }
        }
        rule.items = self.node(items);
        Ok(rule)
    }

    fn object(&mut self, schemas: &[(Pointer, &Map<String, Value>)]) -> Result<ObjectRule, Opaque> {
        let (mut least, mut most) = (0, usize::MAX);
        let mut closed = false;
        let mut rest = Set::new();
        let mut required = BTreeSet::new();
        // In document order, which is the likely one.
        let mut names: Vec<&str> = Vec::new();
        let mut known = BTreeSet::new();
        for (at, schema) in schemas {
            least = least.max(count(schema, "minProperties")?.unwrap_or(0));
            most = most.min(count(schema, "maxProperties")?.unwrap_or(usize::MAX));
            let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            names.extend(properties.map(|(name, _)| name.as_str()).filter(|name| known.insert(*name)));
            for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
                required.insert(name.as_str().ok_or(Opaque)?);
            }
            match schema.get("additionalProperties") {
                None | Some(Value::Bool(true)) => {}
                Some(Value::Bool(false)) => closed = true,
                Some(_) => {
                    rest.insert(Part { at: at.join("additionalProperties"), chosen: false });
                }
            }
        }
        names.extend(required.iter().copied().filter(|name| known.insert(*name)));
        if required.len() > 64 {
            return Err(Opaque);
        }
        let bits: BTreeMap<&str, u64> =
            required.iter().enumerate().map(|(index, name)| (*name, 1 << index)).collect();
        let mut members = Vec::with_capacity(names.len());
        for name in names {
            let Some(set) = member(schemas, name) else { continue };
            members.push(Member {
                name: name.into(),
                node: self.node(set),
                bit: bits.get(name).copied().unwrap_or_default(),
            });
        }
        let many = members.len() > 8;
        let index = many.then(|| members.iter().enumerate().map(|(at, member)| (member.name.clone(), at)));
        Ok(ObjectRule {
            index: index.map(Iterator::collect),
            required: bits.values().fold(0, |all, bit| all | bit),
            rest: if closed { None } else { Some(self.node(rest)) },
            members,
            least,
            most,
        })
    }
}

/// The schemas of the member `name`; `None` if some schema does not allow it.
fn member(schemas: &[(Pointer, &Map<String, Value>)], name: &str) -> Option<Set> {
    let mut set = Set::new();
    for (at, schema) in schemas {
        let own = schema.get("properties").and_then(|properties| properties.get(name)).is_some();
        let at = if own {
            at.join("properties").join(name)
        } else {
            match schema.get("additionalProperties") {
                None | Some(Value::Bool(true)) => continue,
                Some(Value::Bool(false)) => return None,
                Some(_) => at.join("additionalProperties"),
            }
        };
        set.insert(Part { at, chosen: false });
    }
    Some(set)
}

/// Whether all keywords of a schema are known, and written as they should be.
fn readable(schema: &Map<String, Value>) -> Result<(), Opaque> {
    let fits = |(keyword, value): (&String, &Value)| match keyword.as_str() {
        "exclusiveMinimum" | "exclusiveMaximum" => value.is_boolean(),
        "items" | "properties" => value.is_object(),
        "additionalProperties" => value.is_object() || value.is_boolean(),
        "required" | "allOf" | "oneOf" | "anyOf" => value.is_array(),
        "type" | "enum" | "format" | "minLength" | "maxLength" | "pattern" | "minItems" | "maxItems"
        | "uniqueItems" | "minProperties" | "maxProperties" | "minimum" | "maximum" | "multipleOf" => true,
        other => ANNOTATIONS.contains(&other) || other.starts_with("x-"),
    };
    if schema.iter().all(fits) { Ok(()) } else { Err(Opaque) }
}

/// The types that `type` names, and whether numbers have to be integers.
fn own_types(schema: &Map<String, Value>) -> Result<(u8, bool), Opaque> {
    let names: Vec<&Value> = match schema.get("type") {
        None => return Ok((ALL, false)),
        Some(Value::Array(names)) => names.iter().collect(),
        Some(name) => vec![name],
    };
    let mut types = 0;
    let (mut integer, mut number) = (false, false);
    for name in names {
        types |= match name.as_str().ok_or(Opaque)? {
            "null" => NULL,
            "boolean" => BOOLEAN,
            "string" => STRING,
            "array" => ARRAY,
            "object" => OBJECT,
            "number" => {
                number = true;
                NUMBER
            }
            "integer" => {
                integer = true;
                NUMBER
            }
            _ => return Err(Opaque),
        };
    }
    Ok((types, integer && !number))
}

fn type_of(value: &Value) -> u8 {
    match value {
        Value::Null => NULL,
        Value::Bool(_) => BOOLEAN,
        Value::Number(_) => NUMBER,
        Value::String(_) => STRING,
        Value::Array(_) => ARRAY,
        Value::Object(_) => OBJECT,
    }
}

/// The values that every `enum` lists; arrays and objects among them are not told apart here.
fn values<'s>(
    schemas: &[(Pointer, &'s Map<String, Value>)],
    types: u8,
) -> Result<Option<Vec<&'s Value>>, Opaque> {
    let mut common: Option<Vec<&Value>> = None;
    for (_, schema) in schemas {
        let Some(listed) = schema.get("enum") else { continue };
        let listed = listed.as_array().ok_or(Opaque)?;
        common = Some(match common {
            None => listed.iter().collect(),
            Some(common) => common.into_iter().filter(|value| listed.contains(value)).collect(),
        });
    }
    if common.iter().flatten().any(|value| type_of(value) & types & (ARRAY | OBJECT) != 0) {
        return Err(Opaque);
    }
    Ok(common)
}

fn number(
    schemas: &[(Pointer, &Map<String, Value>)],
    integer: bool,
    values: Option<&[&Value]>,
) -> Result<NumberRule, Opaque> {
    let mut rule = NumberRule { integer, ..NumberRule::default() };
    for (_, schema) in schemas {
        let bound = |keyword: &str, exclusive: &str| {
            let Some(limit) = schema.get(keyword) else { return Ok(None) };
            let exclusive = schema.get(exclusive) == Some(&Value::Bool(true));
            Ok(Some(Bound { limit: num(limit).ok_or(Opaque)?, exclusive }))
        };
        rule.low.extend(bound("minimum", "exclusiveMinimum")?);
        rule.high.extend(bound("maximum", "exclusiveMaximum")?);
        if let Some(step) = schema.get("multipleOf") {
            let full = options().build(&json!({ "multipleOf": step })).map_err(|_| Opaque)?;
            let integer = step.as_i64().filter(|step| *step > 0).map(i128::from);
            rule.steps.push(Step { integer, full });
        }
    }
    rule.values = values.map(|values| values.iter().filter_map(|value| num(value)).collect());
    Ok(rule)
}

fn num(value: &Value) -> Option<Num> {
    let number = value.as_number()?;
    let integer = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    integer.map(Num::Int).or_else(|| number.as_f64().map(Num::Float))
}

/// A keyword that counts.
fn count(schema: &Map<String, Value>, keyword: &str) -> Result<Option<usize>, Opaque> {
    let Some(value) = schema.get(keyword) else { return Ok(None) };
    let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
    count.map(Some).ok_or(Opaque)
}
