//! The types of a draft: one module of structs and enums, for client and server alike.

use std::collections::BTreeSet;

use serde_json::json;
use syn::{Attribute, Item, ItemMod};

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
    Ok(tidy(module, draft)?.content.map(|(_, items)| items).unwrap_or_default())
}

/// Takes schema texts out of doc comments, and makes sure that each schema has its type, once.
pub(super) fn tidy(mut module: ItemMod, draft: &Draft<'_>) -> Result<ItemMod, ProgenitorError> {
    let Some((_, items)) = &mut module.content else { return Ok(module) };
    let mut seen = BTreeSet::new();
    for item in items.iter_mut() {
        let (name, attributes) = match item {
            Item::Struct(item) => (item.ident.to_string(), &mut item.attrs),
            Item::Enum(item) => (item.ident.to_string(), &mut item.attrs),
            _ => continue,
        };
        shorten(attributes, &name);
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

/// Cuts the JSON text of the schema that typify puts below a description.
fn shorten(attributes: &mut [Attribute], name: &str) {
    for attribute in attributes {
        let syn::Meta::NameValue(meta) = &mut attribute.meta else { continue };
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &mut meta.value else { continue };
        let value = text.value();
        let cut = value.split("<details>").next().unwrap_or_default().trim_end();
        let cut = if cut == format!("`{name}`") { format!(" `{name}`") } else { cut.to_owned() };
        *text = syn::LitStr::new(&cut, text.span());
    }
}
