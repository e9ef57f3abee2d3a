//! One builder a call: its fields, the functions that set them, and the one that sends.

mod names;
mod security;
mod send;
mod setters;
mod style;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Item, Path, parse_quote};

use self::names::CallNames;
use super::arguments::{Arguments, is_built};
use super::outcome::Outcome;
use crate::emit::names::{ident, snake};
use crate::lower::{Body, BodyKind, Call, Draft};

/// The module of builders.
pub(super) fn module(draft: &Draft<'_>, arguments: &[Arguments], outcomes: &[Outcome], root: &Path) -> Item {
    let mut items = Vec::new();
    for ((call, arguments), outcome) in draft.calls.iter().zip(arguments).zip(outcomes) {
        items.push(builder(call, arguments, outcome, draft));
    }
    let doc = " One builder a call.";
    parse_quote! {
        #[doc = #doc]
        pub mod builder {
            #[allow(unused_imports)]
            use super::types;
            #[allow(unused_imports)]
            use #root::support;
            #[allow(unused_imports)]
            use #root::{Error, ResponseValue};

            #(#items)*
        }
    }
}

/// The builder of one call.
fn builder(call: &Call<'_>, arguments: &Arguments, outcome: &Outcome, draft: &Draft<'_>) -> TokenStream {
    let names = CallNames::new(call);
    let type_name = ident(&call.type_name);
    let function = snake(&call.function);
    let doc = format!(" The call that [`Client::{function}`](super::Client::{function}) starts.");
    let streams = call
        .bodies
        .iter()
        .any(|body| matches!(body.kind, BodyKind::Bytes | BodyKind::Range | BodyKind::Multipart));
    // A stream is read once.
    let derive = if streams { quote!(#[derive(Debug)]) } else { quote!(#[derive(Clone, Debug)]) };
    let (mut fields, mut starts, mut functions) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (place, names)) in call.parameters.iter().zip(&names.parameters).enumerate() {
        let ty = &arguments.parameters[index].ty;
        let (field, setter) = (ident(&names.field), names.setter.trim_start_matches("r#"));
        fields.push(quote!(#field: support::Argument<#ty>));
        starts.push(if place.required {
            quote!(#field: support::Argument::required(#setter))
        } else {
            quote!(#field: support::Argument::optional())
        });
        functions.push(setters::parameter(place, names, ty));
        if let Some(empty) = names.empty.as_deref().map(ident) {
            fields.push(quote!(#empty: bool));
            starts.push(quote!(#empty: false));
        }
    }
    for (index, body) in call.bodies.iter().enumerate() {
        let field = ident(&names.bodies[index]);
        let ty = body_type(call, body, index, arguments);
        fields.push(quote!(#field: support::Argument<#ty>));
        starts.push(start(call, body, index, arguments));
        functions.push(setters::body(call, index, &ty, &arguments.bodies[index]));
    }
    let send = send::send(call, arguments, outcome, draft, &names);
    quote! {
        #[doc = #doc]
        #derive
        #[must_use = "a call does nothing until it is sent"]
        pub struct #type_name<'a> {
            client: &'a super::Client,
            #(#fields,)*
        }

        impl<'a> #type_name<'a> {
            /// The call, with nothing filled in.
            pub(super) fn new(client: &'a super::Client) -> Self {
                Self { client, #(#starts,)* }
            }

            #(#functions)*

            #send
        }
    }
}

/// What a builder holds for a body.
fn body_type(call: &Call<'_>, body: &Body, index: usize, arguments: &Arguments) -> TokenStream {
    let argument = &arguments.bodies[index];
    match (body.kind, &argument.builder) {
        (BodyKind::Json | BodyKind::Form, Some(builder)) => quote!(#builder),
        (BodyKind::Json | BodyKind::Form, None) => {
            let ty = &argument.ty;
            quote!(#ty)
        }
        (BodyKind::Multipart, _) => {
            let name = ident(&call.type_name);
            quote!(super::multipart::#name)
        }
        (BodyKind::Bytes, _) => quote!(support::reqwest::Body),
        (BodyKind::Range, _) => quote!((::std::string::String, support::reqwest::Body)),
        (BodyKind::Text, _) => quote!(::std::string::String),
    }
}

/// What a body is before it is set: where the preferred one is required it starts empty, and may be complete so.
fn start(call: &Call<'_>, body: &Body, index: usize, arguments: &Arguments) -> TokenStream {
    let field = ident(&body.setter);
    let from_empty = is_built(body, &arguments.bodies[index]) || body.kind == BodyKind::Multipart;
    if !body.required || index > 0 {
        quote!(#field: support::Argument::optional())
    } else if from_empty {
        quote!(#field: support::Argument::starting(::std::default::Default::default()))
    } else if call.bodies.len() == 1 {
        let setter = &body.setter;
        quote!(#field: support::Argument::required(#setter))
    } else {
        quote!(#field: support::Argument::optional())
    }
}
