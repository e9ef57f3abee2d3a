//! Structs of documented response headers.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Item, parse_quote};

use super::paragraph;
use crate::emit::names::{Names, ident};
use crate::lower::{Draft, HeaderField, HeaderSet, HeaderShape, HeaderType};

/// The names of the structs, by their place in the draft.
pub(super) struct HeaderNames(Vec<Ident>);

impl HeaderNames {
    pub(super) fn new(draft: &Draft<'_>, scope: &mut Names) -> Self {
        Self(draft.header_sets.iter().map(|set| ident(&scope.unique(set.name.clone(), &set.name))).collect())
    }

    /// The struct as seen from the module `builder`.
    pub(super) fn path(&self, index: usize) -> Option<TokenStream> {
        let name = self.0.get(index)?;
        Some(quote!(super::#name))
    }

    /// The structs themselves.
    pub(super) fn items(&self, draft: &Draft<'_>) -> Vec<Item> {
        draft.header_sets.iter().zip(&self.0).flat_map(|(set, name)| structure(set, name)).collect()
    }
}

fn structure(set: &HeaderSet, name: &Ident) -> Vec<Item> {
    let fields = set.fields.iter().map(|field| {
        let mut doc = format!("`{}`", field.wire);
        if !field.required {
            doc.push_str(", where it is sent");
        }
        doc.push('.');
        if let Some(description) = &field.description {
            doc.push_str("\n\n");
            doc.push_str(description);
        }
        let doc = paragraph(&doc);
        let (field_name, rust) = (ident(&field.field), value_type(field));
        quote!(#[doc = #doc] pub #field_name: ::std::result::Result<#rust, HeaderError>)
    });
    let reads = set.fields.iter().map(|field| {
        let (field_name, wire) = (ident(&field.field), &field.wire);
        let function = if field.required { quote!(required_header) } else { quote!(optional_header) };
        let shape = shape(&field.shape);
        quote!(#field_name: support::#function(headers, #wire, #shape))
    });
    let file: syn::File = parse_quote! {
        /// Documented response headers.
        ///
        /// A header that is missing or not of its type is an error of its own, and costs nothing else.
        #[derive(Clone, Debug)]
        pub struct #name { #(#fields,)* }

        impl #name {
            /// What `headers` say.
            pub fn read(headers: &support::HeaderMap) -> Self {
                Self { #(#reads,)* }
            }
        }
    };
    file.items
}

fn value_type(field: &HeaderField) -> TokenStream {
    let rust = rust_type(&field.rust);
    if field.required { rust } else { quote!(::std::option::Option<#rust>) }
}

fn rust_type(rust: &HeaderType) -> TokenStream {
    match rust {
        HeaderType::Text => quote!(::std::string::String),
        HeaderType::Secret => quote!(support::Secret),
        HeaderType::Time => quote!(::jiff::Timestamp),
        HeaderType::Date => quote!(::jiff::civil::Date),
        HeaderType::Uuid => quote!(::uuid::Uuid),
        HeaderType::Int32 => quote!(i32),
        HeaderType::Int64 => quote!(i64),
        HeaderType::Float => quote!(f32),
        HeaderType::Double => quote!(f64),
        HeaderType::Boolean => quote!(bool),
        HeaderType::Any => quote!(::serde_json::Value),
        HeaderType::List(item) => {
            let item = rust_type(item);
            quote!(::std::vec::Vec<#item>)
        }
        HeaderType::Named(name) => {
            let name = ident(name);
            quote!(types::#name)
        }
    }
}

fn shape(shape_: &HeaderShape) -> TokenStream {
    match shape_ {
        HeaderShape::Text => quote!(support::Shape::Text),
        HeaderShape::Time => quote!(support::Shape::Time),
        HeaderShape::Integer => quote!(support::Shape::Integer),
        HeaderShape::Number => quote!(support::Shape::Number),
        HeaderShape::Boolean => quote!(support::Shape::Boolean),
        HeaderShape::Json => quote!(support::Shape::Json),
        HeaderShape::Any => quote!(support::Shape::Any),
        HeaderShape::Array(item) => {
            let item = shape(item);
            quote!(support::Shape::Array(&#item))
        }
        HeaderShape::Object { explode, named, others } => {
            let named = named.iter().map(|(name, member)| {
                let member = shape(member);
                quote!((#name, #member))
            });
            let others = shape(others);
            let variant = if *explode { quote!(Exploded) } else { quote!(Object) };
            quote!(support::Shape::#variant(&support::Members { named: &[#(#named),*], others: #others }))
        }
    }
}
