//! Doc comments from the words of a document.

use proc_macro2::TokenStream;
use quote::quote;

/// `text` as lines of a doc comment. What rustdoc would take for code, links or HTML is escaped, because a document's
/// words must not become tests or warnings.
pub(super) fn lines(text: &str) -> TokenStream {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with("```") || line.starts_with("~~~") {
            continue;
        }
        if line.is_empty() && lines.last().is_none_or(String::is_empty) {
            continue;
        }
        lines.push(if line.is_empty() { String::new() } else { format!(" {}", escape(line)) });
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    quote! { #(#[doc = #lines])* }
}

/// Several paragraphs, of which empty ones are left out.
pub(super) fn paragraphs<'t>(texts: impl IntoIterator<Item = Option<&'t str>>) -> TokenStream {
    let texts: Vec<&str> =
        texts.into_iter().flatten().map(str::trim).filter(|text| !text.is_empty()).collect();
    lines(&texts.join("\n\n"))
}

pub(super) fn escape(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut code = false;
    for sign in line.chars() {
        match sign {
            '`' => code = !code,
            '[' | ']' | '<' | '>' | '*' | '_' if !code => out.push('\\'),
            _ => {}
        }
        if !sign.is_control() {
            out.push(sign);
        }
    }
    if code {
        // A lone backtick would open code that never ends.
        out = out.replace('`', "'");
    }
    out
}
