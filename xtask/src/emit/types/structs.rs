//! Objects with known members, and types that are another one under a name of their own.

use proc_macro2::TokenStream;
use quote::quote;

use super::Emitter;
use crate::emit::names::ident;
use crate::lower::{Field, Handle, Presence, Rest, Struct, TypeRef};

impl Emitter<'_, '_> {
    pub(super) fn structure(&self, name: &str, doc: &str, item: &Struct) -> TokenStream {
        let here = TokenStream::new();
        let fields = item.fields.iter().map(|field| {
            let attribute = self.serde(field);
            let doc = field.description.as_ref().map(|text| quote!(#[doc = #text]));
            let ty = self.field_type(name, field, &here);
            let field = ident(&field.name);
            quote! { #doc #attribute pub #field: #ty }
        });
        let mut fields: Vec<TokenStream> = fields.collect();
        if let Rest::Kept(field, ty) = &item.rest {
            let field = ident(field);
            let ty = self.rest_type(ty, &here);
            fields.push(quote! {
                /// Members that are not documented by name.
                #[serde(flatten)]
                pub #field: #ty
            });
        }
        let refuse = (item.rest == Rest::Refused).then(|| quote!(#[serde(deny_unknown_fields)]));
        let type_name = ident(name);
        let default = item.fields.iter().all(|field| field.presence != Presence::Required).then(|| {
            let names = item.fields.iter().map(|field| ident(&field.name));
            let rest = match &item.rest {
                Rest::Kept(field, _) => Some(ident(field)),
                Rest::Ignored | Rest::Refused => None,
            };
            let names = names.chain(rest);
            quote! {
                impl ::std::default::Default for #type_name {
                    fn default() -> Self {
                        Self { #(#names: ::std::default::Default::default(),)* }
                    }
                }
            }
        });
        quote! {
            #[doc = #doc]
            #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
            #refuse
            pub struct #type_name { #(#fields,)* }
            #default
        }
    }

    /// The type of undocumented members.
    pub(super) fn rest_type(&self, ty: &TypeRef, path: &TokenStream) -> TokenStream {
        match ty {
            TypeRef::Any => self.ty(&TypeRef::Object, path),
            ty => self.ty(&TypeRef::Map(Box::new(ty.clone())), path),
        }
    }

    /// The type of the field, absence included.
    pub(super) fn field_type(&self, holder: &str, field: &Field, path: &TokenStream) -> TokenStream {
        let ty = self.held(holder, &field.ty, path);
        match field.presence {
            Presence::Required => ty,
            Presence::Optional => quote!(::std::option::Option<#ty>),
            Presence::OptionalOrNull => {
                let runtime = &self.runtime;
                quote!(#runtime::Nullable<#ty>)
            }
        }
    }

    fn serde(&self, field: &Field) -> Option<TokenStream> {
        let wire = &field.wire;
        let renamed = field.name.strip_prefix("r#").unwrap_or(&field.name) != wire;
        let mut parts: Vec<TokenStream> = renamed.then(|| quote!(rename = #wire)).into_iter().collect();
        let runtime = quote_path(&self.runtime);
        match field.presence {
            Presence::Required => {}
            Presence::Optional => {
                // Null is a value of its own only where any JSON is.
                if field.ty == TypeRef::Any {
                    let read = format!("{runtime}::typing::present");
                    parts.push(quote!(default, deserialize_with = #read));
                }
                parts.push(quote!(skip_serializing_if = "::std::option::Option::is_none"));
            }
            Presence::OptionalOrNull => {
                let test = format!("{runtime}::Nullable::is_absent");
                parts.push(quote!(default, skip_serializing_if = #test));
            }
        }
        (!parts.is_empty()).then(|| quote!(#[serde(#(#parts),*)]))
    }

    pub(super) fn alias(&self, name: &str, doc: &str, ty: &TypeRef) -> TokenStream {
        let target = self.held(name, ty, &TokenStream::new());
        let type_name = ident(name);
        let derives = if self.draft.handles.get(name) == Some(&Handle::Identifier) {
            quote!(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)
        } else if self.is_text(ty) && is_comparable(ty) {
            quote!(Clone, Debug, PartialEq)
        } else {
            quote!(Clone, Debug)
        };
        let text = self.is_text(ty).then(|| {
            let conversions = (*ty == TypeRef::Text).then(|| {
                quote! {
                    impl ::std::convert::From<&str> for #type_name {
                        fn from(value: &str) -> Self {
                            Self(value.to_owned())
                        }
                    }
                }
            });
            let conversions = conversions.unwrap_or_else(|| {
                quote! {
                    impl ::std::convert::TryFrom<&str> for #type_name {
                        type Error = <#target as ::std::str::FromStr>::Err;
                        fn try_from(value: &str) -> ::std::result::Result<Self, Self::Error> {
                            value.parse()
                        }
                    }
                }
            });
            quote! {
                impl ::std::fmt::Display for #type_name {
                    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        ::std::fmt::Display::fmt(&self.0, f)
                    }
                }
                impl ::std::str::FromStr for #type_name {
                    type Err = <#target as ::std::str::FromStr>::Err;
                    fn from_str(value: &str) -> ::std::result::Result<Self, Self::Err> {
                        value.parse().map(Self)
                    }
                }
                #conversions
            }
        });
        quote! {
            #[doc = #doc]
            #[derive(::serde::Deserialize, ::serde::Serialize, #derives)]
            #[serde(transparent)]
            pub struct #type_name(pub #target);
            impl ::std::ops::Deref for #type_name {
                type Target = #target;
                fn deref(&self) -> &#target {
                    &self.0
                }
            }
            impl ::std::convert::From<#type_name> for #target {
                fn from(value: #type_name) -> Self {
                    value.0
                }
            }
            impl ::std::convert::From<#target> for #type_name {
                fn from(value: #target) -> Self {
                    Self(value)
                }
            }
            #text
        }
    }
}

/// Whether a plain type can be compared; names lead to types that need not.
fn is_comparable(ty: &TypeRef) -> bool {
    !matches!(ty, TypeRef::Named(_))
}

/// A path as serde's attributes take it.
fn quote_path(path: &syn::Path) -> String {
    quote!(#path).to_string().replace(' ', "")
}
