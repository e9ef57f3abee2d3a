//! What a place of a document belongs to, as far as code is generated from it.

use super::operations::is_misnamed;
use crate::{document::Document, pointer::Pointer, read::METHODS};

/// The smallest thing that can be left out together with a place.
pub(super) enum Owner {
    /// Nothing is left without it.
    Document,
    /// All operations depend on it.
    Everything,
    Operation(Pointer),
    Path(Pointer),
    Component(Pointer),
    /// Something that no operation depends on.
    Part(Pointer),
}

impl Owner {
    pub(super) fn of(document: &Document, at: &Pointer) -> Self {
        let tokens: Vec<_> = at.tokens().collect();
        let tokens: Vec<&str> = tokens.iter().map(AsRef::as_ref).collect();
        let upto = |count: usize| tokens.iter().take(count).fold(Pointer::root(), |at, token| at.join(token));
        match tokens[..] {
            [] | ["paths" | "openapi" | "swagger"] => Self::Document,
            ["paths", _] | ["paths", _, "parameters" | "$ref", ..] => Self::Path(upto(2)),
            ["paths", _, method, ref rest @ ..] if METHODS.iter().any(|(name, _)| *name == method) => {
                match rest {
                    ["callbacks", _, ..] => Self::Part(upto(5)),
                    ["callbacks" | "tags" | "servers" | "externalDocs", ..] => Self::Part(upto(4)),
                    _ => Self::Operation(upto(3)),
                }
            }
            // An operation under a method that does not exist.
            ["paths", _, name] if document.get(at).is_some_and(|value| is_misnamed(name, value)) => {
                Self::Operation(upto(3))
            }
            ["paths", ..] => Self::Part(upto(3)),
            ["components", _, _, ..] => Self::Component(upto(3)),
            ["security", ..] => Self::Everything,
            ["components" | "info", _, ..] => Self::Part(upto(2)),
            _ => Self::Part(upto(1)),
        }
    }
}
