//! What a schema says of the shape of its values, as far as writing them outside of JSON goes.

use rescind_specs::{Schema, SchemaType};

/// How deep references and alternatives are followed; real documents stay far below.
const DEPTH: usize = 16;

/// The shape of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    /// A text, a number, a flag.
    Scalar,
    /// A list of scalars.
    List,
    /// An object of scalars.
    Object,
    /// Lists or objects within a list or an object.
    Nested,
}

/// Whether lists occur within a value, where a style has no word for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lists {
    /// They do.
    Some,
    /// They do not.
    None,
}

/// The shape of values of `schema`; a schema that says nothing counts as a scalar.
pub(super) fn shape(schema: &Schema) -> Shape {
    within(schema, DEPTH)
}

fn within(schema: &Schema, depth: usize) -> Shape {
    let Some(deeper) = depth.checked_sub(1) else { return Shape::Nested };
    let nested = |inner: Shape, outer: Shape| if inner == Shape::Scalar { outer } else { Shape::Nested };
    let own = match schema.kind() {
        Some(SchemaType::Array) => {
            schema.items().map_or(Shape::List, |items| nested(within(&items, deeper), Shape::List))
        }
        Some(SchemaType::Object) => members(schema, deeper),
        None if schema.keyword("properties").is_some() => members(schema, deeper),
        _ => Shape::Scalar,
    };
    let branches = ["allOf", "anyOf", "oneOf"].into_iter().flat_map(|keyword| schema.branches(keyword));
    branches.map(|branch| within(&branch, deeper)).fold(own, Ord::max)
}

fn members(schema: &Schema, depth: usize) -> Shape {
    let properties = schema.properties().map(|(_, property)| property);
    let deep = properties
        .chain(schema.additional_properties())
        .any(|property| within(&property, depth) != Shape::Scalar);
    if deep { Shape::Nested } else { Shape::Object }
}

/// Whether a value of `schema` has lists anywhere.
pub(super) fn lists(schema: &Schema) -> Lists {
    if has_list(schema, DEPTH) { Lists::Some } else { Lists::None }
}

fn has_list(schema: &Schema, depth: usize) -> bool {
    let Some(deeper) = depth.checked_sub(1) else { return false };
    schema.kind() == Some(SchemaType::Array)
        || schema
            .properties()
            .map(|(_, property)| property)
            .chain(schema.additional_properties())
            .chain(["allOf", "anyOf", "oneOf"].into_iter().flat_map(|keyword| schema.branches(keyword)))
            .any(|inner| has_list(&inner, deeper))
}

/// Whether values of `schema` are bytes: a file, where a form of parts holds them.
pub(super) fn is_binary(schema: &Schema) -> bool {
    binary(schema, DEPTH)
}

fn binary(schema: &Schema, depth: usize) -> bool {
    let Some(deeper) = depth.checked_sub(1) else { return false };
    let branches = || ["allOf", "anyOf", "oneOf"].into_iter().flat_map(|keyword| schema.branches(keyword));
    match schema.kind() {
        Some(SchemaType::String) => {
            schema.format() == Some("binary")
                || (schema.keyword("contentMediaType").is_some()
                    && schema.keyword("contentEncoding").is_none())
        }
        Some(_) => false,
        // What says nothing of its values may hold anything.
        None => {
            branches().any(|branch| binary(&branch, deeper))
                || (branches().next().is_none()
                    && schema.keyword("properties").is_none()
                    && schema.keyword("enum").is_none())
        }
    }
}
