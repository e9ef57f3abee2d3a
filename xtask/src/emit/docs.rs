//! Doc comments of generated code: texts of documents, made harmless and put on lines of their own.

use proc_macro2::Span;
use syn::visit_mut::VisitMut;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, MetaNameValue};

/// Rewrites every doc comment below `file`.
///
/// Code in a description is no Rust to be tested: fences are marked as text, and indentation, which would make code of
/// a line, is taken away.
pub fn tidy(file: &mut syn::File) {
    Docs.visit_file_mut(file);
}

struct Docs;

impl VisitMut for Docs {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        *attributes = attributes.drain(..).flat_map(lines).collect();
    }
}

/// One attribute a line, for a doc comment; any other attribute as it is.
fn lines(attribute: Attribute) -> Vec<Attribute> {
    let Meta::NameValue(meta) = &attribute.meta else { return vec![attribute] };
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value else { return vec![attribute] };
    if !meta.path.is_ident("doc") {
        return vec![attribute];
    }
    let mut told = harmless(&text.value());
    if told.is_empty() {
        // The line between two paragraphs.
        told.push(String::new());
    }
    told.into_iter()
        .map(|line| if line.is_empty() { line } else { format!(" {line}") })
        .map(|line| {
            let lit = Lit::Str(LitStr::new(&line, Span::call_site()));
            let value = Expr::Lit(ExprLit { attrs: Vec::new(), lit });
            let meta = MetaNameValue { path: meta.path.clone(), eq_token: meta.eq_token, value };
            Attribute { meta: Meta::NameValue(meta), ..attribute }
        })
        .collect()
}

/// The lines of `text`, none of which rustdoc takes for Rust.
fn harmless(text: &str) -> Vec<String> {
    let text = text.trim();
    let mut within = false;
    text.lines()
        .map(|line| {
            let line = line.trim();
            if let Some(language) = line.strip_prefix("```") {
                within = !within;
                if within && language.trim().is_empty() {
                    return "```text".to_owned();
                }
                if within && language.contains("rust") {
                    return "```ignore".to_owned();
                }
            }
            line.to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_a_test() {
        for (text, documented) in [
            ("one", vec!["one"]),
            (" a\n\n     let b = 1;\n", vec!["a", "", "let b = 1;"]),
            ("```\nGET /\n```", vec!["```text", "GET /", "```"]),
            ("```json\n{}\n```\n```\nx\n```", vec!["```json", "{}", "```", "```text", "x", "```"]),
        ] {
            assert_eq!(harmless(text), documented, "{text}");
        }
    }
}
