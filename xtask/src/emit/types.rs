//! The types of a draft: one module of structs and enums, for client and server alike.

use std::collections::BTreeSet;

use serde_json::json;
use syn::{Item, ItemMod};

use super::progenitor::{Builders, ProgenitorError, Spelling, generate};
use crate::lower::Draft;

/// The items of `pub mod types` for `draft`, without builders.
///
/// Every schema of the draft is one type of the same name; helper modules `error` and `defaults` may follow.
/// `secret` is the path of the type for strings of `format: password`, such as `crate::Secret`. It needs `Clone`,
/// `Debug`, `Serialize`, `Deserialize`.
pub fn types(draft: &Draft<'_>, secret: &str) -> Result<Vec<Item>, ProgenitorError> {
    let mut document = crate::lower::document(draft);
    document["paths"] = json!({});
    let spelling = Spelling { secret: secret.to_owned(), builders: Builders::No };
    let file = generate(&document, &spelling)?;
    let module = file.items.into_iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == "types" => Some(module),
        _ => None,
    });
    let module = module.ok_or_else(|| ProgenitorError::Output("there is no module `types`".into()))?;
    let items = complete(module, draft)?.content.map(|(_, items)| items).unwrap_or_default();
    let mut file: syn::File = syn::parse_quote! { #(#items)* };
    super::docs::tidy(&mut file);
    Ok(file.items)
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
