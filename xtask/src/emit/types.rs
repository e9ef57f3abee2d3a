//! The types of a draft: one module of structs and enums, for client and server alike.

use std::collections::BTreeSet;

use serde_json::json;
use syn::{Item, ItemMod};

use super::nullable;
use super::progenitor::{Builders, ProgenitorError, Spelling, generate};
use crate::lower::Draft;

/// The items of `pub mod types` for `draft`, without builders.
///
/// Every schema of the draft is one type of the same name; helper modules `error` and `defaults` may follow.
/// `runtime` is the path of a module with the types `Secret`, for strings of `format: password`, and `Nullable<T>`,
/// for members of requests that may be missing and may be null. Both need `Clone`, `Debug`, `Serialize`,
/// `Deserialize`; `Nullable` also `Default` and `is_absent`.
pub fn types(draft: &Draft<'_>, runtime: &str) -> Result<Vec<Item>, ProgenitorError> {
    let nullable = nullable_path(runtime)?;
    let spelling = Spelling { secret: format!("{runtime}::Secret"), builders: Builders::No };
    let mut items = raw(draft, &spelling)?;
    nullable::rewrite(&mut items, &draft.nullable, &nullable);
    let mut file: syn::File = syn::parse_quote! { #(#items)* };
    super::docs::tidy(&mut file);
    Ok(file.items)
}

/// The path of `Nullable` in `runtime`.
pub(super) fn nullable_path(runtime: &str) -> Result<syn::Path, ProgenitorError> {
    syn::parse_str(&format!("{runtime}::Nullable"))
        .map_err(|error| ProgenitorError::Output(format!("`{runtime}`: {error}")))
}

/// The types as progenitor writes them.
pub(crate) fn raw(draft: &Draft<'_>, spelling: &Spelling) -> Result<Vec<Item>, ProgenitorError> {
    let mut document = crate::lower::document(draft);
    document["paths"] = json!({});
    let file = generate(&document, spelling)?;
    let module = file.items.into_iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == "types" => Some(module),
        _ => None,
    });
    let module = module.ok_or_else(|| ProgenitorError::Output("there is no module `types`".into()))?;
    Ok(complete(module, draft)?.content.map(|(_, items)| items).unwrap_or_default())
}

/// Makes sure that each schema has its type, once.
pub(super) fn complete(module: ItemMod, draft: &Draft<'_>) -> Result<ItemMod, ProgenitorError> {
    let Some((_, items)) = &module.content else { return Ok(module) };
    let mut seen = BTreeSet::new();
    for item in items {
        let name = match item {
            Item::Struct(item) => item.ident.to_string(),
            Item::Enum(item) => item.ident.to_string(),
            _ => continue,
        };
        if !seen.insert(name.clone()) {
            return Err(ProgenitorError::Output(format!("there are two types `{name}`")));
        }
    }
    if let Some(name) = draft.schemas.keys().find(|name| !seen.contains(*name)) {
        let place = &draft.schemas[name].pointer;
        return Err(ProgenitorError::Output(format!(
            "the schema at {place} did not become the type `{name}`"
        )));
    }
    Ok(module)
}
