//! Progenitor knows the types by stand-ins; this puts the real names back.

use std::collections::BTreeMap;

use proc_macro2::Ident;
use syn::visit_mut::{self, VisitMut};
use syn::{ItemMod, LitStr, Path};

use crate::emit::names::ident;
use crate::lower::{Draft, stand_ins};

pub(super) fn replace(module: &mut ItemMod, draft: &Draft<'_>) {
    let names = stand_ins(draft).into_iter().map(|(name, stand_in)| (stand_in, name)).collect();
    Replace { names }.visit_item_mod_mut(module);
}

struct Replace<'d> {
    names: BTreeMap<String, &'d str>,
}

impl Replace<'_> {
    fn name(&self, found: &Ident) -> Option<Ident> {
        self.names.get(&found.to_string()).map(|name| ident(name))
    }
}

impl VisitMut for Replace<'_> {
    /// `types::T0`, `types::builder::T0`
    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_mut::visit_path_mut(self, path);
        let mut within = false;
        for segment in &mut path.segments {
            if let Some(name) = self.name(&segment.ident).filter(|_| within) {
                segment.ident = name;
            }
            within |= segment.ident == "types";
        }
    }

    /// Messages of conversions: ``conversion to `T0` …``.
    fn visit_lit_str_mut(&mut self, text: &mut LitStr) {
        let value = text.value();
        let parts: Vec<&str> = value.split('`').collect();
        if parts.len() < 3 {
            return;
        }
        let parts: Vec<&str> =
            parts.into_iter().map(|part| self.names.get(part).copied().unwrap_or(part)).collect();
        *text = LitStr::new(&parts.join("`"), text.span());
    }
}
