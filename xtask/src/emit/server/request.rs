//! One struct an operation: its parameters and its body, already checked.

use proc_macro2::TokenStream;
use quote::quote;

use super::doc;
use super::forms::{Body, Form, FormKind};
use super::plan::{Plan, PlannedOperation};

pub(super) fn emit(plan: &Plan<'_>) -> TokenStream {
    let runtime = &plan.runtime;
    let requests = plan.operations.iter().map(request);
    quote! {
        use super::types;
        use #runtime::{Admitted, Context, Rejection};

        #(#requests)*
    }
}

fn request(operation: &PlannedOperation<'_>) -> TokenStream {
    let name = &operation.request;
    let summary = format!("A request to `{}` that keeps the contract.", operation.operation.signature());
    let docs = doc::lines(&summary);
    let fields = operation.fields.iter().map(|field| {
        let parameter = field.parameter;
        let place = format!("The {} parameter `{}`.", parameter.location, parameter.name);
        let docs = doc::paragraphs([Some(place.as_str()), parameter.description.as_deref()]);
        let (name, rust_type) = (&field.name, &field.rust_type);
        let rust_type = if field.certain { quote!(#rust_type) } else { quote!(Option<#rust_type>) };
        quote! { #docs pub #name: #rust_type }
    });
    let values = operation.fields.iter().map(|field| {
        let (name, index) = (&field.name, field.index);
        let read = if field.certain { quote!(parameter) } else { quote!(optional_parameter) };
        quote! { #name: admitted.#read(#index)? }
    });
    let (body_field, body_value, choice) = match &operation.body {
        None => (quote!(), quote!(), quote!()),
        Some(body) => body_parts(body),
    };
    let clone = (!operation.body.as_ref().is_some_and(streams)).then(|| quote!(Clone,));
    let mutable = (!operation.fields.is_empty() || operation.body.is_some()).then(|| quote!(mut));
    quote! {
        #choice

        #docs
        #[derive(#clone Debug)]
        pub struct #name {
            #(#fields,)*
            #body_field
            /// Method, path, headers and extensions of the request.
            pub context: Context,
        }

        impl #name {
            /// The typed form of what the gate let through.
            pub fn admit(#mutable admitted: Admitted) -> Result<Self, Rejection> {
                Ok(Self { #(#values,)* #body_value context: admitted.context })
            }
        }
    }
}

/// The field, its value, and the enum where there are several forms.
fn body_parts(body: &Body) -> (TokenStream, TokenStream, TokenStream) {
    let Some(first) = body.forms.first() else { return (quote!(), quote!(), quote!()) };
    let media_types: Vec<String> = body.forms.iter().map(|form| format!("`{}`", form.media_type)).collect();
    let docs = doc::lines(&format!("The body: {}.", media_types.join(" or ")));
    let (rust_type, choice) = match &body.choice {
        None => (first.rust_type.clone(), quote!()),
        Some(name) => (quote!(#name), choice(name, body)),
    };
    let read = match &body.choice {
        None => read(first),
        Some(name) => {
            let arms = body.forms.iter().map(|form| {
                let (index, variant, read) = (form.index, &form.variant, read(form));
                quote! { Some(#index) => #name::#variant(#read) }
            });
            quote! { match admitted.content() { #(#arms,)* _ => return Err(admitted.missing_body()) } }
        }
    };
    if body.required {
        (quote! { #docs pub body: #rust_type, }, quote! { body: #read, }, choice)
    } else {
        (
            quote! { #docs pub body: Option<#rust_type>, },
            quote! { body: match admitted.content() { None => None, Some(_) => Some(#read) }, },
            choice,
        )
    }
}

/// Whether the body can be one that nobody has read yet, of which there is no copy.
fn streams(body: &Body) -> bool {
    body.forms.iter().any(|form| matches!(form.kind, FormKind::Stream | FormKind::Raw))
}

fn read(form: &Form) -> TokenStream {
    match form.kind {
        FormKind::Json | FormKind::UrlEncoded => quote!(admitted.body()?),
        FormKind::Text => quote!(admitted.text_body()?),
        FormKind::Multipart => quote!(admitted.multipart()?),
        FormKind::Stream | FormKind::Raw => quote!(admitted.stream()?),
    }
}

fn choice(name: &proc_macro2::Ident, body: &Body) -> TokenStream {
    let variants = body.forms.iter().map(|form| {
        let (variant, rust_type) = (&form.variant, &form.rust_type);
        let docs = doc::lines(&format!("`{}`.", form.media_type));
        quote! { #docs #variant(#rust_type) }
    });
    let clone = (!streams(body)).then(|| quote!(Clone,));
    quote! {
        /// A body of one of the documented media types.
        #[derive(#clone Debug)]
        pub enum #name { #(#variants,)* }
    }
}
