//! One documented response: the type of its body, its variant, and how both come out of an answer.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Item, parse_quote};

use super::headers::HeaderNames;
use super::paragraph;
use crate::emit::names::{Names, ident, media_name};
use crate::lower::{Call, Payload, Reply, ReplyForm, words};

/// What a response is to its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// What the call is for.
    Success,
    /// Anything else that is documented.
    Failure,
}

/// A response with the types of its parts, as seen from the module `builder`.
pub(super) struct TypedReply<'r> {
    pub(super) reply: &'r Reply,
    /// Name among the answers of the call.
    pub(super) variant: Ident,
    /// Type of the body; `None` where it has none.
    pub(super) body: Option<TokenStream>,
    /// Type of the documented headers.
    pub(super) headers: Option<TokenStream>,
    /// Name of the enum of media types, where there are several.
    choice: Option<Ident>,
    /// Variants of that enum.
    forms: Vec<Ident>,
}

impl<'r> TypedReply<'r> {
    pub(super) fn new(
        call: &Call<'_>,
        reply: &'r Reply,
        side: Side,
        headers: &HeaderNames,
        scope: &mut Names,
    ) -> Self {
        let word = words(reply.status);
        let choice = (reply.forms.len() > 1).then(|| {
            let wanted = format!("{}{word}Body", call.type_name.trim_start_matches("r#"));
            ident(&scope.unique(wanted.clone(), &wanted))
        });
        let mut names = Names::default();
        let forms = reply.forms.iter().map(|form| {
            let media_type = form.media_types.first().map_or("*/*", String::as_str);
            ident(&names.unique(media_name(media_type), media_type))
        });
        let forms = forms.collect();
        let body = match (&choice, reply.forms.as_slice()) {
            (Some(name), _) => Some(quote!(super::#name)),
            (None, [form]) => Some(rust_type(form, side, &quote!(types::))),
            (None, _) => None,
        };
        let headers = reply.headers.and_then(|index| headers.path(index));
        Self { reply, variant: ident(&word), body, headers, choice, forms }
    }

    /// Whether a value of it can be copied.
    pub(super) fn is_clone(&self, side: Side) -> bool {
        side == Side::Failure || self.reply.forms.iter().all(|form| form.payload != Payload::Stream)
    }

    /// The enum of its media types, if it has several.
    pub(super) fn choice(&self, side: Side) -> Option<Item> {
        let name = self.choice.as_ref()?;
        let variants = self.reply.forms.iter().zip(&self.forms).map(|(form, variant)| {
            let media_types: Vec<String> =
                form.media_types.iter().map(|media_type| format!("`{media_type}`")).collect();
            let doc = paragraph(&format!("{}.", media_types.join(" or ")));
            let rust = rust_type(form, side, &quote!(types::));
            quote!(#[doc = #doc] #variant(#rust))
        });
        let doc = paragraph(&format!(
            "The bodies that are documented for `{}`: {}",
            self.reply.status,
            self.reply.description.trim()
        ));
        let clone = self.is_clone(side).then(|| quote!(Clone,));
        Some(parse_quote! {
            #[doc = #doc]
            #[derive(#clone Debug)]
            pub enum #name { #(#variants,)* }
        })
    }

    /// It as a variant of the successes or failures of its call.
    pub(super) fn declaration(&self) -> TokenStream {
        let variant = &self.variant;
        let mut doc = format!("`{}`: {}", self.reply.status, self.reply.description.trim());
        if self.reply.forms.is_empty() {
            doc.push_str("\n\nWithout a body.");
        }
        let doc = paragraph(&doc);
        // The enum stands one module higher than the builders.
        let plain = |tokens: &TokenStream| -> TokenStream {
            let mut tokens = tokens.clone().into_iter().peekable();
            if matches!(tokens.peek(), Some(proc_macro2::TokenTree::Ident(first)) if first == "super") {
                return tokens.skip(3).collect();
            }
            tokens.collect()
        };
        let body = self.body.as_ref().map(&plain);
        let headers = self.headers.as_ref().map(plain);
        let fields = match (body, headers) {
            (None, None) => quote!(),
            (Some(body), None) => quote!((#body)),
            (None, Some(headers)) => quote! { {
                /// The documented headers.
                headers: #headers,
            } },
            (Some(body), Some(headers)) => quote! { {
                /// The body.
                body: #body,
                /// The documented headers.
                headers: #headers,
            } },
        };
        quote!(#[doc = #doc] #variant #fields)
    }

    /// What makes a result of `received`. `within` is the enum that it is a variant of; without, it is the body itself.
    pub(super) fn decode(&self, side: Side, within: Option<&TokenStream>) -> TokenStream {
        let (read, variant) = (self.read(side), &self.variant);
        let headers = self.headers.as_ref();
        let headers = headers.map(|headers| quote!(let headers = #headers::read(&answer.headers);));
        let wrap = match (within, &self.body, &headers) {
            (None, _, _) => quote!(|body| body),
            (Some(path), None, None) => quote!(|()| #path::#variant),
            (Some(path), Some(_), None) => quote!(#path::#variant),
            (Some(path), None, Some(_)) => quote!(|()| #path::#variant { headers }),
            (Some(path), Some(_), Some(_)) => quote!(|body| #path::#variant { body, headers }),
        };
        let result = match (side, within, &headers) {
            (Side::Failure, _, _) => quote!(Err(answer.failure(#wrap))),
            (Side::Success, None, Some(_)) => quote!(Ok(answer.success(#wrap, headers))),
            (Side::Success, _, _) => quote!(Ok(answer.success(#wrap, ()))),
        };
        quote! { {
            let answer = #read;
            #headers
            #result
        } }
    }

    /// The body out of `received`.
    fn read(&self, side: Side) -> TokenStream {
        let received = match side {
            Side::Success => quote!(received),
            Side::Failure => quote!(received.bounded()),
        };
        let forms = self.reply.forms.as_slice();
        match (&self.choice, forms) {
            (_, []) => quote!(#received.empty().await?),
            (None, [form]) if matches!(form.payload, Payload::Json(_) | Payload::Any) => {
                let read = read(form, side);
                quote!(#received.#read)
            }
            _ => {
                let documented = forms.iter().map(documented);
                let arms = forms.iter().zip(&self.forms).enumerate().map(|(place, (form, variant))| {
                    let read = read(form, side);
                    let map = self.choice.as_ref().map(|name| quote!(.map(super::#name::#variant)));
                    quote!(Some(#place) => #received.#read #map)
                });
                quote! {
                    match received.form(&[#(#documented),*]) {
                        #(#arms,)*
                        _ => return Err(received.undocumented_body().await),
                    }
                }
            }
        }
    }
}

/// A body as the runtime is told of it.
fn documented(form: &ReplyForm) -> TokenStream {
    let kind = match form.payload {
        Payload::Json(_) | Payload::Any => quote!(json),
        Payload::Text => quote!(text),
        Payload::Bytes | Payload::Stream => quote!(binary),
    };
    let media_types = &form.media_types;
    quote!(support::Form::#kind(&[#(#media_types),*]))
}

/// The call of the runtime that reads the body.
fn read(form: &ReplyForm, side: Side) -> TokenStream {
    match &form.payload {
        Payload::Json(_) | Payload::Any => {
            let rust = rust_type(form, side, &quote!(types::));
            quote!(json::<#rust>().await?)
        }
        Payload::Text => quote!(text().await?),
        Payload::Stream if side == Side::Success => quote!(stream()),
        Payload::Bytes | Payload::Stream => quote!(bytes().await?),
    }
}

fn rust_type(form: &ReplyForm, side: Side, prefix: &TokenStream) -> TokenStream {
    match &form.payload {
        Payload::Json(name) => {
            let name = ident(name);
            quote!(#prefix #name)
        }
        Payload::Any => quote!(::serde_json::Value),
        Payload::Text => quote!(::std::string::String),
        // A failure is read whole: nobody has to keep its connection.
        Payload::Stream if side == Side::Success => quote!(support::ByteStream),
        Payload::Bytes | Payload::Stream => quote!(support::Bytes),
    }
}
