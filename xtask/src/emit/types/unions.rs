//! One of several types.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::Emitter;
use crate::emit::names::ident;
use crate::lower::{Choice, Union};

impl Emitter<'_, '_> {
    pub(super) fn union(&self, name: &str, doc: &str, union: &Union) -> TokenStream {
        let runtime = &self.runtime;
        let type_name = ident(name);
        let here = TokenStream::new();
        let names: Vec<_> = union.variants.iter().map(|variant| ident(&variant.name)).collect();
        let types: Vec<TokenStream> =
            union.variants.iter().map(|variant| self.held(name, &variant.ty, &here)).collect();
        let text = union.variants.iter().all(|variant| self.is_text(&variant.ty));
        let display = text.then(|| {
            quote! {
                impl ::std::fmt::Display for #type_name {
                    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        match self { #(Self::#names(value) => ::std::fmt::Display::fmt(value, f),)* }
                    }
                }
            }
        });
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        let bare: Vec<TokenStream> =
            union.variants.iter().map(|variant| self.ty(&variant.ty, &here)).collect();
        for ty in &bare {
            *count.entry(ty.to_string()).or_default() += 1;
        }
        let from = names.iter().zip(&bare).filter(|(_, ty)| count.get(&ty.to_string()) == Some(&1));
        let from = from.map(|(variant, ty)| {
            quote! {
                impl ::std::convert::From<#ty> for #type_name {
                    fn from(value: #ty) -> Self {
                        Self::#variant(value.into())
                    }
                }
            }
        });
        let (rule, write, read) = match &union.choice {
            Choice::Fit => {
                let rule =
                    "The alternative is the one that keeps most of a value, and the first of several such.";
                let write =
                    quote!(#(Self::#names(value) => ::serde::Serialize::serialize(value, serializer),)*);
                let read = quote! {
                    let mut choice = #runtime::typing::Choice::read(deserializer)?;
                    #(choice.offer(Self::#names);)*
                    choice.end(#name)
                };
                (rule.to_owned(), write, read)
            }
            Choice::Tag { member, other, may_lack } => self.tag(name, union, member, *other, *may_lack),
        };
        quote! {
            #[doc = #doc]
            #[doc = ""]
            #[doc = #rule]
            #[derive(Clone, Debug)]
            pub enum #type_name { #(#names(#types),)* }
            impl ::serde::Serialize for #type_name {
                fn serialize<S: ::serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::std::result::Result<S::Ok, S::Error> {
                    match self { #write }
                }
            }
            impl<'de> ::serde::Deserialize<'de> for #type_name {
                fn deserialize<D: ::serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::std::result::Result<Self, D::Error> {
                    #read
                }
            }
            #display
            #(#from)*
        }
    }

    /// How an enum is written and read whose variant a member tells.
    fn tag(
        &self,
        name: &str,
        union: &Union,
        member: &str,
        other: Option<usize>,
        may_lack: bool,
    ) -> (String, TokenStream, TokenStream) {
        let runtime = &self.runtime;
        let write = union.variants.iter().enumerate().map(|(index, variant)| {
            let variant_name = ident(&variant.name);
            let tags = &variant.tags;
            if other == Some(index) {
                quote!(Self::#variant_name(value) => ::serde::Serialize::serialize(value, serializer),)
            } else {
                quote! {
                    Self::#variant_name(value) => {
                        #runtime::typing::write_tagged(value, #member, &[#(#tags),*], serializer)
                    }
                }
            }
        });
        let arms = union.variants.iter().enumerate().filter(|(index, _)| other != Some(*index));
        let arms = arms.map(|(_, variant)| {
            let (variant_name, tags) = (ident(&variant.name), &variant.tags);
            quote!(Some(#(#tags)|*) => received.become_one(Self::#variant_name),)
        });
        let known = union.variants.iter().flat_map(|variant| &variant.tags);
        let rest = if let Some(other) = other.and_then(|other| union.variants.get(other)) {
            let other = ident(&other.name);
            quote!(_ => received.become_one(Self::#other),)
        } else {
            let lacking = may_lack.then(|| {
                let names = union.variants.iter().map(|variant| ident(&variant.name));
                quote! {
                    None => {
                        let mut choice = received.without_tag();
                        #(choice.offer(Self::#names);)*
                        choice.end(#name)
                    }
                }
            });
            quote! {
                #lacking
                _ => Err(received.unknown(&[#(#known),*])),
            }
        };
        let rule = format!("The member `{member}` tells which alternative a value is.");
        let write = quote!(#(#write)*);
        let read = quote! {
            let received = #runtime::typing::Tagged::read(deserializer, #member)?;
            match received.tag().as_deref() {
                #(#arms)*
                #rest
            }
        };
        (rule, write, read)
    }
}
