//! Members that may be missing and may be null: `Option` becomes a type that tells the two apart.

use std::collections::BTreeSet;

use syn::punctuated::Punctuated;
use syn::{Attribute, Fields, GenericArgument, GenericParam, ImplItem, Item, ItemStruct, LitStr, Meta, Path};
use syn::{PathArguments, Token, Type, TypeParamBound, WherePredicate, parse_quote};

/// A member of a generated struct.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The struct.
    pub holder: String,
    /// Name of the member on the wire.
    pub name: String,
}

/// What became of a member of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seat {
    /// A field of that struct which is left out while it is `None`.
    Optional(String),
    /// A field that is always written: its `None` is null.
    Required,
    /// No field of a struct.
    Nowhere,
}

/// Looks for the member `name` of the schema whose type is `holder` among `items`.
pub fn seat(items: &[Item], holder: &str, name: &str) -> Seat {
    let Some(item) = structure(items, holder) else { return Seat::Nowhere };
    match item.fields.iter().find(|field| wire_name(field).as_deref() == Some(name)) {
        Some(field) if field.attrs.iter().any(skips_none) => Seat::Optional(item.ident.to_string()),
        Some(_) => Seat::Required,
        None => Seat::Nowhere,
    }
}

/// The struct with named fields that `name` is, or that it wraps.
fn structure<'i>(items: &'i [Item], name: &str) -> Option<&'i ItemStruct> {
    let mut name = name.to_owned();
    // A wrapper around a wrapper around itself cannot be written in Rust; the bound is for readers.
    for _ in 0..items.len() {
        let found = items.iter().find_map(|item| match item {
            Item::Struct(item) if item.ident == name => Some(item),
            _ => None,
        })?;
        match &found.fields {
            Fields::Named(_) => return Some(found),
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => name = innermost(&fields.unnamed[0].ty)?,
            _ => return None,
        }
    }
    None
}

/// The last name of a path, within `Option<…>` and `Box<…>`.
fn innermost(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) if last.ident == "Option" || last.ident == "Box" => {
            match arguments.args.first()? {
                GenericArgument::Type(inner) => innermost(inner),
                _ => None,
            }
        }
        PathArguments::None => Some(last.ident.to_string()),
        _ => None,
    }
}

/// The name that serde writes.
fn wire_name(field: &syn::Field) -> Option<String> {
    let renamed = field.attrs.iter().find_map(|attribute| serde_text(attribute, "rename"));
    renamed.or_else(|| Some(syn::ext::IdentExt::unraw(field.ident.as_ref()?).to_string()))
}

fn skips_none(attribute: &Attribute) -> bool {
    serde_text(attribute, "skip_serializing_if").is_some_and(|test| test == "::std::option::Option::is_none")
}

/// The text of `#[serde(key = "text")]`.
fn serde_text(attribute: &Attribute, key: &str) -> Option<String> {
    if !attribute.path().is_ident("serde") {
        return None;
    }
    let parts = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    parts.into_iter().find_map(|part| match part {
        Meta::NameValue(pair) if pair.path.is_ident(key) => match pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}

/// Rewrites `members` in the items of a module of types, and in its builders. `nullable` is the path of the type.
pub fn rewrite(items: &mut [Item], members: &BTreeSet<Member>, nullable: &Path) {
    let mut fields = BTreeSet::new();
    for item in items.iter_mut() {
        let Item::Struct(item) = item else { continue };
        let holder = item.ident.to_string();
        for field in &mut item.fields {
            let Some(name) = wire_name(field) else { continue };
            if !members.contains(&Member { holder: holder.clone(), name }) {
                continue;
            }
            replace(&mut field.ty, nullable);
            let test = quote::quote!(#nullable::is_absent).to_string().replace(' ', "");
            let test = LitStr::new(&test, proc_macro2::Span::call_site());
            for attribute in field.attrs.iter_mut().filter(|attribute| skips_none(attribute)) {
                *attribute = match serde_text(attribute, "rename") {
                    Some(name) => {
                        parse_quote!(#[serde(rename = #name, default, skip_serializing_if = #test)])
                    }
                    None => parse_quote!(#[serde(default, skip_serializing_if = #test)]),
                };
            }
            fields.extend(field.ident.as_ref().map(|ident| (holder.clone(), ident.to_string())));
        }
    }
    let builders = items.iter_mut().find_map(|item| match item {
        Item::Mod(module) if module.ident == "builder" => module.content.as_mut(),
        _ => None,
    });
    for item in builders.into_iter().flat_map(|(_, items)| items) {
        match item {
            Item::Struct(item) => {
                let holder = item.ident.to_string();
                for field in &mut item.fields {
                    let Some(ident) = &field.ident else { continue };
                    if fields.contains(&(holder.clone(), ident.to_string())) {
                        replace(&mut field.ty, nullable);
                    }
                }
            }
            Item::Impl(item) if item.trait_.is_none() => {
                let Some(holder) = innermost(&item.self_ty) else { continue };
                for function in &mut item.items {
                    let ImplItem::Fn(function) = function else { continue };
                    if fields.contains(&(holder.clone(), function.sig.ident.to_string())) {
                        replace_in_bounds(&mut function.sig.generics, nullable);
                    }
                }
            }
            _ => {}
        }
    }
}

/// `T: TryInto<Option<X>>` becomes `T: TryInto<Nullable<X>>`.
fn replace_in_bounds(generics: &mut syn::Generics, nullable: &Path) {
    let of_parameters = generics.params.iter_mut().filter_map(|parameter| match parameter {
        GenericParam::Type(parameter) => Some(&mut parameter.bounds),
        _ => None,
    });
    let of_clause = generics.where_clause.iter_mut().flat_map(|clause| &mut clause.predicates);
    let of_clause = of_clause.filter_map(|predicate| match predicate {
        WherePredicate::Type(predicate) => Some(&mut predicate.bounds),
        _ => None,
    });
    for bound in of_parameters.chain(of_clause).flatten() {
        if let TypeParamBound::Trait(bound) = bound {
            replace_in_arguments(&mut bound.path, nullable);
        }
    }
}

/// Replaces the outermost `Option` of a type.
fn replace(ty: &mut Type, nullable: &Path) {
    let Type::Path(path) = ty else { return };
    let Some(last) = path.path.segments.last() else { return };
    if last.ident != "Option" {
        replace_in_arguments(&mut path.path, nullable);
        return;
    }
    let arguments = last.arguments.clone();
    let mut whole = nullable.clone();
    if let Some(last) = whole.segments.last_mut() {
        last.arguments = arguments;
    }
    path.path = whole;
}

fn replace_in_arguments(path: &mut Path, nullable: &Path) {
    let Some(last) = path.segments.last_mut() else { return };
    let PathArguments::AngleBracketed(arguments) = &mut last.arguments else { return };
    if let Some(GenericArgument::Type(first)) = arguments.args.first_mut() {
        replace(first, nullable);
    }
}
