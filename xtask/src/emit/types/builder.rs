//! Structs that are filled in member by member.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Item;

use super::Emitter;
use crate::emit::error::Unsound;
use crate::emit::modules;
use crate::emit::names::ident;
use crate::lower::{Presence, Rest, Shape, Struct};

impl Emitter<'_, '_> {
    /// The module of builders, one for each struct.
    pub(super) fn builders(&self) -> Result<Item, Unsound> {
        let mut builders = Vec::new();
        for (name, definition) in &self.draft.types {
            if let Shape::Struct(item) = &definition.shape {
                builders.extend(super::items(name, self.builder(name, item))?);
            }
        }
        let doc = " Structs that are filled in member by member.";
        Ok(Item::Mod(modules::documented("builder", doc, builders)))
    }

    fn builder(&self, name: &str, item: &Struct) -> TokenStream {
        let above = quote!(super::);
        let type_name = ident(name);
        let rest = match &item.rest {
            Rest::Kept(field, ty) => Some((field.clone(), self.rest_type(ty, &above), true, None)),
            Rest::Ignored | Rest::Refused => None,
        };
        let members = item.fields.iter().map(|field| {
            let ty = self.field_type(name, field, &above);
            (field.name.clone(), ty, field.presence != Presence::Required, field.description.as_ref())
        });
        let (mut fields, mut defaults, mut setters) = (Vec::new(), Vec::new(), Vec::new());
        let (mut finished, mut begun) = (Vec::new(), Vec::new());
        for (wire, ty, optional, description) in members.chain(rest) {
            let field = ident(&wire);
            let plain = wire.strip_prefix("r#").unwrap_or(&wire);
            let missing = format!("no value supplied for {plain}");
            let unfit = format!("error converting supplied value for {plain}: {{e}}");
            let doc = description.map(|text| quote!(#[doc = #text]));
            fields.push(quote!(#field: ::std::result::Result<#ty, ::std::string::String>));
            defaults.push(if optional {
                quote!(#field: Ok(::std::default::Default::default()))
            } else {
                quote!(#field: Err(#missing.to_owned()))
            });
            setters.push(quote! {
                #doc
                pub fn #field<T>(mut self, value: T) -> Self
                where
                    T: ::std::convert::TryInto<#ty>,
                    T::Error: ::std::fmt::Display,
                {
                    self.#field = value.try_into().map_err(|e| format!(#unfit));
                    self
                }
            });
            finished.push(quote!(#field: value.#field?));
            begun.push(quote!(#field: Ok(value.#field)));
        }
        let value = if fields.is_empty() { quote!(_) } else { quote!(value) };
        quote! {
            #[derive(Clone, Debug)]
            pub struct #type_name { #(#fields,)* }
            impl ::std::default::Default for #type_name {
                fn default() -> Self {
                    Self { #(#defaults,)* }
                }
            }
            impl #type_name { #(#setters)* }
            impl ::std::convert::TryFrom<#type_name> for super::#type_name {
                type Error = super::error::ConversionError;
                fn try_from(#value: #type_name) -> ::std::result::Result<Self, super::error::ConversionError> {
                    Ok(Self { #(#finished,)* })
                }
            }
            impl ::std::convert::From<super::#type_name> for #type_name {
                fn from(#value: super::#type_name) -> Self {
                    Self { #(#begun,)* }
                }
            }
            impl super::#type_name {
                /// The struct, to be filled in member by member.
                pub fn builder() -> #type_name {
                    ::std::default::Default::default()
                }
            }
        }
    }
}
