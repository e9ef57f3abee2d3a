//! Modules whose items have been parsed: to put them together from tokens would parse all of them again.

use syn::{File, Item, ItemMod, parse_quote};

use super::names::ident;

/// `pub mod` of that name, which says `doc`.
pub(super) fn documented(name: &str, doc: &str, items: Vec<Item>) -> ItemMod {
    let mut module = public(name, items);
    module.attrs.push(parse_quote!(#[doc = #doc]));
    module
}

/// The file as a `pub mod` of that name.
pub(super) fn of(name: &str, file: File) -> ItemMod {
    let mut module = public(name, file.items);
    module.attrs = file.attrs;
    module
}

fn public(name: &str, items: Vec<Item>) -> ItemMod {
    let name = ident(name);
    let mut module: ItemMod = parse_quote!(pub mod #name {});
    module.content = module.content.map(|(brace, _)| (brace, items));
    module
}
