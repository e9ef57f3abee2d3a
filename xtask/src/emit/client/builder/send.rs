//! The function that writes the request, sends it, and reads the answer.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use rescind_specs::{ParameterLocation, PathPiece};

use super::names::CallNames;
use super::security::security;
use super::style::style;
use crate::emit::client::arguments::{Arguments, is_built};
use crate::emit::client::outcome::Outcome;
use crate::emit::names::ident;
use crate::lower::{BodyKind, Call, Draft, is_secret};

pub(super) fn send(
    call: &Call<'_>,
    arguments: &Arguments,
    outcome: &Outcome,
    draft: &Draft<'_>,
    names: &CallNames,
) -> TokenStream {
    let (success, failure, accept) = (&outcome.success, &outcome.failure, &outcome.accept);
    let doc = format!(" Sends `{}`.", call.operation.signature());
    let method = ident(call.operation.method.as_str());
    let method = quote_spanned!(method.span()=> support::Method::#method);
    let path = path(call, names);
    let others = others(call, names);
    let bodies = bodies(call, arguments, names);
    let security = security(call, draft);
    let given = (!call.parameters.is_empty() || !call.bodies.is_empty()).then(|| quote!(let call = self;));
    let arms = &outcome.arms;
    let sending = ident(outcome.send);
    let operation = &call.operation.id.0;
    quote! {
        #[doc = #doc]
        pub async fn send(self) -> ::std::result::Result<ResponseValue<#success>, Error<#failure>> {
            let core = &self.client.core;
            // What the request is made of is given up before it is sent, so that the future need not hold it.
            let request = {
                #given
                let mut request = support::Outgoing::new(core, #method, #accept);
                #(#path)*
                #(#others)*
                #(#bodies)*
                request.finish()?
            };
            let received = core.#sending(#operation, request, #security);
            let received = support::spanned!(#operation, received).await?;
            match received.status() {
                #(#arms,)*
            }
        }
    }
}

/// The path, each parameter in a segment of its own.
fn path<'t>(call: &'t Call<'_>, names: &'t CallNames) -> impl Iterator<Item = TokenStream> + 't {
    call.operation.path.pieces().iter().filter_map(|piece| match piece {
        PathPiece::Literal(text) => Some(quote!(request.literal(#text);)),
        PathPiece::Parameter(name) => {
            let known = |place: &crate::lower::Place| {
                place.location == ParameterLocation::Path && place.name == *name
            };
            let position = call.parameters.iter().position(known)?;
            let field = ident(&names.parameters[position].field);
            let style = style(call.parameters[position].writing);
            Some(quote!(request.path(#name, #style, &call.#field);))
        }
    })
}

/// Query, headers and cookies.
fn others<'t>(call: &'t Call<'_>, names: &'t CallNames) -> impl Iterator<Item = TokenStream> + 't {
    call.parameters.iter().zip(&names.parameters).filter_map(|(place, names)| {
        let method = match place.location {
            ParameterLocation::Path => return None,
            ParameterLocation::Query => quote!(query),
            ParameterLocation::Header => quote!(header),
            ParameterLocation::Cookie => quote!(cookie),
        };
        let (field, name) = (ident(&names.field), &place.name);
        let style = style(place.writing);
        let secret = is_secret(&place.slot.schema).then(|| quote!(.secret()));
        let empty = names.empty.as_deref().map(ident).map(|empty| {
            quote! {
                if call.#empty {
                    request.empty_query(#name);
                }
            }
        });
        Some(quote! {
            request.#method(#name, #style #secret, &call.#field);
            #empty
        })
    })
}

/// The body that was given.
fn bodies(call: &Call<'_>, arguments: &Arguments, names: &CallNames) -> Vec<TokenStream> {
    let mut statements = Vec::new();
    for (index, body) in call.bodies.iter().enumerate() {
        let (field, media_type) = (ident(&names.bodies[index]), &body.media_type);
        let (name, argument) = (&body.setter, &arguments.bodies[index]);
        let finish = if is_built(body, argument) {
            let ty = &argument.ty;
            quote!(<#ty as ::std::convert::TryFrom<_>>::try_from)
        } else {
            quote!(support::as_is)
        };
        statements.push(match body.kind {
            BodyKind::Json => quote!(request.json(#name, #media_type, call.#field, #finish);),
            BodyKind::Form => {
                let members = body.members.iter().map(|(name, writing)| {
                    let style = style(*writing);
                    quote!((#name, #style))
                });
                quote!(request.form(#name, &[#(#members),*], call.#field, #finish);)
            }
            BodyKind::Multipart => {
                let ty = ident(&call.type_name);
                quote!(request.multipart(call.#field, super::multipart::#ty::write);)
            }
            BodyKind::Bytes => quote!(request.bytes(#media_type, call.#field);),
            BodyKind::Range => quote!(request.within(#name, #media_type, call.#field);),
            BodyKind::Text => quote!(request.text(#media_type, call.#field);),
        });
    }
    if call.bodies.len() > 1 && call.bodies.iter().any(|body| body.required) {
        let name = &call.bodies[0].setter;
        statements.push(quote!(request.require_body(#name);));
    }
    statements
}
