//! Which Rust type a schema has: a type of the module `types` where it is named, a plain one where it is simple.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;
use rescind_specs::{Pointer, Schema, SchemaType};
use serde_json::Value;
use syn::Item;

use crate::emit::names::ident;
use crate::emit::progenitor::ProgenitorError;
use crate::lower::{Draft, Reply};

/// The items of the module `types`.
pub(super) fn items(draft: &Draft<'_>, runtime: &str) -> Result<Vec<Item>, ProgenitorError> {
    crate::emit::types::types(draft, runtime)
}

/// The types of the schemas of one contract.
#[derive(Debug)]
pub(super) struct Types {
    named: BTreeMap<Pointer, String>,
    runtime: syn::Path,
}

impl Types {
    pub(super) fn new(draft: &Draft<'_>, runtime: syn::Path) -> Self {
        let mut named = BTreeMap::new();
        for (name, slot) in &draft.schemas {
            named.entry(slot.pointer.clone()).or_insert_with(|| name.clone());
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
        if let Some(name) = self.named.get(schema.pointer()) {
            let name = ident(name);
            return Some(quote!(types::#name));
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

/// A member that requests must have and answers must not, or the other way round, is optional in a type that serves
/// both directions (OpenAPI 3.0.3, `readOnly`, `writeOnly`). Returns where such members were found.
pub(super) fn relax(draft: &mut Draft<'_>) -> Vec<Pointer> {
    let sent: Vec<&Value> =
        draft.calls.iter().filter_map(|call| Some(&call.body.as_ref()?.slot.schema)).collect();
    let received = draft.calls.iter().flat_map(|call| &call.replies).flat_map(Reply::schemas).cloned();
    let requests = reached(draft, sent.into_iter().flat_map(references).collect());
    let responses = reached(draft, received.collect());
    let mut found = Vec::new();
    for (name, slot) in &mut draft.schemas {
        // Within a request, `readOnly` members cannot be required, and within a response, `writeOnly` ones.
        let flags: Vec<&str> =
            [("readOnly", requests.contains(name)), ("writeOnly", responses.contains(name))]
                .into_iter()
                .filter_map(|(flag, relevant)| relevant.then_some(flag))
                .collect();
        if !flags.is_empty() {
            relax_schema(&mut slot.schema, &slot.pointer, &flags, &mut found);
        }
    }
    found
}

/// The named schemas that `open` lead to, themselves included.
fn reached(draft: &Draft<'_>, mut open: Vec<String>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(slot) = draft.schemas.get(&name)
            && seen.insert(name)
        {
            open.extend(references(&slot.schema));
        }
    }
    seen
}

/// The names that a schema refers to.
fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Object(object) => {
            let own = object.get("$ref").and_then(Value::as_str);
            let own = own.and_then(|target| target.rsplit('/').next()).map(str::to_owned);
            object.values().flat_map(references).chain(own).collect()
        }
        _ => Vec::new(),
    }
}

fn relax_schema(schema: &mut Value, at: &Pointer, flags: &[&str], found: &mut Vec<Pointer>) {
    match schema {
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                relax_schema(item, &at.index(index), flags, found);
            }
        }
        Value::Object(object) => {
            let one_way: Vec<String> = object
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .filter(|(_, property)| {
                    flags.iter().any(|flag| property.get(flag) == Some(&Value::Bool(true)))
                })
                .map(|(name, _)| name.clone())
                .collect();
            if let Some(Value::Array(required)) = object.get_mut("required") {
                required.retain(|name| {
                    let relaxed = name.as_str().filter(|name| one_way.iter().any(|known| known == name));
                    found.extend(relaxed.map(|name| at.join("properties").join(name)));
                    relaxed.is_none()
                });
                if required.is_empty() {
                    object.remove("required");
                }
            }
            for (key, child) in
                object.iter_mut().filter(|(key, _)| !matches!(key.as_str(), "enum" | "required"))
            {
                relax_schema(child, &at.join(key), flags, found);
            }
        }
        _ => {}
    }
}
