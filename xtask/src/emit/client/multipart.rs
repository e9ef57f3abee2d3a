//! The forms of parts: one struct a call that takes one, filled in as a builder is.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Item, Path, parse_quote};

use super::arguments::Arguments;
use super::paragraph;
use crate::emit::names::{Names, ident, snake};
use crate::lower::{Body, BodyKind, Call, Draft, More, Part, PartKind};

/// Functions of each form.
const FUNCTIONS: [&str; 6] = ["new", "write", "other", "others", "into", "fmt"];

/// The module of forms, if there are any.
pub(super) fn module(draft: &Draft<'_>, arguments: &[Arguments], root: &Path) -> Option<Item> {
    let mut items = Vec::new();
    for (call, arguments) in draft.calls.iter().zip(arguments) {
        for (index, body) in call.bodies.iter().enumerate() {
            if body.kind == BodyKind::Multipart {
                items.push(form(call, index, body, arguments));
            }
        }
    }
    let doc = " Forms of parts, one a call that takes one.";
    (!items.is_empty()).then(|| {
        parse_quote! {
            #[doc = #doc]
            pub mod multipart {
                #[allow(unused_imports)]
                use super::types;
                #[allow(unused_imports)]
                use #root::support;

                #(#items)*
            }
        }
    })
}

fn form(call: &Call<'_>, index: usize, body: &Body, arguments: &Arguments) -> TokenStream {
    let type_name = ident(&call.type_name);
    let function = snake(&call.function);
    let doc = format!(" The parts of the body of [`Client::{function}`](super::Client::{function}).");
    let mut names = Names::reserving(FUNCTIONS);
    let (mut fields, mut starts, mut setters, mut writes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (position, part) in body.parts.iter().enumerate() {
        let name = names.unique(snake(&part.name), &part.name);
        let (field, word, wire) = (ident(&name), name.trim_start_matches("r#"), &part.name);
        let ty = &arguments.parts[index][position].ty;
        let held = match (part.kind, part.repeated) {
            (PartKind::File, false) => quote!(support::File),
            (PartKind::File, true) => quote!(::std::vec::Vec<support::File>),
            (PartKind::Value, _) => quote!(#ty),
        };
        fields.push(quote!(#field: support::Argument<#held>));
        starts.push(if part.required {
            quote!(#field: support::Argument::required(#word))
        } else {
            quote!(#field: support::Argument::optional())
        });
        setters.push(setter(part, &field, word, &held));
        writes.push(write(part, &field, wire));
    }
    let (mut other_field, mut other_start, mut other_setter, mut other_write) = (None, None, None, None);
    if body.more == More::Allowed {
        other_field = Some(quote!(others: ::std::vec::Vec<(::std::string::String, support::File)>,));
        other_start = Some(quote!(others: ::std::vec::Vec::new(),));
        other_setter = Some(quote! {
            /// Adds a part that the contract does not name.
            #[must_use]
            pub fn other(mut self, name: &str, file: impl ::std::convert::Into<support::File>) -> Self {
                self.others.push((name.to_owned(), file.into()));
                self
            }
        });
        other_write = Some(quote! {
            for (name, file) in self.others {
                parts.other(name, file);
            }
        });
    }
    quote! {
        #[doc = #doc]
        #[derive(Debug)]
        pub struct #type_name {
            #(#fields,)*
            #other_field
        }

        impl ::std::default::Default for #type_name {
            fn default() -> Self {
                Self { #(#starts,)* #other_start }
            }
        }

        impl #type_name {
            /// A form with nothing filled in.
            pub fn new() -> Self {
                ::std::default::Default::default()
            }

            #(#setters)*

            #other_setter

            pub(super) fn write(self) -> support::Parts {
                #[allow(unused_mut)]
                let mut parts = support::Parts::new();
                #(#writes)*
                #other_write
                parts
            }
        }
    }
}

fn setter(part: &Part, field: &proc_macro2::Ident, word: &str, held: &TokenStream) -> TokenStream {
    let mut doc = match (part.kind, part.repeated) {
        (PartKind::File, false) => format!(" Sets the file `{}`.", part.name),
        (PartKind::File, true) => format!(" Sets the files `{}`.", part.name),
        (PartKind::Value, _) => format!(" Sets the part `{}`.", part.name),
    };
    if let Some(description) = &part.description {
        doc.push_str("\n\n");
        doc.push_str(&paragraph(description));
    }
    match (part.kind, part.repeated) {
        (PartKind::File, false) => quote! {
            #[doc = #doc]
            #[must_use]
            pub fn #field<V>(mut self, value: V) -> Self
            where
                V: ::std::convert::Into<support::File>,
            {
                self.#field = support::Argument::starting(value.into());
                self
            }
        },
        (PartKind::File, true) => quote! {
            #[doc = #doc]
            #[must_use]
            pub fn #field<I>(mut self, values: I) -> Self
            where
                I: ::std::iter::IntoIterator,
                I::Item: ::std::convert::Into<support::File>,
            {
                let files = values.into_iter().map(::std::convert::Into::into).collect();
                self.#field = support::Argument::starting(files);
                self
            }
        },
        (PartKind::Value, _) => quote! {
            #[doc = #doc]
            #[must_use]
            pub fn #field<V>(mut self, value: V) -> Self
            where
                V: ::std::convert::TryInto<#held>,
            {
                self.#field.set(#word, value);
                self
            }
        },
    }
}

fn write(part: &Part, field: &proc_macro2::Ident, wire: &str) -> TokenStream {
    let media_type = part.media_type.as_deref();
    let documented = media_type.map_or_else(|| quote!(None), |media_type| quote!(Some(#media_type)));
    match (part.kind, part.repeated) {
        (PartKind::File, repeated) => {
            let method = if repeated { quote!(files) } else { quote!(file) };
            let media_type = media_type.unwrap_or("application/octet-stream");
            quote!(parts.#method(#wire, #media_type, self.#field);)
        }
        (PartKind::Value, true) => quote!(parts.values(#wire, #documented, &self.#field);),
        (PartKind::Value, false) => quote!(parts.value(#wire, #documented, &self.#field);),
    }
}
