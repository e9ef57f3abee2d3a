//! Doc comments for what the document says nothing about: its name, so that no public item stands without one.

use proc_macro2::Span;
use quote::quote_spanned;
use syn::visit_mut::{VisitMut, visit_fields_named_mut, visit_impl_item_fn_mut, visit_item_struct_mut};
use syn::{
    Attribute, Field, FieldsNamed, File, Ident, ImplItemFn, ItemStruct, Variant, Visibility,
    parse_quote_spanned,
};

/// Gives every public item below `file` a doc comment that has none.
pub(super) fn complete(file: &mut File) {
    Complete.visit_file_mut(file);
}

struct Complete;

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Adds `before`, the name and `after` as a doc comment, unless there is one.
fn document(attributes: &mut Vec<Attribute>, before: &str, name: &Ident, after: &str) {
    if attributes.iter().any(|attribute| attribute.path().is_ident("doc")) {
        return;
    }
    let name = wire_name(attributes).unwrap_or_else(|| name.to_string().trim_start_matches("r#").to_owned());
    let text = format!(" {before}`{name}`{after}");
    let span = Span::call_site();
    let doc: proc_macro2::TokenStream = quote_spanned!(span=> #[doc = #text]);
    attributes.insert(0, parse_quote_spanned!(span=> #doc));
}

/// What serde calls it on the wire, where that is something else.
fn wire_name(attributes: &[Attribute]) -> Option<String> {
    let mut found = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // What is no list of names has no name either.
        let _ = attribute.parse_nested_meta(|meta| {
            let value = meta.value().and_then(syn::parse::ParseBuffer::parse::<syn::LitStr>);
            if meta.path.is_ident("rename") {
                found = value.ok().map(|name| name.value());
            }
            Ok(())
        });
    }
    found
}

impl VisitMut for Complete {
    fn visit_item_struct_mut(&mut self, item: &mut ItemStruct) {
        if is_public(&item.vis) {
            document(&mut item.attrs, "", &item.ident, ", to be filled in member by member.");
        }
        visit_item_struct_mut(self, item);
    }

    fn visit_fields_named_mut(&mut self, fields: &mut FieldsNamed) {
        for Field { attrs, vis, ident, .. } in &mut fields.named {
            if let (true, Some(ident)) = (is_public(vis), ident) {
                document(attrs, "The member ", ident, ".");
            }
        }
        visit_fields_named_mut(self, fields);
    }

    fn visit_variant_mut(&mut self, variant: &mut Variant) {
        document(&mut variant.attrs, "The value ", &variant.ident, ".");
    }

    fn visit_impl_item_fn_mut(&mut self, function: &mut ImplItemFn) {
        if is_public(&function.vis) {
            document(&mut function.attrs, "Sets ", &function.sig.ident, ".");
        }
        visit_impl_item_fn_mut(self, function);
    }
}
