//! Whether a schema has a member at a pointer.

use crate::Schema;

/// How deep schemas are followed; a recursive one has no end.
const DEPTH: usize = 24;

/// What a schema says of a place in its instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Other members are documented, and not this one.
    Absent,
    /// Nothing is documented there, so anything may be.
    Open,
    /// It is documented.
    Documented,
}

/// What `schema` says of the place that `tokens` lead to.
pub(super) fn place(schema: &Schema, tokens: &[String]) -> Place {
    walk(schema, tokens, DEPTH)
}

/// The names that are documented for members of an instance, each once.
pub(super) fn names(schema: &Schema) -> Vec<String> {
    let mut found = Vec::new();
    collect(schema, DEPTH, &mut found);
    found
}

fn walk(schema: &Schema, tokens: &[String], depth: usize) -> Place {
    let Some((token, rest)) = tokens.split_first() else { return Place::Documented };
    if depth == 0 {
        return Place::Open;
    }
    if let Some(property) = schema.property(token) {
        return walk(&property, rest, depth - 1);
    }
    let mut best: Option<Place> = None;
    let mut add = |place: Place| best = Some(best.map_or(place, |known| known.max(place)));
    for keyword in ["allOf", "oneOf", "anyOf"] {
        for branch in schema.branches(keyword) {
            add(walk(&branch, tokens, depth - 1));
        }
    }
    let index = token.parse::<usize>().is_ok() || token == "-";
    if let Some(items) = schema.items().filter(|_| index) {
        add(walk(&items, rest, depth - 1));
    }
    if let Some(others) = schema.additional_properties() {
        add(walk(&others, rest, depth - 1));
    }
    let open = schema.keyword("additionalProperties").and_then(serde_json::Value::as_bool) == Some(true);
    let describes = schema.properties().next().is_some() || schema.closed();
    match best {
        // A branch that says nothing adds to one that lists its members.
        Some(Place::Open) | None if describes && !open => Place::Absent,
        Some(found) => found,
        None => Place::Open,
    }
}

fn collect(schema: &Schema, depth: usize, found: &mut Vec<String>) {
    if depth == 0 {
        return;
    }
    for (name, _) in schema.properties() {
        if !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
    }
    for keyword in ["allOf", "oneOf", "anyOf"] {
        for branch in schema.branches(keyword) {
            collect(&branch, depth - 1, found);
        }
    }
}
