//! One item as lines that say everything that a caller depends on.

use quote::ToTokens;
use syn::{Fields, Generics, ImplItem, Item, ItemImpl, TraitItem};

use crate::tree::{is_hidden, is_public};

/// Source text with no more spaces than it needs.
pub(crate) fn tokens(item: &impl ToTokens) -> String {
    let mut text = item.to_token_stream().to_string();
    for (from, to) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" <", "<"),
        (" > ", "> "),
        (" >", ">"),
        ("& ", "&"),
        (" ,", ","),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" : ", ": "),
        ("# [", "#["),
        (" [", "["),
        ("[ ", "["),
        (" ]", "]"),
        (" ;", ";"),
        ("' ", "'"),
        (" -> ", " -> "),
        ("* ", "*"),
        ("! ", "!"),
    ] {
        text = text.replace(from, to);
    }
    text.replace(" :::", ": ::")
        .replace(" :", ": ")
        .replace("->", " -> ")
        .replace("  ", " ")
        .replace(",)", ")")
        .replace(",>", ">")
        .replace("::std::string::String", "String")
        .replace("::std::option::Option", "Option")
        .replace("::std::result::Result", "Result")
        .replace("::std::vec::Vec", "Vec")
        .replace("::std::convert::", "")
        .replace("asTryInto", "as TryInto")
        .trim()
        .to_owned()
}

/// What the item is called, if it has a name.
pub(crate) fn name(item: &Item) -> Option<String> {
    Some(match item {
        Item::Struct(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        Item::Const(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        _ => return None,
    })
}

/// The same, if it is public and meant to be seen.
pub(crate) fn public_name(item: &Item) -> Option<String> {
    let (visibility, attributes) = match item {
        Item::Struct(item) => (&item.vis, &item.attrs),
        Item::Enum(item) => (&item.vis, &item.attrs),
        Item::Trait(item) => (&item.vis, &item.attrs),
        Item::Type(item) => (&item.vis, &item.attrs),
        Item::Const(item) => (&item.vis, &item.attrs),
        Item::Fn(item) => (&item.vis, &item.attrs),
        _ => return None,
    };
    if is_public(visibility) && !is_hidden(attributes) { name(item) } else { None }
}

fn head(kind: &str, path: &str, generics: &Generics) -> String {
    format!("pub {kind} {path}{}", tokens(&generics))
}

/// The attributes that callers depend on: what is derived, and whether more may come.
fn traits(attributes: &[syn::Attribute]) -> String {
    let texts = attributes.iter().map(tokens);
    let kept = texts.filter(|text| text.contains("derive") || text.contains("non_exhaustive"));
    kept.flat_map(|text| [" ".to_owned(), text]).collect()
}

/// The item, and what it is made of.
pub(crate) fn lines(item: &Item, path: &str) -> Vec<String> {
    match item {
        Item::Struct(item) => {
            let mut lines = vec![head("struct", path, &item.generics) + &traits(&item.attrs)];
            lines.extend(fields(&item.fields, path, true));
            lines
        }
        Item::Enum(item) => {
            let mut lines = vec![head("enum", path, &item.generics) + &traits(&item.attrs)];
            for variant in &item.variants {
                let at = format!("{path}::{}", variant.ident);
                match &variant.fields {
                    Fields::Unnamed(fields) => lines.push(format!("pub {at}{}", tokens(fields))),
                    Fields::Unit => lines.push(format!("pub {at}")),
                    named @ Fields::Named(_) => lines.extend(fields_of_variant(named, &at)),
                }
            }
            lines
        }
        Item::Trait(item) => {
            let bounds = if item.supertraits.is_empty() {
                String::new()
            } else {
                format!(": {}", tokens(&item.supertraits))
            };
            let mut lines = vec![format!("{}{bounds}", head("trait", path, &item.generics))];
            for part in &item.items {
                if let TraitItem::Fn(function) = part {
                    let rest = signature(&function.sig, path);
                    let provided = if function.default.is_some() { " { … }" } else { "" };
                    lines.push(format!("{rest}{provided}"));
                }
            }
            lines
        }
        Item::Type(item) => vec![format!("{} = {}", head("type", path, &item.generics), tokens(&item.ty))],
        Item::Const(item) => vec![format!("pub const {path}: {}", tokens(&item.ty))],
        Item::Fn(item) => {
            let place = path.rsplit_once("::").map_or("", |(place, _)| place);
            vec![format!("pub {}", signature(&item.sig, place))]
        }
        _ => Vec::new(),
    }
}

fn fields_of_variant(fields: &Fields, path: &str) -> Vec<String> {
    let mut lines = vec![format!("pub {path} {{ … }}")];
    lines.extend(self::fields(fields, path, false));
    lines
}

fn fields(fields: &Fields, path: &str, only_public: bool) -> Vec<String> {
    let seen = fields.iter().enumerate().filter(|(_, field)| !only_public || is_public(&field.vis));
    let line = seen.map(|(index, field)| {
        let name = field.ident.as_ref().map_or_else(|| index.to_string(), ToString::to_string);
        format!("pub {path}::{name}: {}", tokens(&field.ty))
    });
    line.collect()
}

fn signature(signature: &syn::Signature, path: &str) -> String {
    let text = tokens(signature);
    let name = signature.ident.to_string();
    text.replacen(&format!("fn {name}"), &format!("fn {path}::{name}"), 1)
}

/// What an implementation adds to the type that is shown as `path`.
pub(crate) fn implementation(item: &ItemImpl, path: &str) -> Vec<String> {
    if let Some((of, _)) = &item.trait_ {
        return vec![format!("impl{} {} for {path}", tokens(&item.generics), tokens(of))];
    }
    let functions = item.items.iter().filter_map(|part| match part {
        ImplItem::Fn(function) if is_public(&function.vis) && !is_hidden(&function.attrs) => {
            Some(format!("pub {}", signature(&function.sig, path)))
        }
        ImplItem::Const(item) if is_public(&item.vis) => {
            Some(format!("pub const {path}::{}: {}", item.ident, tokens(&item.ty)))
        }
        _ => None,
    });
    functions.collect()
}
