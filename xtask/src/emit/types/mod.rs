//! The types of a draft: one module of structs and enums, for client and server alike.

mod builder;
mod handles;
mod loops;
mod structs;
mod unions;
mod values;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Item, ItemMod, parse_quote};

use super::error::Unsound;
use super::modules;
use super::names::ident;
use crate::lower::{Definition, Draft, Shape, TypeRef};

/// The items of `pub mod types` for `draft`, without builders.
///
/// Every schema of the draft is one type of the same name; the helper module `error` follows. `runtime` is the path
/// of a module with the types `Secret`, for strings of `format: password`, and `Nullable<T>`, for members of requests
/// that may be missing and may be null, and with the module `typing`, which reads alternatives.
pub fn types(draft: &Draft<'_>, runtime: &str) -> Result<Vec<Item>, Unsound> {
    let mut items = Emitter::new(draft, runtime)?.items()?;
    items.push(error());
    let mut file = syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items };
    super::docs::tidy(&mut file);
    Ok(file.items)
}

/// `pub mod types` for `draft`, with a builder for each struct.
pub fn module(draft: &Draft<'_>, runtime: &str) -> Result<ItemMod, Unsound> {
    let emitter = Emitter::new(draft, runtime)?;
    let mut items = emitter.items()?;
    items.push(emitter.builders()?);
    items.push(error());
    Ok(modules::documented("types", " Types of parameters and bodies.", items))
}

/// What spells out types of `draft` outside of their module.
pub(super) fn speller<'d>(
    draft: &'d Draft<'_>,
    runtime: &str,
) -> Result<impl Fn(&TypeRef) -> TokenStream + 'd, Unsound> {
    let emitter = Emitter::new(draft, runtime)?;
    Ok(move |ty: &TypeRef| emitter.ty(ty, &quote!(types::)))
}

/// What spells out types.
struct Emitter<'d, 'c> {
    draft: &'d Draft<'c>,
    runtime: syn::Path,
    /// Which types would be infinite if they held which in place.
    loops: crate::lower::Loops,
}

impl<'d, 'c> Emitter<'d, 'c> {
    fn new(draft: &'d Draft<'c>, runtime: &str) -> Result<Self, Unsound> {
        let runtime =
            syn::parse_str(runtime).map_err(|error| Unsound::Output(format!("`{runtime}`: {error}")))?;
        Ok(Self { draft, runtime, loops: loops::loops(&draft.types) })
    }

    fn items(&self) -> Result<Vec<Item>, Unsound> {
        let mut items = Vec::new();
        for (name, definition) in &self.draft.types {
            items.extend(self.definition(name, definition)?);
        }
        Ok(items)
    }

    fn definition(&self, name: &str, definition: &Definition) -> Result<Vec<Item>, Unsound> {
        let doc = definition.description.clone().unwrap_or_else(|| format!("`{name}`"));
        let tokens = match &definition.shape {
            Shape::Struct(item) => self.structure(name, &doc, item),
            Shape::Alias(ty) => self.alias(name, &doc, ty),
            Shape::Text(rules) => Self::text(name, &doc, rules),
            Shape::Words(words) => Self::words(name, &doc, words),
            Shape::Numbers { number, values } => self.numbers(name, &doc, number, values),
            Shape::Constants(words) => self.constants(name, &doc, words),
            Shape::Union(union) => self.union(name, &doc, union),
        };
        let handle = self.draft.handles.get(name).map(|handle| self.handle(name, *handle));
        items(name, quote!(#tokens #handle))
    }

    /// The type, as a sibling of the types writes it, or with `path` in front of names.
    fn ty(&self, ty: &TypeRef, path: &TokenStream) -> TokenStream {
        let inner = |inner: &TypeRef| self.ty(inner, path);
        match ty {
            TypeRef::Any => quote!(::serde_json::Value),
            TypeRef::Object => quote!(::serde_json::Map<::std::string::String, ::serde_json::Value>),
            TypeRef::Text => quote!(::std::string::String),
            TypeRef::Secret => {
                let runtime = &self.runtime;
                quote!(#runtime::Secret)
            }
            TypeRef::Timestamp => quote!(::jiff::Timestamp),
            TypeRef::Date => quote!(::jiff::civil::Date),
            TypeRef::Uuid => quote!(::uuid::Uuid),
            TypeRef::Ip => quote!(::std::net::IpAddr),
            TypeRef::Ipv4 => quote!(::std::net::Ipv4Addr),
            TypeRef::Ipv6 => quote!(::std::net::Ipv6Addr),
            TypeRef::Boolean => quote!(bool),
            TypeRef::Integer(name) | TypeRef::Float(name) => {
                let name = ident(name);
                quote!(#name)
            }
            TypeRef::Number => quote!(::serde_json::Number),
            TypeRef::Named(name) => {
                let name = ident(name);
                quote!(#path #name)
            }
            TypeRef::List(item) => {
                let item = inner(item);
                quote!(::std::vec::Vec<#item>)
            }
            TypeRef::Map(value) => {
                let value = inner(value);
                quote!(::std::collections::BTreeMap<::std::string::String, #value>)
            }
            TypeRef::Option(value) => {
                let value = inner(value);
                quote!(::std::option::Option<#value>)
            }
        }
    }

    /// The type as a part of `holder`, in a box where it would be infinite.
    fn held(&self, holder: &str, ty: &TypeRef, path: &TokenStream) -> TokenStream {
        match ty {
            TypeRef::Named(name) if self.loops.contains(&(holder.to_owned(), name.clone())) => {
                let inner = self.ty(ty, path);
                quote!(::std::boxed::Box<#inner>)
            }
            TypeRef::Option(inner) => {
                let inner = self.held(holder, inner, path);
                quote!(::std::option::Option<#inner>)
            }
            other => self.ty(other, path),
        }
    }

    /// Whether values of the type are written as text, and read from it.
    fn is_text(&self, ty: &TypeRef) -> bool {
        let mut ty = ty;
        for _ in 0..16 {
            match ty {
                TypeRef::Text
                | TypeRef::Timestamp
                | TypeRef::Date
                | TypeRef::Uuid
                | TypeRef::Ip
                | TypeRef::Ipv4
                | TypeRef::Ipv6
                | TypeRef::Boolean
                | TypeRef::Integer(_)
                | TypeRef::Float(_)
                | TypeRef::Number => return true,
                TypeRef::Named(name) => match self.draft.types.get(name).map(|found| &found.shape) {
                    Some(Shape::Text(_) | Shape::Words(_) | Shape::Numbers { .. }) => return true,
                    Some(Shape::Alias(next)) => ty = next,
                    _ => return false,
                },
                _ => return false,
            }
        }
        false
    }
}

/// What `tokens` for the type `name` spell out.
fn items(name: &str, tokens: TokenStream) -> Result<Vec<Item>, Unsound> {
    let file = syn::parse2::<syn::File>(tokens);
    Ok(file.map_err(|error| Unsound::Output(format!("the type `{name}`: {error}")))?.items)
}

/// The error of conversions.
fn error() -> Item {
    parse_quote! {
        /// Error types.
        pub mod error {
            /// A value is not one that the contract allows.
            pub struct ConversionError(::std::borrow::Cow<'static, str>);
            impl ::std::error::Error for ConversionError {}
            impl ::std::fmt::Display for ConversionError {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    ::std::fmt::Display::fmt(&self.0, f)
                }
            }
            impl ::std::fmt::Debug for ConversionError {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    ::std::fmt::Debug::fmt(&self.0, f)
                }
            }
            impl ::std::convert::From<&'static str> for ConversionError {
                fn from(value: &'static str) -> Self {
                    Self(value.into())
                }
            }
            impl ::std::convert::From<::std::string::String> for ConversionError {
                fn from(value: ::std::string::String) -> Self {
                    Self(value.into())
                }
            }
        }
    }
}
