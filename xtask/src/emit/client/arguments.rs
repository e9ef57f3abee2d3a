//! The Rust types of the arguments of a call.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::error::Unsound;
use crate::emit::names::ident;
use crate::emit::types;
use crate::lower::{Body, Call, Draft, SchemaSlot, Shape, TypeRef};

/// The types of the arguments of one call.
pub(super) struct Arguments {
    /// Those of its parameters, in order.
    pub(super) parameters: Vec<Argument>,
    /// Those of its bodies, in order.
    pub(super) bodies: Vec<Argument>,
    /// Those of the parts of each body, in order.
    pub(super) parts: Vec<Vec<Argument>>,
}

/// The type of one argument, as the module of builders writes it.
pub(super) struct Argument {
    /// The type.
    pub(super) ty: TokenStream,
    /// The builder of the type, if it has one.
    pub(super) builder: Option<TokenStream>,
}

/// The types of the arguments of all calls.
pub(super) fn arguments(draft: &Draft<'_>, runtime: &str) -> Result<Vec<Arguments>, Unsound> {
    let spell = types::speller(draft, runtime)?;
    let argument = |slot: &SchemaSlot| {
        let ty = draft.type_ref(&slot.schema);
        // Absence says what null would.
        let ty = ty.bare();
        Argument { ty: spell(ty), builder: builder(draft, ty) }
    };
    let of_call = |call: &Call<'_>| Arguments {
        parameters: call.parameters.iter().map(|place| argument(&place.slot)).collect(),
        bodies: call.bodies.iter().map(|body| argument(&body.slot)).collect(),
        parts: call
            .bodies
            .iter()
            .map(|body| body.parts.iter().map(|part| argument(&part.slot)).collect())
            .collect(),
    };
    Ok(draft.calls.iter().map(of_call).collect())
}

fn builder(draft: &Draft<'_>, ty: &TypeRef) -> Option<TokenStream> {
    let TypeRef::Named(name) = ty else { return None };
    let definition = draft.types.get(name)?;
    let name = ident(name);
    matches!(definition.shape, Shape::Struct(_)).then(|| quote!(types::builder::#name))
}

/// Whether a body is built step by step.
pub(super) fn is_built(body: &Body, argument: &Argument) -> bool {
    use crate::lower::BodyKind::{Form, Json};
    matches!(body.kind, Json | Form) && argument.builder.is_some()
}
