//! The functions that fill in a builder.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::names::ParameterNames;
use crate::emit::client::arguments::{Argument, is_built};
use crate::emit::client::paragraph;
use crate::emit::names::ident;
use crate::lower::{BodyKind, Call, Place};

/// The functions that set a parameter.
pub(super) fn parameter(place: &Place, names: &ParameterNames, ty: &TokenStream) -> TokenStream {
    let (field, setter) = (ident(&names.field), ident(&names.setter));
    let name = names.setter.trim_start_matches("r#");
    let mut doc = format!(" Sets the {} parameter `{}`.", place.location, place.name);
    if let Some(description) = &place.description {
        doc.push_str("\n\n");
        doc.push_str(&paragraph(description));
    }
    let not_empty = names.empty.as_deref().map(ident).map(|empty| quote!(self.#empty = false;));
    let empty = names.empty.as_deref().map(ident).map(|empty| {
        let doc = format!(" Sends the query parameter `{}` without a value.", place.name);
        quote! {
            #[doc = #doc]
            pub fn #empty(mut self) -> Self {
                self.#field.clear();
                self.#empty = true;
                self
            }
        }
    });
    quote! {
        #[doc = #doc]
        pub fn #setter<V>(mut self, value: V) -> Self
        where
            V: ::std::convert::TryInto<#ty>,
        {
            #not_empty
            self.#field.set(#name, value);
            self
        }

        #empty
    }
}

/// The functions that set a body.
pub(super) fn body(call: &Call<'_>, index: usize, held: &TokenStream, argument: &Argument) -> TokenStream {
    let body = &call.bodies[index];
    let (name, field) = (&body.setter, ident(&body.setter));
    let mut doc = if call.bodies.len() == 1 {
        " Sets the body.".to_owned()
    } else {
        format!(" Sets the body, as `{}`. A call has one body: the last one that is set.", body.media_type)
    };
    if body.kind == BodyKind::Range {
        doc.push_str("\n\n `media_type` is one within `");
        doc.push_str(&body.media_type);
        doc.push_str("`.");
    }
    if let Some(description) = &body.description {
        doc.push_str("\n\n");
        doc.push_str(&paragraph(description));
    }
    let others = call.bodies.iter().filter(|other| other.setter != body.setter).map(|other| {
        let other = ident(&other.setter);
        quote!(self.#other.clear();)
    });
    let others = quote!(#(#others)*);
    let (ty, map) = (&argument.ty, format_ident!("{}_map", name));
    let map_doc = " Changes the body, starting from an empty one.";
    let map = quote! {
        #[doc = #map_doc]
        pub fn #map<F>(mut self, f: F) -> Self
        where
            F: ::std::ops::FnOnce(#held) -> #held,
        {
            #others
            self.#field.change(f);
            self
        }
    };
    match body.kind {
        BodyKind::Json | BodyKind::Form if is_built(body, argument) => quote! {
            #[doc = #doc]
            pub fn #field<V>(mut self, value: V) -> Self
            where
                V: ::std::convert::TryInto<#ty>,
                <V as ::std::convert::TryInto<#ty>>::Error: ::std::fmt::Display,
            {
                #others
                self.#field.set_built::<#ty, V>(#name, value);
                self
            }

            #map
        },
        BodyKind::Multipart => quote! {
            #[doc = #doc]
            pub fn #field(mut self, value: #held) -> Self {
                #others
                self.#field.set(#name, value);
                self
            }

            #map
        },
        BodyKind::Range => quote! {
            #[doc = #doc]
            pub fn #field<V>(mut self, media_type: &str, value: V) -> Self
            where
                V: ::std::convert::Into<support::reqwest::Body>,
            {
                #others
                self.#field.set(#name, (media_type.to_owned(), value.into()));
                self
            }
        },
        _ => quote! {
            #[doc = #doc]
            pub fn #field<V>(mut self, value: V) -> Self
            where
                V: ::std::convert::TryInto<#held>,
            {
                #others
                self.#field.set(#name, value);
                self
            }
        },
    }
}
