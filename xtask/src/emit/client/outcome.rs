//! What an operation can answer: an enum of documented failures, the type of success, and the arms that decode them.

use proc_macro2::TokenStream;
use quote::quote;
use rescind_specs::StatusPattern;
use syn::{Item, parse_quote};

use super::paragraph;
use crate::emit::names::{Names, ident, snake};
use crate::lower::{Call, Payload, Reply, words};

/// The typed layer of one operation.
pub(super) struct Outcome {
    /// The enums of the operation.
    pub(super) items: Vec<Item>,
    /// Type of a success.
    pub(super) success: TokenStream,
    /// Type of a documented failure.
    pub(super) failure: TokenStream,
    /// Arms of the match on the status, one a documented response and one for the rest.
    pub(super) arms: Vec<TokenStream>,
    /// What `Accept` says.
    pub(super) accept: String,
}

/// The typed layer of `call`.
pub(super) fn outcome(call: &Call<'_>) -> Outcome {
    let explicit = call.replies.iter().any(|reply| reply.status.is_success());
    // Where only `default` is documented, it documents the success as well.
    let default_succeeds = |reply: &&Reply| !explicit && reply.status == StatusPattern::Default;
    let (mut successes, mut failures) = (Vec::new(), Vec::new());
    for reply in &call.replies {
        if reply.status.is_success() {
            successes.push(reply);
        } else {
            if default_succeeds(&reply) {
                successes.push(reply);
            }
            failures.push(reply);
        }
    }
    let mut items = Vec::new();
    let mut arms = Vec::new();

    let mut payloads: Vec<&Payload> = successes.iter().map(|reply| &reply.payload).collect();
    payloads.dedup();
    let success = match payloads.as_slice() {
        [] => quote!(()),
        [one] => rust_type(one, &quote!(types::)),
        _ => {
            let name = ident(&format!("{}Success", call.type_name));
            items.push(choice(&name.to_string(), &success_doc(call), &successes));
            quote!(super::#name)
        }
    };
    let single = payloads.len() < 2;
    let mut names = Names::default();
    for reply in &successes {
        let variant = ident(&variant(&mut names, reply));
        let pattern = success_pattern(reply.status);
        let method = ident(&decoder(&reply.payload, "success"));
        let wrap = match (single, &reply.payload) {
            (true, _) => quote!(|body| body),
            (false, Payload::Empty) => {
                let path = &success;
                quote!(|()| #path::#variant)
            }
            (false, _) => {
                let path = &success;
                quote!(#path::#variant)
            }
        };
        arms.push((order(reply.status, true), quote!(#pattern => received.#method(#wrap))));
    }

    let failure_name = ident(&format!("{}Error", call.type_name));
    let failure = quote!(super::#failure_name);
    items.push(choice(&failure_name.to_string(), &failure_doc(call), &failures));
    let mut names = Names::default();
    for reply in &failures {
        let variant = ident(&variant(&mut names, reply));
        let pattern = failure_pattern(reply.status);
        let method = ident(&decoder(&reply.payload, "failure"));
        let wrap = if reply.payload == Payload::Empty {
            quote!(|()| #failure::#variant)
        } else {
            quote!(#failure::#variant)
        };
        arms.push((order(reply.status, false), quote!(#pattern => received.#method(#wrap))));
    }
    if !call.replies.iter().any(|reply| reply.status == StatusPattern::Default) {
        arms.push((u16::MAX, quote!(_ => received.unexpected())));
    }
    arms.sort_by_key(|(order, _)| *order);
    Outcome {
        items,
        success,
        failure,
        arms: arms.into_iter().map(|(_, arm)| arm).collect(),
        accept: accept(call),
    }
}

/// Exact statuses come before ranges, ranges before the rest.
fn order(status: StatusPattern, success: bool) -> u16 {
    match status {
        StatusPattern::Exact(code) => code,
        StatusPattern::Range(class) => 1000 + u16::from(class),
        // A default that also documents the success takes 2xx, and the failure arm takes what is left.
        StatusPattern::Default => 2000 + u16::from(!success),
    }
}

fn success_pattern(status: StatusPattern) -> TokenStream {
    match status {
        StatusPattern::Exact(code) => quote!(#code),
        StatusPattern::Range(_) | StatusPattern::Default => quote!(200u16..=299u16),
    }
}

fn failure_pattern(status: StatusPattern) -> TokenStream {
    match status {
        StatusPattern::Exact(code) => quote!(#code),
        StatusPattern::Range(class) => {
            let low = u16::from(class) * 100;
            let high = low + 99;
            quote!(#low..=#high)
        }
        StatusPattern::Default => quote!(_),
    }
}

/// The method that decodes a payload.
fn decoder(payload: &Payload, outcome: &str) -> String {
    let kind = match payload {
        Payload::Empty => "empty",
        Payload::Json(_) => "json",
        Payload::Text => "text",
        Payload::Bytes => "bytes",
    };
    format!("{outcome}_{kind}")
}

fn rust_type(payload: &Payload, prefix: &TokenStream) -> TokenStream {
    match payload {
        Payload::Empty => quote!(()),
        Payload::Json(name) => {
            let name = ident(name);
            quote!(#prefix #name)
        }
        Payload::Text => quote!(::std::string::String),
        Payload::Bytes => quote!(support::Bytes),
    }
}

fn variant(names: &mut Names, reply: &Reply) -> String {
    names.unique(words(reply.status), &reply.status.to_string())
}

/// An enum with one variant a reply.
fn choice(name: &str, doc: &str, replies: &[&Reply]) -> Item {
    let name = ident(name);
    let mut names = Names::default();
    let variants = replies.iter().map(|reply| {
        let variant = ident(&variant(&mut names, reply));
        let doc = paragraph(&format!("`{}`: {}", reply.status, reply.description.trim()));
        match &reply.payload {
            Payload::Empty => quote!(#[doc = #doc] #variant),
            payload => {
                let body = rust_type(payload, &quote!(types::));
                quote!(#[doc = #doc] #variant(#body))
            }
        }
    });
    parse_quote! {
        #[doc = #doc]
        #[derive(Clone, Debug)]
        pub enum #name {
            #(#variants,)*
        }
    }
}

fn failure_doc(call: &Call<'_>) -> String {
    let function = snake(&call.function);
    format!(" Failures that are documented for [`Client::{function}`], one variant each.")
}

fn success_doc(call: &Call<'_>) -> String {
    let function = snake(&call.function);
    format!(" Successes that are documented for [`Client::{function}`], one variant each.")
}

/// The media types of all documented responses, JSON first.
fn accept(call: &Call<'_>) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for media_type in call.replies.iter().flat_map(|reply| &reply.media_types) {
        if !seen.contains(&media_type.as_str()) {
            seen.push(media_type);
        }
    }
    if seen.is_empty() { "*/*".to_owned() } else { seen.join(", ") }
}
