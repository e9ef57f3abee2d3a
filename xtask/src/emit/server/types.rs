//! Which Rust type a schema has: a type of the module `types` where it is named, a plain one where it is simple.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;
use rescind_specs::{Pointer, Schema, SchemaType};
use syn::Item;

use crate::emit::error::Unsound;
use crate::emit::names::ident;
use crate::lower::{Draft, TypeRef};

/// The items of the module `types`.
pub(super) fn items(draft: &Draft<'_>, runtime: &str) -> Result<Vec<Item>, Unsound> {
    crate::emit::types::types(draft, runtime)
}

/// The types of the schemas of one contract.
#[derive(Debug)]
pub(super) struct Types {
    /// Names by place, with whether null is a value of the schema.
    named: BTreeMap<Pointer, (String, bool)>,
    runtime: syn::Path,
}

impl Types {
    pub(super) fn new(draft: &Draft<'_>, runtime: syn::Path) -> Self {
        let mut named = BTreeMap::new();
        for (name, slot) in draft.schemas.iter().filter(|(name, _)| !draft.derived.contains(*name)) {
            named.entry(slot.pointer.clone()).or_insert_with(|| {
                let nullable = matches!(draft.type_ref(&Draft::reference(name)), TypeRef::Option(_));
                (name.clone(), nullable)
            });
        }
        Self { named, runtime }
    }

    /// The type of `schema`, as seen from a sibling of the module `types`; `None` where only JSON itself will do.
    pub(super) fn of(&self, schema: &Schema) -> Option<TokenStream> {
        self.at(schema, &mut BTreeSet::new())
    }

    fn at(&self, schema: &Schema, open: &mut BTreeSet<Pointer>) -> Option<TokenStream> {
        if !open.insert(schema.pointer().clone()) {
            return None;
        }
        if let Some((name, nullable)) = self.named.get(schema.pointer()) {
            let name = ident(name);
            let plain = quote!(types::#name);
            return Some(if *nullable { quote!(::std::option::Option<#plain>) } else { plain });
        }
        let plain = match schema.kind()? {
            SchemaType::String => self.string(schema),
            SchemaType::Boolean => quote!(bool),
            SchemaType::Integer if schema.format() == Some("int32") => quote!(i32),
            SchemaType::Integer => quote!(i64),
            SchemaType::Number if schema.format() == Some("float") => quote!(f32),
            SchemaType::Number => quote!(f64),
            SchemaType::Array => {
                let item = schema.items().and_then(|items| self.at(&items, open)).unwrap_or_else(any);
                quote!(Vec<#item>)
            }
            SchemaType::Object => return None,
        };
        Some(if schema.nullable() { quote!(Option<#plain>) } else { plain })
    }

    fn string(&self, schema: &Schema) -> TokenStream {
        let runtime = &self.runtime;
        match schema.format() {
            Some("password") => quote!(#runtime::Secret),
            Some("date-time") => quote!(::jiff::Timestamp),
            Some("date") => quote!(::jiff::civil::Date),
            Some("uuid") => quote!(::uuid::Uuid),
            _ => quote!(String),
        }
    }
}

/// JSON without a type.
pub(super) fn any() -> TokenStream {
    quote!(::serde_json::Value)
}
